//! A power cut, a full disk: a virtual file system for SQLite that remembers which bytes had reached the disk.
//!
//! It passes every call on to the system's file system and keeps, per file, the content at its last sync and every write
//! and truncation since. From that, [`PowerCut::cut`] writes a folder as it could look when the power comes back: of what was
//! not synced any part may be there, in any order, torn at sectors of 512 bytes. Assumed of the disk, as SQLite does: a
//! sync keeps its word, and a torn write leaves the bytes around it alone.
//!
//! A sync is not passed on. What survives is decided here, so the tests need not wait for the real disk.

mod disk;
#[cfg(test)]
mod tests;
mod vfs;

use crate::Dice;
use disk::Disk;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One registered file system. Each has its own disk, so tests may run side by side. It stays registered until the process ends.
#[derive(Clone)]
pub struct PowerCut {
    name: String,
    disk: &'static Mutex<Disk>,
}

impl PowerCut {
    /// Registers a new one with SQLite, beside the default. `label` is the beginning of its name.
    ///
    /// # Panics
    ///
    /// If SQLite has no default file system or refuses another one.
    pub fn register(label: &str) -> Self {
        let disk: &'static Mutex<Disk> = Box::leak(Box::default());
        Self { name: vfs::register(label, disk), disk }
    }
    /// The name to open databases with: `Connection::open_with_flags_and_vfs(path, flags, vfs.name())`.
    pub fn name(&self) -> &str {
        &self.name
    }
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power at the `calls`-th write, truncation, sync or deletion from now: that call and every later one fail, and none of
    /// them is made durable. Nothing that fails after it was acknowledged, so the test knows exactly what must be there.
    pub fn power_off_after(&self, calls: u64) {
        self.disk().power_off_after(calls);
    }
    /// Cuts the power now.
    pub fn power_off(&self) {
        self.disk().power_off_after(0);
    }
    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.disk().is_off()
    }
    /// The power is back and the disk forgets every file: for the next round, in a new folder. Close all databases first.
    pub fn power_on(&self) {
        *self.disk() = Disk::default();
    }
    /// Writes, truncations, syncs and deletions since the power came on.
    pub fn calls(&self) -> u64 {
        self.disk().calls()
    }
    /// Syncs since the power came on.
    pub fn syncs(&self) -> u64 {
        self.disk().syncs()
    }

    /// From now on files may grow by so many bytes in all; a write that needs more fails with `SQLITE_FULL`. Writing over what is there stays
    /// possible, as on a real disk.
    pub fn limit_bytes(&self, bytes: u64) {
        self.disk().set_room(Some(bytes));
    }
    /// There is room again.
    pub fn lift_limit(&self) {
        self.disk().set_room(None);
    }

    /// Writes to `out` what `folder` could look like when the power comes back after a cut at this moment (or at the moment of
    /// [`Self::power_off_after`]). The same seed gives the same folder for the same history of writes.
    ///
    /// Files in `folder` that did not come through this file system are copied as they are, but for the shared-memory files (`-shm`) of SQLite,
    /// which do not outlive a machine. `out` is made if needed and must hold nothing else.
    pub fn cut(&self, seed: u64, folder: &Path, out: &Path) -> io::Result<()> {
        let folder = folder.canonicalize()?;
        let (images, known) = {
            let disk = self.disk();
            (disk.images(&mut Dice::new(seed), &folder), disk.paths())
        };
        copy_rest(&folder, &folder, out, &known)?;
        for (path, content) in images {
            let target = out.join(path.strip_prefix(&folder).map_err(io::Error::other)?);
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(target, content)?;
        }
        Ok(())
    }
}

/// Copies what is below `here` and not among `known` to the same place below `out`.
fn copy_rest(folder: &Path, here: &Path, out: &Path, known: &[PathBuf]) -> io::Result<()> {
    let place = here.strip_prefix(folder).map_err(io::Error::other)?;
    std::fs::create_dir_all(out.join(place))?;
    for entry in std::fs::read_dir(here)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_rest(folder, &path, out, known)?;
        } else if kind.is_file() && !known.contains(&path) && !path.to_string_lossy().ends_with("-shm") {
            std::fs::copy(&path, out.join(path.strip_prefix(folder).map_err(io::Error::other)?))?;
        }
    }
    Ok(())
}
