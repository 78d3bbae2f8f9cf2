//! Reading one record. What is sensitive among what is handed out is noted in the log of reads.
use crate::view::{RecordView, visible};
use base::{Access as Right, RecordId};
use store::logs::sensitive_read;
use store::rows::{Access, Opened};
use store::{Caller, Error, Reader, Result};

/// Which part of a record is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Only these fields; none are all. An empty list gives the head alone: title, version, state.
    pub fields: Option<&'a [String]>,
    /// The version that the caller has already: if it is this one still, he is given nothing new and nothing is noted.
    pub known: Option<i64>,
}

/// The record, as the caller may see it. What he may not see at all is not found: that it exists is not told either.
pub fn get(reader: &mut Reader, caller: &Caller, module: &str, id: RecordId) -> Result<RecordView> {
    get_part(reader, caller, module, id, Wanted::default())
}

/// A part of the record, as the caller may see it.
pub fn get_part(
    reader: &mut Reader,
    caller: &Caller,
    module: &str,
    id: RecordId,
    wanted: Wanted<'_>,
) -> Result<RecordView> {
    caller.needs_access(module, Right::Read)?;
    let opened = opened(reader, caller, module, id)?;
    let modules = reader.tenant().modules();
    let definition = modules.set.get(module).ok_or_else(|| Error::not_found(format!("module {module}")))?;
    let activity = wanted.fields.and_then(|_| opened.values.get("activity").cloned());
    let mut view = RecordView::new(definition, opened, caller);
    if let Some(fields) = wanted.fields {
        view.values.retain(|name, _| fields.iter().any(|field| field == name));
    }
    if wanted.known != Some(view.version)
        && let Some(mut read) = sensitive_read(reader.tenant(), caller, "record", definition, id, &view.values)
    {
        read.purpose = read.purpose.or_else(|| activity?.as_str().map(str::to_owned));
        reader.tenant().note_reads([read])?;
    }
    Ok(view)
}

/// Notes that a view is handed out that did not come from [`get`]: the answer to a change.
pub fn note_answer(reader: &store::Shared, caller: &Caller, view: &RecordView) -> Result<()> {
    let modules = reader.modules();
    let Some(definition) = modules.set.get(&view.module) else { return Ok(()) };
    reader.note_reads(sensitive_read(reader, caller, "record", definition, view.id, &view.values))
}

/// The opened record behind a view, for operations that work on.
pub(crate) fn opened(access: &mut dyn Access, caller: &Caller, module: &str, id: RecordId) -> Result<Opened> {
    let missing = || Error::not_found(format!("{module} {id}"));
    let stored = access.stored(id)?.ok_or_else(missing)?;
    let modules = access.shared().modules();
    let right_module = modules.rows.get(&stored.module).is_some_and(|row| row.name == module);
    if !right_module || !visible(stored.scope, stored.restricted, caller) {
        return Err(missing());
    }
    access.open(stored)
}
