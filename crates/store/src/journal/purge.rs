//! Entries past their own period lose header and values and keep the bare leaf; a purge entry names them. A beginning of nothing but bare leaves is
//! pruned: what stays of it are the tree's nodes, so that every later root and every proof about later entries still verifies.
//!
//! Periods are dated data (`packs/core/classes.toml`): class `journal` counts from the end of the record that an entry is about, so the history of a living
//! record stays; class `journal_event` counts from the entry, for everything that is about no record.
use super::body::{Body, Digest};
use super::tree::{TILE, Tree};
use crate::engine::{self, Query};
use crate::module::Map;
use crate::op::Op;
use crate::{Caller, Error, Result, Tenant, statements};
use base::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The class whose period the entries about a record have.
const OF_RECORD: &str = "journal";
/// The class whose period the other entries have.
const OF_EVENT: &str = "journal_event";
/// Entries looked at in one operation.
const BATCH: u64 = 2_000;

/// The note of a purge entry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Purged {
    /// Ranges of sequences, each without its end.
    pub entries: Vec<(u64, u64)>,
    /// Of which entry each digest of a covered row is that is said again, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<u64>,
    /// What a prune entry among them said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned: Option<Pruned>,
}

/// The note of a prune entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pruned {
    /// Every entry before this one is gone.
    pub before: u64,
    /// The root over them, hex: their checkpoint.
    pub root: String,
}

/// What a purge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PurgeOutcome {
    /// Entries that lost header and values.
    pub purged: u64,
    /// Bare leaves that are gone too.
    pub pruned: u64,
}

/// How far entries of a kind have been looked at: bookkeeping, a lost one costs a second look.
fn cursor(class: &str) -> String {
    format!("journal-looked-at.{class}")
}
/// Where the stored beginning of the journal lies.
const PRUNED: &str = "journal-pruned";

/// Purges what is past its period, and prunes. To be run once a day; running it twice does nothing more.
pub fn purge(tenant: &Tenant) -> Result<PurgeOutcome> {
    let caller = Caller::job("journal-purge");
    let mut outcome = PurgeOutcome::default();
    for class in [OF_RECORD, OF_EVENT] {
        loop {
            let (purged, more) = tenant.write(caller.clone(), move |op| purge_some(op, class))?;
            outcome.purged += purged;
            if !more {
                break;
            }
        }
    }
    outcome.pruned = tenant.write(caller, prune)?;
    if outcome != PurgeOutcome::default() {
        tenant.exclusive(forget)?;
        // A copy of before the pruned beginning could not be compared with anything any more.
        tenant.flush_checkpoint()?;
    }
    Ok(outcome)
}

fn forget(writer: &mut crate::Exclusive<'_>) -> Result<()> {
    writer.forget_records()
}

/// Up to which entry nothing is stored any more; a multiple of 256.
pub(crate) fn pruned(records: &mut dyn engine::Connection) -> Result<u64> {
    let found =
        engine::first(records, &statements::META_GET, &[PRUNED.into()], |row| Ok(row.text(0)?.parse::<u64>().ok()))?;
    Ok(found.flatten().filter(|before| before % TILE as u64 == 0).unwrap_or(0))
}

struct Old {
    seq: u64,
    record: i64,
    body: Option<Body>,
}

/// One operation: looks at the next entries of that kind, purges those whose period is over. Whether there may be more.
fn purge_some(op: &mut Op<'_>, class: &'static str) -> Result<(u64, bool)> {
    let name = cursor(class);
    let from = meta(op, &name)?;
    let size = op.state.tree.size();
    let looked =
        entries(op, &statements::ENTRIES_FROM, &[signed(from).into(), signed((from + BATCH).min(size)).into()])?;
    let mut next = from;
    let mut gone: BTreeMap<u64, Body> = BTreeMap::new();
    let mut young = false;
    for old in looked {
        let Some(body) = old.body else {
            next = old.seq + 1;
            continue;
        };
        if !over(op, class, body.at) {
            young = true;
            break;
        }
        next = old.seq + 1;
        match (class, body.module.is_some(), old.record) {
            // What is about a record goes with the entry that says it is gone.
            (OF_RECORD, true, record) if body.row.is_none() && record != 0 => {
                let all = [record.into(), signed(old.seq + 1).into(), i64::MAX.into()];
                let history = op.all(&statements::ENTRIES_OF, &all, |row| {
                    Ok((unsigned(row.int(0)?), row.opt_bytes(1)?.map(Body::decode).transpose()?))
                })?;
                gone.extend(history.into_iter().filter_map(|(seq, body)| Some((seq, body?))));
            }
            (OF_EVENT, false, _) => drop(gone.insert(old.seq, body)),
            _ => {}
        }
    }
    if gone.is_empty() {
        if next != from {
            set_meta(op, &name, next)?;
        }
        return Ok((0, !young && next != from && next < size));
    }
    let count = gone.len() as u64;
    empty(op, &gone)?;
    set_meta(op, &name, next)?;
    Ok((count, !young && next < size))
}

/// Whether the period of an entry that began at that moment is over.
fn over(op: &Op<'_>, class: &str, at: Timestamp) -> bool {
    let zone = op.tenant().zone();
    let today = base::date_in(op.now(), zone);
    let modules = op.tenant().modules();
    let rule = modules.set.class(class).and_then(|class| class.rule_on(today));
    rule.is_some_and(|rule| rule.last_day(base::date_in(at, zone)) < today)
}

fn newer(one: Option<Pruned>, other: Option<Pruned>) -> Option<Pruned> {
    one.into_iter().chain(other).max_by_key(|pruned| pruned.before)
}

/// Takes header and values away, with the entry that names them. What they said for ever is said again: units that are erased, rows as they
/// left them, and which other entries are bare or gone.
fn empty(op: &mut Op<'_>, gone: &BTreeMap<u64, Body>) -> Result<()> {
    let mut entry = op.entry("purge", None, None);
    let mut units = BTreeSet::new();
    let mut rows = BTreeMap::new();
    let pruned_to = meta(op, PRUNED)?;
    let mut note = Purged { entries: ranges(gone.keys().copied()), covers: Vec::new(), pruned: None };
    for (seq, body) in gone {
        let seq = signed(*seq);
        op.change(&statements::ENTRY_PURGE, &[seq.into()], &entry)?;
        op.change(&statements::ENTRY_VALUES_DELETE, &[seq.into()], &entry)?;
        if names_erased(&body.action) {
            units.extend(body.units.iter().copied());
        }
        match body.action.as_str() {
            "purge" => {
                let said = serde_json::from_str::<Purged>(&body.note).unwrap_or_default();
                note.entries.extend(said.entries.into_iter().filter(|(_, end)| *end > pruned_to));
                note.pruned = newer(note.pruned.take(), said.pruned);
            }
            "prune" => note.pruned = newer(note.pruned.take(), serde_json::from_str(&body.note).ok()),
            _ => {}
        }
        for (cover, by) in body.covers.iter().zip(cover_seqs(body)) {
            let said: &mut (u64, Option<Digest>) = rows.entry((cover.table, cover.id)).or_default();
            if by >= said.0 {
                *said = (by, cover.digest);
            }
        }
    }
    // A later entry may say otherwise of a row; whoever reads this takes what the newest of them says.
    note.covers = rows.values().map(|(by, _)| *by).collect();
    for ((code, id), (_, digest)) in rows {
        entry.covered.borrow_mut().insert((code, id), digest);
    }
    entry.name_units(units);
    note.entries.sort_unstable();
    op.finish(entry, &to_map(&note)?).map(drop)
}

/// Of which entry each digest of a covered row in this one is: its own, but for those that a purge entry says again.
pub(crate) fn cover_seqs(body: &Body) -> Vec<u64> {
    if body.action == "purge" {
        let said = serde_json::from_str::<Purged>(&body.note).unwrap_or_default().covers;
        if said.len() == body.covers.len() && said.iter().all(|by| *by < body.seq) {
            return said;
        }
    }
    vec![body.seq; body.covers.len()]
}

/// Words of entries whose units count as erased.
pub(crate) fn names_erased(action: &str) -> bool {
    matches!(action, "erase" | "delete" | "purge")
}

/// Removes the beginning, as far as it is bare leaves in whole tiles.
fn prune(op: &mut Op<'_>) -> Result<u64> {
    let from = meta(op, PRUNED)?;
    let size = op.state.tree.size();
    let first = op.first(&statements::ENTRY_FIRST_WHOLE, &[signed(from).into()], |row| row.int(0))?;
    let bare = first.map_or(size, unsigned).min(size);
    let before = bare - bare % TILE as u64;
    if before <= from {
        return Ok(0);
    }
    let origin = op.state.tree.origin().to_owned();
    let root = Tree::load(&mut op.state.records, &origin, before)?.root();
    let entry = op.entry("prune", None, None);
    op.change(&statements::ENTRIES_PRUNE, &[signed(before).into()], &entry)?;
    op.change(&statements::TILES_PRUNE, &[signed(before / TILE as u64).into()], &entry)?;
    set_meta(op, PRUNED, before)?;
    op.finish(entry, &to_map(&Pruned { before, root: crate::hex(&root) })?)?;
    Ok(before - from)
}

fn entries(op: &mut Op<'_>, query: &Query, params: &[engine::Param<'_>]) -> Result<Vec<Old>> {
    op.all(query, params, |row| {
        let body = row.opt_bytes(1)?.map(Body::decode).transpose()?;
        Ok(Old { seq: unsigned(row.int(0)?), record: row.int(3)?, body })
    })
}

fn ranges(seqs: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seq in seqs {
        match ranges.last_mut() {
            Some((_, end)) if *end == seq => *end += 1,
            _ => ranges.push((seq, seq + 1)),
        }
    }
    ranges
}

fn to_map(note: &impl Serialize) -> Result<Map> {
    match serde_json::to_value(note) {
        Ok(serde_json::Value::Object(map)) => Ok(map),
        _ => Err(Error::damaged("journal", "a note could not be written")),
    }
}

fn meta(op: &mut Op<'_>, name: &str) -> Result<u64> {
    let found = op.first(&statements::META_GET, &[name.into()], |row| Ok(row.text(0)?.parse().ok()))?;
    Ok(found.flatten().unwrap_or(0))
}

fn set_meta(op: &mut Op<'_>, name: &str, value: u64) -> Result<()> {
    let value = value.to_string();
    op.upkeep(&statements::META_PUT, &[name.into(), value.as_str().into()]).map(drop)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
