//! Hands in the database of a stopped instance, where the features keep their rows: users, tokens, erasures, merges.
use base::{RecordId, Timestamp};
use identity::{NewUser, Password, Role};
use serde_json::json;
use store::Caller;
use store::sqlite::{Mode, Settings, open};
use testkit::Business;

fn person(business: &Business, family: &'static str) -> RecordId {
    let values = json!({"given_name": "Erika", "family_name": family, "origin": "Anruf", "activity": "customer-care"});
    let values = values.as_object().cloned().unwrap();
    business.tenant().write(business.admin(), move |op| records::create(op, "contact", values)).unwrap().id
}

#[test]
fn f083_rights_cases_and_merges_changed_by_hand_are_found() {
    let mut business = Business::in_files(&["core"]);
    let admin = business.admin();
    let user = |login: &'static str, role: Role| {
        let new = NewUser {
            login: login.into(),
            name: login.into(),
            email: Some(format!("{login}@beispiel.de")),
            role,
            password: Password::given("Ein langes Kennwort 1").unwrap(),
        };
        business.tenant().write(business.admin(), move |op| identity::create_user(op, &new)).unwrap()
    };
    let (chief, reader) = (user("chefin", Role::Administrator), user("anna", Role::Reader));
    let gone = user("weg", Role::Reader);
    let write = |work: fn(&mut store::Op<'_>, base::UserId) -> identity::Result<()>, id| {
        business.tenant().write(business.admin(), move |op| work(op, id)).unwrap();
    };
    write(|op, id| identity::set_role(op, id, Role::Editor), reader);
    write(identity::lock_user, reader);
    write(identity::unlock_user, reader);
    write(|op, id| identity::set_role(op, id, Role::Reader), reader);
    identity::delete_user(business.tenant(), &admin, gone, chief).unwrap();
    let until = Some(Timestamp(4_000_000_000_000));
    let token = business
        .tenant()
        .write(business.admin(), move |op| identity::create_token(op, "Kasse", "contact:r", until))
        .unwrap();
    let other = business
        .tenant()
        .write(business.admin(), move |op| identity::create_token(op, "Alt", "contact:r", until))
        .unwrap();
    write(identity::revoke_token, other.0);
    identity::sign_in(business.tenant(), "anna", "falsch", None).unwrap_err();
    identity::sign_in(business.tenant(), "anna", "Ein langes Kennwort 1", None).unwrap();
    assert_ne!(token.0, other.0);
    let (kept, merged, planned, erased) =
        (person(&business, "Eins"), person(&business, "Zwei"), person(&business, "Drei"), person(&business, "Vier"));
    privacy::merge(business.tenant(), &admin, kept.cast(), merged.cast()).unwrap();
    privacy::plan(business.tenant(), &admin, planned.cast(), "request").unwrap();
    let plan = privacy::plan(business.tenant(), &admin, erased.cast(), "request").unwrap();
    privacy::perform(business.tenant(), &Caller::operator("test"), plan.id).unwrap();
    privacy::restrict(business.tenant(), &admin, planned.cast(), "objection").unwrap();
    business.assert_sound();

    let path = business.tenant().shared().paths().file("records.db");
    let ring = business.tenant().shared().ring();
    business.close();
    let good = std::fs::read(&path).unwrap();
    let cases: &[(&str, &str, &str)] = &[
        (
            "a reader made administrator",
            "UPDATE user_account SET role = 'administrator' WHERE role = 'reader' AND state = 'active'",
            "row-differs",
        ),
        (
            "another password",
            "UPDATE user_account SET password = (SELECT password FROM user_account WHERE rid = 1) WHERE rid = 2",
            "row-differs",
        ),
        ("a deleted user back", "UPDATE user_account SET state = 'active' WHERE state = 'deleted'", "row-differs"),
        ("a removed user", "DELETE FROM user_account WHERE rid = 2", "row-missing"),
        ("more rights of a token", "UPDATE token SET rights = 'admin' WHERE rid = 1", "row-differs"),
        ("a longer life of a token", "UPDATE token SET expires_at = 0 WHERE rid = 1", "row-differs"),
        ("a revoked token back", "UPDATE token SET revoked_at = 0", "row-differs"),
        (
            "an approved erasure",
            "UPDATE erasure SET state = 'begun', approved_by = 'os:x' WHERE state = 'planned'",
            "row-differs",
        ),
        ("another certificate", "UPDATE erasure SET certificate = '{}' WHERE state = 'done'", "row-differs"),
        ("a removed erasure", "DELETE FROM erasure WHERE state = 'done'", "row-missing"),
        ("a removed alias", "UPDATE subject SET alias_of = 0", "row-differs"),
        ("a merge that undoes something else", "UPDATE merge SET undo = '{}'", "row-differs"),
        ("a lifted restriction", "UPDATE subject SET state = 'live' WHERE state = 'restricted'", "row-differs"),
        ("a failed sign-in more, which is bookkeeping", "UPDATE user_account SET failed = 2", ""),
    ];
    for (name, script, expected) in cases {
        let file = open(&path, ring.page_key(keys::Pages::Records), Mode::Writer, &Settings::default()).unwrap();
        file.execute_batch(script).unwrap();
        assert!(file.changes() > 0, "{name} changes nothing");
        drop(file);
        let ledger = business.data().join("ledger").join(business.id().to_string());
        let paths = store::Paths::of_files(path.parent().unwrap().to_owned(), ledger);
        let report = store::journal::verify(&paths, &ring, &Settings::default()).unwrap();
        let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(expected.is_empty() == codes.is_empty(), "{name}: {codes:?}");
        assert!(codes.iter().all(|code| code == expected), "{name}: {codes:?}");
        std::fs::write(&path, &good).unwrap();
    }
    business.reopen();
    business.assert_sound();
}
