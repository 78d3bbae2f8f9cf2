//! The format of each file: made fresh, checked at opening, migrated with a plan and a copy before.
//!
//! A step is a folder in `migrations/` and an entry here. A file knows its format in `PRAGMA user_version`, inside the encrypted file. Every file of an
//! instance carries the same number; a step that has nothing to do for a file says so in its script. Scripts do no harm when they run twice.
mod copy;
mod plan;

pub(crate) use copy::{Copies, destroy_in_copies, drop_copies, expire_copies};
pub(crate) use plan::{ALL as STATEMENTS, look, tenant_ids};
pub use plan::{Plan, PlannedFile};

use crate::engine::Connection;
use crate::place;
use crate::shared::Paths;
use crate::sqlite::{Mode, Settings, SqliteConnection};
use crate::{Error, Result};
use base::Timestamp;
use copy::{finished, make};
use keys::{KeyRing, Pages};
use std::path::Path;

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

/// The format that the first step gives. Formats 1 and 2 were written before the first release only; there is no step from them.
const FIRST: i64 = 3;

/// Every step, oldest first. The first one gives format [`FIRST`], each further one the next.
pub const STEPS: &[Step] = &[
    Step {
        name: "0001-foundation",
        records: include_str!("../../migrations/0001-foundation/records.sql"),
        keys: include_str!("../../migrations/0001-foundation/keys.sql"),
        instance: include_str!("../../migrations/0001-foundation/instance.sql"),
    },
    Step {
        name: "0002-fewer-indexes",
        records: include_str!("../../migrations/0002-fewer-indexes/records.sql"),
        keys: include_str!("../../migrations/0002-fewer-indexes/keys.sql"),
        instance: include_str!("../../migrations/0002-fewer-indexes/instance.sql"),
    },
    Step {
        name: "0003-logs-of-the-instance",
        records: include_str!("../../migrations/0003-logs-of-the-instance/records.sql"),
        keys: include_str!("../../migrations/0003-logs-of-the-instance/keys.sql"),
        instance: include_str!("../../migrations/0003-logs-of-the-instance/instance.sql"),
    },
    Step {
        name: "0004-places",
        records: include_str!("../../migrations/0004-places/records.sql"),
        keys: include_str!("../../migrations/0004-places/keys.sql"),
        instance: include_str!("../../migrations/0004-places/instance.sql"),
    },
    Step {
        name: "0005-nodes",
        records: include_str!("../../migrations/0005-nodes/records.sql"),
        keys: include_str!("../../migrations/0005-nodes/keys.sql"),
        instance: include_str!("../../migrations/0005-nodes/instance.sql"),
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

/// The scripts of a file, oldest first: which columns it has.
pub(crate) fn scripts(which: Which) -> Vec<&'static str> {
    STEPS.iter().map(|step| step.script(which)).collect()
}

/// The format that this program writes.
pub const FORMAT: i64 = FIRST + STEPS.len().cast_signed() as i64 - 1;

/// Whether a file of this format is migrated.
fn old(format: i64) -> bool {
    (FIRST..FORMAT).contains(&format)
}

/// Makes a fresh file's tables.
pub fn create(file: &mut dyn Connection, name: &str, which: Which) -> Result<()> {
    if file.format()? != 0 {
        return Err(Error::conflict("exists", format!("{name} exists already")));
    }
    upgrade(file, which, 0)
}

/// Refuses a file of a newer format, and one that was not migrated.
pub fn check(file: &mut dyn Connection, name: &str) -> Result<()> {
    let found = file.format()?;
    match found.cmp(&FORMAT) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::Newer { file: name.to_owned(), found, known: FORMAT }),
        std::cmp::Ordering::Less if found == 0 => Err(Error::damaged(name, "it is empty")),
        std::cmp::Ordering::Less if found < FIRST => Err(Error::Unreleased { file: name.to_owned(), found }),
        std::cmp::Ordering::Less => Err(Error::damaged(name, format!("its format {found} was not migrated"))),
    }
}

/// When a copy is made and until when it is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    /// Now.
    pub now: Timestamp,
    /// How long the copy is kept, in milliseconds.
    pub keep_ms: i64,
}

/// Whether a file is of an older format. records.db is the last of a tenant's files to be migrated: while it is old, keys.db may be.
pub(crate) fn is_old(file: &mut dyn Connection) -> Result<bool> {
    Ok(old(file.format()?))
}

/// Takes a tenant's files through the steps that they lack, with a copy before. A newer one is left for [`check`] to refuse. keys.db goes before
/// records.db, as in every commit.
pub(crate) fn tenant(paths: &Paths, ring: &KeyRing, settings: &Settings, keeping: Keeping) -> Result<()> {
    let mut records = place::open(paths, ring, Pages::Records, Mode::Writer, settings)?;
    let mut keys = place::open(paths, ring, Pages::Keys, Mode::Writer, settings)?;
    let found = [records.format()?, keys.format()?];
    if found.iter().any(|format| *format > FORMAT) || !found.iter().copied().any(old) {
        return Ok(());
    }
    let oldest = found.into_iter().min().unwrap_or_default();
    // A server undoes a script that fails as a whole, and its operator has the copies of before.
    let copied = if let (Some(records), Some(keys)) = (records.file(), keys.file()) {
        make(&paths.folder, oldest, &mut [("records.db", records), ("keys.db", keys)], keeping)?;
        true
    } else {
        false
    };
    let [records_format, keys_format] = found;
    for (file, which, format) in
        [(&mut keys as &mut dyn Connection, Which::Keys, keys_format), (&mut records, Which::Records, records_format)]
    {
        if old(format) {
            upgrade(file, which, format)?;
        }
    }
    if copied {
        finished(&paths.folder, oldest)?;
    }
    tracing::info!(from = oldest, to = FORMAT, folder = %paths.folder.display(), "a business was migrated");
    Ok(())
}

/// The same for instance.db, which is opened already. It is the last of an instance's files: while it is old, others may be.
pub(crate) fn instance(folder: &Path, file: &mut SqliteConnection, keeping: Keeping) -> Result<()> {
    let found = file.format()?;
    if old(found) {
        make(folder, found, &mut [("instance.db", file)], keeping)?;
        upgrade(file, Which::Instance, found)?;
        finished(folder, found)?;
    }
    Ok(())
}

/// Takes a control database through the steps that it lacks; its server has the copies of before.
pub(crate) fn control(file: &mut dyn Connection) -> Result<()> {
    let found = file.format()?;
    if old(found) { upgrade(file, Which::Instance, found) } else { Ok(()) }
}

/// The steps that a file of format `found` still needs.
pub(crate) fn steps(found: i64) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().skip(usize::try_from((found + 1 - FIRST).max(0)).unwrap_or(usize::MAX))
}

/// Takes a file through the steps that it lacks, all in one transaction.
fn upgrade(file: &mut dyn Connection, which: Which, found: i64) -> Result<()> {
    let scripts: String = steps(found).map(|step| step.script(which)).collect::<Vec<_>>().join("\n");
    file.upgrade(&scripts, FORMAT)
}
