//! Applying the ledger again: what it says was erased, restricted, locked or revoked holds also after an older file was put back.
//!
//! The journal's head names how many lines the ledger had at the last commit. A case that was *done* beyond that cannot be what a crash left: the
//! databases are older than the ledger. It is done again before anything is served. A restriction beyond it is one whose commit was lost.
use crate::engine::{self, Connection};
use crate::erase::{Destroy, finish, restrict_record};
use crate::journal::{self, covered};
use crate::ledger::{Line, What};
use crate::module::Map;
use crate::op::Caller;
use crate::rows::{Access, SubjectRow, UnitRow};
use crate::statements::{self, on_keys};
use crate::tenant::Head;
use crate::writer::DESTROYED;
use crate::{Op, Result, Tenant};
use base::{RecordId, SubjectId, UnitId};
use std::collections::BTreeMap;

/// Name of the ledger's position from which it is to be applied again, among the tenant's settings; it stands there until all of it is done.
pub(crate) const FROM: &str = "ledger_from";
/// Name of how often keys had been destroyed, among the tenant's settings. keys.db has the same number under [`COUNTED`].
pub(crate) const DESTRUCTIONS: &str = "destructions";
/// The row of keys.db that is no key: how often keys have been destroyed in it, as eight bytes. A file with a smaller number than records.db is older.
pub(crate) const COUNTED: i64 = -1;
/// Another row of keys.db that is no key: the fencing number of whoever may write there, as eight bytes, where it lies on a server.
pub(crate) const FENCED: i64 = -2;
/// Erased units looked at in one go.
const BATCH: i64 = 10_000;

/// How many lines of the ledger the databases know: what the head names, or less while an earlier round is not at its end.
pub(crate) fn known_lines(records: &mut dyn Connection, head: &Head, ledger: &crate::ledger::Ledger) -> Result<u64> {
    let own = ledger.signers().checkpoint(&head.note).ok();
    let named = own.as_ref().and_then(journal::ledger_position).map_or(0, |(lines, _)| lines);
    let kept = engine::first(records, &statements::META_GET, &[FROM.into()], |row| Ok(row.text(0)?.parse().ok()))?;
    Ok(kept.flatten().map_or(named, |kept: u64| kept.min(named)))
}

/// Does again what the databases do not know of. Called when a tenant is opened, before anything is served.
pub(crate) fn reapply(tenant: &Tenant) -> Result<()> {
    let from = tenant.known_lines();
    let (cases, restricted) = tenant
        .shared()
        .with_ledger(|ledger, _| (done_beyond(ledger.lines(), from), restricted_beyond(ledger.lines(), from)));
    let mut back = Vec::new();
    for what in cases {
        let looked_for = what.clone();
        if tenant.write(Caller::job("ledger"), move |op| is_back(op, &looked_for))? {
            back.push(what);
        }
    }
    let others = tenant.shared().with_ledger(|ledger, _| {
        let narrows = |line: &&Line| line.n >= from && matches!(line.what, What::TokenRevoked | What::UserLocked);
        ledger.lines().iter().any(|line| narrows(&line))
    });
    if !back.is_empty() || !restricted.is_empty() || others {
        let lines = from.to_string();
        tenant.write(Caller::job("ledger"), move |op| {
            op.upkeep(&statements::META_PUT, &[FROM.into(), lines.as_str().into()])
        })?;
    }
    for what in back {
        tracing::error!(tenant = %tenant.shared().id(), case = what.case, "an older file was put back: what it brought back is erased again");
        tenant.exclusive(move |writer| {
            finish(writer, &Caller::job("ledger"), &what)?;
            let subject = what.subject;
            writer.op(Caller::job("ledger"), move |op| subject.map_or(Ok(()), |id| restrict(op, id, true)))
        })?;
    }
    for id in restricted {
        tenant.write(Caller::job("ledger"), move |op| restrict(op, id, false))?;
    }
    overwrite_keys(tenant)
}

/// Everything that had to be applied again has been.
pub(crate) fn applied(tenant: &Tenant) -> Result<()> {
    tenant.write(Caller::job("ledger"), |op| {
        let kept = op.first(&statements::META_GET, &[FROM.into()], |row| Ok(row.text(0)?.to_owned()))?;
        if kept.is_some_and(|kept| !kept.is_empty()) {
            op.upkeep(&statements::META_PUT, &[FROM.into(), "".into()])?;
        }
        Ok(())
    })
}

/// Cases whose end stands behind the first `from` lines.
fn done_beyond(lines: &[Line], from: u64) -> Vec<Destroy> {
    let done: Vec<&str> = lines
        .iter()
        .filter(|line| line.n >= from && line.what == What::ErasureDone)
        .filter_map(|line| line.case.as_deref())
        .collect();
    let begun = lines.iter().filter(|line| line.what == What::ErasureBegun);
    begun.filter(|line| line.case.as_deref().is_some_and(|case| done.contains(&case))).map(Destroy::of).collect()
}

/// Persons whose last line behind the first `from` says that they are restricted.
fn restricted_beyond(lines: &[Line], from: u64) -> Vec<SubjectId> {
    let mut last: BTreeMap<SubjectId, bool> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.n >= from) {
        match (line.what, line.subject) {
            (What::Restricted, Some(id)) => drop(last.insert(id, true)),
            (What::Released, Some(id)) => drop(last.insert(id, false)),
            _ => {}
        }
    }
    last.into_iter().filter(|(_, restricted)| *restricted).map(|(id, _)| id).collect()
}

/// Whether something of a finished case is there.
fn is_back(op: &mut Op<'_>, what: &Destroy) -> Result<bool> {
    let wanted = |unit: &UnitRow| what.units.contains(&unit.id);
    if let Some(record) = what.case.strip_prefix("record/").and_then(|id| id.parse::<RecordId>().ok()) {
        return Ok(op.stored(record)?.is_some());
    }
    if let Some(id) = what.subject {
        // A person whom the databases do not know yet: they are older than the person.
        let Some(subject) = op.subject(id)? else { return Ok(false) };
        let known: Vec<UnitRow> = op.units_of_subject(subject.rid)?.into_iter().filter(|unit| wanted(unit)).collect();
        if known.iter().any(|unit| unit.state != 2) || known.len() == what.units.len() {
            return Ok(known.iter().any(|unit| unit.state != 2));
        }
    }
    let units: std::collections::HashSet<UnitId> = what.units.iter().copied().collect();
    let mut found = false;
    op.query(&statements::UNITS_ALL, &[], &mut |row| {
        let unit = UnitRow::read(row)?;
        found = unit.state != 2 && units.contains(&unit.id);
        Ok(!found)
    })?;
    Ok(found)
}

/// Restricts a person and what is the person's own. `left`: what an erasure left of somebody, whose own state stays.
fn restrict(op: &mut Op<'_>, id: SubjectId, left: bool) -> Result<()> {
    let Some(subject) = op.subject(id)? else { return Ok(()) };
    if !left {
        if subject.state != "live" {
            return Ok(());
        }
        let mut entry = op.entry("restrict-subject", None, None);
        entry.name_units([]);
        let commit = op.commit_no();
        op.change(&statements::SUBJECT_STATE, &[subject.rid.into(), "restricted".into(), commit.into()], &entry)?;
        op.cover_by(&entry, &covered::SUBJECT, subject.id.bytes(), subject.rid.into())?;
        let mut note = Map::new();
        note.insert("subject".into(), id.to_string().into());
        op.finish(entry, &note)?;
    }
    for record in own_records(op, &subject)? {
        restrict_record(op, record, true)?;
    }
    Ok(())
}

fn own_records(op: &mut Op<'_>, subject: &SubjectRow) -> Result<Vec<RecordId>> {
    let mut own = Vec::new();
    for rid in op.with_aliases(subject.rid)? {
        own.extend(op.all(&statements::RECORDS_OF_SUBJECT, &[rid.into()], |row| Ok(row.bytes(1)?.to_vec()))?);
    }
    Ok(own.iter().filter_map(|id| RecordId::from_slice(id).ok()).collect())
}

/// Overwrites the keys of erased units, if keys.db is older than the last destruction that records.db knows.
fn overwrite_keys(tenant: &Tenant) -> Result<()> {
    let known = tenant
        .reader()?
        .first(&statements::META_GET, &[DESTRUCTIONS.into()], |row| Ok(row.text(0)?.parse::<u64>().unwrap_or(0)))?;
    let known = known.unwrap_or(0);
    tenant.exclusive(move |writer| -> Result<()> {
        if destructions(&mut writer.state().keys)? >= known {
            return Ok(());
        }
        let id = writer.tenant().id();
        tracing::error!(tenant = %id, "an older keys.db was put back: the keys of what was erased are destroyed again");
        let mut from = 1;
        loop {
            let state = writer.state();
            let params = [from.into(), BATCH.into()];
            let units = engine::collect(&mut state.records, &statements::UNITS_FROM, &params, |row| {
                Ok((row.int(0)?, row.int(2)?))
            })?;
            let Some((last, _)) = units.last() else { break };
            from = last + 1;
            let mut back = Vec::new();
            for (rid, _) in units.into_iter().filter(|(_, state)| *state == 2) {
                let wrapped =
                    engine::first(&mut state.keys, &on_keys::KEY, &[rid.into()], |row| Ok(row.bytes(1)? != DESTROYED))?;
                if wrapped == Some(true) {
                    back.push(rid);
                }
            }
            if !back.is_empty() {
                writer.destroy_keys(&back)?;
            }
        }
        set_destructions(&mut writer.state().keys, known)
    })
}

/// Moves the fencing number in keys.db on, after the one in the journal's head.
pub(crate) fn fence_keys(keys: &mut dyn Connection, fence: i64) -> Result<()> {
    let (none, fence) = ([0; 16], fence.to_be_bytes());
    keys.execute((&on_keys::KEY_COUNT).into(), &[FENCED.into(), (&none).into(), fence.as_slice().into()]).map(drop)
}

/// How often keys have been destroyed in this keys.db.
pub(crate) fn destructions(keys: &mut dyn Connection) -> Result<u64> {
    let count = engine::first(keys, &on_keys::KEY, &[COUNTED.into()], |row| {
        Ok(row.bytes(1)?.try_into().map_or(0, u64::from_be_bytes))
    })?;
    Ok(count.unwrap_or(0))
}

/// Sets that number.
pub(crate) fn set_destructions(keys: &mut dyn Connection, count: u64) -> Result<()> {
    let (none, count) = ([0; 16], count.to_be_bytes());
    keys.execute((&on_keys::KEY_COUNT).into(), &[COUNTED.into(), (&none).into(), count.as_slice().into()]).map(drop)
}
