//! Users from the first to the last day.
use super::{House, caller, code, operator, password};
use crate::*;
use base::{Kind, Kinded};

#[test]
fn a_user_is_made_found_and_listed() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let bert = house.user("bert", Role::Reader);
    let mut reader = house.tenant().reader().unwrap();
    let users = list_users(&mut reader, &operator()).unwrap();
    let seen: Vec<_> =
        users.iter().map(|user| (user.id, user.number, user.login.as_str(), user.name.as_str(), user.role)).collect();
    assert_eq!(seen, [(erika, 1, "erika", "Erika", Role::Administrator), (bert, 2, "bert", "Bert", Role::Reader)]);
    let found = find_user(&mut reader, &operator(), " ERIKA ").unwrap().unwrap();
    assert_eq!(found.id, erika);
    assert_eq!(found.state, UserState::Active);
    assert!(find_user(&mut reader, &operator(), "eri").unwrap().is_none());
    assert_eq!(user(&mut reader, &operator(), bert).unwrap().unwrap().name, "Bert");
    assert!(!format!("{found:?}").contains("rika"), "{found:?}");
    house.verifies();
}

#[test]
fn login_names_stand_once_per_tenant() {
    let house = House::new();
    house.user("Müller", Role::Administrator);
    for same in ["müller", "MUELLER", " Mueller. "] {
        let new =
            NewUser { login: same.into(), name: "X".into(), email: None, role: Role::Reader, password: password() };
        assert_eq!(code(house.write(move |op| create_user(op, &new))), "login-taken", "{same}");
    }
    house.user("Muller", Role::Reader);
    // Two in one commit.
    let twice = house.write(|op| {
        let new = |login: &str| NewUser {
            login: login.into(),
            name: "X".into(),
            email: None,
            role: Role::Reader,
            password: password(),
        };
        create_user(op, &new("otto"))?;
        create_user(op, &new("Otto"))
    });
    assert_eq!(code(twice), "login-taken");
    assert!(house.sign_in("otto").is_err(), "nothing of the operation was saved");
    house.user("otto", Role::Reader);
}

#[test]
fn wrong_input_is_named_by_field() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let make = |login: &str, name: &str, email: Option<&str>| {
        let new = NewUser {
            login: login.into(),
            name: name.into(),
            email: email.map(str::to_owned),
            role: Role::Reader,
            password: password(),
        };
        code(house.tenant().write(caller(erika, Role::Administrator), move |op| create_user(op, &new)))
    };
    assert_eq!(make("", "Bert", None), "login: login");
    assert_eq!(make(" .-… ", "Bert", None), "login: login");
    assert_eq!(make(&"a".repeat(101), "Bert", None), "login: login");
    assert_eq!(make("bert", " ", Some("b@x.de")), "name: name");
    assert_eq!(make("bert", "Be\nrt", Some("b@x.de")), "name: name");
    assert_eq!(make("bert", "Bert", None), "email: required");
    assert_eq!(make("bert", "Bert", Some("bert")), "email: not_an_email");
    assert_eq!(make("bert@example.org", "Bert", None), "it was taken");
    let found = find_user(&mut house.tenant().reader().unwrap(), &operator(), "bert@example.org").unwrap().unwrap();
    assert_eq!(found.email.as_deref(), Some("bert@example.org"));
}

#[test]
fn only_those_who_may_manage_users() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let bert = house.user("bert", Role::Editor);
    let by = caller(bert, Role::Editor);
    let mut reader = house.tenant().reader().unwrap();
    let mut denied = vec![
        list_users(&mut reader, &by).err(),
        user(&mut reader, &by, erika).err(),
        find_user(&mut reader, &by, "erika").err(),
        list_tokens(&mut reader, &by).err(),
        delete_user(house.tenant(), &by, erika, bert).err(),
        house.tenant().write(by.clone(), move |op| lock_user(op, erika)).err(),
        house.tenant().write(by.clone(), move |op| unlock_user(op, erika)).err(),
        house.tenant().write(by.clone(), move |op| set_role(op, bert, Role::Administrator)).err(),
        house
            .tenant()
            .write(by.clone(), move |op| {
                rename_user(op, erika, &Rename { name: Some("X".into()), ..Rename::default() })
            })
            .err(),
        house.tenant().write(by.clone(), move |op| reset_password(op, erika, &password())).err(),
        house.tenant().write(by.clone(), |op| create_token(op, "x", "*:r", None)).err(),
        house.tenant().write(by.clone(), move |op| revoke_token(op, erika)).err(),
    ];
    denied.push(
        house
            .tenant()
            .write(by, |op| {
                let new = NewUser {
                    login: "x".into(),
                    name: "X".into(),
                    email: None,
                    role: Role::Administrator,
                    password: password(),
                };
                create_user(op, &new)
            })
            .err(),
    );
    for (number, error) in denied.into_iter().enumerate() {
        assert_eq!(error.map(|error| error.kind()), Some(Kind::Denied), "number {number}");
    }
}

#[test]
fn a_renamed_user_signs_in_with_the_new_name_only() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let session_before = house.sign_in("erika").unwrap();
    let to = |login: &str, name: &str| Rename { login: Some(login.into()), name: Some(name.into()), email: None };
    let rename = to("erika.neu", "Erika Neumann");
    house.write(move |op| rename_user(op, erika, &rename)).unwrap();
    assert!(house.sign_in("erika").is_err());
    assert_eq!(house.sign_in("Erika Neu").unwrap().user.name, "Erika Neumann");
    let seen = session(house.tenant(), &session_before.token).unwrap().unwrap();
    assert_eq!(seen.user.name, "Erika Neumann", "a session shows the new name at once");
    // The old name is free again, also for somebody else; then it is no longer hers to go back to.
    let bert = house.user("erika", Role::Reader);
    assert_eq!(house.sign_in("erika").unwrap().user.id, bert);
    let back = to("erika", "Erika");
    assert_eq!(code(house.write(move |op| rename_user(op, erika, &back))), "login-taken");
    // Only another spelling of one's own.
    let same = to("ERIKA-NEU", "Erika Neumann");
    house.write(move |op| rename_user(op, erika, &same)).unwrap();
    assert_eq!(house.sign_in("erika neu").unwrap().user.login, "ERIKA-NEU");
    house.verifies();
}

#[test]
fn the_last_administrator_stays() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let bert = house.user("bert", Role::Editor);
    assert_eq!(code(house.write(move |op| lock_user(op, erika))), "last-administrator");
    assert_eq!(code(house.write(move |op| set_role(op, erika, Role::Reader))), "last-administrator");
    assert_eq!(code(delete_user(house.tenant(), &operator(), erika, bert)), "last-administrator");
    house.write(move |op| set_role(op, bert, Role::Administrator)).unwrap();
    house.write(move |op| lock_user(op, erika)).unwrap();
    assert_eq!(code(house.write(move |op| lock_user(op, bert))), "last-administrator", "a locked one does not count");
}

#[test]
fn of_a_deleted_user_a_number_is_left() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let bert = house.user("bert", Role::Editor);
    let admin = caller(erika, Role::Administrator);
    assert_eq!(code(delete_user(house.tenant(), &admin, bert, bert)), "successor");
    assert_eq!(code(delete_user(house.tenant(), &admin, bert, keys::random_id())), "successor");
    delete_user(house.tenant(), &admin, bert, erika).unwrap();
    let mut reader = house.tenant().reader().unwrap();
    assert_eq!(who(&mut reader, &admin, &format!("user:{bert}")).unwrap(), Who::Deleted(2));
    assert_eq!(Who::Deleted(2).to_string(), "deleted user 2");
    assert_eq!(list_users(&mut reader, &admin).unwrap().len(), 1);
    assert!(user(&mut reader, &admin, bert).unwrap().is_none());
    assert!(house.sign_in("bert").is_err());
    assert_eq!(house.write(move |op| unlock_user(op, bert)).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(code(delete_user(house.tenant(), &admin, bert, erika)), format!("user {bert} was not found"));
    let units = house.rows("SELECT u.state FROM user_account a JOIN unit u ON u.rid = a.unit ORDER BY a.rid", 1);
    assert_eq!(units, [["0"], ["2"]], "the key of the profile is destroyed");
    assert_eq!(
        house.rows(
            "SELECT count(*) FROM entry_value v JOIN user_account a ON a.unit = v.unit WHERE a.state = 'deleted'",
            1
        ),
        [["0"]]
    );
    house.verifies();
    // The name is free, the number is not.
    let other = house.user("bert", Role::Reader);
    assert_eq!(user(&mut house.tenant().reader().unwrap(), &admin, other).unwrap().unwrap().number, 3);
}

#[test]
fn names_are_shown_to_those_who_may_know_them() {
    let house = House::new();
    let erika = house.user("erika", Role::Administrator);
    let bert = house.user("bert", Role::Reader);
    let (token, _) = house.write(|op| create_token(op, "import", "*:r", None)).unwrap();
    let mut reader = house.tenant().reader().unwrap();
    let mut shown = |caller: &store::Caller, actor: String| who(&mut reader, caller, &actor).unwrap().to_string();
    let (admin, low) = (caller(erika, Role::Administrator), caller(bert, Role::Reader));
    assert_eq!(shown(&admin, format!("user:{bert}")), "Bert");
    assert_eq!(shown(&caller(bert, Role::Editor), format!("user:{erika}")), "Erika");
    assert_eq!(shown(&admin, format!("token:{token}")), "Token import");
    assert_eq!(shown(&admin, "os:root".into()), "operator (root)");
    assert_eq!(shown(&admin, "job:purge".into()), "Obhut (purge)");
    assert_eq!(shown(&low, format!("user:{erika}")), format!("user:{erika}"), "a reader sees an id");
    assert_eq!(shown(&low, format!("token:{token}")), format!("token:{token}"));
    assert_eq!(shown(&low, format!("user:{bert}")), "Bert", "and his own name");
    let nobody: base::UserId = keys::random_id();
    assert_eq!(shown(&admin, format!("user:{nobody}")), format!("user:{nobody}"));
    assert_eq!(shown(&admin, "rubbish".into()), "rubbish");
    assert_eq!(Who::Deleted(7).label().de, "gelöschter Benutzer 7");
}
