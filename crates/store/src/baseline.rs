//! What the same file costs without Obhut: raw SQLCipher, so that every figure of `obhut bench` has something beside it that was
//! measured on the same machine, in the same minute. Used by the benchmark only.
//!
//! The file is opened exactly as records.db is (encryption, WAL, `synchronous=FULL`, `secure_delete`, cache of the writer); it has no journal,
//! no sealing, no validation, no search index and no rights.
use crate::sqlite::{self, Mode, Settings};
use crate::{Error, Result};
use keys::{KeyRing, PageKey, Pages};
use rusqlite::{Connection, params};
use std::path::Path;

/// Bytes of payload in a row.
pub const ROW_BYTES: usize = 300;
/// Rows of one transaction of [`Baseline::bulk`].
pub const BULK_ROWS: u64 = 1_000;
/// Page cache, as the writer of records.db has.
const CACHE_KIB: u32 = 64 * 1024;

/// An encrypted file with two tables of 300-byte rows: `single` without, `bulk` with one index over 16 random bytes.
pub struct Baseline {
    file: Connection,
    payload: [u8; ROW_BYTES],
    rows: u64,
}

fn failed(error: &rusqlite::Error) -> Error {
    sqlite::explain("baseline.db", "baseline", error)
}

impl Baseline {
    /// A new file `baseline.db` in the folder, with a key that is forgotten at the end.
    pub fn create(folder: &Path) -> Result<Self> {
        let ring = KeyRing::create(keys::random_id());
        let key: &PageKey = ring.page_key(Pages::Records);
        let settings = Settings { cache_kib: CACHE_KIB, ..Settings::default() };
        let file = sqlite::open(&folder.join("baseline.db"), key, Mode::Writer, &settings)?;
        file.execute_batch(
            "CREATE TABLE single (rid INTEGER PRIMARY KEY, body BLOB NOT NULL);
             CREATE TABLE bulk (rid INTEGER PRIMARY KEY, k BLOB NOT NULL, body BLOB NOT NULL);
             CREATE INDEX bulk_by_k ON bulk (k);",
        )
        .map_err(|error| failed(&error))?;
        let mut payload = [0; ROW_BYTES];
        for chunk in payload.chunks_mut(16) {
            let id = keys::random_id::<base::id_of::Record>();
            chunk.iter_mut().zip(id.bytes()).for_each(|(to, from)| *to = *from);
        }
        Ok(Self { file, payload, rows: 0 })
    }

    /// Commits so many rows, one after another, each on the disk before the next begins.
    pub fn one_by_one(&mut self, rows: u64) -> Result<()> {
        for _ in 0..rows {
            let insert = || {
                self.file.prepare_cached("INSERT INTO single (body) VALUES (?1)")?.execute([self.payload.as_slice()])
            };
            insert().map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Adds so many rows with their index, [`BULK_ROWS`] a transaction.
    pub fn bulk(&mut self, rows: u64) -> Result<()> {
        let mut left = rows;
        while left > 0 {
            let now = left.min(BULK_ROWS);
            let first = self.rows;
            let mut transaction = || -> rusqlite::Result<()> {
                let transaction = self.file.transaction()?;
                {
                    let mut insert =
                        transaction.prepare_cached("INSERT INTO bulk (rid, k, body) VALUES (?1, ?2, ?3)")?;
                    for rid in first + 1..=first + now {
                        let key = keys::random_id::<base::id_of::Record>();
                        insert.execute(params![i64::try_from(rid).unwrap_or(i64::MAX), key.bytes(), self.payload])?;
                    }
                }
                transaction.commit()
            };
            transaction().map_err(|error| failed(&error))?;
            self.rows += now;
            left -= now;
        }
        Ok(())
    }

    /// Reads rows by number: what a list of that many rows costs if everything else were free. Gives the bytes read.
    pub fn points(&mut self, rids: &[u64]) -> Result<u64> {
        let mut bytes = 0;
        for rid in rids {
            let rid = i64::try_from(*rid).unwrap_or(i64::MAX);
            let read = || -> rusqlite::Result<usize> {
                let mut statement = self.file.prepare_cached("SELECT body FROM bulk WHERE rid = ?1")?;
                let mut rows = statement.query([rid])?;
                rows.next()?
                    .map_or(Ok(0), |row| row.get_ref(0)?.as_bytes().map(<[u8]>::len).map_err(rusqlite::Error::from))
            };
            bytes += read().map_err(|error| failed(&error))? as u64;
        }
        Ok(bytes)
    }

    /// Reads every row of `bulk` once, in order, and takes its SHA-256: the least that any verification of as many rows does.
    pub fn scan(&mut self) -> Result<u64> {
        let scan = || -> rusqlite::Result<u64> {
            let mut statement = self.file.prepare_cached("SELECT body FROM bulk ORDER BY rid")?;
            let mut rows = statement.query([])?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                let digest = keys::sha256(&[row.get_ref(0)?.as_bytes()?]);
                count += u64::from(digest != [0; 32]);
            }
            Ok(count)
        };
        scan().map_err(|error| failed(&error))
    }

    /// Rows in `bulk`.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Deletes so many rows of `bulk`, spread over the table, in one commit, and empties the write-ahead log.
    pub fn delete(&mut self, rows: u64) -> Result<()> {
        let step = (self.rows / rows.max(1)).max(1);
        let delete = || -> rusqlite::Result<()> {
            let transaction = self.file.unchecked_transaction()?;
            {
                let mut statement = transaction.prepare_cached("DELETE FROM bulk WHERE rid = ?1")?;
                for place in 0..rows {
                    statement.execute([i64::try_from(1 + place * step).unwrap_or(i64::MAX)])?;
                }
            }
            transaction.commit()?;
            self.file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        delete().map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_what_it_is_measured_for() {
        let folder = std::env::temp_dir().join(format!("obhut-baseline-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut baseline = Baseline::create(&folder).unwrap();
        baseline.one_by_one(3).unwrap();
        baseline.bulk(1_500).unwrap();
        assert_eq!(baseline.scan().unwrap(), 1_500);
        assert_eq!(baseline.points(&[1, 1_500, 1_501]).unwrap(), 600);
        baseline.delete(10).unwrap();
        assert_eq!(baseline.scan().unwrap(), 1_490);
        drop(baseline);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
