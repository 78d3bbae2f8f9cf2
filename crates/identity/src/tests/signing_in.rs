//! Signing in, and not.
use super::{House, PASSWORD, operator, password};
use crate::*;
use base::{Kind, Kinded};

#[test]
fn every_failure_has_the_same_answer() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let bert = house.user("bert", Role::Administrator);
    house.write(move |op| lock_user(op, bert)).unwrap();
    let answers = [
        sign_in(house.tenant(), "erika", "Geheim-12346", None),
        sign_in(house.tenant(), "erika", "geheim-12345", None),
        sign_in(house.tenant(), "erika", "", None),
        sign_in(house.tenant(), "nobody", PASSWORD, None),
        sign_in(house.tenant(), "", PASSWORD, None),
        sign_in(house.tenant(), &"x".repeat(100_000), PASSWORD, None),
        sign_in(house.tenant(), "bert", PASSWORD, None),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let error = answer.unwrap_err();
        assert!(matches!(error, Error::Refused), "number {number}: {error}");
        assert_eq!(error.kind(), Kind::Denied);
    }
    let signed_in = sign_in(house.tenant(), " Erika ", PASSWORD, None).unwrap();
    assert_eq!(signed_in.user.id, erika);
    assert!(!format!("{signed_in:?}").contains(&*signed_in.token));
}

/// The processor time of this thread, in ticks of 10 ms. Other tests that run beside this one do not count.
#[cfg(target_os = "linux")]
fn ticks() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
}

/// A missing hash would make one of them many times as fast.
#[cfg(target_os = "linux")]
#[test]
fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    const TIMES: usize = 20;
    let house = House::new();
    house.user("erika", Role::Administrator);
    let tries = |login: &str| {
        let begun = ticks();
        for _ in 0..TIMES {
            assert!(sign_in(house.tenant(), login, "Geheim-12346", None).is_err());
            // The fourth failure in a row locks the account; this one is to be asked for its password every time.
            house.write(|op| Ok(op.upkeep(&statements::USER_FAILED, &[1.into(), 0.into(), 0.into()])?)).unwrap();
        }
        ticks() - begun
    };
    let (wrong, unknown) = (tries("erika"), tries("nobody"));
    assert!(unknown >= 10.0, "no hashes were computed: {unknown} ticks for {TIMES}");
    assert!((0.5..2.0).contains(&(wrong / unknown)), "wrong password {wrong}, unknown name {unknown} ticks");
}

#[test]
fn the_fourth_failure_in_a_row_locks_for_a_while() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let fail = |times: usize| {
        for _ in 0..times {
            assert!(sign_in(house.tenant(), "erika", "Geheim-99999", None).is_err());
        }
    };
    fail(3);
    house.sign_in("erika").expect("three failures lock nobody");
    fail(3);
    house.sign_in("erika").expect("success sets the count back");
    let earlier = house.sign_in("erika").unwrap();
    fail(4);
    assert!(house.sign_in("erika").is_err(), "the right password is refused now");
    assert!(session(house.tenant(), &earlier.token).unwrap().is_some(), "a stranger's guesses end no session");
    let seen = user(&mut house.tenant().reader().unwrap(), &operator(), erika).unwrap().unwrap();
    assert_eq!(seen.locked_until.map(|until| until.since(base::Clock::now(&house.0.clock))), Some(Settings::LOCK_MS));
    house.0.clock.advance_ms(Settings::LOCK_MS - 1);
    assert!(house.sign_in("erika").is_err());
    house.0.clock.advance_ms(1);
    fail(1);
    house.sign_in("erika").expect("the lock has ended, and one failure after it is one");
    fail(4);
    house.write(move |op| unlock_user(op, erika)).unwrap();
    house.sign_in("erika").expect("an administrator lifts the lock");
}

#[test]
fn guesses_at_once_are_all_counted() {
    let house = House::new();
    house.user("erika", Role::Administrator);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| assert!(sign_in(house.tenant(), "erika", "Geheim-99999", None).is_err()));
        }
    });
    assert_eq!(
        house.rows("SELECT failed FROM user_account", 1),
        [["4"]],
        "refusals of a locked account are not counted further"
    );
    assert!(house.sign_in("erika").is_err());
}

#[test]
fn a_password_that_was_reset_is_the_only_one() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let (new, text) = Password::random().unwrap();
    house.write(move |op| reset_password(op, erika, &new)).unwrap();
    assert!(house.sign_in("erika").is_err());
    sign_in(house.tenant(), "erika", &text, None).unwrap();
}

#[test]
fn a_weak_hash_is_made_anew_at_sign_in() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    // `password` under a short salt and little memory, as an import of old hashes brings it.
    let weak = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    house.write(move |op| reset_password(op, erika, &Password { phc: weak.into() })).unwrap();
    sign_in(house.tenant(), "erika", "password", None).unwrap();
    let stored = house.rows("SELECT password FROM user_account", 1);
    assert!(!keys::password::needs_upgrade(&stored[0][0]), "{stored:?}");
    sign_in(house.tenant(), "erika", "password", None).unwrap();
    house.verifies();
}

#[test]
fn the_security_log_says_what_happened_and_to_whom() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    assert!(sign_in(house.tenant(), "erika", "Geheim-99999", Some("192.0.2.7")).is_err());
    assert!(sign_in(house.tenant(), "erwin", "Geheim-99999", Some("192.0.2.7")).is_err());
    let begun = sign_in(house.tenant(), "erika", PASSWORD, Some("192.0.2.8")).unwrap();
    sign_out(house.tenant(), &begun.token).unwrap();
    let lines: Vec<serde_json::Value> = house
        .rows("SELECT body FROM log_line WHERE log = 2 ORDER BY day, seq", 1)
        .iter()
        .map(|row| serde_json::from_str(&row[0]).unwrap())
        .collect();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| (line["event"].as_str().unwrap(), line["why"].as_str(), line["user"].as_str()))
        .collect();
    let erika = erika.to_string();
    let erika = Some(erika.as_str());
    assert_eq!(
        seen,
        [
            ("sign-in-refused", Some("password"), erika),
            ("sign-in-refused", Some("unknown"), None),
            ("sign-in", None, erika),
            ("sign-out", None, erika),
        ]
    );
    assert_eq!(lines[0]["address"], lines[1]["address"]);
    assert_ne!(lines[0]["address"], lines[2]["address"]);
    assert_eq!(house.rows("SELECT size FROM log_day WHERE log = 2", 1), [["4"]]);
}

#[test]
fn two_users_with_one_password_have_two_hashes() {
    let house = House::new();
    for login in ["erika", "bert"] {
        let new = NewUser {
            login: login.into(),
            name: login.into(),
            email: None,
            role: Role::Reader,
            password: Password::given(PASSWORD).unwrap(),
        };
        house.write(move |op| create_user(op, &new)).unwrap();
    }
    let stored = house.rows("SELECT password FROM user_account", 1);
    assert!(stored.iter().all(|row| row[0].starts_with("$argon2id$")));
    assert_ne!(stored[0], stored[1]);
    drop(password());
}
