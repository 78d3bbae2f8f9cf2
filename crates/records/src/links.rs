//! What points to a record: the orders of a customer, the vehicles of an owner.
use crate::list::ListItem;
use base::{Access as Right, Permission, RecordId};
use std::collections::BTreeMap;
use store::{Caller, Reader, Result, index};

/// Records of one module that point here with one field.
#[derive(Debug, Clone)]
pub struct Backlinks {
    /// Their module.
    pub module: String,
    /// The field that points here.
    pub field: String,
    /// They, oldest first.
    pub items: Vec<ListItem>,
    /// Whether there are more than were read.
    pub more: bool,
}

/// Links read for one record.
const MAX_LINKS: i64 = 500;

/// Everything that points to the record, as far as the caller may see it.
pub fn backlinks(reader: &mut Reader, caller: &Caller, id: RecordId) -> Result<Vec<Backlinks>> {
    let Some(rid) = reader.first(&store::statements::RECORD_RID, &[id.bytes().into()], |row| row.int(0))? else {
        return Ok(Vec::new());
    };
    let params = [rid.into(), 0.into(), (MAX_LINKS + 1).into()];
    let links = reader.all(&store::statements::LINKS_TO, &params, |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned(), row.int(3)?, row.int(4)? != 0))
    })?;
    let more = links.len() > usize::try_from(MAX_LINKS).unwrap_or(usize::MAX);
    let modules = reader.tenant().modules();
    let mut groups: BTreeMap<(String, String), Vec<ListItem>> = BTreeMap::new();
    for (source, field, module, restricted) in links {
        let Some(name) = modules.rows.get(&module).map(|row| row.name.clone()) else { continue };
        if !caller.grants.allows(&name, Right::Read) || (restricted && !caller.grants.has(Permission::Privacy)) {
            continue;
        }
        let Some(index::ScopedRow { row, scope }) = index::row(reader.index()?, &name, source)? else { continue };
        if !caller.grants.scopes.contains(&scope) {
            continue;
        }
        let mut values = serde_json::from_str(&row.doc).unwrap_or_default();
        if let Some(definition) = modules.set.get(&name) {
            crate::view::mask(definition, &mut values, caller);
        }
        groups.entry((name.clone(), field)).or_default().push(ListItem {
            id: row.id,
            module: name,
            version: row.version,
            title: row.title,
            created_at: row.created_at,
            changed_at: row.changed_at,
            restricted: row.restricted,
            values,
        });
    }
    for items in groups.values() {
        crate::list::note(reader, caller, items)?;
    }
    Ok(groups.into_iter().map(|((module, field), items)| Backlinks { module, field, items, more }).collect())
}
