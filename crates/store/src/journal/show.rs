//! What happened to a record: its entries, newest first, with old and new values as far as their keys are left.
//!
//! There is no query by person who acted: the log answers "what happened to this record", never "what did this employee do" (H-91, H-92, X-23).
use super::body::Body;
use crate::module::Map;
use crate::rows::{Access, UnitRow};
use crate::units::Unit;
use crate::{Error, Result, statements};
use base::{RecordId, Timestamp};
use serde_json::Value;

/// Entries of one record that are read at a time.
const ENTRIES_AT_ONCE: i64 = 500;

/// A field's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: String,
    /// Before; `Null` is no value.
    pub old: Value,
    /// After.
    pub new: Value,
}

/// One entry about a record.
#[derive(Debug, Clone)]
pub struct Step {
    /// Sequence.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as an id.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What changed; without what was erased.
    pub changes: Vec<Change>,
    /// Whether values of this entry have been erased.
    pub erased: bool,
    /// Ids, counts, times.
    pub note: String,
}

/// Steps of a record and where to go on.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Newest first.
    pub steps: Vec<Step>,
    /// Give this as `before` to go on.
    pub next: Option<u64>,
}

/// The record's entries before `before` (all, if none), newest first, at most `limit`.
pub fn history(access: &mut dyn Access, record: RecordId, before: Option<u64>, limit: u32) -> Result<Shown> {
    let mut rid = None;
    access.rows(&statements::RECORD_RID, &[record.bytes().into()], &mut |row| {
        rid = Some(row.int(0)?);
        Ok(false)
    })?;
    let rid = rid.ok_or_else(|| Error::not_found(format!("record {record}")))?;
    steps(access, rid, before, limit)
}

/// The same for a record that is gone: what its entries still say, and the module that it was of. It is looked for in every entry, so this takes as long
/// as reading the journal once.
pub fn history_of_gone(
    access: &mut dyn Access,
    record: RecordId,
    before: Option<u64>,
    limit: u32,
) -> Result<(String, Shown)> {
    let missing = || Error::not_found(format!("record {record}"));
    let mut rid = None;
    access.rows(&statements::ENTRY_NAMING, &[record.bytes().into()], &mut |row| {
        rid = Some(row.int(0)?);
        Ok(false)
    })?;
    let rid = rid.ok_or_else(missing)?;
    // A body may name a record that the entry is not about; the entries themselves say which one they are about.
    let mut module = None;
    access.rows(&statements::ENTRIES_OF, &[rid.into(), i64::MAX.into(), 1.into()], &mut |row| {
        if let Some(body) = row.opt_bytes(1)? {
            let body = Body::decode(body)?;
            module = Some(body)
                .filter(|body| body.record == Some(record))
                .map(|body| body.module.map(|(name, _)| name).unwrap_or_default());
        }
        Ok(false)
    })?;
    let module = module.ok_or_else(missing)?;
    Ok((module, steps(access, rid, before, limit)?))
}

/// What a record's entries say under one unit alone: the last value of each field, and when the last of them was written. For a unit that
/// was left behind when the record became somebody else's.
pub fn last_under(access: &mut dyn Access, record: i64, unit: &UnitRow) -> Result<(Map, Option<Timestamp>)> {
    let tenant = access.shared().tenant;
    let mut values = Map::new();
    let mut at = None;
    let mut before = i64::MAX;
    loop {
        let mut bodies = Vec::new();
        let mut read = 0;
        access.rows(&statements::ENTRIES_OF, &[record.into(), before.into(), ENTRIES_AT_ONCE.into()], &mut |row| {
            (read, before) = (read + 1, row.int(0)?);
            if let Some(body) = row.opt_bytes(1)? {
                bodies.push(Body::decode(body)?);
            }
            Ok(true)
        })?;
        for body in bodies.into_iter().filter(|body| body.values.iter().any(|(id, _)| *id == unit.id)) {
            at = at.or(Some(body.at));
            let mut sealed = None;
            let seq = i64::try_from(body.seq).unwrap_or(i64::MAX);
            access.rows(&statements::VALUES_OF, &[seq.into()], &mut |row| {
                if row.int(0)? == unit.rid {
                    sealed = Some(row.bytes(1)?.to_vec());
                }
                Ok(true)
            })?;
            let Some(sealed) = sealed else { continue };
            let key = access.key(unit.rid)?;
            for (field, old, new) in opened_values(&key, &sealed, tenant, body.seq)? {
                // What went to another owner has no new value here; what it was is what counts.
                let value = if new.is_null() { old } else { new };
                values.entry(field).or_insert(value);
            }
        }
        if read < ENTRIES_AT_ONCE {
            return Ok((values, at));
        }
    }
}

fn opened_values(unit: &Unit, sealed: &[u8], tenant: base::TenantId, seq: u64) -> Result<Vec<(String, Value, Value)>> {
    let plain = unit.key.open(sealed, &crate::seal::value_data(tenant, seq))?;
    serde_json::from_slice(&plain)
        .map_err(|_| Error::damaged("records.db", format!("the values of journal entry {seq} are not readable")))
}

fn steps(access: &mut dyn Access, rid: i64, before: Option<u64>, limit: u32) -> Result<Shown> {
    let before = i64::try_from(before.unwrap_or(u64::MAX)).unwrap_or(i64::MAX);
    let mut bodies = Vec::new();
    access.rows(&statements::ENTRIES_OF, &[rid.into(), before.into(), (i64::from(limit) + 1).into()], &mut |row| {
        if let Some(body) = row.opt_bytes(1)? {
            bodies.push(Body::decode(body)?);
        }
        Ok(true)
    })?;
    let more = bodies.len() > limit as usize;
    bodies.truncate(limit as usize);
    let next = if more { bodies.last().map(|body| body.seq) } else { None };
    let steps = bodies.into_iter().map(|body| step(access, body)).collect::<Result<_>>()?;
    Ok(Shown { steps, next })
}

fn step(access: &mut dyn Access, body: Body) -> Result<Step> {
    let mut sealed = Vec::new();
    let seq = i64::try_from(body.seq).unwrap_or(i64::MAX);
    access.rows(&statements::VALUES_OF, &[seq.into()], &mut |row| {
        // A unit that is dead is about to be gone: its values are shown to nobody.
        if row.opt_int(3)? == Some(0) {
            sealed.push((row.int(0)?, row.bytes(1)?.to_vec()));
        }
        Ok(true)
    })?;
    let erased = sealed.len() < body.values.len();
    let tenant = access.shared().tenant;
    let mut changes = Vec::new();
    for (unit, sealed) in sealed {
        let unit = access.key(unit)?;
        let values = opened_values(&unit, &sealed, tenant, body.seq)?;
        changes.extend(values.into_iter().map(|(field, old, new)| Change { field, old, new }));
    }
    changes.sort_by(|left, right| left.field.cmp(&right.field));
    // A record that became another person's has each value twice, gone for the one and come for the other; what is the same did not change.
    changes.dedup_by(|later, first| {
        let same = later.field == first.field;
        if same {
            for (into, from) in [(&mut first.old, &mut later.old), (&mut first.new, &mut later.new)] {
                if into.is_null() {
                    *into = std::mem::take(from);
                }
            }
        }
        same
    });
    changes.retain(|change| erased || change.old != change.new);
    Ok(Step { seq: body.seq, at: body.at, actor: body.actor, action: body.action, changes, erased, note: body.note })
}
