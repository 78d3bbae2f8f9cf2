//! What happened to a record (F-080, O-56): the journal, with values masked as the caller's rights say.
use crate::view::{may_see, visible};
use base::{Access as Right, Permission, RecordId, Timestamp};
use serde_json::Value;
use store::logs::SensitiveRead;
use store::rows::Access;
use store::{Caller, Error, Reader, Result, journal};

/// A field's change as the caller may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Before; none if there was no value or it is masked.
    pub old: Option<Value>,
    /// After.
    pub new: Option<Value>,
    /// Whether the caller may not see the values.
    pub masked: bool,
}

/// An entry of a record's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Sequence in the journal.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as an id: `user:<id>`; the name is looked up when shown.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What changed.
    pub changes: Vec<FieldChange>,
    /// Whether values of this entry have been erased.
    pub erased: bool,
}

/// Entries and where to go on.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// Newest first.
    pub items: Vec<HistoryEntry>,
    /// Give this as `before` to go on.
    pub next: Option<u64>,
}

/// Most entries on a page.
pub const MAX_LIMIT: u32 = 200;

/// The record's history, newest first.
pub fn history(
    reader: &mut Reader,
    caller: &Caller,
    module: &str,
    id: RecordId,
    before: Option<u64>,
    limit: u32,
) -> Result<HistoryPage> {
    caller.needs_access(module, Right::Read)?;
    caller.needs(Permission::ReadHistory)?;
    let missing = || Error::not_found(format!("{module} {id}"));
    let stored = reader.stored(id)?.ok_or_else(missing)?;
    let modules = reader.tenant().modules();
    if modules.rows.get(&stored.module).is_none_or(|row| row.name != module)
        || !visible(stored.scope, stored.restricted, caller)
    {
        return Err(missing());
    }
    let definition = modules.set.get(module).ok_or_else(missing)?;
    let shown = journal::history(reader, id, before, limit.clamp(1, MAX_LIMIT))?;
    let items = entries(shown.steps, |field| may_see(definition, field, caller));
    let shown_of = |name: &str| {
        let of = |change: &FieldChange| change.field == name && (change.old.is_some() || change.new.is_some());
        items.iter().flat_map(|entry| &entry.changes).any(of)
    };
    let fields = store::logs::sensitive_among(definition, shown_of);
    if !fields.is_empty() {
        reader.tenant().note_reads([SensitiveRead {
            at: reader.tenant().clock().now(),
            reader: caller.actor.to_string(),
            way: "history",
            module: module.to_owned(),
            record: id,
            fields,
            purpose: caller.purpose.clone(),
        }])?;
    }
    Ok(HistoryPage { items, next: shown.next })
}

/// What is left of a record that was deleted or erased: who did what when, and the values that a key is left for. Needs `ReadHistory` and `Operate`:
/// nobody has rights to a record that is not there. Gives the module that it was of.
pub fn history_of_gone(
    reader: &mut Reader,
    caller: &Caller,
    id: RecordId,
    before: Option<u64>,
    limit: u32,
) -> Result<(String, HistoryPage)> {
    caller.needs(Permission::ReadHistory)?;
    caller.needs(Permission::Operate)?;
    let (module, shown) = journal::history_of_gone(reader, id, before, limit.clamp(1, MAX_LIMIT))?;
    caller.needs_access(&module, Right::Read)?;
    let modules = reader.tenant().modules();
    // Of a module that is not there any more nothing is known, so nothing is shown.
    let definition = modules.set.get(&module);
    let items = entries(shown.steps, |field| definition.is_some_and(|definition| may_see(definition, field, caller)));
    Ok((module, HistoryPage { items, next: shown.next }))
}

fn entries(steps: Vec<journal::Step>, seen: impl Fn(&str) -> bool) -> Vec<HistoryEntry> {
    let some = |value: Value| if value.is_null() { None } else { Some(value) };
    let change = |change: journal::Change| {
        let seen = seen(&change.field);
        let (old, new) = if seen { (some(change.old), some(change.new)) } else { (None, None) };
        FieldChange { field: change.field, old, new, masked: !seen }
    };
    let steps = steps.into_iter().map(|step| HistoryEntry {
        seq: step.seq,
        at: step.at,
        actor: step.actor,
        action: step.action,
        erased: step.erased,
        changes: step.changes.into_iter().map(change).collect(),
    });
    steps.collect()
}
