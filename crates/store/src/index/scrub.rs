//! Clears what the engine leaves in the unused middle of a page.
//!
//! `secure_delete` overwrites what is deleted. But when a page is full and the engine moves rows to its neighbours, it only says which bytes of
//! the old page are in use from now on; the moved keys stay legible in the gap between the list of rows and the rows. An erasure would have to
//! look for them in every page of the file. So the gap is cleared as soon as it comes to be: after each transaction the pages that it wrote
//! are looked at (the write-ahead log names them in the clear; they are still in the cache), and the few with something in the gap are written
//! once more.
//!
//! Checkpoints are made by [`super::Index`] alone, and only behind this: what a crash left uncleared is therefore in the log still, and is
//! cleared at the next opening. Page layout: <https://www.sqlite.org/fileformat2.html>, 1.6.
use super::error::{Error, Result};
use crate::sqlite::PageLog;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::collections::BTreeSet;

/// Pages beyond which the first byte of a page that lists others could be taken for the mark of a page of rows: 128 GiB.
const MOST_PAGES: i64 = 1 << 25;

/// Knows up to where the write-ahead log has been looked through.
pub(super) struct Scrub {
    log: PageLog,
    /// Pages that they wrote and that are not cleared yet.
    written: BTreeSet<u32>,
}

impl Scrub {
    /// For a connection that may write, to a file with at least a page. Nothing has been looked at yet.
    pub fn new(connection: &Connection) -> Result<Self> {
        Ok(Self { log: PageLog::new(connection)?, written: BTreeSet::new() })
    }

    /// Frames in the present life of the log that were looked at: how long it has become.
    pub const fn frames(&self) -> u64 {
        self.log.frames()
    }

    /// Clears the gaps of all pages written since the last time. Returns how many pages it had to write.
    pub fn run(&mut self, connection: &mut Connection) -> Result<usize> {
        self.look()?;
        if self.written.is_empty() {
            return Ok(0);
        }
        let cleared = clear(connection, &self.written)?;
        // Own frames come next, and hold nothing to clear: they are looked at the next time.
        self.written.clear();
        Ok(cleared)
    }

    /// Takes note of the pages of frames that are new in the log. Cheap beside writing them.
    pub fn look(&mut self) -> Result<()> {
        self.log.look(&mut self.written).map_err(|_| Error::Damaged("its write-ahead log cannot be read"))
    }
}

/// Clears the gaps of these pages in one transaction; those without anything in it are only read.
fn clear(connection: &mut Connection, pages: &BTreeSet<u32>) -> Result<usize> {
    if connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))? > MOST_PAGES {
        return Err(Error::Damaged("it is larger than 128 GiB"));
    }
    let mut dirty = Vec::new();
    {
        // One read transaction for all pages: each would take its own locks otherwise.
        let reading = connection.transaction()?;
        let mut read = reading.prepare_cached("SELECT data FROM sqlite_dbpage('main') WHERE pgno = ?1")?;
        for number in pages {
            let page = read
                .query_row([number], |row| {
                    let page = row.get_ref(0)?.as_blob()?;
                    let gap = gap(page, *number).filter(|gap| page.get(gap.clone()).is_some_and(|gap| !is_clear(gap)));
                    Ok(gap.map(|gap| {
                        let mut page = page.to_vec();
                        page.get_mut(gap).unwrap_or_default().fill(0);
                        page
                    }))
                })
                .optional()?; // a page beyond the end: the transaction that wrote it was not finished
            dirty.extend(page.flatten().map(|page| (*number, page)));
        }
    }
    if dirty.is_empty() {
        return Ok(0);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut write = transaction.prepare_cached("UPDATE sqlite_dbpage SET data = ?1 WHERE pgno = ?2")?;
        for (number, page) in &dirty {
            write.execute(rusqlite::params![page, number])?;
        }
    }
    transaction.commit()?;
    Ok(dirty.len())
}

/// Whether nothing is there.
fn is_clear(bytes: &[u8]) -> bool {
    // Eight bytes at a time: most pages are found clear, and this looks at all of them.
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().all(|word| *word == [0; 8]) && rest.iter().all(|byte| *byte == 0)
}

/// The unused bytes between the list of rows and the rows, if this is a page of rows.
fn gap(page: &[u8], number: u32) -> Option<std::ops::Range<usize>> {
    let header = if number == 1 { 100 } else { 0 };
    let kind = *page.get(header)?;
    let list = match kind {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        _ => return None, // rest of a long row, or a free page, which `secure_delete` has overwritten
    };
    let two = |at: usize| Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])));
    let begin = list + 2 * two(header + 3)?;
    let end = match two(header + 5)? {
        0 => 65_536,
        end => end,
    };
    (begin <= end && end <= page.len()).then_some(begin..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_lies_between_the_list_and_the_rows() {
        let mut page = vec![0; 4096];
        page[..8].copy_from_slice(&[13, 0, 0, 0, 3, 0x0f, 0x00, 0]);
        assert_eq!(gap(&page, 2), Some(14..0x0f00));
        page[0] = 2;
        assert_eq!(gap(&page, 2), Some(18..0x0f00));
        assert_eq!(gap(&page, 1), None, "page 1 begins with the file's header");
        page[0] = 0;
        assert_eq!(gap(&page, 2), None, "no page of rows");
        page[..8].copy_from_slice(&[13, 0, 0, 0xff, 0xff, 0, 16, 0]);
        assert_eq!(gap(&page, 2), None, "a damaged page is left alone");
    }
}
