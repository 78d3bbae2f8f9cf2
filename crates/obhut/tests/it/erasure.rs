//! Stories over erasures: what is performed is what was shown, what had to stay stays restricted, what names a person is looked for, and the
//! certificate can be verified by whoever has it.
use base::{Kind, Kinded, RecordId};
use records::RecordView;
use serde_json::{Value, json};
use store::Error;
use store::ledger::What;
use store::module::Map;
use testkit::Business;

#[expect(clippy::needless_pass_by_value, reason = "given literals, which are nobody's afterwards")]
fn map(value: Value) -> Map {
    value.as_object().cloned().unwrap()
}

fn create(business: &Business, module: &'static str, values: Value) -> RecordView {
    business.tenant().write(business.admin(), move |op| records::create(op, module, map(values))).unwrap()
}

fn change(business: &Business, module: &'static str, id: RecordId, values: Value) -> RecordView {
    business.tenant().write(business.admin(), move |op| records::change(op, module, id, map(values), None)).unwrap()
}

fn person(business: &Business) -> RecordId {
    let values = json!({"given_name": "Erika", "family_name": "Müller", "emails": ["erika@beispiel.de"], "phones": ["0171 1234567"],
        "customer_number": "K-4711", "addresses": [{"street": "Hauptstraße 1", "postal_code": "50667", "city": "Köln", "country": "DE"}],
        "origin": "Anruf", "activity": "customer-care"});
    create(business, "contact", values).id
}

fn order(business: &Business, customer: RecordId, more: Value) -> RecordId {
    let mut values = json!({"customer": customer.to_string(), "origin": "Anruf", "activity": "order-processing"});
    values.as_object_mut().unwrap().extend(map(more));
    create(business, "order", values).id
}

fn plan(business: &Business, person: RecordId) -> privacy::Plan {
    privacy::plan(business.tenant(), &business.admin(), person.cast(), "request").unwrap()
}

fn perform(business: &Business, plan: &privacy::Plan) -> store::Result<privacy::Certificate> {
    privacy::perform(business.tenant(), &business.admin(), plan.id)
}

fn conflict<T>(result: store::Result<T>) -> &'static str {
    match result {
        Err(Error::Conflict { code, .. }) => code,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

#[test]
fn f112_what_came_after_the_plan_is_not_destroyed_with_it() {
    let business = Business::new(&["core", "workshop", "training"]);
    let id = person(&business);
    let first = plan(&business, id);
    // The lecturer's data lie in the unit that the person's contact has: no unit is new.
    let lecturer = create(
        &business,
        "lecturer",
        json!({"contact": id.to_string(), "daily_rate": "800,00 EUR", "origin": "Vertrag", "activity": "training-administration"}),
    );
    let second = plan(&business, id);
    let units = |plan: &privacy::Plan| plan.goes.iter().map(|item| item.unit).collect::<Vec<_>>();
    assert_eq!(units(&first), units(&second));
    assert_eq!(conflict(perform(&business, &first)), "plan-changed");
    let get = || records::get(&mut business.tenant().reader().unwrap(), &business.admin(), "lecturer", lecturer.id);
    assert!(get().is_ok());
    change(&business, "lecturer", lecturer.id, json!({"notes": "Nur vormittags."}));
    assert_eq!(conflict(perform(&business, &second)), "plan-changed", "a record that was shown has changed");
    let third = plan(&business, id);
    create(
        &business,
        "contact",
        json!({"kind": "institution", "full_name": "Amt", "notes": "Zuständig: Erika Müller"}),
    );
    assert_eq!(conflict(perform(&business, &third)), "plan-changed", "a mention was not shown");
    let fourth = plan(&business, id);
    assert_eq!(fourth.records.len(), 2);
    perform(&business, &fourth).unwrap();
    assert_eq!(get().unwrap_err().kind(), Kind::NotFound);
    business.assert_sound();
}

#[test]
fn f112_only_the_plan_that_was_shown_is_stored() {
    let business = Business::new(&["core", "workshop"]);
    let (id, admin) = (person(&business), business.admin());
    let shown = privacy::draft(&mut business.tenant().reader().unwrap(), &admin, id.cast()).unwrap();
    let store = |hash: &str| privacy::plan_as_shown(business.tenant(), &admin, id.cast(), "request", hash);
    create(
        &business,
        "vehicle",
        json!({"owner": id.to_string(), "plate": "K-EM 1", "origin": "x", "activity": "customer-care"}),
    );
    assert_eq!(conflict(store(&shown.hash)), "plan-changed");
    assert!(privacy::erasures(&mut business.tenant().reader().unwrap(), &admin, 10).unwrap().is_empty());
    let shown = privacy::draft(&mut business.tenant().reader().unwrap(), &admin, id.cast()).unwrap();
    perform(&business, &store(&shown.hash).unwrap()).unwrap();
    business.assert_sound();
}

#[test]
fn f112_what_an_erasure_left_cannot_be_released() {
    let mut business = Business::new(&["core", "workshop"]);
    let id = person(&business);
    let invoiced = order(&business, id, json!({"number": "A-1", "state": "invoiced"}));
    let planned = plan(&business, id);
    perform(&business, &planned).unwrap();
    let kept: Vec<_> = planned.stays.iter().map(|item| item.unit).collect();
    let written = |business: &Business| {
        business.tenant().shared().with_ledger(|ledger, _| {
            let lines = ledger.lines().iter().filter(|line| line.what == What::Restricted);
            lines.map(|line| (line.subject, line.case.clone(), line.units.clone())).collect::<Vec<_>>()
        })
    };
    let line = (Some(id.cast()), Some(planned.id.to_string()), kept);
    assert_eq!(written(&business), std::slice::from_ref(&line));
    let release = |business: &Business| privacy::release(business.tenant(), &business.admin(), id.cast(), "mistake");
    assert_eq!(conflict(release(&business)), "kept-restricted");
    business.reopen();
    assert_eq!(conflict(release(&business)), "kept-restricted");
    let mut reader = business.tenant().reader().unwrap();
    assert!(records::get(&mut reader, &business.admin(), "order", invoiced).unwrap().restricted);
    let held = privacy::subject(&mut reader, &business.admin(), id.cast()).unwrap();
    assert_eq!(held.state, "restricted");
    drop(reader);
    // When the years are over the rest goes too; the line is not written again.
    business.clock.advance_days(9 * 366);
    let rest = plan(&business, id);
    assert!(rest.stays.is_empty());
    perform(&business, &rest).unwrap();
    assert_eq!(written(&business), [line]);
    business.assert_sound();
}

#[test]
fn f112_whatever_names_the_person_is_looked_for_in_other_records() {
    let business = Business::new(&["core", "workshop", "training"]);
    let id = person(&business);
    create(
        &business,
        "vehicle",
        json!({"owner": id.to_string(), "plate": "K-EM 123", "vin": "WVWZZZ1JZXW000001", "origin": "x", "activity": "customer-care"}),
    );
    create(
        &business,
        "lecturer",
        json!({"contact": id.to_string(), "iban": "DE02120300000000202051", "origin": "x", "activity": "training-administration"}),
    );
    let note =
        |text: &str| create(&business, "contact", json!({"kind": "institution", "full_name": "Amt", "notes": text})).id;
    let named = [
        "Ansprechpartnerin ist Müller, Erika.",
        "Schreibt von erika@beispiel.de aus.",
        "Rückruf unter +49 171 1234567.",
        "Wohnt in der Hauptstraße 1, zweiter Stock.",
        "Siehe Kunde K-4711.",
        "Der Wagen K-EM 123 stand im Hof.",
        "Fahrgestell WVWZZZ1JZXW000001",
        "Überweist von DE02 1203 0000 0000 2020 51.",
    ];
    let mut expected: Vec<RecordId> = named.iter().map(|text| note(text)).collect();
    for other in
        ["Wohnt in der Hauptstraße 12.", "Erika kennt Frau Müllerová.", "Kunde K-47112", "Rückruf unter 0172 1234567."]
    {
        note(other);
    }
    // The same street elsewhere is another place.
    let address = |postal_code: &str| json!([{"street": "Hauptstraße 1", "postal_code": postal_code, "city": "Ort"}]);
    create(&business, "contact", json!({"kind": "institution", "full_name": "Eins", "addresses": address("10115")}));
    expected.push(
        create(
            &business,
            "contact",
            json!({"kind": "institution", "full_name": "Zwei", "addresses": address("50667")}),
        )
        .id,
    );
    let plan = plan(&business, id);
    let mut found: Vec<RecordId> = plan.mentions.iter().map(|mention| mention.record).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{:?}", plan.mentions);
    assert!(!plan.mentions_incomplete);
    let certificate = perform(&business, &plan).unwrap();
    assert_eq!((certificate.mentions, certificate.mentions_incomplete), (expected.len(), false));
    business.assert_sound();
}

#[test]
fn f112_a_list_of_mentions_that_was_cut_says_so() {
    let business = Business::new(&["core"]);
    let id = person(&business);
    let many = move |op: &mut store::Op<'_>| {
        for number in 0..=privacy::MAX_MENTIONS {
            let values = json!({"kind": "institution", "full_name": format!("Amt {number}"), "notes": "Zuständig: Erika Müller"});
            records::create(op, "contact", map(values))?;
        }
        Ok::<_, Error>(())
    };
    business.tenant().write(business.admin(), many).unwrap();
    let plan = plan(&business, id);
    assert!(plan.mentions_incomplete);
    assert_eq!(serde_json::to_value(&plan).unwrap()["mentions_incomplete"], json!(true));
    assert!(perform(&business, &plan).unwrap().mentions_incomplete);
    business.assert_sound();
}

#[test]
fn f112_a_draft_is_no_business_letter_and_a_sent_one_is() {
    let business = Business::new(&["core", "workshop", "realestate"]);
    let id = person(&business);
    let draft = order(&business, id, json!({"subject_line": "Entwurf"}));
    let discarded = order(&business, id, json!({}));
    change(&business, "order", discarded, json!({"state": "discarded"}));
    let offered = order(&business, id, json!({"number": "A-1"}));
    change(&business, "order", offered, json!({"state": "offered"}));
    change(&business, "order", offered, json!({"state": "cancelled"}));
    // Imported without a state but with the day of the order: it was placed.
    let dated = order(&business, id, json!({"number": "A-2", "ordered_on": "2025-05-05"}));
    let entry = |kind: &str| {
        create(&business, "history", json!({"contact": id.to_string(), "kind": kind, "on": "2026-02-01", "text": "Text", "origin": "x", "activity": "property-brokerage"})).id
    };
    let (letter, note) = (entry("letter"), entry("note"));
    change(&business, "history", letter, json!({"state": "filed"}));
    let planned = plan(&business, id);
    let of = |items: &[privacy::PlanItem]| {
        let all = items.iter().flat_map(|item| item.records.iter().map(|(_, id)| *id));
        all.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(of(&planned.stays), [offered, dated, letter].into());
    for goes in [draft, discarded, note] {
        assert!(of(&planned.goes).contains(&goes));
    }
    let until = |id: RecordId| {
        let item = planned.stays.iter().find(|item| item.records.iter().any(|(_, record)| *record == id)).unwrap();
        item.until.unwrap().to_string()
    };
    assert_eq!(
        (until(offered), until(dated), until(letter)),
        ("2032-12-31".into(), "2031-12-31".into(), "2032-12-31".into())
    );
    perform(&business, &planned).unwrap();
    business.assert_sound();
}

#[test]
fn x15_restricting_and_merging_in_a_later_year_prolong_no_duty() {
    let business = Business::new(&["core", "workshop"]);
    let id = person_named(&business, "Erika");
    let offered = order(&business, id, json!({"number": "A-1", "state": "offered"}));
    let until = |id: RecordId| plan(&business, id).stays[0].until.unwrap().to_string();
    assert_eq!(until(id), "2032-12-31");
    business.clock.advance_days(500);
    privacy::restrict(business.tenant(), &business.admin(), id.cast(), "accuracy").unwrap();
    assert_eq!(until(id), "2032-12-31", "restricted");
    privacy::release(business.tenant(), &business.admin(), id.cast(), "settled").unwrap();
    assert_eq!(until(id), "2032-12-31", "released");
    let kept = create(
        &business,
        "contact",
        json!({"given_name": "E.", "family_name": "Müller", "origin": "x", "activity": "customer-care"}),
    );
    privacy::merge(business.tenant(), &business.admin(), kept.id.cast(), id.cast()).unwrap();
    assert_eq!(until(kept.id), "2032-12-31", "merged");
    change(&business, "order", offered, json!({"subject_line": "Neues Angebot"}));
    assert_eq!(until(kept.id), "2033-12-31", "changed");
    business.assert_sound();
}

#[test]
fn f080_a_relink_shows_only_what_changed() {
    let business = Business::new(&["core", "workshop"]);
    let (id, kept) = (person_named(&business, "Erika"), person_named(&business, "E."));
    let vehicle = create(
        &business,
        "vehicle",
        json!({"owner": id.to_string(), "plate": "K-EM 1", "origin": "Anruf", "activity": "customer-care"}),
    );
    privacy::merge(business.tenant(), &business.admin(), kept.cast(), id.cast()).unwrap();
    let mut reader = business.tenant().reader().unwrap();
    let history = records::history(&mut reader, &business.admin(), "vehicle", vehicle.id, None, 10).unwrap();
    assert_eq!(history.items[0].action, "relink");
    let fields: Vec<_> =
        history.items[0].changes.iter().map(|change| (change.field.as_str(), change.new.clone())).collect();
    assert_eq!(fields, [("owner", Some(json!(kept.to_string())))]);
}

fn person_named(business: &Business, given: &str) -> RecordId {
    create(
        business,
        "contact",
        json!({"given_name": given, "family_name": "Müller", "origin": "x", "activity": "customer-care"}),
    )
    .id
}

/// Canonical JSON, written anew after `docs/certificate.md`.
fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}:{}", json!(name), canonical(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        plain => plain.to_string(),
    }
}

#[test]
fn f112_a_certificate_verifies_and_a_changed_byte_shows() {
    let business = Business::new(&["core", "workshop"]);
    let id = person(&business);
    order(&business, id, json!({"number": "A-1", "state": "invoiced"}));
    let certificate = perform(&business, &plan(&business, id)).unwrap();
    let bytes = |hex: &Value| {
        let text = hex.as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let mut document: Value = serde_json::from_str(&serde_json::to_string(&certificate).unwrap()).unwrap();
    let signature = bytes(&document.as_object_mut().unwrap().remove("signature").unwrap());
    let key = keys::VerifyKey::from_bytes(bytes(&document["verify_key"]).try_into().unwrap());
    let ring = business.tenant().shared().ring();
    assert_eq!(key.bytes(), ring.signer().verify_key().bytes(), "the key that signs the journal");
    let text = canonical(&document).into_bytes();
    assert!(key.verify(&text, &signature).is_ok());
    for place in 0..text.len() {
        let mut changed = text.clone();
        changed[place] ^= 1;
        assert!(key.verify(&changed, &signature).is_err(), "byte {place} changed and nobody noticed");
    }
    business.assert_sound();
}
