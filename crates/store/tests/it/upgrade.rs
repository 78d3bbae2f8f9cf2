//! The data format: a fresh file equals an upgraded one, and a newer one is left alone.
use crate::faults::{Files, files};
use rusqlite::Connection;
use store::{Error, FORMAT, STEPS};
use testkit::Business;

/// Everything that makes up a file's format.
fn schema(file: &Connection) -> Vec<(String, String, String)> {
    let mut all = file.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name").unwrap();
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn script(folder: &str, file: &str) -> String {
    let path = format!("{}/migrations/{folder}/{file}.sql", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_fresh_file_equals_one_that_went_through_every_step() {
    let mut business = Business::new(&["core"]);
    business.close();
    let fresh = Files::copy_of(&business);
    let folders: Vec<String> = {
        let all = std::fs::read_dir(format!("{}/migrations", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(folders, STEPS.iter().map(|step| step.name).collect::<Vec<_>>(), "each step has its folder, in order");
    for name in ["records.db", "keys.db"] {
        let file = fresh.open(name);
        let format: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(format, FORMAT);
        // One step at a time, each in its own transaction, as an installation lives through them.
        let upgraded = Connection::open_in_memory().unwrap();
        for step in &folders {
            upgraded.execute_batch(&format!("BEGIN; {} COMMIT;", script(step, name.trim_end_matches(".db")))).unwrap();
        }
        assert!(schema(&upgraded).len() > 2);
        assert_eq!(schema(&file), schema(&upgraded), "{name}");
    }
}

#[test]
fn a_file_from_before_the_first_release_is_refused() {
    let mut business = Business::new(&["core"]);
    business.close();
    let path = business.data().join("tenants").join(business.id().to_string()).join("records.db");
    let early = Files::copy_of(&business);
    early.open("records.db").execute_batch("PRAGMA user_version = 1").unwrap();
    std::fs::copy(early.paths.file("records.db"), path).unwrap();
    let error = business.open().expect_err("an early format");
    assert!(matches!(&error, Error::Unreleased { found: 1, .. }), "{error}");
}

#[test]
fn a_file_of_a_newer_format_is_refused_and_left_as_it_is() {
    let mut business = Business::new(&["core"]);
    for name in ["records.db", "keys.db"] {
        business.close();
        let fresh = Files::copy_of(&business);
        fresh.open(name).execute_batch("PRAGMA user_version = 999").unwrap();
        let path = business.data().join("tenants").join(business.id().to_string()).join(name);
        let good = std::fs::read(&path).unwrap();
        std::fs::copy(fresh.paths.file(name), &path).unwrap();
        let before: Vec<_> = files(&business.data())
            .into_iter()
            .map(|file| (std::fs::read(business.data().join(&file)).unwrap(), file))
            .collect();
        let error = business.open().expect_err("a newer format");
        assert!(matches!(&error, Error::Newer { file, found: 999, .. } if file == name), "{error}");
        business.close();
        for (bytes, file) in before {
            let unchanged = file.ends_with("lock") || std::fs::read(business.data().join(&file)).unwrap() == bytes;
            assert!(unchanged, "{} was changed", file.display());
        }
        std::fs::write(&path, good).unwrap();
        business.reopen();
    }
    business.assert_sound();
}
