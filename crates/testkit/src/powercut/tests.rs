//! The tool is trusted because it can be wrong: with `synchronous=OFF` the same story must find a loss.
use super::PowerCut;
use crate::{Dice, TempDir};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// What row `number` holds: of any length up to three pages, so that transactions span pages and sectors.
fn content(number: i64) -> Vec<u8> {
    let mut dice = Dice::new(number.unsigned_abs());
    let length = dice.below(12_000);
    dice.bytes(length)
}

fn open(path: &Path, vfs: &PowerCut, synchronous: &str, encrypted: bool) -> Connection {
    let connection = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs.name()).unwrap();
    if encrypted {
        connection
            .pragma_update(None, "key", "x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99'")
            .unwrap();
    }
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "synchronous", synchronous).unwrap();
    // Checkpoints in the middle of the story, so that cuts hit them too.
    connection.pragma_update(None, "wal_autocheckpoint", 20).unwrap();
    connection
}

/// Writes until the power goes, then reads what is there when it is back. `Err`: what is wrong.
fn survives(seed: u64, synchronous: &str, encrypted: bool) -> Result<(), String> {
    let vfs = PowerCut::register("powercut-self");
    let (folder, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let path = folder.join("test.db");
    let connection = open(&path, &vfs, synchronous, encrypted);
    connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, content BLOB NOT NULL)").unwrap();

    vfs.power_off_after(1 + Dice::new(seed).below(400) as u64);
    let mut acknowledged = 0;
    while connection.execute("INSERT INTO t VALUES (?1, ?2)", (acknowledged + 1, content(acknowledged + 1))).is_ok() {
        acknowledged += 1;
    }
    assert!(vfs.is_off());
    drop(connection);
    vfs.cut(seed, folder.path(), after.path()).unwrap();

    let say = |error: rusqlite::Error| error.to_string();
    let connection = Connection::open(after.join("test.db")).map_err(say)?;
    if encrypted {
        connection
            .pragma_update(None, "key", "x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99'")
            .map_err(say)?;
    }
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(say)?;
    if verdict != "ok" {
        return Err(verdict);
    }
    let mut rows = connection.prepare("SELECT n, content FROM t ORDER BY n").map_err(say)?;
    let found: Vec<(i64, Vec<u8>)> =
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).and_then(Iterator::collect).map_err(say)?;
    if found.iter().zip(1..).any(|((n, bytes), place)| *n != place || *bytes != content(*n)) {
        return Err("a row is half there".into());
    }
    let count = i64::try_from(found.len()).unwrap();
    // The insert that failed at the cut may have reached the disk whole: nobody was told either way.
    if count == acknowledged || count == acknowledged + 1 {
        Ok(())
    } else {
        Err(format!("{acknowledged} rows were acknowledged, {count} are there"))
    }
}

#[test]
fn synced_rows_survive_200_cuts() {
    for seed in 0..200 {
        let encrypted = seed % 4 == 0;
        if let Err(loss) = survives(seed, "FULL", encrypted) {
            panic!("seed {seed}: {loss}");
        }
    }
}

#[test]
fn without_syncs_the_same_story_finds_losses() {
    let losses = (0..50).filter(|seed| survives(*seed, "OFF", false).is_err()).count();
    assert!(losses > 25, "only {losses} of 50 cuts were noticed: this tool would miss a missing sync");
}

#[test]
fn a_full_disk_says_so_and_heals() {
    let vfs = PowerCut::register("powercut-self");
    let folder = TempDir::new().unwrap();
    let connection = open(&folder.join("test.db"), &vfs, "FULL", false);
    connection.execute_batch("CREATE TABLE t (content BLOB NOT NULL)").unwrap();
    vfs.limit_bytes(200_000);
    let insert = || connection.execute("INSERT INTO t VALUES (randomblob(5000))", []);
    let mut written = 0;
    let error = loop {
        match insert() {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "the disk never fills");
    };
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
    let count = || connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i32>(0)).unwrap();
    assert_eq!(count(), written, "reads go on");
    vfs.lift_limit();
    insert().unwrap();
    assert_eq!(count(), written + 1);
}

#[test]
fn what_came_another_way_is_copied() {
    let vfs = PowerCut::register("powercut-self");
    let (folder, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::fs::create_dir(folder.join("files")).unwrap();
    std::fs::write(folder.join("files/blob"), "as it is").unwrap();
    std::fs::write(folder.join("test.db-shm"), "does not outlive the machine").unwrap();
    std::fs::create_dir(folder.join("deep")).unwrap();
    let connection = open(&folder.join("deep/test.db"), &vfs, "FULL", false);
    connection.execute_batch("CREATE TABLE t (n)").unwrap();
    vfs.power_off();
    assert!(connection.execute_batch("CREATE TABLE u (n)").is_err());
    let out = after.join("new/place");
    vfs.cut(1, folder.path(), &out).unwrap();
    assert_eq!(std::fs::read_to_string(out.join("files/blob")).unwrap(), "as it is");
    assert!(!out.join("test.db-shm").exists());
    let found = Connection::open(out.join("deep/test.db")).unwrap();
    assert!(found.table_exists(None, "t").unwrap() && !found.table_exists(None, "u").unwrap());
}
