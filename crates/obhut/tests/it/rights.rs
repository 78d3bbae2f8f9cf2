//! What somebody without a right learns: nothing, whichever way he asks (F-060, H-116, Art. 18 GDPR).
use base::{Kind, Kinded, Permission, RecordId};
use records::ListRequest;
use serde_json::{Value, json};
use store::Caller;
use testkit::Business;

fn object(values: Value) -> store::module::Map {
    let Value::Object(values) = values else { panic!("an object") };
    values
}

fn create(business: &Business, caller: &Caller, module: &'static str, values: Value) -> store::Result<RecordId> {
    business.tenant().write(caller.clone(), move |op| records::create(op, module, object(values))).map(|made| made.id)
}

fn person(business: &Business, family: &str, notes: &str) -> RecordId {
    let values = json!({"given_name": "Erika", "family_name": family, "notes": notes, "origin": "Anruf", "activity": "customer-care"});
    create(business, &business.admin(), "contact", values).unwrap()
}

fn without(business: &Business, permission: Permission) -> Caller {
    let mut caller = business.admin();
    caller.grants.permissions.remove(&permission);
    caller
}

fn hits(business: &Business, caller: &Caller, text: &str) -> usize {
    let mut reader = business.tenant().reader().unwrap();
    let listed = ListRequest { module: "contact".into(), q: Some(text.into()), ..ListRequest::default() };
    let page = records::list(&mut reader, caller, &listed).unwrap();
    let counted = records::count(&mut reader, caller, &listed).unwrap().0;
    let found = records::search(&mut reader, caller, text, 10).unwrap();
    assert_eq!((page.items.len(), u64::try_from(found.len()).unwrap()), (found.len(), counted), "{text}");
    found.len()
}

#[test]
fn h116_a_search_does_not_tell_what_stands_in_a_sensitive_field() {
    let business = Business::new(&["core"]);
    person(&business, "Müller", "Allergie: Nüsse, Tel. 0171 1234567, arzt@klinik.example");
    person(&business, "Nussbaum", "");
    let (chief, clerk) = (business.admin(), without(&business, Permission::ReadSensitive));
    // By whole words, beginnings, either spelling, numbers, addresses, and several words across the two kinds of field.
    for text in [
        "Allergie",
        "aller",
        "Nüsse",
        "nuesse",
        "nusse",
        "01711234567",
        "0171 123 45 67",
        "arzt@klinik.example",
        "müller allergie",
    ] {
        assert_eq!(hits(&business, &chief, text), 1, "{text}");
        assert_eq!(hits(&business, &clerk, text), 0, "{text}");
    }
    for text in ["@allergie", "@Nuesse", "_allergie", "x@allergie", "\"@allergie\""] {
        assert_eq!(hits(&business, &clerk, text), 0, "{text}");
    }
    for caller in [&chief, &clerk] {
        assert_eq!(hits(&business, caller, "muller"), 1);
    }
    assert_eq!((hits(&business, &chief, "nu"), hits(&business, &clerk, "nu")), (2, 1), "both kinds of field");
    business.assert_sound();
}

fn rights(business: &Business, rights: &[(&str, base::Access)]) -> Caller {
    let mut caller = business.admin();
    caller.grants.every_module = None;
    caller.grants.modules = rights.iter().map(|(module, access)| ((*module).to_owned(), *access)).collect();
    caller.grants.permissions.clear();
    caller
}

fn order(business: &Business, caller: &Caller, customer: RecordId, more: Value) -> store::Result<RecordId> {
    let mut values = object(
        json!({"customer": customer.to_string(), "number": "A-1", "origin": "Anruf", "activity": "order-processing"}),
    );
    values.extend(object(more));
    create(business, caller, "order", Value::Object(values))
}

#[test]
fn a_link_and_what_a_state_copies_over_it_need_the_right_to_read() {
    let business = Business::new(&["core", "workshop"]);
    let erika = person(&business, "Müller", "");
    let blind = rights(&business, &[("order", base::Access::Write)]);
    let clerk = rights(&business, &[("order", base::Access::Write), ("contact", base::Access::Read)]);
    let invoice = |caller: &Caller, id: RecordId| {
        business.tenant().write(caller.clone(), move |op| {
            records::change(op, "order", id, object(json!({"state": "invoiced"})), None)
        })
    };

    let store::Error::Fields(errors) = order(&business, &blind, erika, json!({})).unwrap_err() else {
        panic!("a field")
    };
    assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("customer", "link_missing"));
    let made = order(&business, &business.admin(), erika, json!({})).unwrap();
    let patched = {
        let patch = object(json!({"subject_line": "Bremsen"}));
        business.tenant().write(blind.clone(), move |op| records::change(op, "order", made, patch, None))
    };
    assert!(patched.is_ok(), "a link that is there stays: {patched:?}");
    assert_eq!(invoice(&blind, made).unwrap_err().kind(), Kind::Denied, "the customer's name would be told");
    assert_eq!(invoice(&clerk, made).unwrap().values["recipient_name"], "Erika Müller");
    business.assert_sound();
}

#[test]
fn nothing_is_copied_out_of_a_restricted_record() {
    let business = Business::new(&["core", "workshop"]);
    let erika = person(&business, "Müller", "");
    let clerk = rights(&business, &[("order", base::Access::Write), ("contact", base::Access::Read)]);
    let made = order(&business, &business.admin(), erika, json!({})).unwrap();
    // Only the contact is restricted, as after a restriction that the order came behind.
    business.tenant().write(business.admin(), move |op| store::erase::restrict_record(op, erika, true)).unwrap();
    let invoice = |caller: &Caller| {
        business.tenant().write(caller.clone(), move |op| {
            records::change(op, "order", made, object(json!({"state": "invoiced"})), None)
        })
    };
    let refused = invoice(&clerk).unwrap_err();
    assert!(matches!(refused, store::Error::Conflict { code: "restricted", .. }), "{refused:?}");
    let another = order(&business, &clerk, erika, json!({"number": "A-2", "state": "invoiced"}));
    assert!(another.is_err(), "nor is a new link to it made: {another:?}");
    assert_eq!(invoice(&business.admin()).unwrap().values["recipient_name"], "Erika Müller");
    business.assert_sound();
}

#[test]
fn h116_a_sensitive_field_is_not_written_by_whoever_may_not_read_it() {
    let business = Business::new(&["core"]);
    let clerk = without(&business, Permission::ReadSensitive);
    let values = json!({"family_name": "Groß", "notes": "x", "origin": "Anruf", "activity": "customer-care"});
    let errors = |result: store::Result<()>| match result.unwrap_err() {
        store::Error::Fields(errors) => errors.into_iter().map(|error| (error.field, error.code)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let refused = vec![("notes".to_owned(), "not_allowed".to_owned())];
    assert_eq!(errors(create(&business, &clerk, "contact", values.clone()).map(drop)), refused);
    let erika = person(&business, "Müller", "Allergie");
    // The same value, another one, none: the answer is the same.
    for notes in [json!("Allergie"), json!("x"), Value::Null] {
        let patch = object(json!({"notes": notes}));
        let item = records::BatchItem { id: Some(erika), if_version: None, values: patch.clone() };
        let batch = business.tenant().write(clerk.clone(), move |op| records::batch(op, "contact", &[item])).unwrap();
        assert_eq!(errors(batch.into_iter().next().unwrap().map(drop)), refused);
        let changed =
            business.tenant().write(clerk.clone(), move |op| records::change(op, "contact", erika, patch, None));
        assert_eq!(errors(changed.map(drop)), refused);
    }
    let patch = object(json!({"family_name": "Meier"}));
    business.tenant().write(clerk, move |op| records::change(op, "contact", erika, patch, None)).unwrap();
    let mut reader = business.tenant().reader().unwrap();
    let kept = records::get(&mut reader, &business.admin(), "contact", erika).unwrap();
    assert_eq!(kept.values["notes"], "Allergie", "what he does not see stays");
    drop(reader);
    business.assert_sound();
}

#[test]
fn an_import_links_only_to_what_its_caller_may_read() {
    let business = Business::new(&["core", "workshop"]);
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../records/tests-data/northwind");
    let import = |caller: &Caller, name: &str| {
        let request = records::ImportRequest {
            file: data.join(format!("{name}.csv")),
            format: None,
            module: None,
            map: Some(std::fs::read_to_string(data.join(format!("{name}.map.toml"))).unwrap()),
            origin: "Übernahme".into(),
            activity: "customer-care".into(),
            dry_run: false,
            all_or_nothing: false,
            german: true,
        };
        records::import_file(business.tenant(), caller, &request, &mut |_, _| {}, &mut |_| {}).unwrap()
    };
    import(&business.admin(), "customers");
    let mut clerk = rights(&business, &[("order", base::Access::Write)]);
    clerk.grants.permissions.insert(Permission::Import);
    let blind = import(&clerk, "orders");
    assert_eq!((blind.created.get("order"), blind.rejected), (None, blind.rows), "{:?}", blind.created);
    clerk.grants.modules.insert("contact".into(), base::Access::Read);
    clerk.grants.modules.insert("organisation".into(), base::Access::Read);
    assert!(import(&clerk, "orders").created["order"] > 500);
    business.assert_sound();
}
