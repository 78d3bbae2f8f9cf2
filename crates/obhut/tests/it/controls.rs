//! Controls and jobs as a script runs them: what holds, what is broken and named, work that can be done at once.
use crate::bed::{Bed, Ran};
use base::TenantId;
use keys::{KeyRing, MasterKey, Pages};
use serde_json::Value;
use store::sqlite::{self, Mode, Settings};

fn states(ran: &Ran) -> Vec<(String, String)> {
    let document = ran.json();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    document["items"].as_array().unwrap().iter().map(|item| (text(item, "id"), text(item, "state"))).collect()
}

/// Works on the decrypted records.db, as somebody who has its key.
fn tamper(bed: &Bed, sql: &str) {
    let master = MasterKey::read(&bed.data().join("master.key")).unwrap();
    let folder = std::fs::read_dir(bed.data().join("tenants")).unwrap().next().unwrap().unwrap().path();
    let id: TenantId = folder.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let ring = KeyRing::read(&folder.join("root"), id, &master).unwrap();
    let key = ring.page_key(Pages::Records);
    let file = sqlite::open(&folder.join("records.db"), key, Mode::Writer, &Settings::default()).unwrap();
    assert_eq!(file.execute(sql, []).unwrap(), 1);
}

#[test]
fn controls_say_what_holds_and_name_what_does_not() {
    let bed = Bed::with_business();
    bed.person("Prüfling");
    let listed = bed.json(&["control", "list"]);
    let ids: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    let expected = [
        "journal-verifies",
        "logs-verify",
        "ledger-verifies",
        "logs-in-time",
        "erasures-finished",
        "holders-complete",
        "master-key-apart",
    ];
    assert_eq!(ids, expected);

    // The key of a trial lies with the data: that is a broken control, and the only one.
    let ran = bed.run(&["--json", "control", "run"]).ends(1);
    let broken: Vec<_> = states(&ran).into_iter().filter(|(_, state)| state != "kept").collect();
    assert_eq!(broken, [("master-key-apart".to_owned(), "broken".to_owned())]);
    let elsewhere = bed.folder.join("elsewhere.key");
    std::fs::copy(bed.data().join("master.key"), &elsewhere).unwrap();
    let output = bed.command(&["control", "run"]).env("OBHUT_MASTER_KEY_FILE", &elsewhere).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));

    bed.run(&["control", "run", "no-such"]).ends(3);
    let folder = std::fs::read_dir(bed.data().join("tenants")).unwrap().next().unwrap().unwrap().path();
    std::fs::create_dir(folder.join("scratch")).unwrap();
    let ran = bed.run(&["--json", "control", "run", "holders-complete"]).ends(1);
    assert_eq!(ran.json()["items"][0]["findings"][0]["place"], "scratch/");
    std::fs::remove_dir(folder.join("scratch")).unwrap();

    let ledger = std::fs::read_dir(bed.data().join("ledger")).unwrap();
    let ledger = ledger.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap().join("ledger");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, whole.replacen("\"at\"", "\"ta\"", 1)).unwrap();
    let ran = bed.run(&["--json", "control", "run", "ledger-verifies"]).ends(1);
    assert_eq!(ran.json()["items"][0]["findings"][0]["code"], "ledger-damaged");
    std::fs::write(&ledger, whole).unwrap();
}

#[test]
fn work_can_be_done_at_once_and_the_nightly_verification_finds_damage() {
    let bed = Bed::with_business();
    let person = bed.person("Nachtwache");
    for name in [
        "purge-logs",
        "purge-sessions",
        "forget-tokens",
        "finish-erasures",
        "finish-deletions",
        "expire-copies",
        "copy-checkpoint",
        "verify-journal",
    ] {
        for _ in 0..2 {
            assert_eq!(bed.json(&["job", "run", name])["done"], 1, "{name}");
        }
    }
    bed.run(&["job", "run", "no-such"]).ends(3);
    assert_eq!(bed.json(&["job", "list"])["items"], serde_json::json!([]));

    // Somebody reads a birthday at this machine; later a hand takes the line out again.
    bed.file("b.csv", "Vorname,Nachname,Geburtstag\nBerta,Geburtstag,1980-02-03\n");
    bed.run(&["import", "b.csv", "--origin", "Test", "--activity", "customer-care"]).ends(0);
    let found = bed.json(&["subject", "find", "Geburtstag"])["items"][0]["id"].as_str().unwrap().to_owned();
    bed.run(&["subject", "show", &found]).ends(0);
    bed.run(&["subject", "show", &person]).ends(0);
    let verified = bed.json(&["journal", "verify"]);
    assert_eq!(verified["items"][0]["logs"][0]["lines"], 1, "one of the two has a sensitive field: {verified}");
    tamper(&bed, "DELETE FROM log_line WHERE log = 1");
    let ran = bed.run(&["--json", "journal", "verify"]).ends(1);
    assert_eq!(ran.json()["items"][0]["logs"][0]["findings"][0]["code"], "log-line-missing");
    assert_eq!(bed.run(&["--json", "job", "run", "verify-journal"]).ends(1).json()["failed"], 1);
    let ran = bed.run(&["--json", "control", "run", "logs-verify", "journal-verifies"]).ends(1);
    let seen = [("journal-verifies".to_owned(), "kept".to_owned()), ("logs-verify".to_owned(), "broken".to_owned())];
    assert_eq!(states(&ran), seen);
}
