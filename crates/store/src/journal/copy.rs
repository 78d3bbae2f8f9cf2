//! The copy of the newest checkpoint outside the database: written and fsynced within a second of the commit.
//!
//! Database ahead of the copy is normal. Behind it, or on another root at its size, is a cut tail or an older file put back.
use crate::outside::Sheet;
use crate::signers::Signers;
use crate::{Error, Result};
use keys::note::Checkpoint;
use parking_lot::{Condvar, Mutex};
use std::collections::HashMap;
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
    /// By what each is called.
    notes: HashMap<String, (Sheet, String)>,
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

    /// Puts a note in line; a newer one for the same place replaces it.
    pub fn put(&self, sheet: &Sheet, note: String) {
        self.inner.waiting.lock().notes.insert(sheet.to_string(), (sheet.clone(), note));
        self.inner.news.notify_one();
    }

    /// Writes what waits for this place now.
    pub fn flush(&self, sheet: &Sheet) -> Result<()> {
        let note = self.inner.waiting.lock().notes.remove(&sheet.to_string());
        note.map_or(Ok(()), |(sheet, note)| write_copy(&sheet, &note))
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
            for (place, (sheet, note)) in notes {
                if let Err(error) = write_copy(&sheet, &note) {
                    tracing::error!(%error, place, "the checkpoint could not be copied");
                }
            }
            if stop {
                return;
            }
            waiting = self.waiting.lock();
        }
    }
}

/// Replaces the copy, whole or not at all.
pub(crate) fn write_copy(sheet: &Sheet, note: &str) -> Result<()> {
    sheet.put(note.as_bytes())
}

/// The copy, if there is one; damage if its signature does not hold.
pub(crate) fn read_copy(sheet: &Sheet, signers: &Signers) -> Result<Option<Checkpoint>> {
    let Some(bytes) = sheet.read()? else { return Ok(None) };
    let note =
        String::from_utf8(bytes).map_err(|_| Error::damaged(sheet.to_string(), "the copied checkpoint is not text"))?;
    let checkpoint = signers.checkpoint(&note);
    checkpoint
        .map(Some)
        .map_err(|error| Error::damaged(sheet.to_string(), format!("the copied checkpoint does not verify ({error})")))
}
