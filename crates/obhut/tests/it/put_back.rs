//! Older files put back beside a ledger that knows more: what it narrowed stays narrowed (X-15, F-083, F-112).
use base::{Kind, Kinded, Permission, RecordId};
use identity::{NewUser, Password, Role};
use serde_json::json;
use std::path::Path;
use testkit::{Business, TempDir};

fn settings() -> store::InstanceSettings {
    store::InstanceSettings { on_open: vec![identity::reapply_at_opening], ..store::InstanceSettings::default() }
}

fn person(business: &Business, family: &'static str) -> RecordId {
    let values = json!({"given_name": "Erika", "family_name": family, "origin": "Anruf", "activity": "customer-care"});
    let values = values.as_object().cloned().unwrap();
    business.tenant().write(business.admin(), move |op| records::create(op, "contact", values)).unwrap().id
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The business's folder and the checkpoint outside.
fn places(business: &Business) -> (std::path::PathBuf, std::path::PathBuf) {
    let (data, id) = (business.data(), business.id().to_string());
    (data.join("tenants").join(&id), data.join("ledger").join(&id).join("checkpoint"))
}

fn erase(business: &Business, person: RecordId) {
    let plan = privacy::plan(business.tenant(), &business.admin(), person.cast(), "request").unwrap();
    privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();
}

fn codes(business: &Business) -> Vec<String> {
    let mut codes: Vec<String> =
        business.instance().verify(business.id()).unwrap().findings.into_iter().map(|finding| finding.code).collect();
    codes.dedup();
    codes
}

fn there(business: &Business, id: RecordId) -> bool {
    let mut everybody = business.admin();
    everybody.grants.permissions.remove(&Permission::Privacy);
    let mut reader = business.tenant().reader().unwrap();
    match records::get(&mut reader, &everybody, "contact", id) {
        Ok(_) => true,
        Err(error) if error.kind() == Kind::NotFound => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn x15_an_older_folder_with_the_checkpoint_of_then_brings_nothing_back() {
    let mut business = Business::in_files_with(&["core", "workshop"], settings());
    let (gone, hidden, kept) = (person(&business, "Müller"), person(&business, "Schmidt"), person(&business, "Meier"));
    let user = |login: &'static str, role| {
        let new = NewUser {
            login: login.into(),
            name: login.into(),
            email: None,
            role,
            password: Password::given("Ein langes Kennwort 1").unwrap(),
        };
        business.tenant().write(business.admin(), move |op| identity::create_user(op, &new)).unwrap()
    };
    let (_, clerk) = (user("chefin", Role::Administrator), user("anna", Role::Editor));
    let (token, _) = business
        .tenant()
        .write(business.admin(), move |op| identity::create_token(op, "Kasse", "contact:r", None))
        .unwrap();
    business.close();
    let (folder, checkpoint) = places(&business);
    let before = TempDir::new().unwrap();
    copy(&folder, &before.join("folder"));
    std::fs::copy(&checkpoint, before.join("checkpoint")).unwrap();

    business.reopen();
    erase(&business, gone);
    privacy::restrict(business.tenant(), &business.admin(), hidden.cast(), "objection").unwrap();
    business.tenant().write(business.admin(), move |op| identity::lock_user(op, clerk)).unwrap();
    business.tenant().write(business.admin(), move |op| identity::revoke_token(op, token)).unwrap();
    business.close();
    std::fs::remove_dir_all(&folder).unwrap();
    copy(&before.join("folder"), &folder);
    std::fs::copy(before.join("checkpoint"), &checkpoint).unwrap();

    let paths = store::Paths::of_files(folder.clone(), checkpoint.parent().unwrap().to_owned());
    let master = keys::MasterKey::read(&business.folder.join("master.key")).unwrap();
    let ring = keys::KeyRing::read(&folder.join("root"), business.id(), &master).unwrap();
    let report = store::journal::verify(&paths, &ring, &store::sqlite::Settings::default()).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code == "erased-back"), "{:?}", report.findings);

    business.reopen();
    assert!(!there(&business, gone) && !there(&business, hidden) && there(&business, kept));
    let reader = &mut business.tenant().reader().unwrap();
    assert!(records::search(reader, &business.admin(), "Müller", 10).unwrap().is_empty());
    let users = identity::list_users(reader, &business.admin()).unwrap();
    let locked = users.iter().find(|user| user.login == "anna").unwrap();
    assert_eq!(locked.state, identity::UserState::Locked);
    let tokens = identity::list_tokens(reader, &business.admin()).unwrap();
    assert!(tokens.iter().all(|token| token.revoked_at.is_some()), "{tokens:?}");
    assert_eq!(codes(&business), Vec::<String>::new(), "and it is a sound business again");
    business.reopen();
    assert!(!there(&business, gone));
    business.assert_sound();
}

#[test]
fn f083_without_the_checkpoint_outside_nothing_opens_until_somebody_has_explained_it() {
    let mut business = Business::in_files(&["core"]);
    let gone = person(&business, "Müller");
    business.close();
    let (folder, checkpoint) = places(&business);
    let before = TempDir::new().unwrap();
    copy(&folder, &before.join("folder"));
    business.reopen();
    erase(&business, gone);
    business.close();
    std::fs::remove_dir_all(&folder).unwrap();
    copy(&before.join("folder"), &folder);
    std::fs::remove_file(&checkpoint).unwrap();
    let refused = business.open().unwrap_err();
    assert!(refused.kind() == Kind::Broken && refused.to_string().contains("--renew"), "{refused}");
    business.instance().renew_checkpoint(&business.admin(), business.id()).unwrap();
    assert!(business.instance().renew_checkpoint(&business.admin(), business.id()).is_err(), "it is there");
    business.reopen();
    assert!(!there(&business, gone), "what the ledger says was done again all the same");
    business.assert_sound();
}

#[test]
fn an_older_file_of_keys_gets_no_erased_one_back() {
    let mut business = Business::in_files(&["core"]);
    let gone = person(&business, "Müller");
    business.close();
    let (folder, _) = places(&business);
    let before = TempDir::new().unwrap();
    copy(&folder, before.path());
    business.reopen();
    erase(&business, gone);
    business.close();
    for name in ["keys.db", "keys.db-wal"] {
        let _ = std::fs::remove_file(folder.join(name));
        if before.join(name).exists() {
            std::fs::copy(before.join(name), folder.join(name)).unwrap();
        }
    }
    business.reopen();
    assert_eq!(codes(&business), Vec::<String>::new(), "no `key-back`");
    business.assert_sound();
}
