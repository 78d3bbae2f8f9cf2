//! Stories over records: made, found, changed, restricted, merged, deleted, erased.
use base::{Kind, Kinded, RecordId};
use records::{ListRequest, RecordView};
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

fn person(business: &Business, given: &str, family: &str) -> RecordView {
    create(
        business,
        "contact",
        json!({"given_name": given, "family_name": family, "emails": [format!("{}@beispiel.de", given.to_lowercase())],
        "phones": ["0171 1234567"], "origin": "Anruf", "activity": "customer-care"}),
    )
}

fn found(business: &Business, text: &str) -> Vec<String> {
    let mut reader = business.tenant().reader().unwrap();
    let hits = records::search(&mut reader, &business.admin(), text, 20).unwrap();
    hits.into_iter().map(|hit| hit.title).collect()
}

#[test]
fn f067_mueller_is_found_however_it_is_typed() {
    let business = Business::new(&["core"]);
    person(&business, "Erika", "Müller");
    create(
        &business,
        "contact",
        json!({"given_name": "Jörg", "family_name": "Groß", "addresses": [{"street": "Lange Straße 5", "city": "Köln"}],
        "origin": "Messe", "activity": "customer-care"}),
    );
    for text in ["müller", "mueller", "muller", "MÜLLER", "Mül", "01711234567", "0171 1234567", "0171 123 45 67"] {
        assert_eq!(found(&business, text), ["Erika Müller"], "{text}");
    }
    for text in ["strasse", "Straße", "gross", "koeln", "koln"] {
        assert_eq!(found(&business, text), ["Jörg Groß"], "{text}");
    }
    business.assert_sound();
}

#[test]
fn a_record_of_a_person_needs_origin_and_activity() {
    let business = Business::new(&["core"]);
    let refused = business.tenant().write(business.admin(), |op| {
        records::create(op, "contact", map(json!({"given_name": "Erika", "family_name": "Müller"})))
    });
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let store::Error::Fields(fields) = error else { panic!("field errors") };
    let names: Vec<_> = fields.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(names, ["origin", "activity"]);
    business.assert_sound();
}

#[test]
fn a_stale_version_is_refused_and_nothing_is_lost() {
    let business = Business::new(&["core"]);
    let first = person(&business, "Erika", "Müller");
    let id = first.id;
    let change = move |version: i64, name: &'static str| {
        move |op: &mut store::Op<'_>| {
            records::change(op, "contact", id, map(json!({"family_name": name})), Some(version))
        }
    };
    let second = business.tenant().write(business.admin(), change(1, "Schmidt")).unwrap();
    assert_eq!(second.version, 2);
    let refused = business.tenant().write(business.admin(), change(1, "Meier")).unwrap_err();
    assert_eq!(refused.kind(), Kind::Stale);
    let mut reader = business.tenant().reader().unwrap();
    assert_eq!(records::get(&mut reader, &business.admin(), "contact", id).unwrap().values["family_name"], "Schmidt");
    let history = records::history(&mut reader, &business.admin(), "contact", id, None, 10).unwrap();
    assert_eq!(history.items.len(), 2);
    assert_eq!(history.items[0].changes[0].old, Some(json!("Müller")));
}

/// A customer with a vehicle and an order; the order invoiced if wanted.
fn customer(business: &Business, invoiced: bool) -> (RecordId, RecordId, RecordId) {
    let person = create(
        business,
        "contact",
        json!({"given_name": "Erika", "family_name": "Müller", "origin": "Anruf", "activity": "customer-care",
        "addresses": [{"street": "Hauptstraße 1", "postal_code": "50667", "city": "Köln", "country": "DE"}]}),
    );
    let vehicle = create(
        business,
        "vehicle",
        json!({"owner": person.id.to_string(), "plate": "K-EM 123", "make": "Opel", "model": "Astra", "origin": "Anruf", "activity": "customer-care"}),
    );
    let mut order = json!({"customer": person.id.to_string(), "vehicle": vehicle.id.to_string(), "number": "A-1", "ordered_on": "2026-02-01",
        "total": "119,00 EUR", "origin": "Anruf", "activity": "order-processing"});
    if invoiced {
        order["state"] = json!("invoiced");
    }
    let order = create(business, "order", order);
    (person.id, vehicle.id, order.id)
}

#[test]
fn f112_erasing_takes_everything_but_the_voucher_which_is_restricted() {
    let business = Business::new(&["core", "workshop"]);
    let (person, vehicle, order) = customer(&business, true);
    let admin = business.admin();
    let plan = privacy::plan(business.tenant(), &admin, person.cast(), "request").unwrap();
    let stays: Vec<_> = plan.stays.iter().map(|item| (item.class.as_str(), item.until.unwrap().to_string())).collect();
    assert_eq!(stays, [("voucher", "2034-12-31".to_owned())]);
    let certificate = privacy::perform(business.tenant(), &admin, plan.id).unwrap();
    assert_eq!(certificate.destroyed.records, 2);
    let mut reader = business.tenant().reader().unwrap();
    for (module, id) in [("contact", person), ("vehicle", vehicle)] {
        assert_eq!(records::get(&mut reader, &admin, module, id).unwrap_err().kind(), Kind::NotFound);
    }
    let kept = records::get(&mut reader, &admin, "order", order).unwrap();
    assert!(kept.restricted);
    assert_eq!(kept.values["recipient_name"], "Erika Müller");
    let mut reader_role = admin.clone();
    reader_role.grants.permissions.remove(&base::Permission::Privacy);
    assert_eq!(records::get(&mut reader, &reader_role, "order", order).unwrap_err().kind(), Kind::NotFound);
    let list =
        records::list(&mut reader, &reader_role, &ListRequest { module: "order".into(), ..ListRequest::default() })
            .unwrap();
    assert!(list.items.is_empty());
    assert!(found(&business, "Müller").is_empty() || found(&business, "Müller") == ["A-1"]);
    business.assert_sound();
}

#[test]
fn f112_a_person_without_holds_is_gone_and_the_journal_verifies() {
    let mut business = Business::new(&["core", "workshop"]);
    let person = person(&business, "Erika", "Müller");
    let plan = privacy::plan(business.tenant(), &business.admin(), person.id.cast(), "request").unwrap();
    assert!(plan.stays.is_empty());
    privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();
    assert!(found(&business, "Müller").is_empty());
    business.reopen();
    let report = business.verify();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(report.erased_values > 0);
}

#[test]
fn a_plan_that_no_longer_fits_is_refused() {
    let business = Business::new(&["core", "workshop"]);
    let person = person(&business, "Erika", "Müller");
    let plan = privacy::plan(business.tenant(), &business.admin(), person.id.cast(), "request").unwrap();
    create(
        &business,
        "vehicle",
        json!({"owner": person.id.to_string(), "plate": "K-EM 1", "make": "Opel", "model": "Corsa", "origin": "x", "activity": "customer-care"}),
    );
    let refused = privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap_err();
    assert!(matches!(refused, store::Error::Conflict { code: "plan-changed", .. }), "{refused}");
    assert_eq!(found(&business, "Müller").len(), 1);
    business.assert_sound();
}

#[test]
fn a_person_is_not_deleted_like_a_record_and_a_voucher_not_at_all() {
    let business = Business::new(&["core", "workshop"]);
    let (person, vehicle, order) = customer(&business, true);
    let delete = |module, id| records::delete(business.tenant(), &business.admin(), module, id, None);
    assert!(matches!(delete("contact", person).unwrap_err(), store::Error::Conflict { code: "is-person", .. }));
    assert!(matches!(delete("order", order).unwrap_err(), store::Error::Conflict { code: "held", .. }));
    delete("vehicle", vehicle).unwrap();
    let mut reader = business.tenant().reader().unwrap();
    assert_eq!(records::get(&mut reader, &business.admin(), "vehicle", vehicle).unwrap_err().kind(), Kind::NotFound);
    let error = business
        .tenant()
        .write(business.admin(), move |op| records::change(op, "order", order, map(json!({"number": "B-2"})), None));
    assert!(matches!(error.unwrap_err(), store::Error::Conflict { code: "final", .. }));
    drop(reader);
    business.assert_sound();
}

#[test]
fn restricting_hides_everything_until_it_is_lifted() {
    let business = Business::new(&["core", "workshop"]);
    let (person, _, order) = customer(&business, false);
    let mut editor = business.admin();
    editor.grants.permissions.remove(&base::Permission::Privacy);
    let sees = |id| records::get(&mut business.tenant().reader().unwrap(), &editor, "order", id).is_ok();
    assert!(sees(order));
    privacy::restrict(business.tenant(), &business.admin(), person.cast(), "objection").unwrap();
    assert!(!sees(order));
    privacy::release(business.tenant(), &business.admin(), person.cast(), "settled").unwrap();
    assert!(sees(order));
    business.assert_sound();
}

#[test]
fn merging_two_people_reaches_both_units_and_can_be_undone() {
    let business = Business::new(&["core", "workshop"]);
    let kept = person(&business, "Erika", "Müller");
    let other = create(
        &business,
        "contact",
        json!({"given_name": "Erika", "family_name": "Mueller", "nickname": "Eri", "origin": "Messe", "activity": "customer-care"}),
    );
    let vehicle = create(
        &business,
        "vehicle",
        json!({"owner": other.id.to_string(), "plate": "K-EM 1", "make": "Opel", "model": "Corsa", "origin": "x", "activity": "customer-care"}),
    );
    let admin = business.admin();
    let get = |module: &str, id| records::get(&mut business.tenant().reader().unwrap(), &admin, module, id);
    privacy::merge(business.tenant(), &admin, kept.id.cast(), other.id.cast()).unwrap();
    assert_eq!(get("contact", kept.id).unwrap().values["nickname"], "Eri");
    assert_eq!(get("vehicle", vehicle.id).unwrap().values["owner"], kept.id.to_string());
    assert_eq!(get("contact", other.id).unwrap_err().kind(), Kind::NotFound);
    business.assert_sound();
    privacy::unmerge(business.tenant(), &admin, other.id.cast()).unwrap();
    assert!(!get("contact", kept.id).unwrap().values.contains_key("nickname"));
    assert_eq!(get("vehicle", vehicle.id).unwrap().values["owner"], other.id.to_string());
    assert!(get("contact", other.id).is_ok());
    privacy::merge(business.tenant(), &admin, kept.id.cast(), other.id.cast()).unwrap();
    let plan = privacy::plan(business.tenant(), &admin, kept.id.cast(), "request").unwrap();
    privacy::perform(business.tenant(), &admin, plan.id).unwrap();
    for (module, id) in [("contact", kept.id), ("contact", other.id), ("vehicle", vehicle.id)] {
        assert_eq!(get(module, id).unwrap_err().kind(), Kind::NotFound);
    }
    business.assert_sound();
}

#[test]
fn a_unique_value_goes_along_with_a_merge_and_comes_back() {
    let business = Business::new(&["core"]);
    let admin = business.admin();
    let contact = |number: Option<&str>| {
        let values =
            json!({"family_name": "Müller", "customer_number": number, "origin": "Messe", "activity": "customer-care"});
        business.tenant().write(business.admin(), move |op| records::create(op, "contact", map(values)))
    };
    let (kept, other) = (contact(None).unwrap(), contact(Some("K-7")).unwrap());
    let get = |id| records::get(&mut business.tenant().reader().unwrap(), &admin, "contact", id).unwrap();
    privacy::merge(business.tenant(), &admin, kept.id.cast(), other.id.cast()).unwrap();
    assert_eq!(get(kept.id).values["customer_number"], "K-7");
    assert!(contact(Some("K-7")).is_err(), "it is the kept person's");
    privacy::unmerge(business.tenant(), &admin, other.id.cast()).unwrap();
    assert!(!get(kept.id).values.contains_key("customer_number"));
    assert_eq!(get(other.id).values["customer_number"], "K-7");
    assert!(contact(Some("K-7")).is_err(), "it is the other's again");

    // What somebody else has taken meanwhile is not taken away again: the undoing is refused as a whole.
    privacy::merge(business.tenant(), &admin, kept.id.cast(), other.id.cast()).unwrap();
    let (id, patch) = (kept.id, map(json!({"customer_number": "K-8"})));
    business.tenant().write(admin.clone(), move |op| records::change(op, "contact", id, patch, None)).unwrap();
    let third = contact(Some("K-7")).unwrap();
    let refused = privacy::unmerge(business.tenant(), &admin, other.id.cast()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
    assert_eq!(get(third.id).values["customer_number"], "K-7");
    business.assert_sound();
}

#[test]
fn a_unique_value_stands_once_and_is_free_again() {
    let business = Business::new(&["core", "workshop"]);
    let (_, _, first) = customer(&business, false);
    let other = create(
        &business,
        "contact",
        json!({"given_name": "Jörg", "family_name": "Groß", "origin": "x", "activity": "customer-care"}),
    );
    let order = move |number: &'static str| {
        let customer = other.id.to_string();
        move |op: &mut store::Op<'_>| {
            records::create(
                op,
                "order",
                map(json!({"customer": customer, "number": number, "origin": "x", "activity": "order-processing"})),
            )
        }
    };
    let refused = business.tenant().write(business.admin(), order("a-1")).unwrap_err();
    let store::Error::Fields(errors) = refused else { panic!("a field's error") };
    assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("number", "duplicate"));
    let renumber =
        move |op: &mut store::Op<'_>| records::change(op, "order", first, map(json!({"number": "A-2"})), None);
    business.tenant().write(business.admin(), renumber).unwrap();
    business.tenant().write(business.admin(), order("A-1")).unwrap();
    business.assert_sound();
}

#[test]
fn rotating_keys_loses_nothing_and_the_old_kit_opens_nothing() {
    let mut business = Business::new(&["core"]);
    let first = person(&business, "Erika", "Müller");
    let actor = base::Actor::Operator("test".into());
    let kit = business.instance().recovery_kit(&actor, business.id(), false).unwrap().text().to_string();
    let rotate = |what| business.instance().rotate(&actor, business.id(), what).unwrap();
    assert_eq!(rotate(store::Rotate::UnitWrap)[0].number, 2);
    let second = person(&business, "Jörg", "Groß");
    rotate(store::Rotate::Root);
    business.reopen();
    for id in [first.id, second.id] {
        assert!(records::get(&mut business.tenant().reader().unwrap(), &business.admin(), "contact", id).is_ok());
    }
    let root = std::fs::read(business.tenant().shared().paths().file("root")).unwrap();
    assert!(keys::KeyRing::from_recovery_kit(&kit, &root).is_err());
    business.assert_sound();
}
