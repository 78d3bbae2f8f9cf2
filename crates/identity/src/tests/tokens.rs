//! Tokens from the first to the last request.
use super::{House, caller, code, operator};
use crate::*;
use base::{Access, Actor, Grants, Kind, Kinded, Permission};
use store::ledger::What;

fn found(house: &House, text: &str) -> Option<store::Caller> {
    token(house.tenant(), text).unwrap()
}

#[test]
fn a_token_calls_with_its_rights() {
    let house = House::new();
    let (id, text) = house.write(|op| create_token(op, " import ", "contact:rw, organisation:r", None)).unwrap();
    assert_eq!(tenant_of(&text), Some(house.tenant().shared().id()));
    let caller = found(&house, &text).unwrap();
    assert_eq!(caller.actor, Actor::Token(id));
    assert!(caller.grants.allows("contact", Access::Write) && !caller.grants.allows("organisation", Access::Write));
    let (_, admin) = house.write(|op| create_token(op, "admin", "admin", None)).unwrap();
    assert_eq!(found(&house, &admin).unwrap().grants, Grants::everything());
    let mut altered = text.to_string();
    altered.pop();
    assert!(found(&house, &altered).is_none());
    assert!(found(&House::new(), &text).is_none(), "another business");
    let listed = list_tokens(&mut house.tenant().reader().unwrap(), &operator()).unwrap();
    let seen: Vec<_> =
        listed.iter().map(|token| (token.name.as_str(), token.rights.as_str(), token.created_by.as_str())).collect();
    assert_eq!(seen, [("import", "contact:rw,organisation:r", "os:root"), ("admin", "admin", "os:root")]);
    house.verifies();
}

#[test]
fn wrong_input_is_refused() {
    let house = House::new();
    let make = |name: &str, rights: &str, expires: Option<i64>| {
        let (name, rights) = (name.to_owned(), rights.to_owned());
        code(house.write(move |op| {
            let expires = expires.map(|span| op.now().plus_ms(span));
            create_token(op, &name, &rights, expires)
        }))
    };
    assert_eq!(make("", "*:r", None), "name: name");
    assert_eq!(make("x", "", None), "rights: rights");
    assert_eq!(make("x", "contact", None), "rights: rights");
    assert_eq!(make("x", "spaceship:r", None), "module spaceship was not found");
    assert_eq!(make("x", "Erika Beispiel:r", None), "module of that name was not found");
    assert_eq!(make("x", "*:r", Some(0)), "expires: past");
    assert_eq!(make("x", "*:r", Some(1)), "it was taken");
}

#[test]
fn ends_when_it_expires() {
    let house = House::new();
    let (_, text) = house.write(|op| create_token(op, "x", "*:r", Some(op.now().plus_ms(1_000)))).unwrap();
    house.0.clock.advance_ms(999);
    assert!(found(&house, &text).is_some());
    house.0.clock.advance_ms(1);
    assert!(found(&house, &text).is_none(), "though it was in memory");
}

#[test]
fn a_revoked_token_is_refused_at_once_and_the_ledger_knows() {
    let house = House::new();
    let (id, text) = house.write(|op| create_token(op, "x", "*:r", None)).unwrap();
    let (_, other) = house.write(|op| create_token(op, "y", "*:r", None)).unwrap();
    assert!(found(&house, &text).is_some());
    house.write(move |op| revoke_token(op, id)).unwrap();
    assert!(found(&house, &text).is_none());
    assert!(found(&house, &other).is_some());
    house.write(move |op| revoke_token(op, id)).unwrap();
    let lines = house.tenant().shared().with_ledger(|ledger, _| ledger.lines().to_vec());
    let revoked: Vec<_> =
        lines.iter().filter(|line| line.what == What::TokenRevoked).map(|line| line.case.clone().unwrap()).collect();
    assert_eq!(revoked, [format!("token/{id}")]);
    let unknown = house.write(|op| revoke_token(op, keys::random_id())).unwrap_err();
    assert_eq!(unknown.kind(), Kind::NotFound);
    let listed = list_tokens(&mut house.tenant().reader().unwrap(), &operator()).unwrap();
    assert!(listed[0].revoked_at.is_some() && listed[1].revoked_at.is_none());
    house.verifies();
}

#[test]
fn nobody_gives_more_than_he_has() {
    let house = House::new();
    let id = house.user("erika", Role::Administrator);
    let with = |rights: &str, grants: Grants| {
        let (rights, by) = (rights.to_owned(), store::Caller { grants, ..caller(id, Role::Administrator) });
        house.tenant().write(by, move |op| create_token(op, "x", &rights, None)).map(drop).map_err(|error| error.kind())
    };
    let mut narrow = Grants { permissions: [Permission::ManageUsers].into_iter().collect(), ..Role::Reader.grants() };
    assert_eq!(with("*:r", narrow.clone()), Ok(()));
    for more in ["*:rw", "contact:rw", "admin", "export", "*:r,privacy"] {
        assert_eq!(with(more, narrow.clone()), Err(Kind::Denied), "{more}");
    }
    narrow.modules.insert("contact".into(), Access::Write);
    assert_eq!(with("contact:rw,manage-users", narrow.clone()), Ok(()));
    // Reads everything but may only write one: `*` would be more than that.
    narrow.every_module = None;
    assert_eq!(with("*:r", narrow), Err(Kind::Denied));
}

#[test]
fn a_token_has_no_more_rights_than_its_maker_has_now() {
    let house = House::new();
    house.user("admin", Role::Administrator);
    let bert = house.user("bert", Role::Administrator);
    let by = caller(bert, Role::Administrator);
    let (_, text) = house.tenant().write(by, |op| create_token(op, "x", "*:rw,export", None)).unwrap();
    assert!(found(&house, &text).unwrap().grants.has(Permission::Export));
    house.write(move |op| set_role(op, bert, Role::Reader)).unwrap();
    let narrowed = found(&house, &text).unwrap().grants;
    assert!(
        narrowed.allows("contact", Access::Read)
            && !narrowed.allows("contact", Access::Write)
            && !narrowed.has(Permission::Export)
    );
    house.write(move |op| lock_user(op, bert)).unwrap();
    assert!(found(&house, &text).is_none(), "a locked user's tokens are refused");
    house.write(move |op| unlock_user(op, bert)).unwrap();
    assert!(found(&house, &text).is_some());
}

#[test]
fn a_deleted_users_tokens_are_revoked() {
    let house = House::new();
    let admin = house.user("admin", Role::Administrator);
    let bert = house.user("bert", Role::Administrator);
    let (_, text) =
        house.tenant().write(caller(bert, Role::Administrator), |op| create_token(op, "x", "*:r", None)).unwrap();
    let (_, others) =
        house.tenant().write(caller(admin, Role::Administrator), |op| create_token(op, "y", "*:r", None)).unwrap();
    assert!(found(&house, &text).is_some());
    delete_user(house.tenant(), &operator(), bert, admin).unwrap();
    assert!(found(&house, &text).is_none());
    assert!(found(&house, &others).is_some());
    let revoked = house
        .tenant()
        .shared()
        .with_ledger(|ledger, _| ledger.lines().iter().filter(|line| line.what == What::TokenRevoked).count());
    assert_eq!(revoked, 1);
}

#[test]
fn a_token_that_is_over_is_forgotten_after_its_time_with_its_name() {
    let house = House::new();
    let (revoked, _) = house.write(|op| create_token(op, "Erikas Telefon", "*:r", None)).unwrap();
    house
        .write(|op| {
            let soon = op.now().plus_ms(86_400_000);
            create_token(op, "Kurz", "*:r", Some(soon))
        })
        .unwrap();
    house.write(|op| create_token(op, "Bleibt", "*:r", None)).unwrap();
    house.write(move |op| revoke_token(op, revoked)).unwrap();
    let names = || {
        let listed = list_tokens(&mut house.tenant().reader().unwrap(), &operator()).unwrap();
        listed.into_iter().map(|token| token.name).collect::<Vec<_>>()
    };
    house.0.clock.advance_ms(Settings::TOKEN_KEPT_MS - 1);
    assert_eq!((forget_tokens(house.tenant()).unwrap(), names().len()), (0, 3));
    house.0.clock.advance_ms(1);
    assert_eq!(forget_tokens(house.tenant()).unwrap(), 1, "the one that was revoked");
    assert_eq!(names(), ["Kurz", "Bleibt"]);
    house.0.clock.advance_ms(86_400_000);
    assert_eq!(forget_tokens(house.tenant()).unwrap(), 1, "the one that expired a day later");
    assert_eq!((forget_tokens(house.tenant()).unwrap(), names()), (0, vec!["Bleibt".to_owned()]));
    let gone = house.rows("SELECT count(*) FROM unit WHERE state = 2", 1);
    assert_eq!(gone, [["2"]], "their keys are destroyed");
    let actor = Actor::Token(revoked).to_string();
    let shown = who(&mut house.tenant().reader().unwrap(), &operator(), &actor).unwrap();
    assert_eq!(shown, Who::Pseudonym(actor));
    house.verifies();
}
