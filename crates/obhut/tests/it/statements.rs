//! Every statement of the features can be prepared on a fresh tenant, on either engine.
use keys::Pages;
use store::engine::{Connection, Sql};
use testkit::Business;

fn prepare_all(business: &Business) {
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), Pages::Records).unwrap();
    let lists =
        [("identity", identity::statements::ALL), ("privacy", privacy::statements::ALL), ("web", web::STATEMENTS)];
    for (owner, list) in lists {
        assert!(!list.is_empty());
        for (name, text) in list {
            let done = records.prepare(Sql { name, text });
            assert!(done.is_ok(), "{owner} {name}: {:?}", done.err());
        }
    }
    assert!(records.prepare(Sql { name: "wrong", text: "SELECT nothing FROM nowhere" }).is_err());
}

#[test]
fn every_statement_of_the_features_prepares_on_both_engines() {
    prepare_all(&Business::in_files(&["core"]));
    prepare_all(&Business::on_server(&["core"], store::InstanceSettings::default()));
}
