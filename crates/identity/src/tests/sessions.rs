//! Sessions, and everything that ends them.
use super::{House, caller, operator, password};
use crate::*;
use base::Actor;
use std::sync::atomic::Ordering;
use store::ledger::What;

#[test]
fn a_session_says_who_and_with_which_rights() {
    let house = House::new();
    let bert = house.user("bert", Role::Editor);
    let begun = house.sign_in("bert").unwrap();
    let found = session(house.tenant(), &begun.token).unwrap().unwrap();
    assert_eq!(found.caller.actor, Actor::User(bert));
    assert_eq!(found.caller.grants, Role::Editor.grants());
    assert_eq!(found.csrf, begun.csrf);
    assert_eq!(found.user.name, "Bert");
    let again = house.sign_in("bert").unwrap();
    assert_ne!(*again.token, *begun.token, "every sign-in begins another session");
    assert_ne!(again.csrf, begun.csrf);
    for other in ["", "x", &begun.token[1..], &format!("obhut_{}", *begun.token), &begun.token.to_uppercase()] {
        assert!(session(house.tenant(), other).unwrap().is_none(), "{other}");
    }
}

#[test]
fn ends_after_half_an_hour_without_use_and_after_twelve_hours_in_any_case() {
    let house = House::new();
    house.user("erika", Role::Administrator);
    let begun = house.sign_in("erika").unwrap();
    let found = |token: &str| session(house.tenant(), token).unwrap();
    house.0.clock.advance_ms(Settings::SESSION_IDLE_MS - 1);
    assert!(found(&begun.token).is_some(), "used at the last moment");
    house.0.clock.advance_ms(Settings::SESSION_IDLE_MS);
    assert!(found(&begun.token).is_none(), "unused for half an hour");
    let begun = house.sign_in("erika").unwrap();
    let started = base::Clock::now(&house.0.clock);
    for _ in 0..35 {
        house.0.clock.advance_ms(20 * 60_000);
        let expires = found(&begun.token).expect("in use").expires;
        assert!(expires <= started.plus_ms(Settings::SESSION_LIFE_MS));
    }
    house.0.clock.advance_ms(20 * 60_000);
    assert!(found(&begun.token).is_none(), "twelve hours are over");
}

#[test]
fn survives_a_restart_as_old_as_it_was() {
    let mut house = House::new();
    house.user("erika", Role::Administrator);
    let begun = house.sign_in("erika").unwrap();
    house.0.clock.advance_ms(25 * 60_000);
    assert!(session(house.tenant(), &begun.token).unwrap().is_some());
    house.0.clock.advance_ms(25 * 60_000);
    house.0.reopen();
    assert!(session(house.tenant(), &begun.token).unwrap().is_some(), "its use of 25 minutes ago is known");
    house.0.clock.advance_ms(Settings::SESSION_IDLE_MS);
    house.0.reopen();
    assert!(session(house.tenant(), &begun.token).unwrap().is_none());
}

#[test]
fn the_last_use_is_written_at_most_once_a_minute() {
    let house = House::new();
    house.user("erika", Role::Administrator);
    let begun = house.sign_in("erika").unwrap();
    let operations = || {
        house.write(|_| Ok(())).unwrap();
        house.tenant().shared().counters().operations.load(Ordering::Relaxed)
    };
    let before = operations();
    for _ in 0..100 {
        house.0.clock.advance_ms(599);
        assert!(session(house.tenant(), &begun.token).unwrap().is_some());
    }
    assert_eq!(operations() - before, 1, "one is the count itself");
    house.0.clock.advance_ms(100);
    for _ in 0..10 {
        assert!(session(house.tenant(), &begun.token).unwrap().is_some());
    }
    assert_eq!(operations() - before, 3, "one write after a minute");
}

type Work = fn(&House, base::UserId, base::UserId);

#[test]
fn what_ends_a_session_ends_it_at_once() {
    let house = House::new();
    let admin = house.user("admin", Role::Administrator);
    let ends: [(&str, Work); 4] = [
        ("lock", |house, bert, _| house.write(move |op| lock_user(op, bert)).unwrap()),
        ("reset", |house, bert, _| house.write(move |op| reset_password(op, bert, &password())).unwrap()),
        ("role", |house, bert, _| house.write(move |op| set_role(op, bert, Role::Reader)).unwrap()),
        ("delete", |house, bert, admin| delete_user(house.tenant(), &operator(), bert, admin).unwrap()),
    ];
    let others = house.sign_in("admin").unwrap();
    for (what, end) in ends {
        let bert = house.user(&format!("bert {what}"), Role::Editor);
        let sessions =
            [house.sign_in(&format!("bert {what}")).unwrap(), house.sign_in(&format!("bert {what}")).unwrap()];
        assert!(
            sessions.iter().all(|one| session(house.tenant(), &one.token).unwrap().is_some()),
            "{what}: in memory now"
        );
        end(&house, bert, admin);
        assert!(sessions.iter().all(|one| session(house.tenant(), &one.token).unwrap().is_none()), "{what}");
        assert!(session(house.tenant(), &others.token).unwrap().is_some(), "{what}: nobody else's");
    }
}

#[test]
fn sign_out_ends_one_session() {
    let house = House::new();
    house.user("erika", Role::Administrator);
    let (one, other) = (house.sign_in("erika").unwrap(), house.sign_in("erika").unwrap());
    assert!(session(house.tenant(), &one.token).unwrap().is_some());
    sign_out(house.tenant(), &one.token).unwrap();
    assert!(session(house.tenant(), &one.token).unwrap().is_none());
    assert!(session(house.tenant(), &other.token).unwrap().is_some());
    sign_out(house.tenant(), &one.token).unwrap();
    sign_out(house.tenant(), "rubbish").unwrap();
}

#[test]
fn an_unlocked_user_has_no_old_sessions() {
    let house = House::new();
    house.user("admin", Role::Administrator);
    let bert = house.user("bert", Role::Editor);
    let begun = house.sign_in("bert").unwrap();
    house.write(move |op| lock_user(op, bert)).unwrap();
    house.write(move |op| unlock_user(op, bert)).unwrap();
    assert!(session(house.tenant(), &begun.token).unwrap().is_none());
    house.sign_in("bert").unwrap();
    house.write(move |op| unlock_user(op, bert)).unwrap();
    let said = house.tenant().shared().with_ledger(|ledger, _| {
        let lines = ledger.lines().iter().map(|line| line.what);
        lines.filter(|what| matches!(what, What::UserLocked | What::UserUnlocked)).collect::<Vec<_>>()
    });
    assert_eq!(said, [What::UserLocked, What::UserUnlocked], "lifting what is not set is no line");
}

#[test]
fn the_oldest_session_makes_room_and_old_ones_are_purged() {
    let house = House::new();
    house.user("erika", Role::Administrator);
    let first = house.sign_in("erika").unwrap();
    assert!(session(house.tenant(), &first.token).unwrap().is_some());
    for _ in 0..Settings::SESSIONS_PER_USER {
        house.0.clock.advance_ms(1);
        house.sign_in("erika").unwrap();
    }
    assert!(session(house.tenant(), &first.token).unwrap().is_none());
    let count = || house.rows("SELECT count(*) FROM session", 1)[0][0].clone();
    assert_eq!(count(), Settings::SESSIONS_PER_USER.to_string());
    let purge = || house.write(|op| purge_sessions(op, op.now())).unwrap();
    assert_eq!(purge(), 0);
    house.0.clock.advance_ms(Settings::SESSION_IDLE_MS + Settings::SEEN_EVERY_MS);
    assert_eq!(purge(), u64::try_from(Settings::SESSIONS_PER_USER).unwrap());
}

#[test]
fn a_session_is_good_in_its_own_business_only() {
    let (here, there) = (House::new(), House::new());
    here.user("erika", Role::Administrator);
    let id = there.user("erika", Role::Administrator);
    let begun = here.sign_in("erika").unwrap();
    assert!(session(there.tenant(), &begun.token).unwrap().is_none());
    assert_eq!(session_tenant(&begun.token), Some(here.tenant().shared().id()));
    let mut reader = here.tenant().reader().unwrap();
    assert!(user(&mut reader, &caller(id, Role::Administrator), id).unwrap().is_none());
}
