//! What the program exports it takes in again: into another business the same table comes out, and in the same business all of it is there
//! already. And an import that is killed goes on where it was.
use crate::bed::Bed;
use records::import::{TableOptions, TableReader};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::Cursor;
use std::process::Stdio;

const ORGANISATIONS: &str =
    "Firma;Straße;PLZ;Ort;Telefon\nHuber & Söhne AG;Weg 1;01067;Dresden;030 123\nMuster GmbH;;;;\n";
const CONTACTS: &str = r#"[
    {"kind": "person", "salutation": "Frau Dr.", "prefix": "Dr.", "given_name": "Änne", "family_name": "von Müller", "customer_number": "K-1",
     "emails": ["a@x.example", {"value": "b@x.example", "label": "privat (alt); neu"}], "phones": [{"value": "+49-30-1", "label": "work"}, "030 12 (abends)"],
     "addresses": [{"street": "Weg 1\nHinterhaus", "postal_code": "01067", "city": "Dresden", "country": "DE", "label": "privat"}, {"text": "Irgendwo, \"dort\""}],
     "groups": ["customer", "partner"], "categories": ["a; b", "VIP"], "languages": ["de"], "birthday": "1980-02-03", "notes": "eins\nzwei; drei"},
    {"kind": "institution", "full_name": "Huber & Söhne AG", "emails": ["info@x.example"], "external_id": "4711"},
    {"kind": "person", "given_name": "Max", "family_name": "Muster"},
    {"kind": "person", "given_name": "Max", "family_name": "Muster"},
    {"kind": "person", "emails": ["nur@x.example"], "urls": ["https://x.example/a;b", "www.x.example"]}
]"#;

fn import(bed: &Bed, tenant: &str, file: &str, module: &str) -> Value {
    let words = [
        "--json",
        "import",
        file,
        "--tenant",
        tenant,
        "--module",
        module,
        "--origin",
        "T",
        "--activity",
        "customer-care",
    ];
    let ran = bed.run(&words);
    assert!(matches!(ran.code, 0 | 1), "{} {}", ran.stdout, ran.stderr);
    ran.json()
}

fn export(bed: &Bed, tenant: &str, module: &str, format: &str) -> String {
    bed.run(&["export", "--tenant", tenant, "--module", module, "--format", format]).ends(0).stdout
}

/// The cells of a table without what every business gives itself: ids, versions, moments. Sorted, since lists go by title.
fn cells(table: &str) -> Vec<Vec<String>> {
    let table = Cursor::new(table.as_bytes().to_vec());
    let reader = TableReader::open(table, &TableOptions { separator: Some(b','), ..TableOptions::default() }).unwrap();
    let mut rows = vec![reader.headers().names().to_vec()];
    rows.extend(reader.map(|row| row.unwrap().values().to_vec()));
    let own = ["id", "version", "created_at", "changed_at", "organisation"];
    let kept: Vec<usize> = (0..rows[0].len()).filter(|at| !own.contains(&rows[0][*at].as_str())).collect();
    let mut rows: Vec<Vec<String>> = rows.iter().map(|row| kept.iter().map(|at| row[*at].clone()).collect()).collect();
    rows[1..].sort();
    rows
}

/// A business with organisations and contacts of every shape, and a second one without any.
fn two_businesses() -> Bed {
    let bed = Bed::with_business();
    let created = ["tenant", "create", "Zweite", "--pack", "workshop", "--admin", "berta", "--password-stdin"];
    bed.run_with(&created, "lang genug und 1 Ziffer\n").ends(0);
    bed.file("o.csv", ORGANISATIONS);
    assert_eq!(import(&bed, "Werkstatt", "o.csv", "organisation")["created"]["organisation"], 2);
    let token = bed.json(&[
        "token",
        "create",
        "--tenant",
        "Werkstatt",
        "--name",
        "t",
        "--rights",
        "contact:rw,organisation:r,read-sensitive",
    ]);
    let server = bed.serve();
    let token = token["token"].as_str().unwrap();
    let (_, found) = server.get("api", "/api/v1/organisation", Some(token));
    let organisation = serde_json::from_str::<Value>(&found).unwrap()["items"][0]["id"].clone();
    let Value::Array(mut contacts) = serde_json::from_str(CONTACTS).unwrap() else { panic!() };
    for contact in &mut contacts {
        contact["origin"] = "Erfassung".into();
        contact["activity"] = "customer-care".into();
    }
    contacts[0]["organisation"] = organisation;
    for contact in contacts {
        server.post("/api/v1/contact", token, &contact.to_string(), 201);
    }
    assert_eq!(server.stop(Signal::TERM).0, 0);
    bed
}

#[test]
fn f070_a_table_of_ours_comes_back_the_same() {
    let bed = two_businesses();
    for module in ["organisation", "contact"] {
        let table = export(&bed, "Werkstatt", module, "csv");
        bed.file("t.csv", &table);
        let rows = cells(&table).len() - 1;
        let same = import(&bed, "Werkstatt", "t.csv", module);
        assert_eq!(
            (&same["duplicates"], &same["created"], &same["rejected"]),
            (&json!(rows), &json!({}), &json!(0)),
            "{same}"
        );
        let new = import(&bed, "Zweite", "t.csv", module);
        assert_eq!((&new["created"][module], &new["rejected"]), (&json!(rows), &json!(0)), "{new}");
        let again = import(&bed, "Zweite", "t.csv", module);
        assert_eq!((&again["duplicates"], &again["rejected"]), (&json!(rows), &json!(0)), "{again}");
        assert_eq!(cells(&export(&bed, "Zweite", module, "csv")), cells(&table));
    }
}

#[test]
fn f070_cards_of_ours_come_back_the_same() {
    let bed = two_businesses();
    let cards = export(&bed, "Werkstatt", "contact", "vcard");
    bed.file("c.vcf", &cards);
    let same = import(&bed, "Werkstatt", "c.vcf", "contact");
    assert_eq!((&same["duplicates"], &same["rejected"]), (&json!(5), &json!(0)), "{same}");
    let new = import(&bed, "Zweite", "c.vcf", "contact");
    assert_eq!(new["created"]["contact"], 5, "{new}");
    let without_origin = |tenant| {
        let mut all: Vec<String> = Vec::new();
        let Value::Array(items) = serde_json::from_str(&export(&bed, tenant, "contact", "json")).unwrap() else {
            panic!()
        };
        for mut item in items {
            for own in ["id", "version", "created_at", "changed_at", "origin", "activity", "organisation"] {
                item.as_object_mut().unwrap().remove(own);
            }
            all.push(item.to_string());
        }
        all.sort();
        all
    };
    assert_eq!(without_origin("Zweite"), without_origin("Werkstatt"));
}

#[test]
fn nothing_by_which_another_system_knows_a_record_is_pseudonymised() {
    let bed = two_businesses();
    for format in ["csv", "json"] {
        let words = ["export", "--tenant", "Werkstatt", "--module", "contact", "--format", format, "--pseudonymised"];
        let text = bed.run(&words).ends(0).stdout;
        for key in ["4711", "K-1", "external_id", "customer_number"] {
            assert!(!text.contains(key), "{key} in {text}");
        }
        assert!(text.contains("institution"), "{text}");
    }
}

#[test]
fn a_wrong_mapping_is_a_wrong_argument() {
    let bed = Bed::with_business();
    bed.file("a.csv", "Vorname\nMax\n");
    bed.file("m.toml", "[[record]]\nmodule = \"contact\"\n[record.fields]\nfirst = \"{Vorname}\"\n");
    let words = ["import", "a.csv", "--map", "m.toml", "--origin", "T", "--activity", "customer-care"];
    let ran = bed.run(&words).ends(2);
    assert!(ran.stderr.contains("has no field \"first\""), "{}", ran.stderr);
    bed.file("a.json", "[{\"Vorname\": \"Max\"}]");
    let german = ["--lang", "de", "import", "a.json", "--origin", "T", "--activity", "customer-care"];
    let ran = bed.run(&german).ends(3);
    assert!(ran.stderr.contains("die Datei ist JSON") && !ran.stderr.contains("format of the file"), "{}", ran.stderr);
}

#[test]
fn an_import_that_is_killed_goes_on_and_doubles_nothing() {
    const ROWS: u64 = 6_000;
    let bed = Bed::with_business();
    let mut table = String::from("Vorname,Nachname,E-Mail\n");
    for row in 0..ROWS {
        writeln!(table, "Max,Muster {row},m{row}@x.example").unwrap();
    }
    bed.file("big.csv", &table);
    let words = ["import", "big.csv", "--origin", "T", "--activity", "customer-care"];
    let index = |bed: &Bed| -> u64 {
        let tenants = std::fs::read_dir(bed.data().join("tenants")).unwrap();
        tenants
            .map(|tenant| std::fs::metadata(tenant.unwrap().path().join("records.db-wal")).map_or(0, |wal| wal.len()))
            .sum()
    };
    let mut child =
        bed.command(&words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Once the first batches are in the journal of the database, it dies without a word.
    while index(&bed) < 1024 * 1024 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    assert!(!child.wait().unwrap().success());
    let ran = bed.json(&words);
    let (made, known) = (ran["created"]["contact"].as_u64().unwrap_or(0), ran["duplicates"].as_u64().unwrap());
    assert_eq!((made + known, &ran["rejected"]), (ROWS, &json!(0)), "{ran}");
    assert!(known > 0 && made > 0, "{ran}");
    let names: std::collections::HashSet<String> =
        serde_json::from_str::<Vec<Value>>(&export(&bed, "Werkstatt", "contact", "json"))
            .unwrap()
            .iter()
            .map(|contact| contact["family_name"].to_string())
            .collect();
    assert_eq!(names.len() as u64, ROWS);
    bed.run(&["journal", "verify"]).ends(0);
}
