//! Rows beside the records: what is changed in them by hand is found, and every table is covered or has a reason why not.
use crate::faults::Files;
use crate::story::{person, put};
use base::RecordId;
use serde_json::json;
use std::collections::BTreeSet;
use store::journal::covered::COVERED;
use testkit::Business;

#[test]
fn f083_rows_beside_the_records_are_verified_too() {
    let mut business = Business::in_files(&["core"]);
    let (firm, other, erika): (RecordId, RecordId, RecordId) =
        (keys::random_id(), keys::random_id(), keys::random_id());
    business
        .tenant()
        .write(business.admin(), move |op| {
            for id in [firm, other] {
                put(
                    op,
                    "organisation",
                    id,
                    json!({"name": id.to_string(), "origin": "Web", "activity": "customer-care"}),
                )?;
            }
            let mut values = person("Erika", "Müller");
            values["organisation"] = json!(firm.to_string());
            put(op, "contact", erika, values)?;
            put(op, "contact", keys::random_id(), person("Bert", "Beispiel")).map(drop)
        })
        .unwrap();
    business.assert_sound();
    business.close();
    let cases: &[(&str, &str, &[&str])] = &[
        ("nothing", "SELECT 1", &[]),
        ("another deletion class", "UPDATE unit SET class = 'voucher' WHERE class = 'relationship'", &["row-differs"]),
        ("a dead unit alive or a live one dead", "UPDATE unit SET state = 1 WHERE rid = 1", &["row-differs"]),
        ("another person's unit", "UPDATE unit SET subject = 2 WHERE subject = 1", &["row-differs"]),
        ("an alias that nobody made", "UPDATE subject SET alias_of = 1 WHERE rid = 2", &["row-differs"]),
        ("a lifted restriction", "UPDATE subject SET state = 'restricted' WHERE rid = 1", &["row-differs"]),
        (
            "a person from nowhere",
            "INSERT INTO subject VALUES (900, randomblob(16), 1, 1, 'live', 1)",
            &["row-unknown"],
        ),
        ("a removed person", "DELETE FROM subject WHERE rid = 2", &["row-missing"]),
        ("a removed link", "DELETE FROM link", &["row-missing"]),
        ("another link", "UPDATE link SET target = 2", &["row-differs"]),
        ("a link more", "INSERT INTO link SELECT source, 'notes', target FROM link", &["row-differs"]),
        ("a link of a record that has none", "INSERT INTO link VALUES (4, 'organisation', 1)", &["row-unknown"]),
        ("a link of nobody", "INSERT INTO link VALUES (999, 'organisation', 1)", &["row-unknown"]),
        ("another definition", "UPDATE module SET source = '{}' WHERE name = 'contact'", &["row-differs"]),
        ("a column of another type", "UPDATE subject SET state = x'00' WHERE rid = 1", &["row-differs"]),
        ("a merge that nobody made", "INSERT INTO merge VALUES (1, 1, 2, '{}', 0, 1)", &["row-unknown"]),
        (
            "a user that nobody made",
            "INSERT INTO user_account VALUES (1, randomblob(16), 1, x'00', 'administrator', 'active', '', 0, 0, 1, 1)",
            &["row-unknown"],
        ),
        (
            "a token that nobody made",
            "INSERT INTO token VALUES (1, randomblob(16), x'00', 1, x'00', 'admin', 'os:x', 0, 0, 0, 1)",
            &["row-unknown"],
        ),
        (
            "an erasure that nobody planned",
            "INSERT INTO erasure VALUES (1, randomblob(16), x'00', 'done', 'x', '{}', x'00', 0, 'os:x', NULL, NULL, NULL, 1)",
            &["row-unknown"],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, script, expected) in cases {
        let files = Files::copy_of(&business);
        files.sql(script);
        let found = files.codes();
        if !expected.iter().all(|code| found.iter().any(|found| found == code))
            || (expected.is_empty() != found.is_empty())
        {
            wrong.push(format!("{name}: found {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tables that no entry covers, with the reason. What is added here must not be able to give rights or hide data.
const NOT_COVERED: &[(&str, &str)] = &[
    ("meta", "zone, marker, packs and positions; what they decide is compared elsewhere or only costs time"),
    ("head", "signed"),
    ("record", "the digests of its own entries cover it"),
    ("part", "the digests of its record's entries cover it"),
    ("tombstone", "says again what delete entries say"),
    ("entry", "the tree covers it"),
    ("entry_value", "its entry covers it"),
    ("tile", "the tree itself"),
    ("log_line", "a log of its own"),
    ("log_day", "a log of its own"),
    ("job", "bookkeeping: work that runs with Obhut's own rights and may run twice"),
    ("outbox", "bookkeeping: messages on their way"),
    ("session", "lives for hours; a row without the cookie's secret lets nobody in"),
    ("import_run", "bookkeeping of imports"),
    ("external_key", "hashes that only this house can make; a changed one doubles a row of an import"),
    ("idempotency", "answers that live for a day"),
];

#[test]
fn every_table_is_covered_or_has_a_reason() {
    let mut business = Business::in_files(&["core"]);
    business.close();
    let file = Files::copy_of(&business).open("records.db");
    let mut tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let there: BTreeSet<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut known: BTreeSet<String> = NOT_COVERED.iter().map(|(name, _)| (*name).to_owned()).collect();
    for table in COVERED {
        let from = table.statement().split(" FROM ").nth(1).unwrap();
        assert!(known.insert(from.split(' ').next().unwrap().to_owned()), "{from} is named twice");
    }
    assert_eq!(there, known);
    // Every column of a covered table is in its digest, but for what is named here: the commit, and the count of failed sign-ins.
    for table in COVERED {
        let statement = table.statement();
        let name = statement.split(" FROM ").nth(1).unwrap().split(' ').next().unwrap();
        let mut columns = file.prepare(&format!("PRAGMA table_info({name})")).unwrap();
        for column in columns.query_map([], |row| row.get::<_, String>(1)).unwrap().map(Result::unwrap) {
            let listed = statement.split(" FROM ").next().unwrap();
            let named = listed.split([' ', ',', '.', '(']).any(|word| word == column);
            let aside = ["commit_no", "failed", "locked_until", "source", "merged", "rid"].contains(&column.as_str());
            assert!(named || aside, "{name}.{column} is not covered");
        }
    }
}
