//! Final records: nothing in them changes; a reversal takes one back, a new version takes its place.
use base::{Clock, RecordId};
use records::{Corrected, Correction, RecordView};
use serde_json::{Value, json};
use store::module::Map;
use testkit::Business;

#[expect(clippy::needless_pass_by_value, reason = "given literals, which are nobody's afterwards")]
fn map(value: Value) -> Map {
    value.as_object().cloned().unwrap()
}

fn create(business: &Business, module: &'static str, values: Value) -> RecordView {
    business.tenant().write(business.admin(), move |op| records::create(op, module, map(values))).unwrap()
}

/// A customer and his invoice.
fn invoice(business: &Business) -> (RecordId, RecordView) {
    let customer = create(
        business,
        "contact",
        json!({"given_name": "Erika", "family_name": "Müller", "origin": "Anruf", "activity": "customer-care",
        "addresses": [{"street": "Hauptstraße 1", "postal_code": "50667", "city": "Köln", "country": "DE"}]}),
    );
    let order = create(
        business,
        "order",
        json!({"customer": customer.id.to_string(), "number": "R-1", "ordered_on": "2026-02-01", "due_on": "2099-02-20", "external_id": "10248",
        "subject_line": "Inspektion", "total": "119,00 EUR", "state": "invoiced", "origin": "Anruf", "activity": "order-processing"}),
    );
    (customer.id, order)
}

fn correct(business: &Business, module: &'static str, id: RecordId, wanted: Correction) -> store::Result<Corrected> {
    business.tenant().write(business.admin(), move |op| records::correct(op, module, id, wanted))
}

fn both(number: &str) -> Correction {
    Correction { reversal: Some(map(json!({"number": number}))), new_version: Some(Map::new()) }
}

fn code(refused: store::Result<Corrected>) -> String {
    match refused.unwrap_err() {
        store::Error::Conflict { code, .. } => code.to_owned(),
        store::Error::Fields(errors) => {
            errors.iter().map(|error| format!("{}:{}", error.field, error.code)).collect::<Vec<_>>().join(" ")
        }
        store::Error::Invalid { .. } => "invalid".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_invoice_is_reversed_and_made_anew_and_stays_as_it_is() {
    let business = Business::new(&["core", "workshop"]);
    let (customer, first) = invoice(&business);
    let made = correct(&business, "order", first.id, both("S-1")).unwrap();
    let (reversal, version) = (made.reversal.unwrap(), made.new_version.unwrap());
    assert_eq!(reversal.state.as_deref(), Some("invoiced"));
    assert_eq!(reversal.values["total"], json!({"amount": "-119.00", "currency": "EUR"}));
    assert_eq!(reversal.values["reverses"], first.id.to_string());
    assert_eq!(reversal.values["recipient_name"], "Erika Müller");
    assert_eq!(reversal.values["recipient_address"], first.values["recipient_address"]);
    let today = base::date_in(business.clock.now(), business.tenant().shared().zone()).to_string();
    assert_eq!(reversal.values["invoiced_on"], today, "its own date, from which it is kept");
    assert!(!reversal.values.contains_key("due_on") && !reversal.values.contains_key("external_id"));
    assert_eq!(version.state.as_deref(), Some("draft"));
    assert_eq!(version.values["replaces"], first.id.to_string());
    assert_eq!(version.values["total"]["amount"], "119.00");
    assert!(!version.values.contains_key("number") && !version.values.contains_key("invoiced_on"));

    let mut reader = business.tenant().reader().unwrap();
    let now = records::get(&mut reader, &business.admin(), "order", first.id).unwrap();
    assert_eq!((now.version, &now.values), (first.version, &first.values), "the invoice is what it was");
    drop(reader);
    // The new version is worked on like any record, and is final in its turn.
    let patch = map(json!({"number": "R-2", "total": "129,00 EUR", "state": "invoiced"}));
    let id = version.id;
    business.tenant().write(business.admin(), move |op| records::change(op, "order", id, patch, None)).unwrap();
    let again = correct(&business, "order", id, both("S-2")).unwrap();
    assert_eq!(again.reversal.unwrap().values["total"]["amount"], "-129.00");
    let held = privacy::subject(&mut business.tenant().reader().unwrap(), &business.admin(), customer.cast()).unwrap();
    assert_eq!(held.records.len(), 6, "the customer, two invoices, two reversals, a draft");
    business.assert_sound();
}

#[test]
fn what_has_been_reversed_or_replaced_is_not_so_again() {
    let business = Business::new(&["core", "workshop"]);
    let (_, first) = invoice(&business);
    let version_only = Correction { reversal: None, new_version: Some(Map::new()) };
    assert_eq!(code(correct(&business, "order", first.id, version_only.clone())), "not-reversed");
    assert_eq!(code(correct(&business, "order", first.id, Correction::default())), "invalid");
    assert_eq!(code(correct(&business, "order", first.id, both("R-1"))), "number:duplicate");
    let only = Correction { reversal: Some(map(json!({"number": "S-1"}))), new_version: None };
    let reversal = correct(&business, "order", first.id, only).unwrap().reversal.unwrap();
    assert_eq!(code(correct(&business, "order", first.id, both("S-2"))), "reversed");
    assert_eq!(code(correct(&business, "order", reversal.id, both("S-2"))), "is-reversal");
    let version = correct(&business, "order", first.id, version_only.clone()).unwrap().new_version.unwrap();
    assert_eq!(code(correct(&business, "order", first.id, version_only.clone())), "replaces:duplicate");
    assert_eq!(code(correct(&business, "order", version.id, version_only)), "not-final");
    business.assert_sound();
}

#[test]
fn a_reversal_is_what_it_takes_back_and_comes_with_its_new_version_or_not_at_all() {
    let business = Business::new(&["core", "workshop"]);
    let (customer, first) = invoice(&business);
    let with =
        |reversal: Value, version: Value| Correction { reversal: Some(map(reversal)), new_version: Some(map(version)) };
    for fixed in ["total", "customer", "recipient_name", "reverses", "state"] {
        let values = json!({"number": "S-1", fixed: customer.to_string()});
        assert_eq!(code(correct(&business, "order", first.id, with(values, json!({})))), format!("{fixed}:fixed"));
    }
    assert_eq!(code(correct(&business, "order", first.id, with(json!({}), json!({})))), "number:required_by_state");
    let bad = with(json!({"number": "S-1"}), json!({"ordered_on": "gestern"}));
    assert_eq!(code(correct(&business, "order", first.id, bad)), "ordered_on:not_a_date");
    let good = with(json!({"number": "S-1", "text": "Falscher Betrag"}), json!({"total": "100,00 EUR"}));
    let made = correct(&business, "order", first.id, good).unwrap();
    assert_eq!(made.reversal.unwrap().values["text"], "Falscher Betrag", "nothing was left of what was refused");
    assert_eq!(made.new_version.unwrap().values["total"]["amount"], "100.00");
    business.assert_sound();
}

#[test]
fn nothing_is_made_a_reversal_by_hand() {
    let business = Business::new(&["core", "workshop"]);
    let (customer, first) = invoice(&business);
    let order = |more: Value| {
        let mut values = map(
            json!({"customer": customer.to_string(), "number": "X-1", "origin": "Anruf", "activity": "order-processing"}),
        );
        values.extend(map(more));
        business.tenant().write(business.admin(), move |op| records::create(op, "order", values))
    };
    let refused = |result: store::Result<RecordView>| match result.unwrap_err() {
        store::Error::Fields(errors) => errors.iter().map(|error| error.code.clone()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    for link in ["reverses", "replaces"] {
        assert_eq!(refused(order(json!({link: first.id.to_string()}))), ["by_correction"]);
    }
    let version = correct(&business, "order", first.id, both("S-1")).unwrap().new_version.unwrap();
    let patch = |values: Value| {
        let (id, values) = (version.id, map(values));
        business.tenant().write(business.admin(), move |op| records::change(op, "order", id, values, None))
    };
    assert_eq!(refused(patch(json!({"replaces": null}))), ["by_correction"]);
    assert_eq!(refused(patch(json!({"reverses": first.id.to_string()}))), ["by_correction"]);
    patch(json!({"replaces": first.id.to_string(), "text": "Berichtigt"})).unwrap();
    business.assert_sound();
}

#[test]
fn a_filed_letter_has_new_versions_and_no_reversal() {
    let business = Business::new(&["core"]);
    let contact = create(
        &business,
        "contact",
        json!({"given_name": "Erika", "family_name": "Müller", "origin": "Anruf", "activity": "customer-care"}),
    );
    let letter = create(
        &business,
        "interaction",
        json!({"contact": contact.id.to_string(), "kind": "letter", "on": "2026-02-01", "text": "Angbot", "state": "filed",
        "origin": "Anruf", "activity": "customer-care"}),
    );
    assert_eq!(code(correct(&business, "interaction", letter.id, both("x"))), "invalid");
    let wanted = Correction { reversal: None, new_version: Some(map(json!({"text": "Angebot"}))) };
    let version = correct(&business, "interaction", letter.id, wanted).unwrap().new_version.unwrap();
    assert_eq!((version.state.as_deref(), &version.values["text"]), (Some("recorded"), &json!("Angebot")));
    assert_eq!(code(correct(&business, "contact", contact.id, both("x"))), "not-final");
    business.assert_sound();
}

#[test]
fn after_an_erasure_the_invoice_and_its_reversal_stay_as_vouchers_and_the_draft_goes() {
    let business = Business::new(&["core", "workshop"]);
    let (customer, first) = invoice(&business);
    correct(&business, "order", first.id, both("S-1")).unwrap();
    let plan = privacy::plan(business.tenant(), &business.admin(), customer.cast(), "request").unwrap();
    privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();
    let mut reader = business.tenant().reader().unwrap();
    let held = privacy::subject(&mut reader, &business.admin(), customer.cast()).unwrap();
    let mut left: Vec<String> =
        held.records.iter().filter_map(|record| Some(record.values.get("number")?.as_str()?.to_owned())).collect();
    left.sort();
    assert_eq!(left, ["R-1", "S-1"]);
    drop(reader);
    business.assert_sound();
}
