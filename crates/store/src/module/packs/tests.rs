//! What holds of every pack.
use super::*;
use crate::module::{FieldType, Protection, Subject};
use jiff::civil::date;

fn all() -> Modules {
    load(NAMES).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_pack_loads_alone_and_with_the_others() {
    for pack in NAMES {
        let modules = load(&[pack]).unwrap_or_else(|problems| panic!("{pack}: {problems}"));
        assert!(modules.get("contact").is_some(), "core is always there");
        assert!(modules.pack(pack).count() > 0);
    }
    assert_eq!(all().iter().count(), MODULES.len());
}

#[test]
fn an_unknown_pack_is_named() {
    let problems = load(&["workshp"]).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "packs: no_such_pack: there is no pack `workshp`; did you mean `workshop`?; known: core, workshop, realestate, training"
    );
}

/// Design, *Modules are data*: a file, not code. A file that nobody loads would be a register that nobody sees.
#[test]
fn every_file_in_packs_is_listed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut found = Vec::new();
    for pack in std::fs::read_dir(&root).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(pack.path()).unwrap().map(Result::unwrap) {
            let name = format!("{}/{}", pack.file_name().display(), file.file_name().display());
            if file.path().extension().is_some_and(|ending| ending == "toml") {
                found.push(name);
            }
        }
    }
    let mut listed: Vec<String> =
        MODULES.iter().chain([&CLASSES, &ACTIVITIES]).map(|(path, _)| (*path).to_owned()).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

/// O-86, T-02: what is kept of people is planned field by field.
#[test]
fn o86_every_field_has_purpose_class_and_protection() {
    let modules = all();
    for definition in modules.iter() {
        assert!(!definition.purpose.de.is_empty() && !definition.purpose.en.is_empty(), "{}", definition.name);
        for field in &definition.fields {
            let name = format!("{}.{}", definition.name, field.name);
            for text in [&field.label.de, &field.label.en, &field.purpose.de, &field.purpose.en] {
                assert!(!text.trim().is_empty(), "{name}");
            }
            assert!(modules.class(&field.class).is_some(), "{name} has the class {}", field.class);
        }
    }
    let without = r#"
        name = "x"
        label = { de = "X", en = "X" }
        plural = { de = "X", en = "X" }
        purpose = { de = "X", en = "X" }
        class = "record"
        title = "{a}"
        [[field]]
        name = "a"
        type = "text"
        label = { de = "A", en = "A" }
    "#;
    let problems = parse(without, "x.toml").unwrap_err();
    let codes: Vec<String> = problems.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect();
    assert!(codes.iter().any(|text| text.starts_with("missing_key") && text.contains("`purpose`")), "{codes:?}");
    assert!(codes.iter().any(|text| text.starts_with("missing_key") && text.contains("`protection`")), "{codes:?}");
}

/// H-113, H-128 and `interface.md`: names that scripts and imports rely on.
#[test]
fn the_contact_has_the_fields_that_scripts_rely_on() {
    let modules = all();
    let contact = modules.get("contact").unwrap();
    for (name, kind, many) in [
        ("kind", FieldType::Choice, false),
        ("salutation", FieldType::Text, false),
        ("given_name", FieldType::Text, false),
        ("family_name", FieldType::Text, false),
        ("organisation", FieldType::Link, false),
        ("emails", FieldType::Email, true),
        ("phones", FieldType::Phone, true),
        ("addresses", FieldType::Address, true),
        ("profiles", FieldType::Url, true),
        ("birthday", FieldType::Date, false),
        ("notes", FieldType::LongText, false),
        ("origin", FieldType::LongText, false),
        ("activity", FieldType::Text, false),
    ] {
        let field = contact.field(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((field.kind, field.many), (kind, many), "{name}");
    }
    assert_eq!(contact.field("kind").unwrap().default, Some("person".into()));
    assert!(modules.activity("customer-care").is_some());
}

/// H-140: of a participant only these are kept.
#[test]
fn h140_a_participant_has_four_personal_fields() {
    let modules = all();
    let sealed: Vec<&str> = modules
        .get("participant")
        .unwrap()
        .fields
        .iter()
        .filter(|field| field.protection.sealed())
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(sealed, ["salutation", "given_name", "family_name", "email", "origin"]);
}

#[test]
fn the_law_of_the_day_decides() {
    let modules = all();
    let voucher = modules.class("voucher").unwrap();
    assert_eq!(voucher.rule_on(date(2024, 12, 31)).unwrap().years, 10);
    let rule = voucher.rule_on(date(2026, 11, 23)).unwrap();
    assert_eq!((rule.years, rule.minimum), (8, true));
    assert_eq!(rule.last_day(date(2026, 3, 1)), date(2034, 12, 31));
    assert!(voucher.rule_on(date(1990, 1, 1)).is_none());
    assert!(!modules.class("relationship").unwrap().per_record());
    assert!(voucher.per_record());
    for (name, years, minimum) in
        [("order", 6, true), ("process", 3, false), ("record", 3, false), ("relationship", 3, false)]
    {
        let rule = modules.class(name).unwrap().rule_on(date(2026, 11, 23)).unwrap();
        assert_eq!((rule.years, rule.minimum), (years, minimum), "{name}");
    }
}

#[test]
fn nothing_sealed_decides_about_keys() {
    for definition in all().iter() {
        for field in definition.fields.iter().filter(|field| field.start_event || field.kind == FieldType::Link) {
            assert!(field.protection < Protection::Personal, "{}.{}", definition.name, field.name);
        }
        if let Subject::Link(link) = &definition.subject {
            assert!(definition.field(link).is_some());
        }
    }
}

#[test]
fn an_invoice_takes_what_it_needs_with_it() {
    let modules = all();
    let order = modules.get("order").unwrap();
    let values =
        serde_json::json!({"number": "1", "customer": "00000000000000000000000001"}).as_object().unwrap().clone();
    let state = order.transition(Some("done"), "invoiced", &values).unwrap();
    let contact =
        serde_json::json!({"addresses": [{"street": "Hauptstr. 1", "label": "home"}]}).as_object().unwrap().clone();
    let patch = order.enter(state, &values, date(2026, 11, 23), &mut |copy, id| {
        assert_eq!(id, "00000000000000000000000001");
        copy.source.pick("Anna Müller", &contact)
    });
    let entered = order.merge_patch(&values, &patch);
    assert_eq!(entered["invoiced_on"], "2026-11-23");
    assert_eq!(entered["recipient_name"], "Anna Müller");
    assert_eq!(entered["recipient_address"], serde_json::json!({"street": "Hauptstr. 1"}));
    assert!(order.is_final("invoiced") && !order.is_final("done"));
    assert_eq!(order.start_field("voucher"), Some("invoiced_on"));
    assert_eq!(order.start_field("order"), Some("ordered_on"));
    let unsent: Vec<&str> = order.states.iter().filter(|state| state.unsent).map(|state| state.name.as_str()).collect();
    assert_eq!(unsent, ["draft", "discarded"]);
    assert_eq!(order.transition(Some("draft"), "cancelled", &values).unwrap_err().code, "no_such_transition");
    assert_eq!(order.transition(Some("invoiced"), "draft", &values).unwrap_err().code, "no_such_transition");
    assert_eq!(order.transition(None, "invoiced", &super::super::Map::new()).unwrap_err().code, "required_by_state");
    assert_eq!(order.transition(None, "gone", &values).unwrap_err().code, "unknown_state");
}

#[test]
fn a_person_is_told_from_an_institution_and_needs_an_origin() {
    let modules = all();
    let contact = modules.get("contact").unwrap();
    let today = date(2026, 11, 23);
    let mut values = serde_json::json!({"kind": "person", "family_name": "Müller"}).as_object().unwrap().clone();
    assert!(contact.is_person(&values));
    let codes: Vec<String> =
        contact.check(&values, today).unwrap_err().iter().map(|error| error.field.clone()).collect();
    assert_eq!(codes, ["origin", "activity"]);
    values.insert("kind".to_owned(), "institution".into());
    assert!(!contact.is_person(&values));
    assert_eq!(contact.check(&values, today), Ok(()));
    values.insert("birthday".to_owned(), "2026-11-24".into());
    assert_eq!(contact.check(&values, today).unwrap_err()[0].field, "birthday");
    values.insert("activity".to_owned(), "world-domination".into());
    assert_eq!(modules.check_activity(&values).unwrap_err().code, "unknown_activity");
    let trader = serde_json::json!({"name": "X", "legal_form": "sole_trader"}).as_object().unwrap().clone();
    assert!(modules.get("organisation").unwrap().is_person(&trader));
}

#[test]
fn values_go_into_the_part_of_whose_they_are() {
    let modules = all();
    let order = modules.get("order").unwrap();
    let values = serde_json::json!({"number": "1", "text": "Bremsen", "left_over": "x"}).as_object().unwrap().clone();
    let split = order.split(&values);
    assert_eq!(split.clear.keys().collect::<Vec<_>>(), ["number"]);
    assert_eq!(split.sealed.keys().collect::<Vec<_>>(), [&("order".to_owned(), None)]);
    assert_eq!(split.sealed[&("order".to_owned(), None)].len(), 2, "what is not known is not in the clear");
    assert_eq!(split.join(), values);
    assert_eq!(order.part_keys(), [("order".to_owned(), None)]);
    let course = modules.get("course").unwrap();
    assert!(!course.may_be_personal() && order.may_be_personal());
}

#[test]
fn titles_have_no_loose_ends() {
    let modules = all();
    let title = |module: &str, values: serde_json::Value| {
        modules.get(module).unwrap().title(values.as_object().unwrap(), &|id| (id == "x").then(|| "Anna".to_owned()))
    };
    assert_eq!(title("contact", serde_json::json!({"given_name": "Anna", "family_name": "Müller"})), "Anna Müller");
    assert_eq!(title("contact", serde_json::json!({"family_name": "Müller"})), "Müller");
    assert_eq!(title("contact", serde_json::json!({"emails": [{"value": "a@b.de", "label": "work"}]})), "a@b.de");
    assert_eq!(title("contact", serde_json::json!({})), "Kontakt");
    assert_eq!(
        title("interaction", serde_json::json!({"on": "2026-11-23", "kind": "call", "subject_line": "Angebot"})),
        "23.11.2026 Telefonat: Angebot"
    );
    assert_eq!(title("interaction", serde_json::json!({"on": "2026-11-23", "kind": "call"})), "23.11.2026 Telefonat");
    assert_eq!(title("lecturer", serde_json::json!({"contact": "x"})), "Anna");
    assert_eq!(title("lecturer", serde_json::json!({"contact": "y", "number": "7"})), "7");
}

#[test]
fn values_are_shown_in_both_languages() {
    let modules = all();
    let order = modules.get("order").unwrap();
    let total = serde_json::json!({"amount": "1234.50", "currency": "EUR"});
    assert_eq!(order.display("total", &total, "de"), "1.234,50 €");
    assert_eq!(order.display("total", &total, "en"), "€1,234.50");
    assert_eq!(order.display("ordered_on", &"2026-11-23".into(), "de"), "23.11.2026");
    let contact = modules.get("contact").unwrap();
    assert_eq!(contact.display("kind", &"institution".into(), "de"), "Einrichtung");
    let phones = serde_json::json!([{"value": "030 1", "label": "work"}, "0171 2"]);
    assert_eq!(contact.display("phones", &phones, "de"), "030 1 (work), 0171 2");
    let address = serde_json::json!([{"street": "Hauptstr. 1", "city": "Berlin", "country": "DE"}]);
    assert_eq!(contact.display("addresses", &address, "en"), "Hauptstr. 1, Berlin, Germany");
    let values = serde_json::json!({"family_name": "Müller", "birthday": "1980-02-01"}).as_object().unwrap().clone();
    assert_eq!(contact.plain_text(&values), [("family_name".to_owned(), "Müller".to_owned())]);
}

#[test]
fn the_fingerprint_sees_meaning_and_not_form() {
    let (file, text) = MODULES[0];
    let fingerprint = |text: &str| parse(text, file).unwrap().fingerprint;
    assert_eq!(
        fingerprint(text),
        fingerprint(&format!("# a comment\n{}", text.replace("name = \"contact\"", "name   =   'contact'")))
    );
    assert_ne!(fingerprint(text), fingerprint(&text.replacen("list = true", "list = false", 1)));
}

#[test]
fn definitions_may_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Modules>();
}
