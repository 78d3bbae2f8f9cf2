//! The three logs beside the journal: dropped whole at their limit and not before, signed per day, nothing flows from one into another.
use base::{RecordId, Timestamp};
use keys::Pages;
use rusqlite::Connection;
use store::logs::{Access, DAY_MS, HOUR_MS, Limits, Line, Log, SensitiveRead};
use store::sqlite::{Mode, Settings};
use testkit::Business;

fn read(business: &Business, record: RecordId) -> SensitiveRead {
    SensitiveRead {
        at: base::Clock::now(&business.clock),
        reader: "user:0".into(),
        way: "record",
        module: "contact".into(),
        record,
        fields: vec!["birthday".into()],
        purpose: Some("customer-care".into()),
    }
}

fn access(business: &Business) -> Access {
    Access {
        at: base::Clock::now(&business.clock),
        surface: "api",
        method: "GET",
        route: "/{m}/{id}".into(),
        status: 200,
        took_ms: 12,
        address: Some("192.0.2.7".parse().unwrap()),
    }
}

fn security(business: &Business) {
    let at = base::Clock::now(&business.clock);
    let line = Line { at, body: r#"{"event":"sign-in"}"#.into() };
    business.tenant().write(business.admin(), move |op| op.log(Log::Security, vec![line])).unwrap();
}

/// One line in each log.
fn one_of_each(business: &Business) {
    let shared = business.tenant().shared();
    shared.note_reads([read(business, keys::random_id())]).unwrap();
    shared.note_access(access(business));
    security(business);
    assert!(business.tenant().flush_logs().unwrap());
}

fn purge(business: &Business) -> store::logs::Purged {
    business
        .tenant()
        .write(business.admin(), |op| {
            let purged = op.purge_logs()?;
            Ok::<_, store::Error>(purged)
        })
        .unwrap()
}

/// Lines of reads, security and access.
fn lines(business: &Business) -> Vec<u64> {
    let reports = business.instance().verify_logs(business.id()).unwrap();
    assert!(reports.iter().all(|report| report.findings.is_empty()), "{reports:?}");
    reports.iter().map(|report| report.lines).collect()
}

/// Works on the decrypted records.db, as somebody who has its key.
fn tamper(business: &Business, sql: &str) -> Vec<String> {
    let shared = business.tenant().shared();
    let ring = shared.ring();
    let path = shared.paths().file("records.db");
    let file: Connection =
        store::sqlite::open(&path, ring.page_key(Pages::Records), Mode::Writer, &Settings::default()).unwrap();
    assert!(file.execute(sql, []).unwrap() > 0, "{sql}");
    let reports = business.instance().verify_logs(business.id()).unwrap();
    reports.into_iter().flat_map(|report| report.findings).map(|finding| finding.code).collect()
}

#[test]
fn each_log_is_dropped_whole_at_its_own_limit_and_not_before() {
    let business = Business::new(&["core"]);
    one_of_each(&business);
    // A line of the same day, an hour later: it goes with its day.
    business.clock.advance_ms(HOUR_MS);
    business.tenant().shared().note_access(access(&business));
    business.tenant().flush_logs().unwrap();
    assert_eq!(lines(&business), [1, 1, 2]);

    let limits = Limits::default();
    business.clock.advance_ms(limits.access_ms - HOUR_MS - 1);
    assert_eq!(purge(&business).lines, 0, "a millisecond before");
    assert_eq!(lines(&business), [1, 1, 2]);
    business.clock.advance_ms(1);
    assert_eq!(purge(&business).lines, 2, "the whole day, at the limit of its first line");
    assert_eq!(lines(&business), [1, 1, 0]);

    business.clock.advance_ms(limits.security_ms - limits.access_ms - 1);
    let purged = purge(&business);
    assert_eq!((purged.lines, purged.next), (0, Some(base::Clock::now(&business.clock).plus_ms(1))));
    business.clock.advance_ms(1);
    assert_eq!(purge(&business).lines, 1);
    assert_eq!(lines(&business), [1, 0, 0]);

    business.clock.advance_ms(limits.reads_ms - limits.security_ms - 1);
    assert_eq!(purge(&business).lines, 0);
    business.clock.advance_ms(1);
    assert_eq!((purge(&business).lines, purge(&business).next), (1, None));
    assert_eq!(lines(&business), [0, 0, 0]);
    business.assert_sound();
}

#[test]
fn no_setting_keeps_the_access_log_longer_than_48_hours() {
    let limits = Limits { access_ms: 400 * DAY_MS, ..Limits::default() };
    assert_eq!(limits.of(Log::Access), 48 * HOUR_MS);
    assert_eq!(Limits { access_ms: HOUR_MS, ..limits }.of(Log::Access), HOUR_MS);
}

#[test]
fn what_passed_its_time_while_nobody_looked_is_gone_at_opening() {
    let mut business = Business::new(&["core"]);
    one_of_each(&business);
    business.close();
    business.clock.advance_ms(48 * HOUR_MS);
    let master = keys::MasterKey::read(&business.folder.path().join("master.key")).unwrap();
    let clock = std::sync::Arc::new(business.clock.clone());
    let instance = store::Instance::open(&business.data(), master, clock, store::InstanceSettings::default()).unwrap();
    assert!(instance.overdue_logs(business.id(), HOUR_MS).unwrap().is_empty(), "not yet an hour");
    business.clock.advance_ms(HOUR_MS + 1);
    let [(log, _)] = instance.overdue_logs(business.id(), HOUR_MS).unwrap()[..] else { panic!("one is overdue") };
    assert_eq!(log, Log::Access);
    drop(instance);
    business.reopen();
    assert!(business.instance().overdue_logs(business.id(), 0).unwrap().is_empty());
    assert_eq!(lines(&business), [1, 1, 0]);
}

#[test]
fn what_was_done_to_a_signed_day_is_found() {
    for (what, sql, code) in [
        (
            "changed",
            "UPDATE log_line SET body = replace(body, 'sign-in', 'sign-out') WHERE log = 2 AND seq = 1",
            "log-line-changed",
        ),
        ("another time", "UPDATE log_line SET at = at + 1 WHERE log = 1 AND seq = 0", "log-line-changed"),
        ("removed", "DELETE FROM log_line WHERE log = 2 AND seq = 1", "log-line-missing"),
        ("the last removed", "DELETE FROM log_line WHERE log = 3 AND seq = 2", "log-line-missing"),
        (
            "added",
            "INSERT INTO log_line SELECT log, day, 3, at, body FROM log_line WHERE log = 2 AND seq = 2",
            "log-line-added",
        ),
        ("count fitted", "UPDATE log_day SET size = 2 WHERE log = 3", "log-unsigned"),
        ("signature nulled", "UPDATE log_day SET note = '' WHERE log = 1", "log-unsigned"),
        ("day unsigned", "DELETE FROM log_day WHERE log = 1", "log-day-unknown"),
        (
            "into another log",
            "UPDATE log_day SET note = (SELECT note FROM log_day WHERE log = 2) WHERE log = 1",
            "log-unsigned",
        ),
    ] {
        let business = Business::in_files(&["core"]);
        for _ in 0..3 {
            one_of_each(&business);
        }
        assert_eq!(lines(&business), [3, 3, 3]);
        assert_eq!(tamper(&business, sql), [code], "{what}");
    }
}

#[test]
fn a_day_taken_out_of_the_middle_is_missed_and_a_first_one_dropped_by_age_is_not() {
    let business = Business::in_files(&["core"]);
    let first = base::Clock::now(&business.clock).0.div_euclid(DAY_MS);
    for _ in 0..3 {
        security(&business);
        business.clock.advance_ms(DAY_MS);
    }
    assert_eq!(
        tamper(&business, &format!("DELETE FROM log_line WHERE log = 2 AND day = {first}")),
        ["log-line-missing"]
    );
    assert!(tamper(&business, &format!("DELETE FROM log_day WHERE log = 2 AND day = {first}")).is_empty());
    let middle = first + 1;
    tamper(&business, &format!("DELETE FROM log_line WHERE log = 2 AND day = {middle}"));
    let last = tamper(&business, &format!("DELETE FROM log_day WHERE log = 2 AND day = {middle}"));
    assert!(last.is_empty(), "the middle one has become the first");
    for _ in 0..2 {
        security(&business);
        business.clock.advance_ms(DAY_MS);
    }
    let middle = first + 3;
    tamper(&business, &format!("DELETE FROM log_line WHERE log = 2 AND day = {middle}"));
    assert_eq!(
        tamper(&business, &format!("DELETE FROM log_day WHERE log = 2 AND day = {middle}")),
        ["log-day-missing"]
    );
}

#[test]
fn no_log_flows_into_another_and_none_holds_an_address_in_the_clear() {
    let business = Business::in_files(&["core"]);
    let journal = business.verify().entries;
    let record: RecordId = keys::random_id();
    business.tenant().shared().note_reads([read(&business, record)]).unwrap();
    business.tenant().shared().note_access(access(&business));
    business.tenant().flush_logs().unwrap();
    security(&business);
    let shared = business.tenant().shared();
    let ring = shared.ring();
    let file = store::sqlite::open(
        &shared.paths().file("records.db"),
        ring.page_key(Pages::Records),
        Mode::Reader,
        &Settings::default(),
    )
    .unwrap();
    let bodies = |log: i64| -> Vec<String> {
        let mut all = file.prepare("SELECT body FROM log_line WHERE log = ?1").unwrap();
        all.query_map([log], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let [reads, security, access] = [1, 2, 3].map(bodies);
    assert_eq!((reads.len(), security.len(), access.len()), (1, 1, 1));
    assert!(reads[0].contains(&record.to_string()) && reads[0].contains("customer-care"));
    assert!(!security[0].contains(&record.to_string()) && !access[0].contains(&record.to_string()));
    assert!(!reads[0].contains("GET") && !security[0].contains("GET"));
    assert!(access[0].contains("\"address\":\"") && !access[0].contains("192.0.2.7"));
    assert_eq!(business.verify().entries, journal, "none of them is the journal's");
    business.assert_sound();
}

#[test]
fn what_waits_is_written_when_the_tenant_is_closed() {
    let mut business = Business::new(&["core"]);
    business.tenant().shared().note_reads([read(&business, keys::random_id())]).unwrap();
    business.tenant().shared().note_access(access(&business));
    business.instance().note_access(access(&business));
    assert_eq!(lines(&business), [0, 0, 0], "a read does not wait for the disk");
    business.reopen();
    assert_eq!(lines(&business), [1, 0, 1]);
    let own = business.instance().verify_own_logs().unwrap();
    assert_eq!(
        own.iter().map(|report| (report.lines, report.findings.len())).collect::<Vec<_>>(),
        [(0, 0), (0, 0), (1, 0)]
    );
    business.clock.advance_ms(48 * HOUR_MS);
    assert_eq!(business.instance().purge_own_logs().unwrap().lines, 1);
}

#[test]
fn many_reads_share_one_commit_and_a_log_that_cannot_be_written_shows_nothing() {
    let business = Business::new(&["core"]);
    let shared = business.tenant().shared();
    let syncs = || shared.counters().syncs.load(std::sync::atomic::Ordering::Relaxed);
    let before = syncs();
    for _ in 0..1_000 {
        shared.note_reads([read(&business, keys::random_id())]).unwrap();
    }
    assert_eq!(syncs(), before);
    business.tenant().flush_logs().unwrap();
    assert_eq!(syncs(), before + 1);
    let refused = (0..100).find_map(|_| {
        let thousand: Vec<_> = (0..1_000).map(|_| read(&business, keys::random_id())).collect();
        shared.note_reads(thousand).err()
    });
    assert!(matches!(refused, Some(store::Error::Busy { .. })), "{refused:?}");
    let _: Timestamp = base::Clock::now(&business.clock);
}
