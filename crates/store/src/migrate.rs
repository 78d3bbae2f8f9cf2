//! The format of each file: made fresh, checked at opening, migrated with a plan and a copy before.
//!
//! A step is a folder in `migrations/` and an entry here. A file knows its format in `PRAGMA user_version`, inside the encrypted file.
use crate::sqlite::SqliteConnection;
use crate::{Error, Result};

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// records.db
    Records,
    /// keys.db
    Keys,
    /// instance.db
    Instance,
}

/// One step of the format: its name and its script for each file.
pub struct Step {
    /// Name of its folder.
    pub name: &'static str,
    records: &'static str,
    keys: &'static str,
    instance: &'static str,
}

/// Every step, oldest first. The format of a file is the number of steps that it has been through.
pub const STEPS: &[Step] = &[
    Step {
        name: "0001-foundation",
        records: include_str!("../migrations/0001-foundation/records.sql"),
        keys: include_str!("../migrations/0001-foundation/keys.sql"),
        instance: include_str!("../migrations/0001-foundation/instance.sql"),
    },
    Step {
        name: "0002-fewer-indexes",
        records: include_str!("../migrations/0002-fewer-indexes/records.sql"),
        keys: include_str!("../migrations/0002-fewer-indexes/keys.sql"),
        instance: include_str!("../migrations/0002-fewer-indexes/instance.sql"),
    },
    Step {
        name: "0003-logs-of-the-instance",
        records: include_str!("../migrations/0003-logs-of-the-instance/records.sql"),
        keys: include_str!("../migrations/0003-logs-of-the-instance/keys.sql"),
        instance: include_str!("../migrations/0003-logs-of-the-instance/instance.sql"),
    },
];

impl Step {
    fn script(&self, which: Which) -> &'static str {
        match which {
            Which::Records => self.records,
            Which::Keys => self.keys,
            Which::Instance => self.instance,
        }
    }
}

/// The format that this program writes.
pub fn current() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Makes a fresh file's tables.
pub fn create(file: &mut SqliteConnection, name: &str, which: Which) -> Result<()> {
    if version(file, name)? != 0 {
        return Err(Error::conflict("exists", format!("{name} exists already")));
    }
    upgrade(file, which, 0)
}

/// Refuses a file of a newer format, and says whether an older one must be migrated first.
pub fn check(file: &mut SqliteConnection, name: &str, which: Which) -> Result<()> {
    let found = version(file, name)?;
    match found.cmp(&current()) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::Newer { file: name.to_owned(), found, known: current() }),
        std::cmp::Ordering::Less if found == 0 => Err(Error::damaged(name, "it is empty")),
        std::cmp::Ordering::Less => upgrade(file, which, found),
    }
}

/// The steps that a file of format `found` still needs: the plan that is shown before.
pub fn plan(found: i64) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().skip(usize::try_from(found).unwrap_or(usize::MAX))
}

/// Takes a file through the steps that it lacks, all in one transaction.
pub fn upgrade(file: &mut SqliteConnection, which: Which, found: i64) -> Result<()> {
    let scripts: String = plan(found).map(|step| step.script(which)).collect::<Vec<_>>().join("\n");
    file.script("migration", &format!("BEGIN IMMEDIATE;\n{scripts}\nPRAGMA user_version = {};\nCOMMIT;", current()))
}

fn version(file: &mut SqliteConnection, name: &str) -> Result<i64> {
    let read = file.raw().query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    read.map_err(|error| crate::sqlite::explain(name, "user_version", &error))
}
