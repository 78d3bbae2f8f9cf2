//! A record that becomes another person's: what was claimed for it stays claimed after the former owner's keys are gone.
use crate::faults::tampering::units_of;
use crate::story::{person, put};
use base::RecordId;
use serde_json::json;
use store::erase::{Destroy, destroy};
use store::{Op, Rotate, UniqueValue};
use testkit::Business;

fn property(op: &mut Op<'_>, id: RecordId, owner: RecordId, number: &str) -> store::Result<store::rows::Written> {
    let values = json!({"owner": owner.to_string(), "number": number, "origin": "Anruf", "activity": "customer-care"});
    put(op, "property", id, values)
}

#[test]
fn a_unique_value_and_an_import_key_go_with_the_record_to_its_new_owner() {
    let mut business = Business::new(&["core", "realestate"]);
    let [first, second, house, other]: [RecordId; 4] = std::array::from_fn(|_| keys::random_id());
    let key = UniqueValue::new("import.property.external_id", "17");
    let imported = key.clone();
    let write = move |op: &mut Op<'_>| {
        put(op, "contact", first, person("Erika", "Eins"))?;
        put(op, "contact", second, person("Max", "Zwei"))?;
        let written = property(op, house, first, "O-1")?;
        op.remember_external(&imported, &written)?;
        Ok::<_, store::Error>(written.stored.rid)
    };
    let rid = business.tenant().write(business.admin(), write).unwrap();
    business.tenant().write(business.admin(), move |op| property(op, house, second, "O-1")).unwrap();
    let units = units_of(&business, first);
    let admin = business.admin();
    let what = Destroy { case: "case".into(), action: "erase", subject: Some(first.cast()), units };
    business.tenant().exclusive(move |writer| destroy(writer, &admin, &what)).unwrap();

    let again = business.tenant().write(business.admin(), move |op| property(op, other, second, "O-1"));
    let store::Error::Fields(errors) = again.unwrap_err() else { panic!("a duplicate") };
    assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("number", "duplicate"));
    // The hash can be made anew only with the key of a unit that is there.
    business.rotate(Rotate::Hmac);
    let found = business.tenant().write(business.admin(), move |op| op.external(&key)).unwrap();
    assert_eq!(found, Some(rid));
    business.assert_sound();
}
