//! The copy of the newest checkpoint outside the database: written and fsynced within a second of the commit.
//!
//! Database ahead of the copy is normal. Behind it, or on another root at its size, is a cut tail or an older file put back.
use crate::signers::Signers;
use crate::{Error, Result};
use keys::note::Checkpoint;
use parking_lot::{Condvar, Mutex};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Notes wait so long for a further one before they are written: well within the second that the design allows.
const GATHER: Duration = Duration::from_millis(400);

/// Writes the copies of all open tenants, in one thread.
pub(crate) struct Flusher {
    inner: Arc<Inner>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

struct Inner {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Default)]
struct Waiting {
    notes: HashMap<PathBuf, String>,
    stop: bool,
}

impl Flusher {
    pub fn start() -> Result<Self> {
        let inner = Arc::new(Inner { waiting: Mutex::new(Waiting::default()), news: Condvar::new() });
        let worker = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("checkpoints".into())
            .spawn(move || worker.run())
            .map_err(Error::io("starting the thread that copies checkpoints"))?;
        Ok(Self { inner, thread: Mutex::new(Some(thread)) })
    }

    /// Puts a note in line; a newer one for the same file replaces it.
    pub fn put(&self, path: &Path, note: String) {
        self.inner.waiting.lock().notes.insert(path.to_owned(), note);
        self.inner.news.notify_one();
    }

    /// Writes what waits for this file now.
    pub fn flush(&self, path: &Path) -> Result<()> {
        let note = self.inner.waiting.lock().notes.remove(path);
        note.map_or(Ok(()), |note| write_copy(path, &note))
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.inner.waiting.lock().stop = true;
        self.inner.news.notify_one();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies checkpoints had failed");
        }
    }
}

impl Inner {
    fn run(&self) {
        let mut waiting = self.waiting.lock();
        loop {
            while waiting.notes.is_empty() && !waiting.stop {
                self.news.wait(&mut waiting);
            }
            if !waiting.stop {
                let until = |waiting: &mut Waiting| !waiting.stop;
                self.news.wait_while_for(&mut waiting, until, GATHER);
            }
            let notes = std::mem::take(&mut waiting.notes);
            let stop = waiting.stop;
            drop(waiting);
            for (path, note) in notes {
                if let Err(error) = write_copy(&path, &note) {
                    tracing::error!(%error, path = %path.display(), "the checkpoint could not be copied");
                }
            }
            if stop {
                return;
            }
            waiting = self.waiting.lock();
        }
    }
}

/// Replaces the copy: a new file, fsynced, renamed over the old one.
pub(crate) fn write_copy(path: &Path, note: &str) -> Result<()> {
    let what = || format!("copying the checkpoint to {}", path.display());
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh).map_err(Error::io(what()))?;
    file.write_all(note.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::io(what()))?;
    std::fs::rename(&fresh, path).map_err(Error::io(what()))?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(what()))?;
    }
    Ok(())
}

/// The copy, if there is one; damage if its signature does not hold.
pub(crate) fn read_copy(path: &Path, signers: &Signers) -> Result<Option<Checkpoint>> {
    match std::fs::read_to_string(path) {
        Ok(note) => {
            let checkpoint = signers.checkpoint(&note);
            checkpoint.map(Some).map_err(|error| {
                Error::damaged(
                    format!("{}", path.display()),
                    format!("the copied checkpoint does not verify ({error})"),
                )
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(Error::damaged(format!("{}", path.display()), "the copied checkpoint is not text"))
        }
        Err(error) => Err(Error::io(format!("reading {}", path.display()))(error)),
    }
}
