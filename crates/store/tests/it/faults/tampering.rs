//! Hands in the files: whoever has the page keys but leaves the signed checkpoint as it is, is found out and what he did is named.
use super::{Files, copy};
use crate::story::{person, put};
use base::RecordId;
use store::erase::{Destroy, destroy};
use testkit::Business;

/// 300 entries, so that the tree has a full tile: persons, one of them changed three times, one erased.
struct Story {
    business: Business,
    /// The folder when the journal was shorter.
    early: Files,
}

fn story() -> Story {
    let mut business = Business::in_files(&["core"]);
    let ids: Vec<RecordId> = (0..290).map(|_| keys::random_id()).collect();
    let write = |business: &Business, ids: Vec<RecordId>, family: &'static str| {
        business
            .tenant()
            .write(business.admin(), move |op| {
                ids.into_iter().try_for_each(|id| put(op, "contact", id, person("Erika", family)).map(drop))
            })
            .unwrap();
    };
    write(&business, ids.clone(), "Müller");
    business.close();
    let early = Files::copy_of(&business);
    business.reopen();
    for family in ["Schmidt", "Meier"] {
        write(&business, vec![ids[0]], family);
    }
    let gone = ids[1];
    let units = units_of(&business, gone);
    let admin = business.admin();
    let what = Destroy { case: "case".into(), action: "erase", subject: Some(gone.cast()), units };
    business.tenant().exclusive(move |writer| destroy(writer, &admin, &what)).unwrap();
    write(&business, vec![ids[2]], "Schulze");
    business.assert_sound();
    business.close();
    Story { business, early }
}

/// The units of a person.
pub fn units_of(business: &Business, person: RecordId) -> Vec<base::UnitId> {
    let units = business.tenant().write(business.admin(), move |op| {
        let subject = op.subject(person.cast())?.unwrap();
        op.units_of_subject(subject.rid)
    });
    units.unwrap().into_iter().map(|unit| unit.id).collect()
}

/// Name of the deed, the deed, and what is to be found among what is found.
type Case = (&'static str, fn(&Files, &Story), &'static [&'static str]);

const CASES: &[Case] = &[
    ("nothing", |_, _| {}, &[]),
    (
        "a changed value",
        |files, _| {
            files.sql("UPDATE entry_value SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || CASE WHEN substr(sealed, -1) = x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = 5");
        },
        &["value-changed"],
    ),
    (
        "a value of another entry",
        |files, _| {
            files.sql("UPDATE entry_value SET sealed = (SELECT sealed FROM entry_value WHERE seq = 6) WHERE seq = 5");
        },
        &["value-added", "value-missing"],
    ),
    (
        "a value that no entry names",
        |files, _| files.sql("INSERT INTO entry_value SELECT 0, unit, sealed FROM entry_value WHERE seq = 5"),
        &["value-added"],
    ),
    ("a removed value", |files, _| files.sql("DELETE FROM entry_value WHERE seq = 5"), &["value-missing"]),
    (
        "a changed header",
        |files, _| {
            files.sql(
                "UPDATE entry SET body = CAST(substr(body, 1, 12) || x'7f' || substr(body, 14) AS BLOB) WHERE seq = 5",
            );
        },
        &["entry-changed"],
    ),
    (
        // The attacker computes the new leaf himself; only the tree shows it.
        "a changed header with its hash",
        |files, _| {
            let records = files.open("records.db");
            let mut body: Vec<u8> =
                records.query_row("SELECT body FROM entry WHERE seq = 5", [], |row| row.get(0)).unwrap();
            body[16] ^= 1;
            records
                .execute("UPDATE entry SET body = ?1, leaf = ?2 WHERE seq = 5", (&body, keys::merkle::leaf_hash(&body)))
                .unwrap();
        },
        &["tile-differs"],
    ),
    (
        "the same in the tree too",
        |files, _| {
            let records = files.open("records.db");
            let mut body: Vec<u8> =
                records.query_row("SELECT body FROM entry WHERE seq = 5", [], |row| row.get(0)).unwrap();
            body[16] ^= 1;
            let leaf = keys::merkle::leaf_hash(&body);
            records.execute("UPDATE entry SET body = ?1, leaf = ?2 WHERE seq = 5", (&body, leaf)).unwrap();
            let mut tile: Vec<u8> = records
                .query_row("SELECT hashes FROM tile WHERE level = 0 AND place = 0", [], |row| row.get(0))
                .unwrap();
            tile[5 * 32..6 * 32].copy_from_slice(&leaf);
            records.execute("UPDATE tile SET hashes = ?1 WHERE level = 0 AND place = 0", [&tile]).unwrap();
        },
        &["root-differs"],
    ),
    (
        "a changed header in the last, unfinished tile",
        |files, _| {
            let records = files.open("records.db");
            let mut body: Vec<u8> =
                records.query_row("SELECT body FROM entry WHERE seq = 292", [], |row| row.get(0)).unwrap();
            body[16] ^= 1;
            records
                .execute(
                    "UPDATE entry SET body = ?1, leaf = ?2 WHERE seq = 292",
                    (&body, keys::merkle::leaf_hash(&body)),
                )
                .unwrap();
        },
        &["history-rewritten"],
    ),
    ("a nulled hash", |files, _| files.sql("UPDATE entry SET leaf = NULL WHERE seq = 5"), &["hash-nulled"]),
    ("an emptied entry", |files, _| files.sql("UPDATE entry SET body = NULL WHERE seq = 5"), &["entry-emptied"]),
    (
        "a removed entry",
        |files, _| files.sql("DELETE FROM entry_value WHERE seq = 5; DELETE FROM entry WHERE seq = 5"),
        &["entry-missing"],
    ),
    (
        "two entries in each other's place",
        |files, _| {
            files.sql("UPDATE entry SET seq = -1 WHERE seq = 5; UPDATE entry SET seq = 5 WHERE seq = 6; UPDATE entry SET seq = 6 WHERE seq = -1");
        },
        &["entry-moved", "tile-differs"],
    ),
    (
        "an entry behind the head",
        |files, _| files.sql("INSERT INTO entry SELECT 9000, record, commit_no, body, leaf FROM entry WHERE seq = 5"),
        &["entry-added"],
    ),
    (
        "entries cut off, the head as it was",
        |files, _| files.sql("DELETE FROM entry WHERE seq > 285"),
        &["entry-missing"],
    ),
    (
        // The head of the time when the journal was shorter was signed by us: consistent in itself.
        "a cut tail with the head of then",
        |files, story| {
            let head = |connection: &rusqlite::Connection| -> (i64, Vec<u8>, String) {
                connection
                    .query_row("SELECT size, root, note FROM head", [], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })
                    .unwrap()
            };
            let then = head(&story.early.open("records.db"));
            let records = files.open("records.db");
            records.execute("DELETE FROM entry WHERE seq >= ?1", [then.0]).unwrap();
            records.execute("DELETE FROM entry_value WHERE seq >= ?1", [then.0]).unwrap();
            records.execute("UPDATE head SET size = ?1, root = ?2, note = ?3", then).unwrap();
        },
        &["tail-cut"],
    ),
    (
        "an older records.db",
        |files, story| {
            assert!(std::fs::copy(story.early.paths.file("records.db"), files.paths.file("records.db")).unwrap() > 0);
        },
        &["tail-cut"],
    ),
    (
        "an older records.db and the checkpoint of then",
        |files, story| {
            std::fs::copy(story.early.paths.file("records.db"), files.paths.file("records.db")).unwrap();
            std::fs::copy(story.early.paths.checkpoint_file(), files.paths.checkpoint_file()).unwrap();
        },
        // What was erased since lies in it again, and the ledger says so.
        &["erased-back"],
    ),
    (
        "an older folder put back whole, but for the ledger",
        |files, story| copy(&story.early.paths.folder, &files.paths.folder),
        &["tail-cut"],
    ),
    (
        "a missing checkpoint",
        |files, _| std::fs::remove_file(files.paths.checkpoint_file()).unwrap(),
        &["copy-missing"],
    ),
    (
        "a checkpoint signed by another",
        |files, _| {
            let text = std::fs::read_to_string(files.paths.checkpoint_file()).unwrap();
            std::fs::write(files.paths.checkpoint_file(), text.replacen("ledger 3", "ledger 2", 1)).unwrap();
        },
        &["copy-damaged"],
    ),
    (
        "a head that says less",
        |files, _| files.sql("UPDATE head SET size = 290"),
        &["entry-added", "head-differs", "tail-cut"],
    ),
    (
        "a note of another size",
        |files, _| files.sql("UPDATE head SET note = replace(note, 'ledger 3', 'ledger 2')"),
        &["head-unsigned"],
    ),
    (
        "a changed record",
        |files, _| files.sql("UPDATE record SET clear = replace(clear, 'customer-care', 'marketing') WHERE rid = 5"),
        &["record-differs"],
    ),
    (
        "a lifted restriction",
        |files, _| files.sql("UPDATE record SET restricted = 1 WHERE rid = 5"),
        &["record-differs"],
    ),
    ("another scope", |files, _| files.sql("UPDATE record SET scope = 7 WHERE rid = 5"), &["record-differs"]),
    (
        "another person's record",
        |files, _| files.sql("UPDATE record SET subject = (SELECT subject FROM record WHERE rid = 6) WHERE rid = 5"),
        &["record-differs"],
    ),
    (
        "a changed part",
        |files, _| {
            files.sql("UPDATE part SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || CASE WHEN substr(sealed, -1) = x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE record = 5");
        },
        &["record-differs"],
    ),
    (
        "a part of an earlier version",
        |files, story| {
            let early = story.early.open("records.db");
            let (unit, sealed): (i64, Vec<u8>) = early
                .query_row("SELECT unit, sealed FROM part WHERE record = 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            files
                .open("records.db")
                .execute("UPDATE part SET sealed = ?2, version = 1 WHERE record = 1 AND unit = ?1", (unit, sealed))
                .unwrap();
        },
        &["record-differs"],
    ),
    ("a removed part", |files, _| files.sql("DELETE FROM part WHERE record = 5"), &["record-differs"]),
    (
        "a removed record",
        |files, _| files.sql("DELETE FROM record WHERE rid = 5; DELETE FROM part WHERE record = 5"),
        &["record-missing"],
    ),
    (
        "a record that came from nowhere",
        |files, _| {
            files.sql(
        "INSERT INTO record SELECT 9000, randomblob(16), module, scope, version, subject, restricted, created_at, changed_at, entry, clear, commit_no FROM record WHERE rid = 5");
        },
        &["record-unknown"],
    ),
    (
        "an erased record back again",
        |files, story| {
            let id: Vec<u8> = story
                .early
                .open("records.db")
                .query_row("SELECT id FROM record WHERE rid = 2", [], |row| row.get(0))
                .unwrap();
            files.open("records.db").execute("INSERT INTO record SELECT 2, ?1, module, scope, version, subject, restricted, created_at, changed_at, entry, clear, commit_no FROM record WHERE rid = 5", [id]).unwrap();
        },
        &["record-back"],
    ),
    (
        "an entry hidden from its record's history",
        |files, _| files.sql("UPDATE entry SET record = 0 WHERE seq = 5"),
        &["entry-misplaced"],
    ),
    (
        "an entry shown in another record's history",
        |files, _| files.sql("UPDATE entry SET record = 7 WHERE seq = 5"),
        &["entry-misplaced"],
    ),
    (
        "a removed key",
        |files, _| assert_eq!(files.open("keys.db").execute("DELETE FROM key WHERE rid = 5", []).unwrap(), 1),
        &["key-missing"],
    ),
    (
        "an erased key back again",
        |files, story| {
            let unit: i64 = files
                .open("records.db")
                .query_row("SELECT rid FROM unit WHERE state = 2", [], |row| row.get(0))
                .unwrap();
            let key: (Vec<u8>, Vec<u8>) = story
                .early
                .open("keys.db")
                .query_row("SELECT id, wrapped FROM key WHERE rid = ?1", [unit], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            let keys = files.open("keys.db");
            keys.execute("INSERT OR REPLACE INTO key (rid, id, wrapped) VALUES (?1, ?2, ?3)", (unit, key.0, key.1))
                .unwrap();
        },
        &["key-back"],
    ),
    (
        "another key in its place",
        |files, _| {
            files
                .open("keys.db")
                .execute_batch("UPDATE key SET wrapped = (SELECT wrapped FROM key WHERE rid = 6) WHERE rid = 5")
                .unwrap();
        },
        &["key-wrong"],
    ),
    (
        "an emptied ledger",
        |files, _| std::fs::write(files.paths.ledger_file(), "").unwrap(),
        &["ledger-cut", "value-missing"],
    ),
    (
        "a ledger without its last line",
        |files, _| {
            let text = std::fs::read_to_string(files.paths.ledger_file()).unwrap();
            let cut = text.trim_end().rfind('\n').unwrap();
            std::fs::write(files.paths.ledger_file(), &text[..=cut]).unwrap();
        },
        &["ledger-cut"],
    ),
    (
        "a changed ledger line",
        |files, _| {
            let text = std::fs::read_to_string(files.paths.ledger_file()).unwrap();
            std::fs::write(files.paths.ledger_file(), text.replacen("erasure-begun", "restricted", 1)).unwrap();
        },
        &["ledger-damaged"],
    ),
];

#[test]
fn f083_every_tampering_is_found_and_named() {
    let story = story();
    let mut wrong = Vec::new();
    for (name, tamper, expected) in CASES {
        let files = Files::copy_of(&story.business);
        tamper(&files, &story);
        let codes = files.codes();
        let named = expected.iter().all(|code| codes.iter().any(|found| found == code));
        if !named || (expected.is_empty() && !codes.is_empty()) {
            wrong.push(format!("{name}: found {codes:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
