//! Making two persons one, and undoing it. The merged one keeps its units as an alias, so that erasing the kept one reaches them too.
use crate::held::held;
use crate::statements;
use base::{Permission, RecordId, SubjectId};
use serde_json::{Value, json};
use store::erase::move_scope;
use store::journal::covered;
use store::module::{Definition, Map};
use store::rows::{Access, Opened, Put, SCOPE_MERGED};
use store::{Caller, Error, Op, Result, Tenant, journal};

/// Links of the merged person that are moved.
const MAX_LINKS: i64 = 10_000;

/// Merges `other` into `kept`: empty fields are filled, lists joined, links to `other` lead to `kept` from now on.
pub fn merge(tenant: &Tenant, caller: &Caller, kept: SubjectId, other: SubjectId) -> Result<()> {
    caller.needs(Permission::Privacy)?;
    tenant.write(caller.clone(), move |op| run(op, kept, other))
}

/// Undoes the merge of `other`: its record is back, links lead to it again, and what the merge added to the kept person goes unless it
/// was changed since.
pub fn unmerge(tenant: &Tenant, caller: &Caller, other: SubjectId) -> Result<()> {
    caller.needs(Permission::Privacy)?;
    tenant.write(caller.clone(), move |op| undo(op, other))
}

fn run(op: &mut Op<'_>, kept: SubjectId, other: SubjectId) -> Result<()> {
    let (into, from) = (held(op, kept)?, held(op, other)?);
    if into.subject.rid == from.subject.rid {
        return Err(Error::conflict("same", "these two are one person already"));
    }
    for person in [&into, &from] {
        if person.subject.state != "live" {
            return Err(Error::conflict("not-live", "a restricted or erased person cannot be merged"));
        }
    }
    let missing = || Error::not_found("the person's record");
    let keep = into.records.get(&into.subject.record).ok_or_else(missing)?;
    let gone = from.records.get(&from.subject.record).ok_or_else(missing)?;
    if keep.module != gone.module {
        return Err(Error::conflict("modules", "the two records are of different kinds"));
    }
    let joined = join(&keep.opened.values, &gone.opened.values);
    let seq_before = keep.opened.stored.entry;
    // First, because from now on a value that must stand only once may be the kept person's.
    move_scope(op, gone.opened.stored.id, SCOPE_MERGED)?;
    put(op, &keep.module, keep.opened.stored.id, joined, "merge")?;
    let merged_entry = op.opened(keep.opened.stored.id)?.ok_or_else(missing)?.stored.entry;

    let mut entry = op.entry("merge-subject", None, None);
    let commit = op.commit_no();
    op.change(
        &store::statements::SUBJECT_ALIAS,
        &[from.subject.rid.into(), into.subject.rid.into(), commit.into()],
        &entry,
    )?;
    let rid = op.first(&statements::MERGE_NEXT, &[], |row| row.int(0))?.unwrap_or(1);
    let links = links_to(op, from.subject.record)?;
    let undo = json!({
        "links": links.iter().map(|(id, field)| json!([id, field])).collect::<Vec<_>>(),
        "entry": if merged_entry == seq_before { Value::Null } else { merged_entry.into() },
    })
    .to_string();
    let params = [rid.into(), into.subject.rid.into(), from.subject.rid.into(), undo.as_str().into(), commit.into()];
    op.change(&statements::MERGE_PUT, &params, &entry)?;
    cover(op, &entry, other)?;
    entry.name_units(from.units.iter().map(|unit| unit.row.id));
    let mut note = Map::new();
    note.insert("kept".into(), kept.to_string().into());
    note.insert("merged".into(), other.to_string().into());
    op.finish(entry, &note)?;

    relink(op, &links, gone.opened.stored.id, keep.opened.stored.id)
}

fn undo(op: &mut Op<'_>, other: SubjectId) -> Result<()> {
    let missing = || Error::not_found(format!("a merge of {other}"));
    let row = op.subject(other)?.ok_or_else(missing)?;
    let (rid, kept, text) = op
        .first(&statements::MERGE_OF, &[row.rid.into()], |row| Ok((row.int(0)?, row.int(1)?, row.text(3)?.to_owned())))?
        .ok_or_else(missing)?;
    let kept = op.subject_rid(kept)?.ok_or_else(missing)?;
    let undo: Value = serde_json::from_str(&text).map_err(|_| Error::invalid("a stored merge is not readable"))?;
    let mut entry = op.entry("unmerge-subject", None, None);
    let commit = op.commit_no();
    op.change(&store::statements::SUBJECT_ALIAS, &[row.rid.into(), 0.into(), commit.into()], &entry)?;
    op.change(&statements::MERGE_UNDONE, &[rid.into(), commit.into()], &entry)?;
    cover(op, &entry, other)?;
    entry.name_units([]);
    let mut note = Map::new();
    note.insert("kept".into(), kept.id.to_string().into());
    note.insert("merged".into(), other.to_string().into());
    op.finish(entry, &note)?;
    let links: Vec<(RecordId, String)> = undo
        .get("links")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.get(0)?.as_str()?.parse().ok()?, pair.get(1)?.as_str()?.to_owned())))
        .collect();
    relink(op, &links, kept.id.cast(), other.cast())?;
    if let Some(seq) = undo.get("entry").and_then(Value::as_u64) {
        take_back(op, kept.id.cast(), seq)?;
    }
    // Last, because what must stand only once was the kept person's until now.
    let opened = op.opened(other.cast())?.ok_or_else(missing)?;
    let module = module_of(op, opened.stored.module)?;
    write(op, &module, opened, None, 0, "unmerge")
}

/// The entry commits to whom the merged person is an alias of now, and to how that can be undone.
fn cover(op: &mut Op<'_>, entry: &store::Entry, merged: SubjectId) -> Result<()> {
    let Some(row) = op.subject(merged)? else { return Ok(()) };
    op.cover_by(entry, &covered::SUBJECT, merged.bytes(), row.rid.into())?;
    op.cover_by(entry, &covered::MERGE, merged.bytes(), row.rid.into())
}

/// Takes back what the merge changed in the kept person's record, field by field, unless a field was changed since.
fn take_back(op: &mut Op<'_>, kept: RecordId, seq: u64) -> Result<()> {
    let shown = journal::history(op, kept, Some(seq + 1), 1)?;
    let Some(step) = shown.steps.into_iter().find(|step| step.seq == seq) else { return Ok(()) };
    let Some(opened) = op.opened(kept)? else { return Ok(()) };
    let mut values = opened.values.clone();
    for change in step.changes {
        if values.get(&change.field).unwrap_or(&Value::Null) == &change.new {
            match change.old {
                Value::Null => drop(values.remove(&change.field)),
                old => drop(values.insert(change.field, old)),
            }
        }
    }
    let module = module_of(op, opened.stored.module)?;
    put(op, &module, kept, values, "unmerge")
}

/// The kept person's values with what only the other had; lists are joined without doubles.
fn join(keep: &Map, other: &Map) -> Map {
    let mut joined = keep.clone();
    for (name, value) in other {
        match joined.get_mut(name) {
            None => drop(joined.insert(name.clone(), value.clone())),
            Some(Value::Array(items)) => {
                let more = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|item| !items.contains(item))
                    .cloned()
                    .collect::<Vec<_>>();
                items.extend(more);
            }
            Some(_) => {}
        }
    }
    joined
}

fn links_to(op: &mut Op<'_>, target: i64) -> Result<Vec<(RecordId, String)>> {
    let params = [target.into(), 0.into(), MAX_LINKS.into()];
    op.all(&store::statements::LINKS_TO, &params, |row| {
        let id = RecordId::from_slice(row.bytes(2)?).map_err(|_| Error::invalid("a link names no readable record"))?;
        Ok((id, row.text(1)?.to_owned()))
    })
}

fn relink(op: &mut Op<'_>, links: &[(RecordId, String)], from: RecordId, to: RecordId) -> Result<()> {
    let (from, to) = (from.to_string(), Value::from(to.to_string()));
    for (id, field) in links {
        let Some(opened) = op.opened(*id)? else { continue };
        let mut values = opened.values.clone();
        match values.get_mut(field) {
            Some(Value::Array(items)) => {
                items.iter_mut().filter(|item| item.as_str() == Some(&from)).for_each(|item| *item = to.clone());
            }
            Some(value) if value.as_str() == Some(&from) => *value = to.clone(),
            _ => continue,
        }
        let module = module_of(op, opened.stored.module)?;
        put(op, &module, *id, values, "relink")?;
    }
    Ok(())
}

fn module_of(op: &Op<'_>, rid: i64) -> Result<String> {
    op.tenant().modules().rows.get(&rid).map(|row| row.name.clone()).ok_or_else(|| Error::not_found("module"))
}

fn put(op: &mut Op<'_>, module: &str, id: RecordId, values: Map, action: &str) -> Result<()> {
    let existing = op.opened(id)?.ok_or_else(|| Error::not_found(format!("record {id}")))?;
    if existing.values == values {
        return Ok(());
    }
    let scope = existing.stored.scope;
    write(op, module, existing, Some(values), scope, action)
}

/// Writes a record, with other values or only into another scope.
fn write(op: &mut Op<'_>, module: &str, existing: Opened, values: Option<Map>, scope: i64, action: &str) -> Result<()> {
    let modules = op.tenant().modules();
    let missing = || Error::not_found(format!("module {module}"));
    let definition: &Definition = modules.set.get(module).ok_or_else(missing)?;
    let row = modules.active.get(module).ok_or_else(missing)?;
    let keeps_moment = action == "relink" || values.is_none();
    let values = values.unwrap_or_else(|| existing.values.clone());
    let (id, own_links) = (existing.stored.id, false);
    op.put(Put { definition, row, id, existing: Some(existing), values, scope, action, keeps_moment, own_links })
        .map(drop)
}
