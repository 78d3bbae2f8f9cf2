//! Destroying key units: the steps that an erasure of a person and the deletion of a record share (design, *Erasure*).
//!
//! Ledger "begun" → units dead → keys destroyed → parts, journal values, rows, index rows gone → readers ended, write-ahead logs emptied →
//! ledger "done". Each step may be repeated, so what has begun is finished after a crash from the ledger's line alone.
use crate::exclusive::Exclusive;
use crate::journal::covered;
use crate::ledger::{Line, What};
use crate::module::Map;
use crate::op::Caller;
use crate::rows::{Access, SubjectRow, UnitRow};
use crate::{Error, Op, Result, statements};
use base::{RecordId, SubjectId, Timestamp, UnitId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be destroyed.
#[derive(Debug, Clone)]
pub struct Destroy {
    /// Names the case in the ledger and the journal: an erasure's id, `record/<id>`.
    pub case: String,
    /// The journal's word: `erase` or `delete`.
    pub action: &'static str,
    /// Whose data it is.
    pub subject: Option<SubjectId>,
    /// The units.
    pub units: Vec<UnitId>,
}

impl Destroy {
    /// What a ledger's line says has begun.
    pub(crate) fn of(line: &Line) -> Self {
        let case = line.case.clone().unwrap_or_default();
        let action = if case.starts_with("record/") { "delete" } else { "erase" };
        Self { case, action, subject: line.subject, units: line.units.clone() }
    }
}

/// What happened when, and how much: what a certificate may claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Destroyed {
    /// When the keys were destroyed; without a unit there was no key, and this is when the record was deleted.
    pub keys_at: Timestamp,
    /// When the last ciphertext was gone from the live databases and their write-ahead logs.
    pub ciphertext_at: Timestamp,
    /// Units destroyed.
    pub units: usize,
    /// Records gone.
    pub records: usize,
    /// Records that stay without the destroyed parts.
    pub kept_records: usize,
    /// Sealed parts of journal entries gone, and whatever else the holders held beside the records.
    pub values: u64,
    /// Of these, the sealed parts of journal entries.
    #[serde(default)]
    pub journal: u64,
}

/// Destroys units, from the first ledger line to the last.
pub fn destroy(writer: &mut Exclusive<'_>, caller: &Caller, what: &Destroy) -> Result<Destroyed> {
    let shared = writer.tenant();
    let now = shared.clock().now();
    let line = Line {
        subject: what.subject,
        case: Some(what.case.clone()),
        units: what.units.clone(),
        ..Line::new(now, What::ErasureBegun)
    };
    let begun = shared.with_ledger(|ledger, ring| {
        let known = ledger.unfinished().iter().any(|line| line.case.as_deref() == Some(&what.case));
        if known { Ok(()) } else { ledger.append(ring, line) }
    });
    begun?;
    finish(writer, caller, what)
}

/// Finishes what has begun, as often as needed.
pub fn finish(writer: &mut Exclusive<'_>, caller: &Caller, what: &Destroy) -> Result<Destroyed> {
    let shared = writer.tenant();
    let marked = {
        let what = what.clone();
        writer.op(caller.clone(), move |op| mark_dead(op, &what))?
    };
    let rids: Vec<i64> = marked.iter().map(|unit| unit.rid).collect();
    writer.destroy_keys(&rids)?;
    let keys_at = shared.clock().now();
    let counts = {
        let what = what.clone();
        writer.op(caller.clone(), move |op| remove(op, &what, &marked))?
    };
    writer.forget_records()?;
    writer.forget_index()?;
    let ciphertext_at = shared.clock().now();
    let destroyed = Destroyed {
        keys_at,
        ciphertext_at,
        units: rids.len(),
        records: counts.records,
        kept_records: counts.kept,
        values: counts.values,
        journal: counts.journal,
    };
    let note = serde_json::to_string(&destroyed).ok();
    let line = Line {
        subject: what.subject,
        case: Some(what.case.clone()),
        note,
        ..Line::new(ciphertext_at, What::ErasureDone)
    };
    shared.with_ledger(|ledger, ring| ledger.append(ring, line))?;
    Ok(destroyed)
}

/// What the ledger says of a finished case.
pub fn outcome(shared: &crate::Shared, case: &str) -> Option<Destroyed> {
    shared.with_ledger(|ledger, _| {
        let done = ledger
            .lines()
            .iter()
            .rev()
            .find(|line| line.what == What::ErasureDone && line.case.as_deref() == Some(case))?;
        serde_json::from_str(done.note.as_deref()?).ok()
    })
}

/// Finishes everything that had begun when the program ended. Called when a tenant is opened, before anything is served.
pub fn resume(tenant: &crate::Tenant) -> Result<usize> {
    let unfinished = tenant.shared().with_ledger(|ledger, _| ledger.unfinished());
    let count = unfinished.len();
    for line in unfinished {
        let what = Destroy::of(&line);
        tracing::info!(tenant = %tenant.shared().id(), case = what.case, "an erasure that had begun is finished");
        tenant.exclusive(move |writer| finish(writer, &Caller::job("resume-erasure"), &what))?;
    }
    Ok(count)
}

/// The rows of the units: the person's or the record's. What lies elsewhere is looked for among all; that happens only when a record's deletion
/// was cut short after its row had gone.
fn units_of(op: &mut Op<'_>, what: &Destroy) -> Result<Vec<UnitRow>> {
    let wanted: BTreeSet<UnitId> = what.units.iter().copied().collect();
    let mut found: BTreeMap<i64, UnitRow> = BTreeMap::new();
    let mut take = |units: Vec<UnitRow>| {
        found.extend(units.into_iter().filter(|unit| wanted.contains(&unit.id)).map(|unit| (unit.rid, unit)));
        found.len() == wanted.len()
    };
    let subject = what.subject.map(|id| op.subject(id)).transpose()?.flatten();
    if let Some(subject) = subject
        && take(op.units_of_subject(subject.rid)?)
    {
        return Ok(found.into_values().collect());
    }
    let record = what.case.strip_prefix("record/").and_then(|id| id.parse::<RecordId>().ok());
    let record = record.map(|id| op.stored(id)).transpose()?.flatten();
    if let Some(record) = record
        && take(op.units_of_record(record.rid)?)
    {
        return Ok(found.into_values().collect());
    }
    take(op.all(&statements::UNITS_ALL, &[], UnitRow::read)?);
    Ok(found.into_values().collect())
}

/// From here on nothing can be sealed or opened with these units (409).
fn mark_dead(op: &mut Op<'_>, what: &Destroy) -> Result<Vec<UnitRow>> {
    let units = units_of(op, what)?;
    if units.iter().all(|unit| unit.state != 0) {
        return Ok(units); // repeated after a crash
    }
    let mut entry = op.entry("erase-begin", None, None);
    entry.name_units(units.iter().map(|unit| unit.id));
    let commit = op.commit_no();
    for unit in &units {
        op.change(&statements::UNIT_STATE, &[unit.rid.into(), 1.into(), commit.into()], &entry)?;
        cover(&entry, unit, 1);
    }
    let note = case_note(what);
    op.finish(entry, &note)?;
    Ok(units)
}

/// What a unit's row is once it has that state.
fn cover(entry: &crate::Entry, unit: &UnitRow, state: i64) {
    let now = covered::unit(unit.subject, &unit.class, unit.record, state);
    entry.covers(&covered::UNIT, unit.id.bytes(), Some(now));
}

fn case_note(what: &Destroy) -> Map {
    let mut note = Map::new();
    note.insert("case".into(), what.case.clone().into());
    note
}

#[derive(Default)]
struct Counts {
    records: usize,
    kept: usize,
    values: u64,
    journal: u64,
}

/// The database's half: records whose own data is destroyed go, others lose the parts.
fn remove(op: &mut Op<'_>, what: &Destroy, units: &[UnitRow]) -> Result<Counts> {
    let gone: BTreeSet<i64> = units.iter().map(|unit| unit.rid).collect();
    let mut records: BTreeSet<i64> = units.iter().map(|unit| unit.record).filter(|rid| *rid != 0).collect();
    let mut subjects: BTreeSet<i64> = units.iter().map(|unit| unit.subject).filter(|rid| *rid != 0).collect();
    for unit in units {
        records.extend(op.all(&statements::PARTS_OF_UNIT, &[unit.rid.into()], |row| row.int(0))?);
    }
    if let Some(id) = what.subject
        && let Some(row) = op.subject(id)?
    {
        subjects.extend(op.with_aliases(row.rid)?);
    }
    for subject in &subjects {
        records.extend(op.all(&statements::RECORDS_OF_SUBJECT, &[(*subject).into()], |row| row.int(0))?);
        records.extend(op.subject_rid(*subject)?.map(|row| row.record).filter(|rid| *rid != 0));
    }
    let mut counts = Counts::default();
    for rid in records {
        let Some(mut stored) = op.stored_rid(rid)? else { continue };
        let modules = op.tenant().modules();
        let Some(row) = modules.rows.get(&stored.module).cloned() else { continue };
        let Some(definition) = modules.set.get(&row.name) else { continue };
        let own = op.row_unit(definition, &stored)?;
        if own.is_some_and(|unit| gone.contains(&unit)) {
            let mut entry = op.entry("delete", Some((&row.name, row.fingerprint)), Some((stored.rid, stored.id)));
            entry.name_units(units.iter().filter(|unit| unit.record == stored.rid).map(|unit| unit.id));
            op.delete_row(&stored, &row, &entry)?;
            Op::commit_to(&mut entry, None);
            op.finish(entry, &case_note(what))?;
            counts.records += 1;
        } else if stored.parts.iter().any(|part| gone.contains(&part.unit)) {
            let mut entry = op.entry("erase-part", Some((&row.name, row.fingerprint)), Some((stored.rid, stored.id)));
            stored.parts.retain(|part| !gone.contains(&part.unit));
            op.rewrite_row(&mut stored, &mut entry)?;
            let opened = op.open(stored)?;
            op.list(&row.name, &opened.stored, Arc::new(opened.values));
            op.finish(entry, &case_note(what))?;
            counts.kept += 1;
        }
    }
    let mut entry = op.entry(what.action, None, None);
    entry.name_units(units.iter().map(|unit| unit.id));
    let commit = op.commit_no();
    for unit in units {
        for holder in op.tenant().holders() {
            let gone = holder.erase(op, unit, &entry)?;
            counts.values += gone;
            if holder.name() == crate::holders::JOURNAL_VALUES {
                counts.journal += gone;
            }
        }
        op.change(&statements::UNIT_STATE, &[unit.rid.into(), 2.into(), commit.into()], &entry)?;
        cover(&entry, unit, 2);
    }
    for subject in subjects {
        settle_subject(op, subject, what.subject.is_some(), &entry)?;
    }
    op.finish(entry, &case_note(what))?;
    let destructions = crate::reapply::destructions(&mut op.state.keys)?.to_string();
    op.upkeep(&statements::META_PUT, &[crate::reapply::DESTRUCTIONS.into(), destructions.as_str().into()])?;
    Ok(counts)
}

/// A subject without a live unit is erased. One of whom an erasure left something is restricted to that; where a single record was deleted, nothing
/// else changes.
fn settle_subject(op: &mut Op<'_>, subject: i64, erasure: bool, entry: &crate::Entry) -> Result<()> {
    let live =
        op.all(&statements::UNITS_OF_SUBJECT, &[subject.into()], UnitRow::read)?.iter().any(|unit| unit.state == 0);
    let state = match (live, erasure) {
        (false, _) => "erased",
        (true, true) => "restricted",
        (true, false) => return Ok(()),
    };
    let commit = op.commit_no();
    op.change(&statements::SUBJECT_STATE, &[subject.into(), state.into(), commit.into()], entry)?;
    if let Some(row) = op.subject_rid(subject)? {
        op.cover_by(entry, &covered::SUBJECT, row.id.bytes(), row.rid.into())?;
    }
    Ok(())
}

/// Restricts a record or lifts it: it vanishes from lists, search, export and API for all but the privacy role, and comes back.
pub fn restrict_record(op: &mut Op<'_>, id: RecordId, restricted: bool) -> Result<bool> {
    let Some(mut stored) = op.stored(id)? else { return Ok(false) };
    if stored.restricted == restricted {
        return Ok(false);
    }
    set_row(op, &mut stored, if restricted { "restrict" } else { "release" }, |stored| stored.restricted = restricted)?;
    Ok(true)
}

/// Moves a record to another scope without touching its values: a merged person's record is seen by nobody until the merge is undone.
pub fn move_scope(op: &mut Op<'_>, id: RecordId, scope: i64) -> Result<()> {
    let mut stored = op.stored(id)?.ok_or_else(|| Error::not_found(format!("record {id}")))?;
    set_row(op, &mut stored, "scope", |stored| stored.scope = scope)
}

fn set_row(
    op: &mut Op<'_>,
    stored: &mut crate::rows::Stored,
    action: &str,
    set: impl FnOnce(&mut crate::rows::Stored),
) -> Result<()> {
    let modules = op.tenant().modules();
    let row = modules.rows.get(&stored.module).cloned().ok_or_else(|| Error::not_found("module"))?;
    let mut entry = op.entry(action, Some((&row.name, row.fingerprint)), Some((stored.rid, stored.id)));
    set(stored);
    op.rewrite_row(stored, &mut entry)?;
    let opened = op.open(stored.clone())?;
    op.list(&row.name, &opened.stored, Arc::new(opened.values));
    op.finish(entry, &Map::new())?;
    Ok(())
}

/// Deletes one record and its units. Refused for a person (an erasure plan is for that), for a duty to keep it, and for a stale version.
pub fn delete_record(
    writer: &mut Exclusive<'_>,
    caller: &Caller,
    module: &str,
    id: RecordId,
    if_version: Option<i64>,
) -> Result<Destroyed> {
    let planned = {
        let module = module.to_owned();
        writer.op(caller.clone(), move |op| plan_delete(op, &module, id, if_version))?
    };
    match planned {
        Planned::Units(units) => {
            destroy(writer, caller, &Destroy { case: format!("record/{id}"), action: "delete", subject: None, units })
        }
        Planned::Plain => {
            let now = writer.tenant().clock().now();
            writer.op(caller.clone(), move |op| delete_plain(op, id))?;
            Ok(Destroyed {
                keys_at: now,
                ciphertext_at: now,
                units: 0,
                records: 1,
                kept_records: 0,
                values: 0,
                journal: 0,
            })
        }
    }
}

enum Planned {
    Units(Vec<UnitId>),
    /// A record of a module that never holds personal data has no key of its own: it is deleted, and an older copy of records.db still has it.
    Plain,
}

fn plan_delete(op: &mut Op<'_>, module: &str, id: RecordId, if_version: Option<i64>) -> Result<Planned> {
    let missing = || Error::not_found(format!("{module} {id}"));
    let opened = op.opened(id)?.ok_or_else(missing)?;
    let modules = op.tenant().modules();
    if modules.rows.get(&opened.stored.module).is_none_or(|row| row.name != module) {
        return Err(missing());
    }
    let definition = modules.set.get(module).ok_or_else(missing)?;
    if let Some(given) = if_version
        && given != opened.stored.version
    {
        return Err(Error::Stale { given, present: opened.stored.version });
    }
    let subject: Option<SubjectRow> = op.subject(id.cast())?;
    if subject.is_some_and(|subject| subject.state != "erased") {
        return Err(Error::conflict(
            "is-person",
            "this record is a person; make an erasure plan, which reaches everything held about the person",
        ));
    }
    let units: Vec<UnitRow> =
        op.units_of_record(opened.stored.rid)?.into_iter().filter(|unit| unit.state == 0).collect();
    let (now, zone) = (op.now(), op.tenant().zone().clone());
    let holds: Vec<_> = units
        .iter()
        .filter_map(|unit| crate::retention::hold(&modules.set, definition, &opened, &unit.class, now, &zone))
        .collect();
    if let Some(hold) = holds.iter().max_by_key(|hold| hold.until) {
        return Err(Error::conflict(
            "held",
            format!("it must be kept until {} ({}): {}", hold.until, hold.basis, hold.reason_en),
        ));
    }
    if units.is_empty() {
        Ok(Planned::Plain)
    } else {
        Ok(Planned::Units(units.into_iter().map(|unit| unit.id).collect()))
    }
}

fn delete_plain(op: &mut Op<'_>, id: RecordId) -> Result<()> {
    let opened = op.opened(id)?.ok_or_else(|| Error::not_found(format!("record {id}")))?;
    let stored = opened.stored;
    let modules = op.tenant().modules();
    if let Some(definition) = modules.rows.get(&stored.module).and_then(|row| modules.set.get(&row.name)) {
        op.disclaim_all(definition, stored.rid, &opened.values);
    }
    let row = modules.rows.get(&stored.module).cloned().ok_or_else(|| Error::not_found(format!("record {id}")))?;
    let mut entry = op.entry("delete", Some((&row.name, row.fingerprint)), Some((stored.rid, stored.id)));
    op.delete_row(&stored, &row, &entry)?;
    Op::commit_to(&mut entry, None);
    op.finish(entry, &Map::new())?;
    Ok(())
}
