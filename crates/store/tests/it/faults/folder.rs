//! One process per folder, one master key per folder: who has neither changes nothing.
use super::{copy, files};
use crate::story::{person, put};
use base::{Kind, Kinded};
use keys::MasterKey;
use std::path::Path;
use std::sync::Arc;
use store::{Error, Instance, InstanceSettings};
use testkit::{Business, TempDir, TestClock};

fn open(data: &Path, master: MasterKey) -> store::Result<Instance> {
    Instance::open(data, master, Arc::new(TestClock::default()), InstanceSettings::default())
}

#[test]
fn a_second_instance_on_one_folder_says_so() {
    let business = Business::in_files(&["core"]);
    let master = MasterKey::read(&business.folder.join("master.key")).unwrap();
    let error = open(&business.data(), master).err().expect("the folder is in use");
    let Error::InUse { pid, .. } = &error else { panic!("{error}") };
    assert_eq!(*pid, std::process::id().to_string());
    assert_eq!(error.kind(), Kind::Busy);
    business
        .tenant()
        .write(business.admin(), |op| put(op, "contact", keys::random_id(), person("Erika", "Müller")))
        .unwrap();
    business.assert_sound();
}

#[test]
fn a_wrong_master_key_opens_nothing_and_changes_nothing() {
    let mut business = Business::in_files(&["core"]);
    business
        .tenant()
        .write(business.admin(), |op| put(op, "contact", keys::random_id(), person("Erika", "Müller")))
        .unwrap();
    business.close();
    let before = TempDir::new().unwrap();
    copy(&business.data(), before.path());
    let error = open(&business.data(), MasterKey::generate()).err().expect("another key does not fit");
    assert!(matches!(error, Error::Keys(keys::Error::WrongKey { .. })), "{error}");
    assert_eq!(error.kind(), Kind::Broken);
    for name in files(before.path()) {
        let same =
            std::fs::read(before.path().join(&name)).unwrap() == std::fs::read(business.data().join(&name)).unwrap();
        assert!(same, "{} was changed", name.display());
    }
    assert_eq!(files(before.path()), files(&business.data()));
    business.reopen();
    business.assert_sound();
}

#[test]
fn another_tenants_root_opens_nothing() {
    let mut business = Business::in_files(&["core"]);
    let new = store::NewTenant {
        id: keys::random_id(),
        zone: "Europe/Berlin".into(),
        marker: "test".into(),
        packs: Vec::new(),
        server: None,
    };
    let other = business.instance().create_tenant(&base::Actor::Operator("test".into()), "Andere", &new).unwrap();
    business.close();
    let tenants = business.data().join("tenants");
    std::fs::copy(
        tenants.join(other.id.to_string()).join("root"),
        tenants.join(business.id().to_string()).join("root"),
    )
    .unwrap();
    let error = business.open().expect_err("the root is another tenant's");
    assert!(matches!(error, Error::Keys(keys::Error::WrongTenant { .. })), "{error}");
}
