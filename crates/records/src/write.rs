//! What creating and changing have in common: reading the input, entering a state, checking, and writing through the store.
use base::RecordId;
use serde_json::Value;
use std::sync::Arc;
use store::module::{Copy, Definition, FieldError, Label, Map, NormaliseOptions};
use store::rows::{Access, Opened, Put, Written};
use store::{ActiveModules, Error, ModuleRow, Op, Result};

/// A module of the tenant, ready to write with.
pub(crate) struct Module {
    modules: Arc<ActiveModules>,
    name: String,
}

impl Module {
    pub fn of(op: &Op<'_>, name: &str) -> Result<Self> {
        let modules = op.tenant().modules();
        if modules.set.get(name).is_none() || !modules.active.contains_key(name) {
            return Err(Error::not_found(format!("module {name}")));
        }
        Ok(Self { modules, name: name.to_owned() })
    }
    pub fn definition(&self) -> Result<&Definition> {
        self.modules.set.get(&self.name).ok_or_else(|| Error::not_found(format!("module {}", self.name)))
    }
    pub fn row(&self) -> Result<&ModuleRow> {
        self.modules.active.get(&self.name).ok_or_else(|| Error::not_found(format!("module {}", self.name)))
    }
    pub fn check_activity(&self, values: &Map) -> Result<()> {
        self.modules.set.check_activity(values).map_err(|error| Error::Fields(vec![error]))
    }
}

/// Takes `state` out of an input; it is no field.
pub(crate) fn take_state(input: &mut Map) -> Result<Option<String>> {
    match input.remove("state") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(state)) => Ok(Some(state)),
        Some(_) => Err(Error::Fields(vec![FieldError {
            field: "state".into(),
            code: "not_text".into(),
            message: Label::new("Der Status ist ein Wort.", "The state is a word."),
        }])),
    }
}

/// How values are read in this tenant.
pub(crate) fn options(op: &Op<'_>, patch: bool, tolerant: bool) -> NormaliseOptions {
    NormaliseOptions { patch, tolerant, zone: Some(op.tenant().zone().clone()) }
}

/// Writes a record whose values are merged: the state is entered, everything checked, the row put.
pub(crate) fn write(
    op: &mut Op<'_>,
    module: &Module,
    id: RecordId,
    existing: Option<Opened>,
    mut values: Map,
    new_state: Option<String>,
    scope: i64,
) -> Result<Written> {
    let definition = module.definition()?;
    let today = base::date_in(op.now(), op.tenant().zone());
    let old_state =
        existing.as_ref().and_then(|old| old.values.get("state")).and_then(Value::as_str).map(str::to_owned);
    values.remove("state");
    let state = match (new_state, &old_state) {
        (Some(state), _) => Some(state),
        (None, Some(old)) => Some(old.clone()),
        (None, None) => definition.initial_state().map(|state| state.name.clone()),
    };
    let mut action = if existing.is_some() { "change" } else { "create" };
    if let Some(name) = &state
        && old_state.as_deref() != Some(name.as_str())
    {
        if definition.states.is_empty() {
            return Err(Error::Fields(vec![FieldError {
                field: "state".into(),
                code: "no_states".into(),
                message: Label::new("Dieses Modul hat keine Status.", "This module has no states."),
            }]));
        }
        let entering = definition.state(name).cloned();
        if let Some(entering) = entering {
            let mut fetch = |copy: &Copy, linked: &str| {
                let id = linked.parse::<RecordId>().ok()?;
                let opened = op.opened(id).ok()??;
                let modules = op.tenant().modules();
                let other = modules.rows.get(&opened.stored.module).and_then(|row| modules.set.get(&row.name))?;
                let title = other.title(&opened.values, &|_| None);
                copy.source.pick(&title, &opened.values)
            };
            let patch = definition.enter(&entering, &values, today, &mut fetch);
            values = definition.merge_patch(&values, &patch);
        }
        definition.transition(old_state.as_deref(), name, &values).map_err(|error| Error::Fields(vec![error]))?;
        if existing.is_some() {
            action = "transition";
        }
    }
    definition.check(&values, today).map_err(Error::Fields)?;
    module.check_activity(&values)?;
    let mut stored_values = values.clone();
    if let Some(state) = &state {
        stored_values.insert("state".into(), state.as_str().into());
    }
    let put =
        Put { definition, row: module.row()?, id, existing, values: stored_values, scope, action, keeps_moment: false };
    let written = op.put(put)?;
    if written.stored.subject != 0 {
        definition.check_origin(&values).map_err(Error::Fields)?;
    }
    Ok(written)
}
