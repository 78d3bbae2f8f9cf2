//! Data of the program before this one: `doctor` shows what will happen without doing it, the next command says it and does it.
use crate::bed::{Bed, snapshot};
use base::TenantId;
use keys::{KeyRing, MasterKey, Pages};
use store::sqlite::{self, Mode, Settings};

/// Makes the data what format 2 was.
fn make_old(bed: &Bed) {
    let data = bed.data();
    let master = MasterKey::read(&data.join("master.key")).unwrap();
    let open = |root: &std::path::Path, id, file: &std::path::Path, pages| {
        let ring = KeyRing::read(root, id, &master).unwrap();
        sqlite::open(file, ring.page_key(pages), Mode::Writer, &Settings::default()).unwrap()
    };
    for entry in std::fs::read_dir(data.join("tenants")).unwrap() {
        let folder = entry.unwrap().path();
        let id: TenantId = folder.file_name().unwrap().to_str().unwrap().parse().unwrap();
        for (name, pages) in [("records.db", Pages::Records), ("keys.db", Pages::Keys)] {
            let file = open(&folder.join("root"), id, &folder.join(name), pages);
            file.execute_batch(&format!("PRAGMA user_version = {}", store::FORMAT - 1)).unwrap();
        }
    }
    let none = TenantId::from_bytes([0; 16]);
    let file = open(&data.join("instance.root"), none, &data.join("instance.db"), Pages::Records);
    for table in ["root", "ledger_line", "checkpoint", "node", "lease", "index_copy"] {
        file.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    file.execute_batch(&format!("PRAGMA user_version = {}", store::FORMAT - 1)).unwrap();
}

#[test]
fn a_plan_is_shown_before_older_data_is_migrated() {
    let bed = Bed::with_business();
    let person = bed.person("Umzug");
    make_old(&bed);
    let before = snapshot(&bed.data());
    let looked = bed.run(&["--json", "doctor"]).json();
    let format = looked["checks"].as_array().unwrap().iter().find(|check| check["code"] == "format").unwrap();
    let told = format["message"].as_str().unwrap();
    assert!(told.contains("3 files of 1 businesses") && told.contains("0005-nodes"), "{told}");
    let databases = |found: Vec<(std::path::PathBuf, Vec<u8>)>| -> Vec<_> {
        found.into_iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "db")).collect()
    };
    assert_eq!(databases(snapshot(&bed.data())), databases(before), "doctor changes nothing");

    let ran = bed.run(&["--json", "--lang", "de", "tenant", "list"]).ends(0);
    assert_eq!(ran.json()["items"][0]["name"], "Werkstatt");
    assert!(ran.stderr.contains("3 Dateien von 1 Mandanten"), "{}", ran.stderr);
    assert!(ran.stderr.contains("14 Tage aufgehoben"), "{}", ran.stderr);
    let again = bed.run(&["tenant", "list"]).ends(0);
    assert_eq!(again.stderr, "");
    assert_eq!(bed.json(&["subject", "show", &person])["title"], "Änne Umzug");
    bed.run(&["journal", "verify"]).ends(0);
}
