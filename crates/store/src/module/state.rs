//! States: which may follow which, what entering one needs and does.
use super::{Copy, CopySource, Definition, FieldError, Map, State};
use jiff::civil::Date;
use serde_json::Value;

impl Definition {
    /// Whether a record may go from `old` (`None`: it is new) to `new` with these values, which are those after the change.
    ///
    /// A new record may begin in any state whose requirements it meets, so that what another system has finished can be imported.
    /// Staying in a state is no transition and always allowed here; that nothing changes in a final one is the caller's check of
    /// [`Definition::is_final`].
    pub fn transition(&self, old: Option<&str>, new: &str, values: &Map) -> Result<&State, FieldError> {
        let state = self.state(new).ok_or_else(|| {
            let names: Vec<&str> = self.states.iter().map(|state| state.name.as_str()).collect();
            let names = names.join(", ");
            FieldError::new(
                "state",
                "unknown_state",
                format!("Diesen Status gibt es nicht. Möglich: {names}."),
                format!("There is no such state. Possible: {names}."),
            )
        })?;
        if let Some(old) = old.filter(|old| *old != new)
            && !self.state(old).is_some_and(|old| old.to.iter().any(|next| next == new))
        {
            let from = self.state(old).map(|state| state.label.clone()).unwrap_or_default();
            return Err(FieldError::new(
                "state",
                "no_such_transition",
                format!("Von „{}“ führt kein Weg nach „{}“.", from.de, state.label.de),
                format!("There is no way from “{}” to “{}”.", from.en, state.label.en),
            ));
        }
        if old != Some(new)
            && let Some(field) =
                state.requires.iter().find(|name| !values.contains_key(*name)).and_then(|name| self.field(name))
        {
            return Err(FieldError::new(
                &field.name,
                "required_by_state",
                format!("Für „{}“ fehlt: {}.", state.label.de, field.label.de),
                format!("“{}” needs: {}.", state.label.en, field.label.en),
            ));
        }
        Ok(state)
    }

    /// Whether nothing may change any more in this state. An unknown state (from an older definition) is not final.
    pub fn is_final(&self, state: &str) -> bool {
        self.state(state).is_some_and(|state| state.is_final)
    }

    /// The date field with which the period of a deletion class starts for a record of this module: named by the state that leads
    /// into the class, or marked `start_event`, first one of that class. `None`: the record's creation or the relationship's end.
    pub fn start_field(&self, class: &str) -> Option<&str> {
        let by_state = self
            .states
            .iter()
            .filter(|state| state.class.as_deref() == Some(class))
            .find_map(|state| state.start.as_deref());
        let marked = || self.fields.iter().filter(|field| field.start_event);
        by_state
            .or_else(|| marked().find(|field| field.class == class).map(|field| field.name.as_str()))
            .or_else(|| marked().next().map(|field| field.name.as_str()))
    }

    /// What entering `state` changes by itself: its start date, if empty, becomes `today`, and empty fields are filled from linked
    /// records. `fetch` gives what [`Copy::source`] asks for of the record that a link names; it reads under the caller's rights.
    /// The result is a patch for [`Definition::merge_patch`].
    pub fn enter(
        &self,
        state: &State,
        values: &Map,
        today: Date,
        fetch: &mut dyn FnMut(&Copy, &str) -> Option<Value>,
    ) -> Map {
        let mut patch = Map::new();
        if let Some(start) = state.start.as_ref().filter(|start| !values.contains_key(*start)) {
            patch.insert(start.clone(), today.to_string().into());
        }
        for copy in state.copy.iter().filter(|copy| !values.contains_key(&copy.to)) {
            let linked = values.get(&copy.link).and_then(Value::as_str);
            if let Some(value) = linked.and_then(|id| fetch(copy, id)) {
                patch.insert(copy.to.clone(), value);
            }
        }
        patch
    }
}

impl CopySource {
    /// What this source is in a record with that title and those values, without the label that an item of a list may carry.
    pub fn pick(&self, title: &str, values: &Map) -> Option<Value> {
        let (name, index) = match self {
            Self::Title => return Some(title.into()),
            Self::Field { name, index } => (name, index),
        };
        let value = values.get(name)?;
        let mut item = match (value, index) {
            (Value::Array(items), index) => items.get(index.unwrap_or(0))?,
            (single, None | Some(0)) => single,
            (_, Some(_)) => return None,
        }
        .clone();
        if let Value::Object(parts) = &mut item {
            if let Some(value) = parts.remove("value") {
                return Some(value);
            }
            parts.remove("label");
        }
        Some(item)
    }
}
