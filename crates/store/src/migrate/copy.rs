//! The copies that are made before a migration: `before/<format>/` beside the files, with an end date in `until`.
//!
//! A copy is a holder: when a unit is destroyed, its key and its sealed parts are destroyed in the copy too, so that no erasure has to wait for the
//! end date and none is undone by going back. A copy is opened with the tenant's own page keys. The index is not copied, it can be rebuilt.
use super::Keeping;
use crate::engine::Connection;
use crate::holders::Holder;
use crate::op::{Entry, Op};
use crate::rows::UnitRow;
use crate::shared::Paths;
use crate::sqlite::{self, Mode, Settings, SqliteConnection};
use crate::statements::{self, on_keys};
use crate::writer::DESTROYED;
use crate::{Error, Result};
use base::Timestamp;
use keys::{KeyRing, Pages};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The folder of copies.
const BEFORE: &str = "before";
/// The file that says until when a copy is kept.
const UNTIL: &str = "until";
/// The file that says that the migration went through: what is migrated later is copied anew.
const FINISHED: &str = "finished";

/// Copies files of format `from`, unless a migration that was broken off has done so already. The files must be open in this process alone.
pub(super) fn make(
    folder: &Path,
    from: i64,
    files: &mut [(&str, &mut SqliteConnection)],
    keeping: Keeping,
) -> Result<()> {
    let done = folder.join(BEFORE).join(format!("{from:04}"));
    if done.join(UNTIL).exists() && !done.join(FINISHED).exists() {
        return Ok(());
    }
    // One of an earlier migration, after which somebody went back to it.
    remove(&done)?;
    let fresh = done.with_extension("new");
    remove(&fresh)?;
    let failed = || Error::io(format!("copying to {} before the migration", fresh.display()));
    std::fs::create_dir_all(&fresh).map_err(failed())?;
    for (name, file) in files {
        // Everything is in the file itself then, and nothing is written until the copy is there.
        file.forget_overwritten()?;
        std::fs::copy(folder.join(*name), fresh.join(*name)).map_err(failed())?;
        File::open(fresh.join(*name)).and_then(|file| file.sync_all()).map_err(failed())?;
    }
    let until = keeping.now.plus_ms(keeping.keep_ms).to_string();
    std::fs::write(fresh.join(UNTIL), until).map_err(failed())?;
    for path in [fresh.join(UNTIL), fresh.clone()] {
        File::open(path).and_then(|file| file.sync_all()).map_err(failed())?;
    }
    std::fs::rename(&fresh, &done).map_err(failed())?;
    File::open(folder.join(BEFORE)).and_then(|folder| folder.sync_all()).map_err(failed())
}

/// Says that the migration for which the copy was made went through.
pub(super) fn finished(folder: &Path, from: i64) -> Result<()> {
    let path = folder.join(BEFORE).join(format!("{from:04}")).join(FINISHED);
    std::fs::write(&path, "").map_err(Error::io(format!("writing {}", path.display())))
}

/// Deletes the copies whose time is over, and what a broken-off copying has left; gives how many. A copy without a readable end date has none left.
pub(crate) fn expire_copies(folder: &Path, now: Timestamp) -> Result<usize> {
    let mut gone = 0;
    for copy in copies(folder)? {
        let until = std::fs::read_to_string(copy.join(UNTIL)).ok().and_then(|text| Timestamp::try_from(text).ok());
        if until.is_none_or(|until| until <= now) {
            remove(&copy)?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// Deletes every copy: after the keys that it was made with are retired, it opens nothing.
pub(crate) fn drop_copies(folder: &Path) -> Result<()> {
    copies(folder)?.iter().try_for_each(|copy| remove(copy))
}

/// Destroys units in every copy: their keys overwritten, their sealed parts and journal values deleted, nothing of them left in a write-ahead log.
pub(crate) fn destroy_in_copies(paths: &Paths, ring: &KeyRing, settings: &Settings, units: &[i64]) -> Result<()> {
    for copy in copies(&paths.folder)? {
        let mut keys = open(&copy, "keys.db", ring, Pages::Keys, settings)?;
        in_one(&mut keys, |keys| {
            for unit in units {
                keys.execute((&on_keys::KEY_DESTROY).into(), &[(*unit).into(), (&DESTROYED).into()])?;
                keys.execute((&on_keys::UNIQUE_OF_UNIT).into(), &[(*unit).into()])?;
            }
            Ok(())
        })?;
        let mut records = open(&copy, "records.db", ring, Pages::Records, settings)?;
        in_one(&mut records, |records| {
            for unit in units {
                records.execute((&statements::UNIT_PARTS_DELETE).into(), &[(*unit).into()])?;
                records.execute((&statements::UNIT_VALUES_DELETE).into(), &[(*unit).into()])?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn in_one(file: &mut SqliteConnection, work: impl FnOnce(&mut SqliteConnection) -> Result<()>) -> Result<()> {
    file.begin()?;
    let done = work(file).and_then(|()| file.commit());
    if done.is_err() {
        file.rollback();
    }
    done.and_then(|()| file.forget_overwritten())
}

fn open(copy: &Path, name: &str, ring: &KeyRing, pages: Pages, settings: &Settings) -> Result<SqliteConnection> {
    let opened = sqlite::open(&copy.join(name), ring.page_key(pages), Mode::Writer, settings)?;
    Ok(SqliteConnection::new(format!("before/{name}"), opened))
}

/// The copies in a folder, half made ones too.
fn copies(folder: &Path) -> Result<Vec<PathBuf>> {
    let before = folder.join(BEFORE);
    let failed = || Error::io(format!("reading {}", before.display()));
    match std::fs::read_dir(&before) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed())).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed()(error)),
    }
}

fn remove(copy: &Path) -> Result<()> {
    match std::fs::remove_dir_all(copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format!("removing {}", copy.display()))(error))
        }
        _ => Ok(()),
    }
}

/// The copies as a holder. What they hold of a unit is destroyed together with its key ([`destroy_in_copies`]), before the live parts go.
pub(crate) struct Copies;

impl Holder for Copies {
    fn name(&self) -> &'static str {
        "copies before a migration"
    }
    fn covers(&self) -> &'static [&'static str] {
        &["before/"]
    }
    fn count(&self, op: &mut Op<'_>, unit: &UnitRow) -> Result<u64> {
        let copies = copies(&op.tenant().paths().folder)?.len() as u64;
        Ok(if unit.state == 2 { 0 } else { copies })
    }
    fn erase(&self, _op: &mut Op<'_>, _unit: &UnitRow, _entry: &Entry) -> Result<u64> {
        Ok(0)
    }
}
