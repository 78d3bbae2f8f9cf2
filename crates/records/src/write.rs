//! What creating and changing have in common: reading the input, entering a state, checking, and writing through the store.
use crate::view::{RecordView, may_see, visible};
use base::{Permission, RecordId};
use serde_json::Value;
use std::sync::Arc;
use store::module::{Copy, CopySource, Definition, FieldError, Label, Map, NormaliseOptions};
use store::rows::{Access, Opened, Put, Written};
use store::{ActiveModules, Caller, Error, ModuleRow, Op, Result};

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

/// What a state copies from a linked record, none if there is nothing. The copy is handed out with the record, so whoever enters the state must
/// be allowed to read where it comes from; nothing is copied out of a restricted record but by the privacy role (Art. 18 GDPR).
fn copied(op: &mut Op<'_>, copy: &Copy, linked: &str) -> Result<Option<Value>> {
    let Ok(id) = linked.parse::<RecordId>() else { return Ok(None) };
    let Some(stored) = op.stored(id)? else { return Ok(None) };
    let modules = op.tenant().modules();
    let Some(row) = modules.rows.get(&stored.module) else { return Ok(None) };
    let Some(other) = modules.set.get(&row.name) else { return Ok(None) };
    let caller = op.caller().clone();
    if stored.restricted && caller.may_see(&row.name, stored.scope, false) && !caller.grants.has(Permission::Privacy) {
        let message = format!("`{}` would be filled from a record that is restricted", copy.to);
        return Err(Error::conflict("restricted", message));
    }
    let readable = match &copy.source {
        CopySource::Title => true,
        CopySource::Field { name, .. } => may_see(other, name, &caller),
    };
    if !readable || !caller.may_see(&row.name, stored.scope, stored.restricted) {
        let message = format!("`{}` would be filled from a record that you may not read", copy.to);
        return Err(Error::Denied { message });
    }
    let opened = op.open(stored)?;
    let title = other.title(&opened.values, &|_| None);
    Ok(copy.source.pick(&title, &opened.values))
}

/// Refuses an input with a field that the caller may not read: he would overwrite what he does not see, and the answer would tell whether it
/// was the same.
pub(crate) fn refuse_hidden(definition: &Definition, input: &Map, caller: &Caller) -> Result<()> {
    let hidden = input.keys().filter(|name| !may_see(definition, name, caller));
    let errors: Vec<FieldError> = hidden
        .map(|name| FieldError {
            field: name.clone(),
            code: "not_allowed".into(),
            message: Label::new(
                "Dieses Feld ist besonders geschützt; zum Schreiben fehlt Ihnen das Recht, es zu lesen.",
                "This field is sensitive; to write it you need the right to read it.",
            ),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Fields(errors)) }
}

/// Refuses an input that makes a record the reversal or the new version of another by hand: then it would not be what these are. `before` is
/// what the record has.
pub(crate) fn refuse_correction(definition: &Definition, input: &Map, before: Option<&Map>) -> Result<()> {
    let had = |name: &String| before.and_then(|before| before.get(name)).unwrap_or(&Value::Null);
    let set = input.iter().filter(|(name, value)| definition.is_correction_link(name) && had(name) != *value);
    let errors: Vec<FieldError> = set
        .map(|(name, _)| FieldError {
            field: name.clone(),
            code: "by_correction".into(),
            message: Label::new(
                "Dieses Feld wird nur beim Stornieren und beim Anlegen einer neuen Fassung gesetzt.",
                "This field is set only when a record is reversed or a new version is made.",
            ),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Fields(errors)) }
}

/// The answer to whoever wrote a record: what he may see of it. Of what he may not see at all, only that it is there.
pub(crate) fn answer(definition: &Definition, written: Written, caller: &Caller) -> RecordView {
    let seen = visible(written.stored.scope, written.stored.restricted, caller);
    let mut view = RecordView::new(definition, written.opened(), caller);
    if !seen {
        view.values.clear();
        view.title.clone_from(&definition.label.de);
        view.state = None;
    }
    view
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
            let mut refused = None;
            let mut fetch = |copy: &Copy, linked: &str| {
                copied(op, copy, linked).unwrap_or_else(|error| {
                    refused.get_or_insert(error);
                    None
                })
            };
            let patch = definition.enter(&entering, &values, today, &mut fetch);
            refused.map_or(Ok(()), Err)?;
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
    let put = Put {
        definition,
        row: module.row()?,
        id,
        existing,
        values: stored_values,
        scope,
        action,
        keeps_moment: false,
        own_links: true,
    };
    let written = op.put(put)?;
    if written.stored.subject != 0 {
        definition.check_origin(&values).map_err(Error::Fields)?;
    }
    Ok(written)
}
