//! The data format: a fresh file equals an upgraded one, a newer one is left alone, an older one is migrated with a plan and a copy before.
use crate::faults::{Files, files};
use crate::story::{person, put};
use base::{RecordId, TenantId};
use keys::{KeyRing, MasterKey, Pages};
use rusqlite::Connection;
use std::path::Path;
use store::rows::Access;
use store::sqlite::{self, Mode, Settings};
use store::{Error, FORMAT, Instance, InstanceSettings, STEPS};
use testkit::Business;
use testkit::forensic::{Thief, keys_left};

/// Everything that makes up a file's format.
fn schema(file: &Connection) -> Vec<(String, String, String)> {
    let mut all = file.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name").unwrap();
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn script(folder: &str, file: &str) -> String {
    let path = format!("{}/migrations/{folder}/{file}.sql", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn format_of(file: &Connection) -> i64 {
    file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// The format before the newest step.
const OLD: i64 = FORMAT - 1;

fn master(business: &Business) -> MasterKey {
    MasterKey::read(&business.folder.path().join("master.key")).unwrap()
}

/// A file of the business's folder, opened with its key. The business must be closed.
fn file(business: &Business, data: &Path, name: &str) -> Connection {
    let (path, ring, pages) = if name == "instance.db" {
        let ring = KeyRing::read(&data.join("instance.root"), TenantId::from_bytes([0; 16]), &master(business));
        (data.join(name), ring, Pages::Records)
    } else {
        let folder = data.join("tenants").join(business.id().to_string());
        let ring = KeyRing::read(&folder.join("root"), business.id(), &master(business));
        (folder.join(name), ring, if name == "keys.db" { Pages::Keys } else { Pages::Records })
    };
    sqlite::open(&path, ring.unwrap().page_key(pages), Mode::Writer, &Settings::default()).unwrap()
}

const FILES: [&str; 3] = ["records.db", "keys.db", "instance.db"];

#[test]
fn a_fresh_file_equals_one_that_went_through_every_step() {
    let mut business = Business::in_files(&["core"]);
    business.close();
    let folders: Vec<String> = {
        let all = std::fs::read_dir(format!("{}/migrations", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(folders, STEPS.iter().map(|step| step.name).collect::<Vec<_>>(), "each step has its folder, in order");
    for name in FILES {
        let fresh = file(&business, &business.data(), name);
        assert_eq!(format_of(&fresh), FORMAT);
        // One step at a time, each in its own transaction, as an installation lives through them.
        let upgraded = Connection::open_in_memory().unwrap();
        for step in &folders {
            upgraded.execute_batch(&format!("BEGIN; {} COMMIT;", script(step, name.trim_end_matches(".db")))).unwrap();
        }
        assert!(schema(&upgraded).len() > 2);
        assert_eq!(schema(&fresh), schema(&upgraded), "{name}");
    }
}

#[test]
fn a_file_from_before_the_first_release_is_refused() {
    let mut business = Business::in_files(&["core"]);
    business.close();
    let path = business.data().join("tenants").join(business.id().to_string()).join("records.db");
    let early = Files::copy_of(&business);
    early.open("records.db").execute_batch("PRAGMA user_version = 1").unwrap();
    std::fs::copy(early.paths.file("records.db"), path).unwrap();
    let error = business.open().expect_err("an early format");
    assert!(matches!(&error, Error::Unreleased { found: 1, .. }), "{error}");
}

#[test]
fn the_newest_step_run_twice_does_no_harm() {
    let mut business = Business::in_files(&["core"]);
    let id: RecordId = keys::random_id();
    business.tenant().write(business.admin(), move |op| put(op, "contact", id, person("Erika", "Müller"))).unwrap();
    business.close();
    let newest = STEPS.last().unwrap().name;
    for name in FILES {
        let opened = file(&business, &business.data(), name);
        let before = schema(&opened);
        opened.execute_batch(&format!("BEGIN; {} COMMIT;", script(newest, name.trim_end_matches(".db")))).unwrap();
        assert_eq!(schema(&opened), before, "{name}");
    }
    business.reopen();
    business.assert_sound();
}

/// Makes the closed business's data what the program before the newest step wrote: format [`OLD`].
fn make_old(business: &Business) {
    for name in FILES {
        file(business, &business.data(), name).execute_batch(&format!("PRAGMA user_version = {OLD}")).unwrap();
    }
    let instance = file(business, &business.data(), "instance.db");
    for table in ["root", "ledger_line", "checkpoint", "node", "lease", "index_copy"] {
        instance.execute_batch(&format!("DROP TABLE {table};")).unwrap();
    }
}

fn old_business() -> (Business, RecordId) {
    let mut business = Business::in_files(&["core"]);
    let id: RecordId = keys::random_id();
    business.tenant().write(business.admin(), move |op| put(op, "contact", id, person("Erika", "Müller"))).unwrap();
    business.close();
    make_old(&business);
    (business, id)
}

fn plan(business: &Business) -> Option<store::Plan> {
    Instance::migration_plan(&business.data(), &master(business), &InstanceSettings::default()).unwrap()
}

fn copy_of_tenant(business: &Business) -> std::path::PathBuf {
    business.data().join("tenants").join(business.id().to_string()).join("before").join(format!("{OLD:04}"))
}

#[test]
fn older_data_is_planned_copied_and_migrated() {
    let (mut business, id) = old_business();
    let planned = plan(&business).expect("it is old");
    let told: Vec<_> = planned.files.iter().map(|file| (file.tenant, file.file, file.from)).collect();
    let tenant = Some(business.id());
    assert_eq!(told, [(tenant, "keys.db", OLD), (tenant, "records.db", OLD), (None, "instance.db", OLD)]);
    assert!(planned.files.iter().all(|file| file.steps == [STEPS.last().unwrap().name] && file.bytes > 4_096));
    assert_eq!(planned.copy_bytes, planned.files.iter().map(|file| file.bytes).sum::<u64>());
    for name in FILES {
        assert_eq!(format_of(&file(&business, &business.data(), name)), OLD, "showing the plan changes nothing");
    }

    business.reopen();
    business.assert_sound();
    assert!(business.tenant().reader().unwrap().opened(id).unwrap().is_some());
    business.close();
    assert_eq!(plan(&business), None);
    let mut fresh = Business::in_files(&["core"]);
    fresh.close();
    for name in FILES {
        let migrated = file(&business, &business.data(), name);
        assert_eq!(format_of(&migrated), FORMAT);
        assert_eq!(schema(&migrated), schema(&file(&fresh, &fresh.data(), name)), "{name}");
    }
    for path in [copy_of_tenant(&business), business.data().join("before").join(format!("{OLD:04}"))] {
        assert!(path.join("until").exists(), "{}", path.display());
    }

    // The copy is what was there, and can be gone back to with the program of before.
    let data = business.data();
    for name in ["records.db", "keys.db"] {
        std::fs::copy(copy_of_tenant(&business).join(name), copy_of_tenant(&business).join("../..").join(name))
            .unwrap();
        assert_eq!(format_of(&file(&business, &data, name)), OLD);
    }
    let first = std::fs::read(copy_of_tenant(&business).join("records.db")).unwrap();
    let other: RecordId = keys::random_id();
    business.reopen();
    business.assert_sound();
    business.tenant().write(business.admin(), move |op| put(op, "contact", other, person("Bert", "Neu"))).unwrap();
    business.close();
    make_old(&business);
    business.reopen();
    let second = std::fs::read(copy_of_tenant(&business).join("records.db")).unwrap();
    assert_ne!(first, second, "who went back and on again has a copy of what was there the second time");
}

#[test]
fn a_migration_that_was_broken_off_goes_on_and_keeps_its_first_copy() {
    let (mut business, _) = old_business();
    let half = copy_of_tenant(&business).with_extension("new");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join("records.db"), "half").unwrap();
    business.reopen();
    assert!(!half.exists());
    business.close();
    let first = std::fs::read(copy_of_tenant(&business).join("keys.db")).unwrap();
    std::fs::remove_file(copy_of_tenant(&business).join("finished")).unwrap();
    // As if it had ended between keys.db and records.db: the tenant goes on, the copy stays the one of before.
    for name in ["records.db", "instance.db"] {
        file(&business, &business.data(), name).execute_batch(&format!("PRAGMA user_version = {OLD}")).unwrap();
    }
    let planned = plan(&business).unwrap();
    assert_eq!(planned.files.iter().map(|file| file.file).collect::<Vec<_>>(), ["records.db", "instance.db"]);
    business.reopen();
    business.assert_sound();
    assert_eq!(std::fs::read(copy_of_tenant(&business).join("keys.db")).unwrap(), first);
}

#[test]
fn a_copy_is_deleted_at_its_end_date_and_not_before() {
    let (mut business, _) = old_business();
    business.reopen();
    let span = InstanceSettings::default().copy_ms;
    business.clock.advance_ms(span - 1);
    assert_eq!(business.tenant().expire_copies().unwrap() + business.instance().expire_copies().unwrap(), 0);
    business.clock.advance_ms(1);
    assert_eq!(business.tenant().expire_copies().unwrap() + business.instance().expire_copies().unwrap(), 2);
    assert!(!copy_of_tenant(&business).exists());
}

#[test]
fn an_erasure_reaches_the_copy() {
    let (mut business, id) = old_business();
    business.reopen();
    let (before, ledger) = (copy_of_tenant(&business), business.tenant().shared().paths().ledger.clone());
    let ghosts = |business: &Business| {
        let ring = business.tenant().shared().ring();
        // With every key that is left anywhere, the copy's own included.
        let mut keys = keys_left(&business.tenant().shared().paths().file("keys.db"), &ring);
        keys.extend(keys_left(&before.join("keys.db"), &ring));
        let loot = Thief { tenant: business.id(), ring: &ring, keys }.search(&before, &ledger);
        loot.ghosts(&["Müller", "Erika@beispiel.de"]).len()
    };
    assert_eq!(ghosts(&business), 2, "before the erasure it is there");
    let units = crate::faults::tampering::units_of(&business, id);
    let admin = business.admin();
    let what = store::erase::Destroy { case: "case".into(), action: "erase", subject: Some(id.cast()), units };
    business.tenant().exclusive(move |writer| store::erase::destroy(writer, &admin, &what)).unwrap();
    assert_eq!(ghosts(&business), 0);
    business.assert_sound();
}

#[test]
fn a_file_of_a_newer_format_is_refused_and_left_as_it_is() {
    let mut business = Business::in_files(&["core"]);
    for name in FILES {
        business.close();
        let fresh = Files::copy_of(&business);
        file(&business, fresh.data(), name).execute_batch("PRAGMA user_version = 999").unwrap();
        let within = if name == "instance.db" { name.to_owned() } else { format!("tenants/{}/{name}", business.id()) };
        let path = business.data().join(&within);
        let good = std::fs::read(&path).unwrap();
        std::fs::copy(fresh.data().join(&within), &path).unwrap();
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
