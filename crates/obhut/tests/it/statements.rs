//! Every statement of the features can be prepared on a fresh tenant.
use keys::Pages;
use store::sqlite::{Mode, Settings, open};
use testkit::Business;

#[test]
fn every_statement_of_the_features_prepares() {
    let business = Business::new(&["core"]);
    let shared = business.tenant().shared();
    let path = shared.paths().file("records.db");
    let records = open(&path, shared.ring().page_key(Pages::Records), Mode::Reader, &Settings::default()).unwrap();
    let lists =
        [("identity", identity::statements::ALL), ("privacy", privacy::statements::ALL), ("web", web::STATEMENTS)];
    for (owner, list) in lists {
        assert!(!list.is_empty());
        for (name, sql) in list {
            assert!(records.prepare(sql).is_ok(), "{owner} {name}: {:?}", records.prepare(sql).err());
        }
    }
    assert!(records.prepare("SELECT nothing FROM nowhere").is_err());
}
