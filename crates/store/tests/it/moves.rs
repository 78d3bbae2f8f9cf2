//! A business is moved to another place and back: nothing is lost, nothing is different, whatever happens in the middle of it.
mod erasures;
pub mod story;

use crate::story::{person, put};
use base::{Actor, RecordId};
use keys::Pages;
use parking_lot::Mutex;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::postgres::{Server, report};
use store::rows::Access as _;
use store::{Error, Goal, Instance, InstanceSettings, Place, Rotate};
use story::{Story, assert_same, car, columns, delete_car, erase_units, family, here, rows, there, units, write};
use testkit::postgres::{PostgresServer, Servers};

#[test]
fn there_and_back_nothing_is_different() {
    let columns = columns();
    let mut story = Story::new(&here());
    story.business.reopen();
    let (before, seen, report) = (rows(&story.business, &columns), story.seen(), story.business.verify());
    assert!(before["records.db/link"].len() + before["records.db/log_line"].len() >= 3, "the test itself");
    for (goal, left) in [(there(), here()), (here(), there())] {
        let moved = story.business.move_to(&goal).unwrap();
        assert_eq!((moved.to, moved.from, moved.entries), (goal.to_string(), left.to_string(), report.entries));
        let place = &story.business.tenant().shared().paths().place;
        assert_eq!(place.server().unwrap_or("embedded"), goal.to_string());
        assert_same(&before, &rows(&story.business, &columns), &format!("in {goal}"));
        assert_eq!(story.seen(), seen);
        assert_eq!(story.business.verify().checkpoint, report.checkpoint, "the journal's head");
        story.business.assert_sound();
        assert!(story.is_left(&left));
        story.business.approve_move().unwrap();
        assert!(!story.is_left(&left), "{left}");
    }
    story.works();
    assert_eq!(story.business.instance().verify_own_journal().unwrap().findings, []);
    story.business.move_to(&there()).unwrap();
    story.works();
    story.business.reopen();
    story.works();
}

#[test]
fn what_changes_during_the_copy_comes_along() {
    let columns = columns();
    for (from, to) in [(here(), there()), (there(), here())] {
        let mut story = Story::new(&from);
        let (id, erika) = (story.business.id(), story.erika);
        let gone: RecordId = keys::random_id();
        let erased: RecordId = keys::random_id();
        car(story.business.tenant(), gone, erika);
        write(story.business.tenant(), erased, "Vergessen", Some("K-7")).unwrap();
        let created: Vec<RecordId> = (0..3).map(|_| keys::random_id()).collect();
        let access = story.access();
        let seen = Arc::new(Mutex::new(None));
        {
            let (created, seen) = (created.clone(), Arc::clone(&seen));
            let mut count = 0;
            let mut change = move |instance: &Instance| {
                let tenant = instance.tenant(id).unwrap();
                write(&tenant, created[count], "Neu", None).unwrap();
                write(&tenant, erika, "Schmidt", Some(["K-2", "K-3", "K-4"][count])).unwrap();
                if count == 0 {
                    erase_units(&tenant, erased, units(&tenant, erased));
                    delete_car(&tenant, gone);
                    tenant.shared().note_access(access.clone());
                }
                count += 1;
            };
            let instance = Arc::downgrade(story.business.instance());
            *story.hook.lock() = Some(Box::new(move |step| {
                let instance = instance.upgrade().unwrap();
                match step {
                    "half made" | "copied" | "verified" => change(&instance),
                    "frozen" => *seen.lock() = Some(instance.tenant(id).map(drop)),
                    _ => {}
                }
            }));
        }
        let lines = story.business.instance().verify_logs(id).unwrap()[2].lines;
        story.business.move_to(&to).unwrap();
        story.as_ever();
        assert!(matches!(seen.lock().take(), Some(Err(Error::Busy { .. }))), "nobody gets in at the end");
        let tenant = story.business.tenant();
        assert_eq!(family(tenant, erika).as_deref(), Some("Schmidt"));
        assert!(created.iter().all(|id| family(tenant, *id).as_deref() == Some("Neu")));
        assert_eq!((family(tenant, gone), family(tenant, erased)), (None, None));
        assert!(tenant.reader().unwrap().opened(gone).unwrap().is_none());
        assert_eq!(story.business.instance().verify_logs(id).unwrap()[2].lines, lines + 1);
        assert!(matches!(write(tenant, keys::random_id(), "Vier", Some("K-4")), Err(Error::Fields(_))));
        write(tenant, keys::random_id(), "Eins", Some("K-1")).unwrap();
        story.business.assert_sound();
        // Keys that were made ahead and not used are thrown away at every opening.
        story.business.reopen();
        let before = rows(&story.business, &columns);
        story.business.approve_move().unwrap();
        story.business.move_to(&from).unwrap();
        assert_same(&before, &rows(&story.business, &columns), "back");
    }
}

#[test]
fn a_crash_at_any_step_leaves_one_whole_business() {
    let steps =
        ["move begun", "half made", "copied", "verified", "frozen", "brought over", "compared", "fenced", "switched"];
    for (from, to) in [(here(), there()), (there(), here())] {
        let mut story = Story::new(&from);
        let seen = story.seen();
        for step in steps {
            story.at(step, move |_| panic!("the power is gone"));
            let ended = catch_unwind(AssertUnwindSafe(|| story.business.move_to(&to)));
            assert!(ended.is_err(), "{step}: the test itself");
            story.as_ever();
            story.business.reopen();
            let place = story.business.tenant().shared().paths().place.clone();
            let expected = if step == "switched" { &to } else { &from };
            assert_eq!(place.server().unwrap_or("embedded"), expected.to_string(), "{step}");
            assert_eq!(story.seen(), seen, "{step}");
            story.business.assert_sound();
            assert_eq!(story.is_left(&to), step == "switched", "{step}: the half that was begun is gone");
        }
        assert_eq!(story.business.instance().verify_own_journal().unwrap().findings, []);
        story.works();
        story.business.approve_move().unwrap();
        story.business.move_to(&from).unwrap();
        story.works();
    }
}

#[test]
fn if_anything_differs_nothing_is_switched() {
    for (from, to) in [(here(), there()), (there(), here())] {
        let mut story = Story::new(&from);
        let (id, seen) = (story.business.id(), story.seen());
        let (ring, folder) =
            (story.business.tenant().shared().ring(), story.business.tenant().shared().paths().clone());
        // A row of the new half goes missing, or one is another: by hand, where whoever has the host could.
        let deeds: [(&'static str, &'static str, &str); 2] = [
            ("brought over", "DELETE FROM link WHERE source = (SELECT min(source) FROM link)", "link has"),
            ("copied", "UPDATE record SET version = version + 1 WHERE rid = 1", "does not verify"),
        ];
        for (step, deed, says) in deeds {
            let (ring, folder) = (Arc::clone(&ring), folder.clone());
            let to_server = matches!(to, Goal::Server(_));
            story.at(step, move |_| {
                if to_server {
                    let server = Servers::shared().records.address();
                    let sql = deed.to_owned();
                    testkit::postgres::run(&server.in_database(&format!("obhut_{id}_records")), &sql);
                } else {
                    let paths = folder.with(Place::Embedded);
                    store::beside(&paths, &ring, Pages::Records).unwrap().script("deed", deed).unwrap();
                }
            });
            let refused = story.business.move_to(&to);
            story.as_ever();
            let Err(Error::Conflict { code: "unequal", message }) = refused else { panic!("{refused:?}") };
            assert!(message.contains(says), "{message}");
            let place = story.business.tenant().shared().paths().place.clone();
            assert_eq!(place.server().unwrap_or("embedded"), from.to_string());
            assert!(!story.is_left(&to), "{step}");
            assert_eq!(story.seen(), seen);
        }
        story.works();
        story.business.move_to(&to).unwrap();
        story.works();
    }
}

fn code<T: std::fmt::Debug>(refused: store::Result<T>) -> &'static str {
    match refused {
        Err(Error::Input { code, .. } | Error::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_moved_is_refused_and_nothing_is_touched() {
    let servers = Servers::shared();
    let keeping = PostgresServer::start(&["fsync=off", "archive_mode=on"]);
    let archiving = Server { name: "archiving".into(), keys: keeping.address(), ..servers.server() };
    let mut story = Story::with(&here(), vec![archiving]);
    let (id, seen) = (story.business.id(), story.seen());
    let instance = Arc::clone(story.business.instance());
    let port = servers.records.port();
    assert_eq!(instance.goal("embedded").unwrap(), here());
    for meant in ["main".to_owned(), format!("postgres://127.0.0.1:{port}"), format!("postgres://x@127.0.0.1:{port}/y")]
    {
        assert_eq!(instance.goal(&meant).unwrap(), there(), "{meant}");
    }
    for nowhere in ["nowhere", "postgres://127.0.0.1:1", "postgres://example.org", ""] {
        assert_eq!(code(instance.goal(nowhere)), "no-such-server", "{nowhere}");
    }
    assert_eq!(code(instance.move_plan(id, &here())), "same-place");
    assert_eq!(code(instance.move_plan(id, &Goal::Server("archiving".into()))), "keys-server");
    assert_eq!(code(story.business.move_to(&Goal::Server("archiving".into()))), "keys-server");
    assert_eq!(code(story.business.approve_move()), "no-former-half");

    let plan = instance.move_plan(id, &there()).unwrap();
    let rows = |name: &str| plan.tables.iter().find(|table| table.name == name).unwrap().rows;
    assert_eq!((plan.from.as_str(), plan.to.as_str(), plan.kept_days), ("embedded", "main", 14));
    assert_eq!((rows("external_key"), plan.bytes > 4_096), (700, true));
    assert!(!story.is_left(&there()), "a plan changes nothing");

    // Nothing else that needs the business whole goes on beside a move.
    let refusals = Arc::new(Mutex::new(Vec::new()));
    {
        let refusals = Arc::clone(&refusals);
        story.at("copied", move |instance| {
            let actor = Actor::Operator("test".into());
            let busy = |refused: store::Result<()>| matches!(refused, Err(Error::Busy { .. }));
            refusals.lock().extend([
                busy(instance.move_tenant(&actor, id, &there()).map(drop)),
                busy(instance.move_plan(id, &there()).map(drop)),
                busy(instance.destroy_tenant(&actor, id)),
                busy(instance.rotate(&actor, id, Rotate::Root).map(drop)),
                busy(instance.begin_epoch(&actor, id, "a test").map(drop)),
            ]);
        });
    }
    drop(instance);
    story.business.move_to(&there()).unwrap();
    story.as_ever();
    assert_eq!(*refusals.lock(), [true; 5]);
    assert_eq!(code(story.business.move_to(&here())), "former-half");
    let actor = Actor::Operator("test".into());
    assert_eq!(code(story.business.instance().rotate(&actor, id, Rotate::Pages)), "former-half");
    assert_eq!(story.seen(), seen);
    story.business.approve_move().unwrap();
    story.business.rotate(Rotate::Pages);
    story.works();
}

#[test]
fn the_half_that_was_left_goes_when_its_time_is_over() {
    for (from, to) in [(here(), there()), (there(), here())] {
        let mut story = Story::new(&from);
        let moved = story.business.move_to(&to).unwrap();
        let id = story.business.id();
        let named = |story: &Story| story.business.instance().find(&id.to_string()).unwrap().former;
        assert_eq!(named(&story).unwrap().until, moved.kept_until);
        story.business.clock.advance_ms(InstanceSettings::default().half_ms - 1);
        assert!(!story.business.instance().expire_half(id).unwrap() && story.is_left(&from));
        story.business.clock.advance_ms(1);
        assert!(story.business.instance().expire_half(id).unwrap() && !story.is_left(&from));
        assert_eq!(named(&story), None);
        assert!(!story.business.instance().expire_half(id).unwrap());
        story.works();
    }
}

#[test]
fn nothing_is_left_of_a_business_that_is_destroyed_after_a_move() {
    let mut story = Story::new(&there());
    story.business.move_to(&here()).unwrap();
    assert!(story.is_left(&there()));
    let (instance, id) = (Arc::clone(story.business.instance()), story.business.id());
    story.business.close();
    let actor = Actor::Operator("test".into());
    instance.destroy_tenant(&actor, id).unwrap();
    let servers = Servers::shared();
    for (server, what) in [(servers.records.address(), "records"), (servers.keys.address(), "keys")] {
        let left = report(&server.in_database(&format!("obhut_{id}_{what}")));
        assert!(matches!(left, Err(Error::NotFound { .. })), "{left:?}");
    }
    assert_eq!(instance.verify_own_journal().unwrap().findings, []);
}

/// From one server to another: the tests' servers twice, under two names and of two clusters.
#[test]
fn a_business_moves_from_one_server_to_another() {
    let others = Servers::start(false);
    let other = Server { name: "other".into(), ..others.server() };
    let mut story = Story::with(&there(), vec![other]);
    let (columns, seen) = (columns(), story.seen());
    story.business.reopen();
    let before = rows(&story.business, &columns);
    story.business.move_to(&Goal::Server("other".into())).unwrap();
    assert_same(&before, &rows(&story.business, &columns), "other");
    assert_eq!(story.seen(), seen);
    story.works();
    story.business.approve_move().unwrap();
    assert!(!story.is_left(&there()));
    story.business.move_to(&there()).unwrap();
    story.works();
    story.business.close();
}

/// 100,000 records there and back in a soak, a few otherwise.
#[test]
fn a_large_business_there_and_back_while_it_goes_on_working() {
    const AT_ONCE: usize = 500;
    let count = if std::env::var_os("OBHUT_SOAK").is_some() { 100_000 } else { 2_000 };
    let mut story = Story::new(&here());
    for _ in 0..count / AT_ONCE {
        let filled = story.business.tenant().write(story.business.admin(), |op| {
            (0..AT_ONCE).try_for_each(|_| put(op, "contact", keys::random_id(), person("Erika", "Viele")).map(drop))
        });
        filled.unwrap();
    }
    for goal in [there(), here()] {
        let (id, erika) = (story.business.id(), story.erika);
        let working = Arc::downgrade(story.business.instance());
        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (ended, entries) = (Arc::clone(&done), story.business.verify().entries);
        // Somebody writes all the time, and tries again when told to.
        let writer = std::thread::spawn(move || {
            let (mut written, mut refused) = (0_u64, 0_u64);
            while !ended.load(std::sync::atomic::Ordering::Acquire) {
                let instance = working.upgrade().unwrap();
                match instance.tenant(id).and_then(|tenant| write(&tenant, erika, "Zwischendurch", Some("K-1"))) {
                    Ok(()) => written += 1,
                    Err(Error::Busy { .. }) => {
                        refused += 1;
                        std::thread::yield_now();
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            (written, refused)
        });
        let begun = std::time::Instant::now();
        let times = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&times);
        *story.hook.lock() = Some(Box::new(move |step| told.lock().push((step.to_owned(), begun.elapsed()))));
        let moved = story.business.move_to(&goal).unwrap();
        story.as_ever();
        done.store(true, std::sync::atomic::Ordering::Release);
        let (written, refused) = writer.join().unwrap();
        let _ = writeln!(
            std::io::stderr(),
            "{count} records to {goal}: {} rows; {written} writes beside, {refused} told to try again; {:.1?}",
            moved.rows,
            times.lock()
        );
        assert!(moved.rows > count as u64 && written > 0);
        let report = story.business.verify();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert_eq!(report.entries, entries + written, "every write that was confirmed is there, once");
        story.business.approve_move().unwrap();
    }
    story.works();
}
