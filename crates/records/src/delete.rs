//! Deleting one record: its key units are destroyed, so that nothing of it can be opened any more, here or in a backup.
use base::{Access, RecordId};
use store::{Caller, Result, Tenant};

/// Deletes a record. Refused (409) with reasons for the record that is a person, for a duty to keep it, and for a stale version.
pub fn delete(tenant: &Tenant, caller: &Caller, module: &str, id: RecordId, if_version: Option<i64>) -> Result<()> {
    caller.needs_access(module, Access::Write)?;
    let (caller, module) = (caller.clone(), module.to_owned());
    {
        // What the caller may not see is not found.
        let mut reader = tenant.reader()?;
        crate::get::opened(&mut reader, &caller, &module, id)?;
    }
    tenant.exclusive(move |writer| store::erase::delete_record(writer, &caller, &module, id, if_version)).map(drop)
}
