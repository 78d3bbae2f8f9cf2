//! Reading one record.
use crate::view::{RecordView, visible};
use base::{Access as Right, RecordId};
use store::rows::{Access, Opened};
use store::{Caller, Error, Reader, Result};

/// The record, as the caller may see it. What he may not see at all is not found: that it exists is not told either.
pub fn get(reader: &mut Reader, caller: &Caller, module: &str, id: RecordId) -> Result<RecordView> {
    caller.needs_access(module, Right::Read)?;
    let opened = opened(reader, caller, module, id)?;
    let modules = reader.tenant().modules();
    let definition = modules.set.get(module).ok_or_else(|| Error::not_found(format!("module {module}")))?;
    Ok(RecordView::new(definition, opened, caller))
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
