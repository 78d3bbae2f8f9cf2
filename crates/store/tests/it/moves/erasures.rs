//! Erasures reach both halves of a move: the one that it makes and the one that it has left.
use super::story::{Story, erase, erase_units, here, there, units, write};
use base::RecordId;
use keys::Pages;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use store::engine::Query;
use store::erase::{Destroy, destroy};
use store::postgres::Server;
use store::{Error, Goal, Paths};
use testkit::forensic::{lies_in, wrapped_keys_of};
use testkit::postgres::Servers;

/// The wrapped keys of a person at some place, destroyed or not.
fn wrapped(story: &Story, paths: &Paths, units: &[base::UnitId]) -> Vec<Vec<u8>> {
    let all = wrapped_keys_of(paths, &story.business.tenant().shared().ring());
    all.into_iter().filter(|(id, _)| units.contains(id)).map(|(_, wrapped)| wrapped).collect()
}

const SEALED: Query = Query {
    name: "SEALED",
    sql: "SELECT (SELECT count(*) FROM part p JOIN unit u ON u.rid = p.unit WHERE u.id = ?1) + (SELECT count(*) FROM entry_value v JOIN unit u ON u.rid = v.unit WHERE u.id = ?1)",
};

fn sealed(story: &Story, paths: &Paths, units: &[base::UnitId]) -> i64 {
    let mut records = store::beside(paths, &story.business.tenant().shared().ring(), Pages::Records).unwrap();
    let mut all = 0;
    for unit in units {
        let count = store::engine::first(&mut records, &SEALED, &[unit.bytes().into()], |row| row.int(0));
        all += count.unwrap().unwrap();
    }
    all
}

const NOWHERE: [PathBuf; 0] = [];

/// Where the disks of the servers have these bytes. Of a key that was destroyed before there is nothing to look for.
fn on_disks(needle: &[u8]) -> Vec<PathBuf> {
    if needle.iter().all(|byte| *byte == 0) {
        return Vec::new();
    }
    let servers = Servers::shared();
    [servers.records.folder(), servers.keys.folder()].iter().flat_map(|folder| lies_in(folder, needle)).collect()
}

#[test]
fn an_erasure_reaches_the_half_that_a_move_has_left() {
    for (from, to) in [(here(), there()), (there(), here())] {
        let mut story = Story::new(&from);
        let bytes = |story: &Story| -> Vec<Vec<u8>> {
            wrapped(story, story.business.tenant().shared().paths(), &units(story.business.tenant(), story.erika))
        };
        let before = bytes(&story);
        story.business.move_to(&to).unwrap();
        let left = story.other_half(&from);
        let units = units(story.business.tenant(), story.erika);
        assert_eq!(wrapped(&story, &left, &units), before, "the test itself");
        assert!(sealed(&story, &left, &units) > 0 && before.iter().any(|key| !on_disks(key).is_empty()));
        erase(&story.business, story.business.tenant(), story.erika);
        assert!(wrapped(&story, &left, &units).iter().all(|key| key.iter().all(|byte| *byte == 0)));
        assert_eq!(sealed(&story, &left, &units), 0);
        for key in &before {
            assert_eq!(on_disks(key), NOWHERE, "{from}: a wrapped key is on a server's disk");
        }
        // The same after it was closed and opened: the half is known by the directory.
        story.business.reopen();
        let other: RecordId = keys::random_id();
        write(story.business.tenant(), other, "Später", None).unwrap();
        story.business.assert_sound();
        story.business.approve_move().unwrap();
        assert!(!story.is_left(&from));
        story.business.assert_sound();
    }
}

#[test]
fn an_erasure_during_the_copy_reaches_the_half_that_is_being_made() {
    for (from, to) in [(here(), there()), (there(), here())] {
        let mut story = Story::new(&from);
        let (id, erika) = (story.business.id(), story.erika);
        let units_before = units(story.business.tenant(), erika);
        let before = wrapped(&story, story.business.tenant().shared().paths(), &units_before);
        story.at("copied", move |instance| {
            let tenant = instance.tenant(id).unwrap();
            erase_units(&tenant, erika, units(&tenant, erika));
        });
        let left = Arc::new(Mutex::new(None));
        {
            let left = Arc::clone(&left);
            let before = before.clone();
            let hook = story.hook.lock().take().unwrap();
            let mut hook = hook;
            *story.hook.lock() = Some(Box::new(move |step| {
                hook(step);
                if step == "copied" {
                    *left.lock() = Some(before.iter().flat_map(|key| on_disks(key)).collect::<Vec<_>>());
                }
            }));
        }
        story.business.move_to(&to).unwrap();
        story.as_ever();
        assert_eq!(left.lock().as_deref(), Some(&NOWHERE[..]), "{from}: gone when the erasure says so");
        let paths = story.business.tenant().shared().paths().clone();
        assert!(wrapped(&story, &paths, &units_before).iter().all(|key| key.iter().all(|byte| *byte == 0)));
        story.business.assert_sound();
    }
}

#[test]
fn an_erasure_is_not_done_while_a_half_that_was_left_cannot_be_reached() {
    let mut others = Servers::start(false);
    let other = Server { name: "other".into(), ..others.server() };
    let mut story = Story::with(&Goal::Server("other".into()), vec![other]);
    story.business.move_to(&here()).unwrap();
    let left = story.other_half(&there());
    let gone = units(story.business.tenant(), story.erika);
    let what = Destroy { case: "case".into(), action: "erase", subject: Some(story.erika.cast()), units: gone.clone() };
    others.keys.crash(|| {
        let what = what.clone();
        let caller = story.business.admin();
        let refused = story.business.tenant().exclusive(move |writer| destroy(writer, &caller, &what));
        let Err(Error::Busy { message }) = refused else { panic!("{refused:?}") };
        assert!(message.contains("not yet in the half of a move that lies on other"), "{message}");
    });
    assert!(wrapped(&story, &left, &gone).iter().any(|key| key.iter().any(|byte| *byte != 0)), "the test itself");
    assert_eq!(store::erase::resume(story.business.tenant()).unwrap(), 1);
    assert!(wrapped(&story, &left, &gone).iter().all(|key| key.iter().all(|byte| *byte == 0)));
    story.business.assert_sound();
    story.business.approve_move().unwrap();
    story.business.close();
}
