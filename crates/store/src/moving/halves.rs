//! The other halves of a business: the one that a move is making, and the one that it left. Both hold wrapped keys and sealed parts, so both are holders:
//! when a unit is destroyed, it is destroyed in them too, before anybody is told that it is.
use crate::database::Database;
use crate::engine::Connection;
use crate::holders::Holder;
use crate::op::{Entry, Op};
use crate::place::{self, Place};
use crate::rows::UnitRow;
use crate::shared::{Paths, Shared};
use crate::sqlite::Mode;
use crate::statements::{self, on_keys};
use crate::writer::DESTROYED;
use crate::{Error, Result};
use keys::Pages;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;

/// The other halves of an open business, wherever they lie.
#[derive(Debug, Default)]
pub(crate) struct Halves {
    places: Mutex<Vec<Place>>,
    /// Held while rows are read from one half and written to the other: whoever holds it knows that everything that was read is written.
    pub writing: Mutex<()>,
}

impl Halves {
    pub fn of(shared: &Shared) -> Arc<Self> {
        shared.extension()
    }
    pub fn add(&self, place: Place) {
        self.places.lock().push(place);
    }
    pub fn clear(&self) {
        self.places.lock().clear();
    }
    fn all(&self) -> Vec<Place> {
        self.places.lock().clone()
    }
}

/// Destroys units in every other half: their keys overwritten, their sealed parts and journal values deleted, nothing of them left in logs.
pub(crate) fn destroy_in_halves(shared: &Shared, units: &[i64]) -> Result<()> {
    let halves = Halves::of(shared);
    let _writing = halves.writing.lock();
    halves.all().into_iter().try_for_each(|place| {
        let name = place.server().unwrap_or("embedded").to_owned();
        match destroy_in(&Paths { place, ..shared.paths.clone() }, shared, units) {
            Err(Error::Busy { message }) => Err(Error::Busy {
                message: format!(
                    "the keys are destroyed here, and not yet in the half of a move that lies on {name}: {message}"
                ),
            }),
            done => done,
        }
    })
}

fn destroy_in(paths: &Paths, shared: &Shared, units: &[i64]) -> Result<()> {
    let ring = shared.ring();
    let open = |pages, name| -> Result<Option<Database>> {
        if !paths.place.is_remote() && !paths.file(name).exists() {
            return Ok(None);
        }
        match place::open(paths, &ring, pages, Mode::Writer, &shared.settings) {
            // It was removed this moment.
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
            // One that was only begun has no tables.
            Ok(mut database) => Ok((database.format()? != 0).then_some(database)),
        }
    };
    if let Some(mut keys) = open(Pages::Keys, "keys.db")? {
        let parts = keys.parts_of_units(units)?;
        in_one(&mut keys, |keys| {
            for unit in units {
                keys.execute((&on_keys::KEY_DESTROY).into(), &[(*unit).into(), (&DESTROYED).into()])?;
                keys.execute((&on_keys::UNIQUE_OF_UNIT).into(), &[(*unit).into()])?;
            }
            Ok(())
        })?;
        keys.forget_parts(&parts)?;
    }
    if let Some(mut records) = open(Pages::Records, "records.db")? {
        in_one(&mut records, |records| {
            for unit in units {
                records.execute((&statements::UNIT_PARTS_DELETE).into(), &[(*unit).into()])?;
                records.execute((&statements::UNIT_VALUES_DELETE).into(), &[(*unit).into()])?;
            }
            Ok(())
        })?;
        records.forget_overwritten()?;
    }
    Ok(())
}

fn in_one(database: &mut Database, work: impl FnOnce(&mut Database) -> Result<()>) -> Result<()> {
    database.begin()?;
    let done = work(database).and_then(|()| database.commit());
    if done.is_err() {
        database.rollback();
    }
    done
}

/// Removes the files of a half: the keys overwritten first.
pub(crate) fn remove_files(folder: &Path) -> Result<()> {
    for name in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        keys::destroy_file(&folder.join(name))?;
    }
    for name in ["records.db", "records.db-wal", "records.db-shm"] {
        let path = folder.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(format!("removing {}", path.display()))(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The other halves as a holder. What they hold of a unit is destroyed together with its key ([`destroy_in_halves`]), before the live parts go.
pub(crate) struct OtherHalves;

impl Holder for OtherHalves {
    fn name(&self) -> &'static str {
        "halves of a move"
    }
    fn covers(&self) -> &'static [&'static str] {
        &["elsewhere/half of a move"]
    }
    fn count(&self, op: &mut Op<'_>, unit: &UnitRow) -> Result<u64> {
        let halves = Halves::of(op.tenant()).all().len() as u64;
        Ok(if unit.state == 2 { 0 } else { halves })
    }
    fn erase(&self, _op: &mut Op<'_>, _unit: &UnitRow, _entry: &Entry) -> Result<u64> {
        Ok(0)
    }
}
