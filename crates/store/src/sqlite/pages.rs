//! Authenticates the pages of a file as they lie on the disk, beside whoever writes it.
use super::PageLog;
use rusqlite::{Connection, Result};
use std::collections::{BTreeMap, BTreeSet};

/// A page that is found wrong so often in a row is wrong. One that is being written at that moment is right the next time.
const TRIES: usize = 3;

/// What is wrong, a sentence a page, or about the file as a whole.
///
/// The engine's own check reads the file and nothing else. What lies there need not be a page yet: while somebody reads an older state, a
/// checkpoint leaves out pages of which the log has a newer version, and a file that grows at that moment has a hole in their place. Until the next
/// checkpoint everybody reads such a page from the log.
pub(super) fn damaged(connection: &Connection) -> Result<Vec<String>> {
    let mut wrong = once(connection)?;
    for _ in 1..TRIES {
        if wrong.is_empty() {
            break;
        }
        let again = once(connection)?;
        wrong.retain(|message, _| again.contains_key(message));
    }
    Ok(wrong.into_keys().collect())
}

fn once(connection: &Connection) -> Result<BTreeMap<String, Option<u32>>> {
    let mut check = connection.prepare("PRAGMA cipher_integrity_check")?;
    let messages = check.query_map([], |row| row.get::<_, String>(0))?;
    let mut wrong: BTreeMap<String, Option<u32>> = messages
        .map(|message| message.map(|message| (message.clone(), page_number(&message))))
        .collect::<Result<_>>()?;
    if wrong.is_empty() {
        return Ok(wrong);
    }
    // What cannot be found out takes no page's side.
    let in_log = uncopied(connection).unwrap_or_default();
    wrong.retain(|_, page| page.is_none_or(|page| !in_log.contains(&page)));
    Ok(wrong)
}

fn uncopied(connection: &Connection) -> Option<BTreeSet<u32>> {
    let copied = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(2)).ok()?;
    PageLog::new(connection).ok()?.uncopied(u64::try_from(copied).ok()?).ok()
}

/// The page that a message of the engine is about: it ends with its number.
fn page_number(message: &str) -> Option<u32> {
    message.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::sqlite::{Mode, Settings, SqliteConnection, open};
    use std::io::{Read, Seek, SeekFrom, Write};

    const PAGE: u64 = 4_096;

    fn file(path: &std::path::Path, key: &keys::PageKey, mode: Mode) -> SqliteConnection {
        SqliteConnection::new("records.db", open(path, key, mode, &Settings::default()).unwrap())
    }

    fn flip(path: &std::path::Path, place: u64) {
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.seek(SeekFrom::Start(place)).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(&[byte[0] ^ 1]).unwrap();
    }

    #[test]
    fn a_hole_that_a_reader_makes_is_no_damage_and_a_flipped_byte_is() {
        let folder = testkit::TempDir::new().unwrap();
        let path = folder.path().join("records.db");
        let ring = keys::KeyRing::create(keys::random_id());
        let key = ring.page_key(keys::Pages::Records);
        let mut writer = file(&path, key, Mode::Writer);
        writer
            .script("make", "CREATE TABLE t (rid INTEGER PRIMARY KEY, body BLOB); PRAGMA wal_checkpoint(TRUNCATE);")
            .unwrap();
        let before = std::fs::metadata(&path).unwrap().len() / PAGE;
        let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO t SELECT i, randomblob(3000) FROM n";
        writer.script("fill", rows).unwrap();
        let mut reader = file(&path, key, Mode::Reader);
        reader.script("hold", "BEGIN; SELECT count(*) FROM t;").unwrap();
        // The first new pages are written once more behind the reader's state; those after them are not.
        writer.script("again", "UPDATE t SET body = randomblob(3000) WHERE rid <= 5").unwrap();
        writer.script("checkpoint", "PRAGMA wal_checkpoint(PASSIVE)").unwrap();
        let mut hole = vec![0; usize::try_from(PAGE).unwrap()];
        let mut raw = std::fs::File::open(&path).unwrap();
        let is_hole = (before..before + 8).any(|page| {
            raw.seek(SeekFrom::Start(page * PAGE)).unwrap();
            raw.read_exact(&mut hole).unwrap();
            hole.iter().all(|byte| *byte == 0)
        });
        assert!(is_hole, "the checkpoint left pages out");
        let mut check = file(&path, key, Mode::Reader);
        assert_eq!(check.damaged_pages().unwrap(), Vec::<String>::new());

        reader.script("let go", "ROLLBACK").unwrap();
        writer.script("checkpoint", "PRAGMA wal_checkpoint(PASSIVE)").unwrap();
        // The log still names the page, but nobody reads it from there any more.
        let page = before + 3;
        flip(&path, page * PAGE + 100);
        let wrong = file(&path, key, Mode::Reader).damaged_pages().unwrap();
        assert_eq!(wrong, [format!("HMAC verification failed for page {}", page + 1)]);
    }
}
