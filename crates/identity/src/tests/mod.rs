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
use store::{Caller, Tenant};
use testkit::Business;

/// A password of the tests; hashed once, since a hash takes a while.
pub(crate) const PASSWORD: &str = "Geheim-12345";
static HASH: LazyLock<String> = LazyLock::new(|| keys::password::hash(PASSWORD));

/// A business with nobody in it yet.
pub(crate) struct House(pub Business);

impl House {
    pub fn new() -> Self {
        Self(Business::new(&[]))
    }
    pub fn tenant(&self) -> &Arc<Tenant> {
        self.0.tenant()
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
        self.tenant().write(operator(), work)
    }

    pub fn sign_in(&self, login: &str) -> crate::Result<SignedIn> {
        sign_in(self.tenant(), login, PASSWORD, None)
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
        self.tenant().reader().unwrap().all(&query, &[], read).unwrap()
    }

    /// The journal verifies, whatever the test has done.
    pub fn verifies(&self) {
        let report = self.0.verify();
        // The copy outside is written within a second; a test may be quicker.
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
    let shared = house.tenant().shared();
    let (file, ring) = (shared.paths().file("records.db"), shared.ring());
    let settings = store::sqlite::Settings::default();
    let records =
        store::sqlite::open(&file, ring.page_key(keys::Pages::Records), store::sqlite::Mode::Reader, &settings)
            .unwrap();
    for (name, sql) in crate::statements::ALL {
        assert!(records.prepare(sql).is_ok(), "{name}: {:?}", records.prepare(sql).err());
    }
}
