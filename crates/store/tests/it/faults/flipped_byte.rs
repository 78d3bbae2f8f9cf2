//! One byte flipped in any file, the write-ahead logs included: noticed and named, or of no consequence; never another answer.
use super::{Files, copy, files, paths};
use crate::story::{person, put};
use base::{Kind, Kinded, RecordId};
use keys::MasterKey;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::rows::Access;
use store::{Instance, InstanceSettings};
use testkit::{Business, Dice, TempDir, TestClock};

/// What the business says of itself: values of every record, what lists show.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    records: BTreeMap<RecordId, String>,
    lists: Vec<(RecordId, String)>,
    tenants: Vec<String>,
}

/// Opens a folder and reads everything in it; verifies as well. An error is what the reader was told.
fn answers(folder: &Path, business: &Business, ids: &[RecordId]) -> Result<(Answers, Vec<String>), String> {
    let told = |error: &dyn Kinded, text: String| format!("{:?}: {text}", error.kind());
    let say = |error: store::Error| told(&error, error.to_string());
    let master = MasterKey::read(&folder.join("master.key")).map_err(|error| told(&error, error.to_string()))?;
    let clock = Arc::new(TestClock::default());
    let instance = Instance::open(&folder.join("data"), master, clock, InstanceSettings::default()).map_err(say)?;
    let tenant = instance.tenant(business.id()).map_err(say)?;
    let mut reader = tenant.reader().map_err(say)?;
    let mut records = BTreeMap::new();
    for id in ids {
        let opened = reader.opened(*id).map_err(say)?;
        records
            .insert(*id, opened.map(|opened| serde_json::Value::Object(opened.values).to_string()).unwrap_or_default());
        store::journal::history(&mut reader, *id, None, 100).map_err(say)?;
    }
    let query = store::index::ListQuery { limit: 200, ..store::index::ListQuery::new("contact", [0].into()) };
    let page =
        store::index::list(reader.index().map_err(say)?, &query).map_err(|error| told(&error, error.to_string()))?;
    let mut lists: Vec<_> = page.rows.into_iter().map(|row| (row.id, row.title)).collect();
    lists.sort();
    let tenants = instance.tenants().into_iter().map(|tenant| format!("{tenant:?}")).collect();
    drop(reader);
    let shared = tenant.shared();
    let report =
        store::journal::verify(shared.paths(), &shared.ring(), &store::sqlite::Settings::default()).map_err(say)?;
    let findings = report.findings.iter().map(|finding| format!("{}: {}", finding.place, finding.message)).collect();
    Ok((Answers { records, lists, tenants }, findings))
}

/// Flips bytes of a file, one at a time in a fresh copy, and says which flips nobody noticed although they changed an answer.
/// Returns how many were noticed.
fn flip(whole: &Path, business: &Business, ids: &[RecordId], name: &Path, places: &[usize], right: &Answers) -> usize {
    let mut noticed = 0;
    for place in places {
        let copied = TempDir::new().unwrap();
        copy(whole, copied.path());
        let path = copied.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[*place] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        match answers(copied.path(), business, ids) {
            Ok((given, findings)) if findings.is_empty() => {
                assert_eq!(given, *right, "byte {place} of {} gave other answers", name.display());
            }
            Ok((given, _)) => {
                noticed += 1;
                assert_eq!(given, *right, "byte {place} of {}: a finding, and other answers", name.display());
            }
            Err(told) => {
                noticed += 1;
                assert!(told.starts_with(&format!("{:?}", Kind::Broken)), "byte {place} of {}: {told}", name.display());
                let file = name.file_name().unwrap().to_string_lossy().into_owned();
                let stem = file.trim_end_matches("-wal");
                let named = [stem, "journal", "key", "checkpoint", "ledger", "sealed part"]
                    .iter()
                    .any(|word| told.contains(word));
                assert!(named, "byte {place} of {} is not named: {told}", name.display());
            }
        }
    }
    noticed
}

/// First and last bytes and a spread between them.
fn places(length: usize, count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut places = vec![0, 20, 100, 4095, 4096, length / 2, length.saturating_sub(4096), length - 1];
    places.retain(|place| *place < length);
    places.extend((0..count).map(|_| dice.below(length)));
    places.sort_unstable();
    places.dedup();
    places
}

fn business_with(count: usize) -> (Business, Vec<RecordId>) {
    let business = Business::in_files(&["core"]);
    let ids: Vec<RecordId> = (0..count).map(|_| keys::random_id()).collect();
    for (number, id) in ids.clone().into_iter().enumerate() {
        let values = person("Erika", &format!("Müller{number}"));
        business.tenant().write(business.admin(), move |op| put(op, "contact", id, values)).unwrap();
    }
    (business, ids)
}

#[test]
fn a_flipped_byte_in_a_closed_folder_is_noticed_and_never_served() {
    let (mut business, ids) = business_with(12);
    business.close();
    let whole = business.folder.path().to_owned();
    let copied = TempDir::new().unwrap();
    copy(&whole, copied.path());
    let (right, findings) = answers(copied.path(), &business, &ids).unwrap();
    assert!(findings.is_empty() && right.records.len() == 12 && right.lists.len() == 12, "{findings:?}");
    let more = if std::env::var_os("OBHUT_SOAK").is_some() { 20 } else { 1 };
    let mut dice = Dice::new(1);
    for name in files(&whole) {
        let bytes = std::fs::read(whole.join(&name)).unwrap();
        if bytes.is_empty() || name.ends_with("lock") {
            continue; // the lock holds a process number and is written anew each time
        }
        let sqlite = name.extension().is_some_and(|ending| ending == "db");
        let places = places(bytes.len(), more * if sqlite { 10 } else { 5 }, &mut dice);
        let noticed = flip(&whole, &business, &ids, &name, &places, &right);
        // Free pages and the unused rest of the index's file are read by nobody. Everything else is.
        let least = if name.ends_with("index.db") { 1 } else { places.len() * 3 / 4 };
        assert!(noticed >= least, "{}: only {noticed} of {} flips were noticed", name.display(), places.len());
    }
}

/// A copy of the folder of an open tenant has its last changes in write-ahead logs. SQLite takes a log that is damaged in the middle for
/// one that ends there; the checkpoint outside knows better.
#[test]
fn a_flipped_byte_in_a_write_ahead_log_is_noticed() {
    let (mut business, ids) = business_with(12);
    let whole = TempDir::new().unwrap();
    // The checkpoint is copied within a second of the last commit: wait for it as a stop would, then take the folder of the moment before.
    let snapshot = TempDir::new().unwrap();
    copy(business.folder.path(), snapshot.path());
    business.close();
    copy(snapshot.path(), whole.path());
    let outside = |data: &Path| paths(data, business.id()).checkpoint_file();
    std::fs::copy(outside(&business.data()), outside(&whole.path().join("data"))).unwrap();

    let tried = TempDir::new().unwrap();
    copy(whole.path(), tried.path());
    let (right, findings) = answers(tried.path(), &business, &ids).unwrap();
    assert!(findings.is_empty() && right.records.values().all(|values| !values.is_empty()), "{findings:?}");
    let tenant = PathBuf::from("data/tenants").join(business.id().to_string());
    let mut dice = Dice::new(2);
    for name in ["records.db-wal", "keys.db-wal", "index.db-wal"] {
        let length = usize::try_from(std::fs::metadata(whole.path().join(&tenant).join(name)).unwrap().len()).unwrap();
        assert!(length > 4096, "{name} is empty: this test would show nothing");
        let places = places(length, if std::env::var_os("OBHUT_SOAK").is_some() { 200 } else { 12 }, &mut dice);
        let noticed = flip(whole.path(), &business, &ids, &tenant.join(name), &places, &right);
        if name == "records.db-wal" {
            assert!(noticed >= places.len() * 9 / 10, "{name}: only {noticed} of {} flips were noticed", places.len());
        }
    }
}

/// The copies that the tests above flip bytes in open with nothing flipped, so what they find is the flip.
#[test]
fn a_copy_of_a_closed_folder_verifies() {
    let (mut business, _) = business_with(3);
    business.close();
    let files = Files::copy_of(&business);
    assert!(files.data().exists());
    assert_eq!(files.codes(), Vec::<String>::new());
}
