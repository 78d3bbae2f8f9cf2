//! Reads which pages the write-ahead log of a file holds. It names them in the clear, encrypted or not.
//! Layout: <https://www.sqlite.org/fileformat2.html>, 4.1 and 4.2.
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Bytes before the first frame, and before the page in each frame.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Knows up to where a write-ahead log has been looked through.
pub(crate) struct PageLog {
    /// The log; none for a database in memory, whose pages nobody finds later.
    path: Option<PathBuf>,
    page_size: u64,
    /// Marks one life of the log; changes when it begins anew.
    salt: [u8; 8],
    /// Frames of this life that were looked at.
    frames: u64,
}

impl PageLog {
    /// For a file with at least a page. Nothing has been looked at yet.
    pub fn new(connection: &Connection) -> rusqlite::Result<Self> {
        let path = connection.path().filter(|path| !path.is_empty()).map(|path| PathBuf::from(format!("{path}-wal")));
        // The engine's own answer about the page size is another one in an encrypted file.
        let page_size: i64 =
            connection
                .query_row("SELECT length(data) FROM sqlite_dbpage('main') WHERE pgno = 1", [], |row| row.get(0))?;
        Ok(Self { path, page_size: page_size.unsigned_abs(), salt: [0; 8], frames: 0 })
    }

    /// Frames in the present life of the log that were looked at: how long it has become.
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// Adds the pages of frames that are new in the log. Cheap beside writing them.
    pub fn look(&mut self, written: &mut BTreeSet<u32>) -> Result<()> {
        self.walk(|_, page| {
            written.insert(page);
        })
    }

    /// Pages of which the log has a version that no checkpoint has copied into the file: those of the frames behind the first `copied`.
    pub fn uncopied(mut self, copied: u64) -> Result<BTreeSet<u32>> {
        let mut pages = BTreeSet::new();
        self.walk(|frame, page| {
            if frame >= copied {
                pages.insert(page);
            }
        })?;
        Ok(pages)
    }

    /// Gives each new frame's place in the log, from 0, and its page.
    fn walk(&mut self, mut each: impl FnMut(u64, u32)) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let log = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        let mut header = [0; LOG_HEADER];
        if !filled(&log, &mut header, 0)? {
            return Ok(());
        }
        let salt: [u8; 8] = header.get(16..24).and_then(|salt| salt.try_into().ok()).unwrap_or_default();
        if salt != self.salt {
            (self.salt, self.frames) = (salt, 0);
        }
        let mut frame = [0; FRAME_HEADER];
        loop {
            let place = LOG_HEADER as u64 + self.frames * (FRAME_HEADER as u64 + self.page_size);
            // A frame of an earlier life has another salt.
            if !filled(&log, &mut frame, place)? || frame.get(8..16) != Some(&salt) {
                return Ok(());
            }
            let number: [u8; 4] = frame.get(..4).and_then(|number| number.try_into().ok()).unwrap_or_default();
            each(self.frames, u32::from_be_bytes(number));
            self.frames += 1;
        }
    }
}

/// Reads exactly so many bytes; `false` at the end of the file.
fn filled(file: &File, buffer: &mut [u8], place: u64) -> Result<bool> {
    match file.read_exact_at(buffer, place) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}
