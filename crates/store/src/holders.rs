//! Holders: whatever can hold personal data, one entry per table, folder, queue or cache (design, *The house*).
//!
//! An erasure walks this list; a test compares it with the tables and folders that exist and fails on one that nobody covers. Features add
//! theirs when the program starts ([`crate::InstanceSettings::holders`]).
use crate::engine::{Connection, Query};
use crate::op::{Entry, Op};
use crate::rows::UnitRow;
use crate::{Result, statements};

/// Something that can hold data of a person, by key unit.
pub trait Holder: Send + Sync {
    /// Its name in plans and findings.
    fn name(&self) -> &'static str;
    /// What it covers: `records.db/part`, `files/`, `memory/unit keys`.
    fn covers(&self) -> &'static [&'static str];
    /// How many things it holds for a unit.
    fn count(&self, op: &mut Op<'_>, unit: &UnitRow) -> Result<u64>;
    /// Takes away what it holds for a unit; gives how many things that were.
    fn erase(&self, op: &mut Op<'_>, unit: &UnitRow, entry: &Entry) -> Result<u64>;
}

/// The holders of the store itself.
pub fn builtin() -> Vec<std::sync::Arc<dyn Holder>> {
    vec![
        std::sync::Arc::new(JournalValues),
        std::sync::Arc::new(Parts),
        std::sync::Arc::new(Around),
        std::sync::Arc::new(crate::migrate::Copies),
        std::sync::Arc::new(crate::moving::OtherHalves),
    ]
}

/// Tables and folders that hold nothing of a person, each with the reason.
pub const NEUTRAL: &[(&str, &str)] = &[
    ("records.db/meta", "settings of the tenant"),
    ("records.db/head", "size, root and signature of the journal"),
    ("records.db/module", "definitions, written by the business about kinds of records"),
    ("records.db/subject", "random ids and states"),
    ("records.db/unit", "random ids, classes and states; erased ones stay so that the journal verifies"),
    ("records.db/entry", "headers without a value: ids, digests, what was done"),
    ("records.db/tile", "hashes of entries"),
    ("records.db/tombstone", "random ids of what is gone"),
    ("records.db/log_line", "ids and keyed hashes, dropped by age"),
    ("records.db/log_day", "hashes of log lines, dropped by age"),
    ("records.db/job", "ids and neutral values"),
    ("records.db/outbox", "ids and neutral values; personal text is rendered when sent"),
    ("records.db/erasure", "ids, classes, counts, times; the reason is one of a list"),
    ("records.db/merge", "row numbers"),
    ("records.db/token", "hashes, and a name sealed with a key of its own that is destroyed with the token"),
    (
        "records.db/user_account",
        "hashes, a role, and a profile sealed with a key of its own that is destroyed with the user",
    ),
    ("records.db/session", "hashes"),
    ("records.db/import_run", "hashes and counts"),
    ("records.db/idempotency", "hashes and the id that was answered"),
    ("instance.db/meta", "settings of the instance"),
    ("instance.db/head", "size, root and signature of the journal"),
    ("instance.db/tenant", "names of businesses; they go with the tenant"),
    ("instance.db/entry", "headers without a value"),
    ("instance.db/tile", "hashes of entries"),
    ("instance.db/kit", "times"),
    ("instance.db/place", "addresses of databases, and what opens them; where the half lies that a move has left"),
    ("instance.db/root", "wrapped roots of tenants, where several nodes share them"),
    ("instance.db/ledger_line", "opaque ids, counts and times, where several nodes share them"),
    ("instance.db/checkpoint", "sizes and signatures, where several nodes share them"),
    ("instance.db/node", "names and addresses of nodes"),
    ("instance.db/lease", "which node holds which tenant"),
    ("instance.db/index_copy", "which folder has a copy of an index, and its wrapped key"),
    ("instance.db/log_line", "methods, routes and keyed hashes, dropped by age"),
    ("instance.db/log_day", "hashes of log lines, dropped by age"),
];

/// Files of a tenant's folder that are judged by their tables, or hold keys alone. The engine's files beside a database belong to it.
const JUDGED: &[&str] = &["records.db", "keys.db", "root"];

/// Tables, folders and files of a tenant that neither a holder nor [`NEUTRAL`] names.
pub(crate) fn uncovered(
    holders: &[std::sync::Arc<dyn Holder>],
    files: &mut [(&str, &mut dyn Connection)],
    folder: &std::path::Path,
) -> Result<Vec<String>> {
    let mut there = Vec::new();
    for (name, file) in files {
        for table in file.tables()? {
            there.push(format!("{name}/{table}"));
        }
    }
    let failed = || crate::Error::io(format!("reading {}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let main = ["-wal", "-shm"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
        if !JUDGED.contains(&main) {
            there.push(if entry.path().is_dir() { format!("{name}/") } else { main.to_owned() });
        }
    }
    let neutral = |place: &str| NEUTRAL.iter().any(|(known, _)| *known == place);
    let held = |place: &str| holders.iter().any(|holder| holder.covers().contains(&place));
    there.retain(|place| !neutral(place) && !held(place));
    there.sort_unstable();
    there.dedup();
    Ok(there)
}

/// Name of the holder of the journal's values: a certificate counts them by themselves.
pub(crate) const JOURNAL_VALUES: &str = "journal values";

struct JournalValues;
const VALUES_COUNT: Query = Query { name: "VALUES_COUNT", sql: "SELECT count(*) FROM entry_value WHERE unit = ?1" };

impl Holder for JournalValues {
    fn name(&self) -> &'static str {
        JOURNAL_VALUES
    }
    fn covers(&self) -> &'static [&'static str] {
        &["records.db/entry_value"]
    }
    fn count(&self, op: &mut Op<'_>, unit: &UnitRow) -> Result<u64> {
        count(op, &VALUES_COUNT, unit)
    }
    fn erase(&self, op: &mut Op<'_>, unit: &UnitRow, entry: &Entry) -> Result<u64> {
        op.change(&statements::UNIT_VALUES_DELETE, &[unit.rid.into()], entry)
    }
}

struct Parts;
const PARTS_COUNT: Query = Query { name: "PARTS_COUNT", sql: "SELECT count(*) FROM part WHERE unit = ?1" };

impl Holder for Parts {
    fn name(&self) -> &'static str {
        "record parts"
    }
    fn covers(&self) -> &'static [&'static str] {
        // Rows, links, keys by import and the index go with the record; the erasure walks the records of the units itself.
        &["records.db/part", "records.db/record", "records.db/link", "records.db/external_key", "index.db"]
    }
    fn count(&self, op: &mut Op<'_>, unit: &UnitRow) -> Result<u64> {
        count(op, &PARTS_COUNT, unit)
    }
    fn erase(&self, op: &mut Op<'_>, unit: &UnitRow, entry: &Entry) -> Result<u64> {
        op.change(&statements::UNIT_PARTS_DELETE, &[unit.rid.into()], entry)
    }
}

/// What surrounds the databases. The keys and the unwrapped copies in memory are destroyed before anything else ([`crate::Exclusive::destroy_keys`]).
struct Around;

impl Holder for Around {
    fn name(&self) -> &'static str {
        "keys and what surrounds them"
    }
    fn covers(&self) -> &'static [&'static str] {
        &["keys.db/key", "keys.db/unique_value", "files/", "memory/unit keys", "memory/readers"]
    }
    fn count(&self, _op: &mut Op<'_>, unit: &UnitRow) -> Result<u64> {
        Ok(u64::from(unit.state != 2))
    }
    fn erase(&self, _op: &mut Op<'_>, _unit: &UnitRow, _entry: &Entry) -> Result<u64> {
        Ok(0)
    }
}

fn count(op: &mut Op<'_>, query: &Query, unit: &UnitRow) -> Result<u64> {
    let counted = op.first(query, &[unit.rid.into()], |row| row.int(0))?.unwrap_or(0);
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// Statements of this file, for the test that prepares every statement.
pub const ALL: &[(&str, &str)] = &[(VALUES_COUNT.name, VALUES_COUNT.sql), (PARTS_COUNT.name, PARTS_COUNT.sql)];
