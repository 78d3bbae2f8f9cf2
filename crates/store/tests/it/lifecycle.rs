//! The journal over the years: verified every night from where it was, purged when its period is over, pruned, and gone on with after a restore.
use crate::faults::{Files, copy, paths};
use crate::story::{person, put};
use base::{Actor, Clock, RecordId};
use serde_json::json;
use store::erase::{Destroy, delete_record, destroy};
use store::ledger::{Line, What};
use store::sqlite::Settings;
use testkit::Business;

const DAY_MS: i64 = 86_400_000;

fn contact(business: &Business, family: &'static str) -> RecordId {
    let id = keys::random_id();
    business
        .tenant()
        .write(business.admin(), move |op| put(op, "contact", id, person("Erika", family)).map(drop))
        .unwrap();
    id
}

fn change(business: &Business, id: RecordId, family: &'static str) {
    business
        .tenant()
        .write(business.admin(), move |op| put(op, "contact", id, person("Erika", family)).map(drop))
        .unwrap();
}

/// An entry about no record, and its record is none.
fn events(business: &Business, count: usize) {
    business
        .tenant()
        .write(business.admin(), move |op| {
            (0..count).try_for_each(|_| {
                let entry = op.entry("restrict-subject", None, None);
                op.finish(entry, &store::module::Map::new()).map(drop)
            })
        })
        .unwrap();
}

fn erase(business: &Business, person: RecordId) {
    let units = crate::faults::tampering::units_of(business, person);
    let admin = business.admin();
    let what = Destroy { case: person.to_string(), action: "erase", subject: Some(person.cast()), units };
    business.tenant().exclusive(move |writer| destroy(writer, &admin, &what)).unwrap();
}

fn prove(business: &Business, seq: u64, from: Option<u64>) -> store::Result<store::journal::Proof> {
    let shared = business.tenant().shared();
    store::journal::prove(shared.paths(), &shared.ring(), &Settings::default(), seq, from)
}

fn codes(report: &store::journal::Report) -> Vec<String> {
    let mut codes: Vec<String> = report.findings.iter().map(|finding| finding.code.clone()).collect();
    codes.dedup();
    codes
}

#[test]
fn each_night_only_what_is_new_is_read_and_everything_once_in_thirty_days() {
    let mut business = Business::new(&["core"]);
    let kept = contact(&business, "Müller");
    for _ in 0..300 {
        contact(&business, "Schmidt");
    }
    let first = business.tenant().verify_nightly().unwrap();
    assert!(first.whole && first.report.findings.is_empty(), "{:?}", first.report.findings);
    change(&business, kept, "Meier");
    let gone = contact(&business, "Schulze");
    erase(&business, gone);
    let second = business.tenant().verify_nightly().unwrap();
    assert!(!second.whole && second.report.findings.is_empty(), "{:?}", second.report.findings);
    assert_eq!(second.report.from, first.report.entries);
    assert_eq!(second.report.records, 1, "the changed record; the erased one is gone");
    // It has copied its own checkpoint by then or not; either way it says what it compared with.
    business.reopen();
    let third = business.tenant().verify_nightly().unwrap();
    assert_eq!(
        third.report.compared_with,
        [business.tenant().shared().paths().checkpoint_file().display().to_string()]
    );
    assert_eq!((third.whole, third.report.records), (false, 0));
    business.clock.advance_ms(30 * DAY_MS);
    assert!(business.tenant().verify_nightly().unwrap().whole);
    assert!(!business.tenant().verify_nightly().unwrap().whole);
    // Another key signs: what the earlier one signed about the last night is not believed.
    business.rotate(store::Rotate::Signing);
    assert!(business.tenant().verify_nightly().unwrap().whole);
}

#[test]
fn the_short_verification_finds_what_was_done_to_the_new_part() {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    let cases: &[Case] = &[
        ("nothing", "SELECT 1", &[]),
        ("a changed record", "UPDATE record SET scope = 7 WHERE rid = 301", &["record-differs"]),
        (
            "a removed record",
            "DELETE FROM record WHERE rid = 301; DELETE FROM part WHERE record = 301",
            &["record-missing"],
        ),
        ("a removed value", "DELETE FROM entry_value WHERE seq = 301", &["value-missing"]),
        ("an emptied entry", "UPDATE entry SET body = NULL WHERE seq = 301", &["entry-emptied"]),
        ("a removed entry", "DELETE FROM entry WHERE seq = 301", &["entry-missing", "value-added"]),
        (
            "another class",
            "UPDATE unit SET class = 'voucher' WHERE record = 301 OR rid = (SELECT max(rid) FROM unit)",
            &["row-differs"],
        ),
        (
            "the tree of before",
            "UPDATE tile SET hashes = CAST(zeroblob(32) AS BLOB) WHERE level = 1",
            &["history-rewritten"],
        ),
    ];
    let mut business = Business::in_files(&["core"]);
    for _ in 0..300 {
        contact(&business, "Müller");
    }
    assert!(business.tenant().verify_nightly().unwrap().whole);
    contact(&business, "Neu");
    business.close();
    let mut wrong = Vec::new();
    for (name, script, expected) in cases {
        let files = Files::copy_of(&business);
        let verified = paths(files.data(), business.id()).ledger.join("verified");
        assert!(verified.exists());
        files.open("records.db").execute_batch(script).unwrap();
        let night =
            store::journal::nightly(&files.paths, &files.ring, &Settings::default(), business.clock.now()).unwrap();
        let found = codes(&night.report);
        if night.whole
            || !expected.iter().all(|code| found.iter().any(|found| found == code))
            || (expected.is_empty() && !found.is_empty())
        {
            wrong.push(format!("{name}: whole {}, found {found:?}, expected {expected:?}", night.whole));
        }
        // What was found is found again: nothing was remembered.
        let again =
            store::journal::nightly(&files.paths, &files.ring, &Settings::default(), business.clock.now()).unwrap();
        if codes(&again.report) != found {
            wrong.push(format!("{name}: the second night finds {:?}", codes(&again.report)));
        }
        // Whoever writes the file himself is not believed.
        let text = std::fs::read_to_string(&verified).unwrap();
        let (from, to) = if expected.is_empty() { ("\n302\n", "\n301\n") } else { ("\n301\n", "\n302\n") };
        std::fs::write(&verified, text.replacen(from, to, 1)).unwrap();
        assert!(
            store::journal::nightly(&files.paths, &files.ring, &Settings::default(), business.clock.now())
                .unwrap()
                .whole
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// 300 contacts deleted, one erased, one that stays; three years and more later.
fn old_business() -> (Business, RecordId) {
    let business = Business::in_files(&["core"]);
    let gone: Vec<RecordId> = (0..300).map(|_| keys::random_id()).collect();
    let all = gone.clone();
    business
        .tenant()
        .write(business.admin(), move |op| {
            all.iter().try_for_each(|id| {
                let values =
                    json!({"kind": "institution", "family_name": "Amt", "origin": "Web", "activity": "customer-care"});
                put(op, "contact", *id, values).map(drop)
            })
        })
        .unwrap();
    let kept = contact(&business, "Bleibt");
    let erased = contact(&business, "Geht");
    erase(&business, erased);
    for id in gone {
        let admin = business.admin();
        business
            .tenant()
            .exclusive(move |writer| delete_record(writer, &admin, "contact", id, None).map(drop))
            .unwrap();
    }
    events(&business, 3);
    (business, kept)
}

#[test]
fn entries_past_their_period_lose_their_contents_and_everything_still_verifies() {
    let (mut business, kept) = old_business();
    let purge = |business: &Business| store::journal::purge(business.tenant()).unwrap();
    // Deleted in March 2026: three years from the end of that year.
    business.clock.advance_ms(1_040 * DAY_MS); // January 2029
    assert_eq!(purge(&business), store::journal::PurgeOutcome::default());
    let size = business.verify().entries;
    business.clock.advance_ms(365 * DAY_MS);
    let outcome = purge(&business);
    assert!(outcome.purged > 600 && outcome.purged < size, "{outcome:?} of {size}");
    let report = business.verify();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.purged + outcome.pruned, outcome.purged + report.from - outcome.pruned, "{report:?}");
    assert_eq!(purge(&business), store::journal::PurgeOutcome::default(), "a second time there is nothing to do");
    // The living person's history stays, and so does what it is about.
    let mut reader = business.tenant().reader().unwrap();
    let shown = store::journal::history(&mut reader, kept, None, 10).unwrap();
    assert_eq!(shown.steps.len(), 1);
    drop(reader);
    // Nothing of the purged entries is left but leaves.
    business.close();
    let files = Files::copy_of(&business);
    let count = |sql: &str| -> i64 { files.open("records.db").query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM entry WHERE body IS NULL AND (leaf IS NULL OR record <> 0)"), 0);
    assert_eq!(count("SELECT count(*) FROM entry_value v JOIN entry e ON e.seq = v.seq WHERE e.body IS NULL"), 0);
    let bare = u64::try_from(count("SELECT min(seq) FROM entry WHERE body IS NULL")).unwrap();
    business.reopen();
    let bare_proof = serde_json::to_value(prove(&business, bare, None).unwrap()).unwrap();
    assert!(bare_proof["body"].is_null() && crate::faults::verifier::holds(&bare_proof), "the leaf is still proven");
    business.assert_sound();
}

#[test]
fn what_was_emptied_or_removed_without_a_purge_entry_is_damage() {
    let (mut business, _) = old_business();
    business.clock.advance_ms(1_500 * DAY_MS);
    assert!(store::journal::purge(business.tenant()).unwrap().purged > 0);
    contact(&business, "Neu");
    business.close();
    let last: i64 = Files::copy_of(&business)
        .open("records.db")
        .query_row("SELECT max(seq) FROM entry", [], |row| row.get(0))
        .unwrap();
    let cases = [
        (String::from("SELECT 1"), vec![]),
        (
            format!(
                "UPDATE entry SET body = NULL, record = 0 WHERE seq = {last}; DELETE FROM entry_value WHERE seq = {last}"
            ),
            vec!["entry-emptied"],
        ),
        (format!("UPDATE entry SET body = NULL, leaf = NULL WHERE seq = {last}"), vec!["entry-emptied"]),
        (format!("DELETE FROM entry_value WHERE seq = {last}"), vec!["value-missing"]),
        (
            String::from(
                "UPDATE entry SET leaf = zeroblob(32) WHERE seq = (SELECT min(seq) FROM entry WHERE body IS NULL)",
            ),
            vec!["tile-differs"],
        ),
        (
            String::from(
                "UPDATE meta SET value = '0' WHERE name = 'journal-pruned'; DELETE FROM entry WHERE seq < 512; DELETE FROM tile WHERE level = 0 AND place < 2; INSERT OR REPLACE INTO meta VALUES ('journal-pruned', '512')",
            ),
            vec!["entry-missing"],
        ),
    ];
    for (script, expected) in cases {
        let files = Files::copy_of(&business);
        files.open("records.db").execute_batch(&script).unwrap();
        let found = files.codes();
        assert!(expected.iter().all(|code| found.iter().any(|found| found == code)), "{script}: {found:?}");
        assert!(!expected.is_empty() || found.is_empty(), "{script}: {found:?}");
    }
}

#[test]
fn a_beginning_of_bare_leaves_is_pruned_and_later_proofs_still_hold() {
    let mut business = Business::new(&["core"]);
    events(&business, 700);
    business.clock.advance_ms(1_500 * DAY_MS);
    let outcome = store::journal::purge(business.tenant()).unwrap();
    assert_eq!((outcome.purged, outcome.pruned), (701, 512), "the entry of the modules is one too");
    let kept = contact(&business, "Neu");
    business.assert_sound();
    assert_eq!(business.verify().from, 512);
    business.reopen();
    let size = business.verify().entries;
    for seq in [512, 600, 701, size - 1] {
        let proof = serde_json::to_value(prove(&business, seq, None).unwrap()).unwrap();
        assert!(crate::faults::verifier::holds(&proof), "entry {seq}");
    }
    for from in [512, 513, 700, size] {
        let proof = serde_json::to_value(prove(&business, size - 1, Some(from)).unwrap()).unwrap();
        assert!(crate::faults::verifier::holds(&proof), "from {from}");
    }
    assert!(matches!(prove(&business, 5, None), Err(store::Error::NotFound { .. })));
    assert!(matches!(prove(&business, 600, Some(5)), Err(store::Error::Invalid { .. })));
    // The index is made anew from the records, the journal goes on, and further years go by.
    business.close();
    let files = paths(&business.data(), business.id());
    std::fs::remove_file(files.file("index.db")).unwrap();
    business.reopen();
    change(&business, kept, "Später");
    events(&business, 600);
    business.clock.advance_ms(1_500 * DAY_MS);
    let outcome = store::journal::purge(business.tenant()).unwrap();
    assert!(outcome.purged >= 600, "{outcome:?}");
    business.assert_sound();
    assert!(!business.tenant().verify_nightly().unwrap().report.checkpoint.is_empty());
}

#[test]
fn a_restore_begins_a_new_epoch_and_a_cut_tail_is_still_found() {
    let mut business = Business::in_files(&["core"]);
    for _ in 0..5 {
        contact(&business, "Müller");
    }
    business.close();
    let early = Files::copy_of(&business);
    business.reopen();
    for _ in 0..5 {
        contact(&business, "Verloren");
    }
    business.close();
    let late = Files::copy_of(&business);
    let checkpoint = paths(&business.data(), business.id()).checkpoint_file();
    let witness = std::fs::read_to_string(&checkpoint).unwrap();
    // The databases go back, the ledger stays: nothing opens them but whoever answers for it.
    copy(&early.paths.folder, &paths(&business.data(), business.id()).folder);
    assert!(matches!(business.open().unwrap_err(), store::Error::Damaged { .. }));
    let actor = Actor::Operator("test".into());
    assert_eq!(business.instance().begin_epoch(&actor, business.id(), "disk failed").unwrap(), 1);
    business.reopen();
    contact(&business, "Neu");
    business.assert_sound();
    let origin = business.verify().checkpoint.lines().next().unwrap().to_owned();
    assert!(origin.ends_with("/1"), "{origin}");
    // The checkpoint of the epoch before, larger than what was kept, reads as no cut tail.
    business.close();
    let after = Files::copy_of(&business);
    std::fs::write(after.paths.checkpoint_file(), &witness).unwrap();
    assert_eq!(after.codes(), Vec::<String>::new());
    // One of before that the kept part covers is compared.
    let small = std::fs::read_to_string(early.paths.checkpoint_file()).unwrap();
    std::fs::write(after.paths.checkpoint_file(), small).unwrap();
    let report = after.verify();
    assert!(report.findings.is_empty() && report.compared_with.len() == 1, "{report:?}");
    // An older file put back is found, with the checkpoint of its time too.
    for files in [&late, &early] {
        let back = Files::copy_of(&business);
        copy(&files.paths.folder, &back.paths.folder);
        assert!(back.codes().contains(&"tail-cut".to_owned()), "{:?}", back.codes());
        std::fs::copy(files.paths.checkpoint_file(), back.paths.checkpoint_file()).unwrap();
        assert!(back.codes().contains(&"tail-cut".to_owned()), "{:?}", back.codes());
    }
    // A tail cut off within the new epoch.
    business.reopen();
    business.close();
    let short = Files::copy_of(&business);
    business.reopen();
    contact(&business, "Danach");
    business.close();
    let cut = Files::copy_of(&business);
    copy(&short.paths.folder, &cut.paths.folder);
    assert!(cut.codes().contains(&"tail-cut".to_owned()));
    // A second restore, to before the first one: the entry of the first epoch is gone, rightly.
    copy(&early.paths.folder, &paths(&business.data(), business.id()).folder);
    business.open().unwrap_err();
    assert_eq!(business.instance().begin_epoch(&actor, business.id(), "once more").unwrap(), 2);
    business.reopen();
    contact(&business, "Wieder");
    business.assert_sound();
    business.rotate(store::Rotate::Signing);
    business.assert_sound();
}

#[test]
fn an_epoch_that_only_the_ledger_knows_is_finished_by_beginning_it_again() {
    let mut business = Business::new(&["core"]);
    contact(&business, "Müller");
    let head = business.verify();
    let root = head.checkpoint.lines().nth(2).unwrap().to_owned();
    let root = data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(root.as_bytes()).unwrap());
    let begun = store::ledger::EpochBegun { epoch: 1, size: head.entries, root, before: None };
    business
        .tenant()
        .shared()
        .with_ledger(|ledger, ring| {
            let line = Line { epoch: Some(begun), ..Line::new(base::Timestamp(0), What::Epoch) };
            ledger.append(ring, line)
        })
        .unwrap();
    assert!(matches!(business.open().unwrap_err(), store::Error::Damaged { .. }));
    let actor = Actor::Operator("test".into());
    assert_eq!(business.instance().begin_epoch(&actor, business.id(), "restore").unwrap(), 1);
    business.reopen();
    business.assert_sound();
}
