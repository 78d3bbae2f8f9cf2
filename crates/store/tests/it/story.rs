//! A tenant's life at the level of the store: written, read, changed, tampered with, erased.
use base::RecordId;
use serde_json::{Value, json};
use store::module::{Map, NormaliseOptions};
use store::rows::{Access, Put, Written};
use store::{Op, Result};
use testkit::Business;

fn map(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        _ => panic!("an object"),
    }
}

/// Writes a record as `records` does, without its checks.
pub fn put(op: &mut Op<'_>, module: &str, id: RecordId, values: Value) -> Result<Written> {
    let modules = op.tenant().modules();
    let definition = modules.set.get(module).expect("the module is there");
    let mut values = map(values);
    let state = values.remove("state");
    let mut values = definition.normalise(&values, &NormaliseOptions::default()).map_err(store::Error::Fields)?;
    values.extend(state.map(|state| ("state".to_owned(), state)));
    let existing = op.opened(id)?;
    let row = modules.active.get(module).expect("the module is active");
    op.put(Put {
        definition,
        row,
        id,
        existing,
        values,
        scope: 0,
        action: "create",
        keeps_moment: false,
        own_links: true,
    })
}

/// A contact with a name and an address.
pub fn person(given: &str, family: &str) -> Value {
    json!({"kind": "person", "given_name": given, "family_name": family, "emails": [format!("{given}@beispiel.de")],
           "origin": "Telefonat", "activity": "customer-care"})
}

#[test]
fn a_record_is_written_read_changed_and_the_journal_verifies() {
    let mut business = Business::new(&["core"]);
    let id: RecordId = keys::random_id();
    let written =
        business.tenant().write(business.admin(), move |op| put(op, "contact", id, person("Erika", "Müller"))).unwrap();
    assert_eq!((written.stored.version, written.seq), (1, 1));
    let changed = business
        .tenant()
        .write(business.admin(), move |op| put(op, "contact", id, person("Erika", "Schmidt")))
        .unwrap();
    assert_eq!(changed.stored.version, 2);
    business.reopen();
    let mut reader = business.tenant().reader().unwrap();
    let opened = reader.opened(id).unwrap().unwrap();
    assert_eq!(opened.values["family_name"], "Schmidt");
    let shown = store::journal::history(&mut reader, id, None, 10).unwrap();
    let change = shown.steps[0].changes.iter().find(|change| change.field == "family_name").unwrap();
    assert_eq!((change.old.as_str(), change.new.as_str()), (Some("Müller"), Some("Schmidt")));
    business.assert_sound();
}
