//! A real tenant for the tests of this crate, and stories that several of its files take part in.
mod planted;
mod sessions;
mod signing_in;
mod tokens;
mod users;

use crate::{NewUser, Password, Role, SignedIn, create_user, sign_in};
use base::{Actor, UserId};
use std::sync::{Arc, LazyLock};
use store::engine::Query;
use store::{Caller, Instance, InstanceSettings, NewTenant, Tenant};
use testkit::{TempDir, TestClock};

/// A password of the tests; hashed once, since a hash takes a while.
pub(crate) const PASSWORD: &str = "Geheim-12345";
static HASH: LazyLock<String> = LazyLock::new(|| keys::password::hash(PASSWORD));

/// One business in a folder that goes away, and a clock that is moved by hand.
pub(crate) struct House {
    pub clock: TestClock,
    pub tenant: Arc<Tenant>,
    pub instance: Instance,
    master: keys::MasterKey,
    _folder: TempDir,
}

impl House {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        keys::MasterKey::generate().write_new(&folder.join("master.key")).unwrap();
        let read = || keys::MasterKey::read(&folder.join("master.key")).unwrap();
        let clock = TestClock::default();
        let data = folder.join("data");
        let instance = Instance::open(&data, read(), Arc::new(clock.clone()), InstanceSettings::default()).unwrap();
        let new = NewTenant { id: keys::random_id(), zone: "Europe/Berlin".into(), marker: "test".into(), packs: vec!["core".into()] };
        let info = instance.create_tenant(&Actor::Operator("root".into()), "Werkstatt", &new).unwrap();
        let tenant = instance.tenant(info.id).unwrap();
        Self { clock, tenant, instance, master: read(), _folder: folder }
    }

    /// Somebody with that login; the name is the login with a capital letter.
    pub fn user(&self, login: &str, role: Role) -> UserId {
        let mut name = login.to_owned();
        name.get_mut(..1).unwrap().make_ascii_uppercase();
        let new = NewUser { login: login.into(), name, email: None, role, password: password() };
        self.write(move |op| create_user(op, &new)).unwrap()
    }

    /// An operation of the operator at the machine.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut store::Op<'_>) -> crate::Result<T> + Send + 'static,
    ) -> crate::Result<T> {
        self.tenant.write(operator(), work)
    }

    pub fn sign_in(&self, login: &str) -> crate::Result<SignedIn> {
        sign_in(&self.tenant, login, PASSWORD, None)
    }

    /// All rows of a statement, as text or number per column.
    pub fn rows(&self, sql: &'static str, columns: usize) -> Vec<Vec<String>> {
        let query = Query { name: "TEST", sql };
        let read = |row: &dyn store::engine::Row| {
            Ok((0..columns)
                .map(|column| match row.text(column) {
                    Ok(text) => text.to_owned(),
                    Err(_) => row.int(column).map_or_else(|_| "?".into(), |number| number.to_string()),
                })
                .collect())
        };
        self.tenant.reader().unwrap().all(&query, &[], read).unwrap()
    }

    /// The tenant's keys, read a second time.
    pub fn ring(&self) -> keys::KeyRing {
        let id = self.tenant.shared().id();
        keys::KeyRing::read(&self.instance.paths(id).file("root"), id, &self.master).unwrap()
    }

    /// The journal verifies, whatever the test has done.
    pub fn verifies(&self) {
        self.instance.tenant(self.tenant.shared().id()).unwrap();
        let paths = self.instance.paths(self.tenant.shared().id());
        let report = store::journal::verify(&paths, &self.ring(), &store::sqlite::Settings::default()).unwrap();
        let findings: Vec<_> = report.findings.iter().filter(|finding| finding.code != "copy-missing").collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

pub(crate) fn operator() -> Caller {
    Caller::operator("root")
}

pub(crate) fn caller(id: UserId, role: Role) -> Caller {
    Caller { actor: Actor::User(id), grants: role.grants(), purpose: None }
}

/// [`PASSWORD`], hashed.
pub(crate) fn password() -> Password {
    Password { phc: HASH.clone() }
}

/// The code of the first field error.
pub(crate) fn code<T>(result: crate::Result<T>) -> String {
    match result.err() {
        Some(crate::Error::Fields(errors)) => format!("{}: {}", errors[0].field, errors[0].code),
        Some(crate::Error::Conflict { code, .. }) => code.to_owned(),
        Some(other) => other.to_string(),
        None => "it was taken".to_owned(),
    }
}

#[test]
fn every_statement_prepares() {
    let house = House::new();
    let file = house.instance.paths(house.tenant.shared().id()).file("records.db");
    let ring = house.ring();
    let settings = store::sqlite::Settings::default();
    let records = store::sqlite::open(&file, ring.page_key(keys::Pages::Records), store::sqlite::Mode::Reader, &settings).unwrap();
    for (name, sql) in crate::statements::ALL {
        assert!(records.prepare(sql).is_ok(), "{name}: {:?}", records.prepare(sql).err());
    }
}
