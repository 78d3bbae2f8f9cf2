//! The tenant's module definitions as they lie in records.db: loaded at opening, changed as an operation with its journal entry.
use crate::engine::{self, Connection};
use crate::journal::covered;
use crate::module::{Map, Modules};
use crate::op::Op;
use crate::shared::{ActiveModules, ModuleRow};
use crate::writer::Table;
use crate::{Error, Result, statements};
use std::sync::Arc;

/// Which packs a tenant has, as stored.
const PACKS: &str = "packs";

/// Loads the definitions of a tenant.
pub(crate) fn load(records: &mut dyn Connection) -> Result<ActiveModules> {
    let packs = engine::first(records, &statements::META_GET, &[PACKS.into()], |row| Ok(row.text(0)?.to_owned()))?;
    let packs = packs.unwrap_or_default();
    let names: Vec<&str> = packs.split(' ').filter(|name| !name.is_empty()).collect();
    let set = packs_of(&names)?; // a tenant that is being created has none yet and gets `core`
    let rows = engine::collect(records, &statements::MODULES, &[], |row| {
        let fingerprint = row
            .bytes(2)?
            .try_into()
            .map_err(|_| Error::damaged("records.db", "a module has no readable fingerprint"))?;
        Ok((ModuleRow { rid: row.int(0)?, name: row.text(1)?.to_owned(), fingerprint }, row.int(4)? == 1))
    })?;
    Ok(crate::tenant::active(set, rows))
}

/// What names a definition where 16 bytes name things.
fn half(fingerprint: &[u8; 32]) -> [u8; 16] {
    fingerprint.first_chunk().copied().unwrap_or_default()
}

fn packs_of(names: &[&str]) -> Result<Modules> {
    crate::module::packs::load(names).map_err(|problems| Error::damaged("the packs", problems.to_string()))
}

/// Makes these definitions the tenant's own: new ones are stored, others of the same name retired.
pub(crate) fn activate(op: &mut Op<'_>, set: &Modules, packs: &[String]) -> Result<()> {
    let current = op.shared.modules();
    let entry = op.entry("modules", None, None);
    let mut rows: Vec<(ModuleRow, bool)> =
        current.rows.values().map(|row| (row.clone(), current.active.get(&row.name) == Some(row))).collect();
    for definition in set.iter() {
        if current.active.get(&definition.name).is_some_and(|row| row.fingerprint == definition.fingerprint) {
            continue;
        }
        let retired = current.active.get(&definition.name).map(|row| half(&row.fingerprint));
        let rid = op.next_rid(Table::Module);
        let commit = op.commit_no();
        op.change(&statements::MODULE_RETIRE, &[definition.name.as_str().into(), commit.into()], &entry)?;
        let source = serde_json::to_string(definition).unwrap_or_default();
        let params = [
            rid.into(),
            definition.name.as_str().into(),
            (&definition.fingerprint).into(),
            source.as_str().into(),
            commit.into(),
        ];
        op.change(&statements::MODULE_PUT, &params, &entry)?;
        op.cover(&entry, &covered::MODULE, &half(&definition.fingerprint))?;
        if let Some(retired) = retired {
            op.cover(&entry, &covered::MODULE, &retired)?;
        }
        for (row, active) in &mut rows {
            *active &= row.name != definition.name;
        }
        rows.push((ModuleRow { rid, name: definition.name.clone(), fingerprint: definition.fingerprint }, true));
    }
    let packs = packs.join(" ");
    op.upkeep(&statements::META_PUT, &[PACKS.into(), packs.as_str().into()])?;
    let mut note = Map::new();
    note.insert("packs".into(), packs.into());
    op.finish(entry, &note)?;
    let active = Arc::new(crate::tenant::active(set.clone(), rows));
    let shared = Arc::downgrade(op.shared);
    op.after_commit(move || {
        if let Some(shared) = shared.upgrade() {
            *shared.modules.write() = active;
        }
    });
    Ok(())
}
