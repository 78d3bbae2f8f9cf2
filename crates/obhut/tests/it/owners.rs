//! Stories of records that change hands: whose data is whose afterwards (F-110, F-112).
use base::{Permission, RecordId};
use serde_json::{Value, json};
use testkit::Business;

fn create(business: &Business, module: &'static str, values: Value) -> RecordId {
    let Value::Object(values) = values else { panic!("an object") };
    business.tenant().write(business.admin(), move |op| records::create(op, module, values)).unwrap().id
}

fn change(business: &Business, module: &'static str, id: RecordId, patch: Value) {
    let Value::Object(patch) = patch else { panic!("an object") };
    business.tenant().write(business.admin(), move |op| records::change(op, module, id, patch, None)).unwrap();
}

fn person(business: &Business, family: &str) -> RecordId {
    let values = json!({"given_name": "Erika", "family_name": family, "origin": "Anruf", "activity": "customer-care"});
    create(business, "contact", values)
}

fn order(business: &Business, customer: RecordId, number: &str) -> RecordId {
    let values = json!({"customer": customer.to_string(), "number": number, "ordered_on": "2026-02-01", "recipient_name": "Empfang Eins",
        "origin": "Anruf", "activity": "order-processing"});
    create(business, "order", values)
}

#[test]
fn erasing_a_former_owner_leaves_the_record_in_the_hands_of_the_present_one() {
    let business = Business::new(&["core", "workshop"]);
    let (first, second) = (person(&business, "Eins"), person(&business, "Zwei"));
    let order = order(&business, first, "A-1");
    let moved = json!({"customer": second.to_string(), "ordered_on": "2028-03-01", "recipient_name": "Empfang Zwei"});
    change(&business, "order", order, moved);

    let admin = business.admin();
    let shown = privacy::subject(&mut business.tenant().reader().unwrap(), &admin, first.cast()).unwrap();
    let seen = shown.records.iter().find(|record| record.id == order).unwrap();
    assert!(!seen.own && seen.title == "Auftrag", "the title is the other person's: {}", seen.title);
    let copy = privacy::export(business.tenant(), &admin, first.cast()).unwrap().to_string();
    assert!(!copy.contains("Empfang Zwei"), "{copy}");

    let plan = privacy::plan(business.tenant(), &admin, first.cast(), "request").unwrap();
    let stays: Vec<_> = plan.stays.iter().map(|item| (item.class.as_str(), item.until.unwrap().to_string())).collect();
    assert_eq!(stays, [("order", "2032-12-31".to_owned())], "from what the order said while it was theirs");
    privacy::perform(business.tenant(), &admin, plan.id).unwrap();
    let mut everybody = business.admin();
    everybody.grants.permissions.remove(&Permission::Privacy);
    let mut reader = business.tenant().reader().unwrap();
    let left = records::get(&mut reader, &everybody, "order", order).unwrap();
    assert!(!left.restricted && left.values["recipient_name"] == "Empfang Zwei");
    drop(reader);
    business.assert_sound();
}

#[test]
fn an_approved_erasure_that_never_began_is_planned_again() {
    let business = Business::new(&["core", "workshop"]);
    let admin = business.admin();
    let erika = person(&business, "Müller");
    let plan = privacy::plan(business.tenant(), &admin, erika.cast(), "request").unwrap();
    // As a crash leaves it between the approval and the ledger's line.
    let id = plan.id;
    let approve = move |op: &mut store::Op<'_>| {
        let entry = op.entry("approve-erasure", None, None);
        let params = [id.bytes().into(), "begun".into(), "os:test".into(), op.commit_no().into()];
        op.change(&privacy::statements::ERASURE_STATE, &params, &entry)?;
        op.cover(&entry, &store::journal::covered::ERASURE, id.bytes())?;
        op.finish(entry, &store::module::Map::new()).map(drop)
    };
    business.tenant().write(admin.clone(), approve).unwrap();
    let vehicle =
        json!({"owner": erika.to_string(), "plate": "K-EM 123", "origin": "Anruf", "activity": "customer-care"});
    let vehicle = create(&business, "vehicle", vehicle);
    let refused = privacy::perform(business.tenant(), &admin, plan.id).unwrap_err();
    assert!(matches!(refused, store::Error::Conflict { code: "plan-changed", .. }), "{refused:?}");
    let again = privacy::plan(business.tenant(), &admin, erika.cast(), "request").unwrap();
    privacy::perform(business.tenant(), &admin, again.id).unwrap();
    let mut reader = business.tenant().reader().unwrap();
    assert!(records::get(&mut reader, &admin, "vehicle", vehicle).is_err());
    drop(reader);
    business.assert_sound();
}
