//! What holds only where the databases lie on a server.
use store::InstanceSettings;
use testkit::Business;

#[test]
fn a_business_on_a_server_is_made_opened_and_verified() {
    let mut business = Business::on_server(&["workshop"], InstanceSettings::default());
    business.assert_sound();
    business.reopen();
    business.assert_sound();
    let folder = business.tenant().shared().paths().folder.clone();
    assert!(!folder.join("records.db").exists() && !folder.join("keys.db").exists());
    assert!(folder.join("index.db").exists());
}
