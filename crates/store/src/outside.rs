//! What lies beside a tenant's databases so that none of them can be put back unnoticed, and opens them: the wrapped root, the ledger, the newest
//! checkpoint. Files of the one node, or rows of the control database that several nodes share.
use crate::cluster::Control;
use crate::{Error, Result};
use base::TenantId;
use keys::{KeyRing, MasterKey};
use parking_lot::Mutex;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// One of them: what it is called and where it lies.
#[derive(Clone)]
pub(crate) enum Sheet {
    /// A file.
    File(PathBuf),
    /// Rows of the control database.
    Row(Arc<Control>, TenantId, Kind),
}

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The wrapped root.
    Root,
    /// The ledger, a row for each line.
    Ledger,
    /// The newest checkpoint.
    Checkpoint,
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Row(_, tenant, kind) => write!(f, "control database: {kind:?} of {tenant}"),
        }
    }
}

impl Sheet {
    /// Whether there is one.
    pub fn exists(&self) -> Result<bool> {
        match self {
            Self::File(path) => Ok(path.exists()),
            Self::Row(..) => Ok(self.read()?.is_some()),
        }
    }

    /// All of it; none if it is not there.
    pub fn read(&self) -> Result<Option<Vec<u8>>> {
        match self {
            Self::File(path) => match std::fs::read(path) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Error::io(format!("reading {}", path.display()))(error)),
            },
            Self::Row(control, tenant, kind) => control.read(*tenant, *kind),
        }
    }

    /// Puts it in the place of what was there, whole or not at all; durable when this returns.
    pub fn put(&self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::File(path) => put_file(path, bytes),
            Self::Row(control, tenant, kind) => control.put(*tenant, *kind, bytes),
        }
    }

    /// Opens the root.
    pub fn ring(&self, tenant: TenantId, master: &MasterKey) -> Result<KeyRing> {
        match self {
            Self::File(path) => Ok(KeyRing::read(path, tenant, master)?),
            Self::Row(..) => {
                let bytes = self.read()?.ok_or_else(|| Error::damaged(self.to_string(), "it is missing"))?;
                Ok(KeyRing::open(&bytes, tenant, master)?)
            }
        }
    }

    /// Puts a root in the place of the one before, which held keys that this one may have dropped: nothing of it is left when this returns.
    pub fn put_ring(&self, ring: &KeyRing, master: &MasterKey) -> Result<()> {
        match self {
            Self::File(path) => Ok(ring.write(path, master)?),
            Self::Row(control, tenant, _) => {
                let first = !self.exists()?;
                self.put(&ring.to_bytes(master))?;
                if first { Ok(()) } else { control.forget_root(*tenant) }
            }
        }
    }

    /// Destroys a root: what it opens is closed for good.
    pub fn destroy(&self) -> Result<()> {
        match self {
            Self::File(path) => Ok(keys::destroy_file(path)?),
            Self::Row(control, tenant, _) => control.destroy(*tenant),
        }
    }
}

/// A new file, fsynced, renamed over the old one. One at a time: a checkpoint is copied by a thread of its own, and at the end of some work at once.
pub(crate) fn put_file(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let what = || format!("writing {}", path.display());
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh).map_err(Error::io(what()))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(what()))?;
    std::fs::rename(&fresh, path).map_err(Error::io(what()))?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(what()))?;
    }
    Ok(())
}

/// The end of a ledger, where lines are put.
pub(crate) enum Appender {
    /// The file.
    File(File),
    /// The control database.
    Rows(Arc<Control>, TenantId),
}

impl Appender {
    /// Opens the end of a ledger.
    pub fn of(sheet: &Sheet) -> Result<Self> {
        match sheet {
            Sheet::File(path) => {
                let file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path)
                    .map_err(Error::io(format!("opening the ledger {}", path.display())))?;
                Ok(Self::File(file))
            }
            Sheet::Row(control, tenant, _) => Ok(Self::Rows(Arc::clone(control), *tenant)),
        }
    }

    /// Cuts off what follows the last whole line: it was never acknowledged. Rows are whole.
    pub fn cut(&self, whole: u64) -> Result<()> {
        match self {
            Self::File(file) => file.set_len(whole).map_err(Error::io("cutting an unfinished line off the ledger")),
            Self::Rows(..) => Ok(()),
        }
    }

    /// Puts a line, the `n`th, with its end; durable when this returns. A failure leaves nothing of it.
    pub fn put(&mut self, n: u64, line: &[u8]) -> Result<()> {
        match self {
            Self::File(file) => {
                let before = file.metadata().map_err(Error::io("the ledger"))?.len();
                let written = file.write_all(line).and_then(|()| file.sync_data());
                written.map_err(|error| {
                    // Half a line must not stay: the next one would not follow from it.
                    if let Err(again) = file.set_len(before) {
                        tracing::error!(%again, "an unfinished line of the ledger could not be cut off; it is cut off at the next start");
                    }
                    Error::io("the ledger")(error)
                })
            }
            Self::Rows(control, tenant) => control.append(*tenant, n, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_can_be_put_from_two_threads_at_once() {
        let folder = std::env::temp_dir().join(format!("obhut-outside-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sheet = Sheet::File(folder.join("checkpoint"));
        std::thread::scope(|scope| {
            for note in [b"one", b"two"] {
                let sheet = &sheet;
                scope.spawn(move || (0..50).for_each(|_| sheet.put(note).unwrap()));
            }
        });
        assert!(matches!(sheet.read().unwrap().as_deref(), Some(b"one" | b"two")));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
