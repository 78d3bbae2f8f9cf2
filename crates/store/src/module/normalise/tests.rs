//! Normalising whole records, by example and with arbitrary input.
use super::*;
use crate::module::{Modules, packs};
use proptest::prelude::*;
use std::sync::LazyLock;

static MODULES: LazyLock<Modules> = LazyLock::new(|| packs::load(packs::NAMES).unwrap());

fn map(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

fn normalise(module: &str, value: Value) -> Result<Map, Vec<FieldError>> {
    MODULES.get(module).unwrap().normalise(&map(value), &NormaliseOptions::default())
}

#[test]
fn a_contact_becomes_canonical() {
    let contact = normalise(
        "contact",
        json!({
            "given_name": " Anna ", "family_name": "Mu\u{308}ller", "emails": "anna@example.org", "nickname": "", "notes": null,
            "phones": [{"value": "030 123456", "label": "work"}, {"value": "0171 1", "label": ""}, "0171 1"],
            "addresses": [{"street": "Hauptstr. 1", "country": "Germany", "label": "home"}], "birthday": "1.2.1980", "groups": "Kunde"
        }),
    );
    assert_eq!(
        Value::from(contact.unwrap()),
        json!({
            "kind": "person", "given_name": "Anna", "family_name": "Müller", "emails": ["anna@example.org"],
            "phones": [{"value": "030 123456", "label": "work"}, "0171 1"],
            "addresses": [{"street": "Hauptstr. 1", "country": "DE", "label": "home"}], "birthday": "1980-02-01", "groups": ["customer"]
        })
    );
}

#[test]
fn a_patch_keeps_what_is_to_be_removed_and_fills_in_nothing() {
    let contact = MODULES.get("contact").unwrap();
    let options = NormaliseOptions { patch: true, ..NormaliseOptions::default() };
    let patch =
        contact.normalise(&map(json!({"nickname": null, "emails": [], "given_name": "Anna"})), &options).unwrap();
    assert_eq!(Value::from(patch.clone()), json!({"nickname": null, "emails": null, "given_name": "Anna"}));
    let old = map(json!({"kind": "person", "nickname": "Anni", "emails": ["a@b.de"]}));
    assert_eq!(Value::from(contact.merge_patch(&old, &patch)), json!({"kind": "person", "given_name": "Anna"}));
}

#[test]
fn everything_wrong_is_named_at_once_and_no_value_repeated() {
    let errors = normalise(
        "contact",
        json!({"emails": ["a@b.de", "secret"], "birthday": "secret", "addresses": {"country": "secret"}, "given_nam": "x", "version": 3, "phones": [[]]}),
    )
    .unwrap_err();
    let mut found: Vec<(&str, &str)> = errors.iter().map(|error| (error.field.as_str(), error.code.as_str())).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("addresses[0].country", "unknown_country"),
            ("birthday", "not_a_date"),
            ("emails[1]", "not_an_email"),
            ("given_nam", "unknown_field"),
            ("phones[0]", "not_text"),
            ("version", "read_only"),
        ]
    );
    assert!(errors.iter().any(|error| error.message.de.contains("`given_name`")));
    assert!(!format!("{errors:?}").contains("secret"));
}

#[test]
fn a_northwind_order_fits() {
    let order = normalise(
        "order",
        json!({
            "number": "10248", "customer": "00000000000000000000000001", "employee": "5", "ordered_on": "1996-07-04 00:00:00.000",
            "required_on": "1996-08-01 00:00:00.000", "shipped_on": "1996-07-16 00:00:00.000", "shipped_by": 3, "freight": "32.38",
            "recipient_name": "Vins et alcools Chevalier", "origin": "Northwind", "activity": "order-processing",
            "recipient_address": {"street": "59 rue de l'Abbaye", "city": "Reims", "region": null, "postal_code": "51100", "country": "France"}
        }),
    )
    .unwrap();
    assert_eq!(order["freight"], json!({"amount": "32.38", "currency": "EUR"}));
    assert_eq!(order["ordered_on"], "1996-07-04");
    assert_eq!(order["recipient_address"]["country"], "FR");
    assert!(MODULES.get("order").unwrap().check(&order, jiff::civil::date(2026, 11, 23)).is_ok());
}

#[test]
fn too_many_items_are_refused() {
    let many: Vec<String> = (0..51).map(|number| format!("a{number}@b.de")).collect();
    assert_eq!(normalise("contact", json!({ "emails": many })).unwrap_err()[0].code, "too_many");
}

/// JSON of any shape, leaning towards what values look like.
fn any_json() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        any::<String>(),
        "[0-9.,' €A-Z+-]{0,14}",
        "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{4}( 00:00)?",
        "(tel:|mailto:|https://)*[a-z0-9@.: ]{0,20}",
        "[\u{300}\u{301}aeAE\u{feff}\r\n\t ]{0,8}",
        "(DE|GB|ge)[0-9]{2}[0-9A-Z ]{10,24}",
        Just("Germany".to_owned()),
        Just("person".to_owned()),
        Just("00000000000000000000000001".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    let keys = prop_oneof![
        any::<String>(),
        proptest::sample::select(vec![
            "value", "label", "amount", "currency", "country", "extra", "street", "text", "city"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(keys.clone(), inner, 0..5)
                .prop_map(|parts| Value::from(parts.into_iter().collect::<Map>())),
        ]
    })
}

/// A module and a value for one of its fields: one at a time, so that a refusal of one does not hide the others.
fn any_field_and_value() -> impl Strategy<Value = (String, String, Value)> {
    let fields: Vec<(String, String)> = MODULES
        .iter()
        .flat_map(|definition| definition.fields.iter().map(|field| (definition.name.clone(), field.name.clone())))
        .collect();
    (proptest::sample::select(fields), any_json()).prop_map(|((module, field), value)| (module, field, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn normalising_twice_changes_nothing_and_never_panics((module, field, value) in any_field_and_value(), patch: bool, tolerant: bool) {
        let definition = MODULES.get(&module).unwrap();
        let options = NormaliseOptions { patch, tolerant, zone: base::zone("Europe/Berlin") };
        let input: Map = [(field.clone(), value)].into_iter().collect();
        if let Ok(once) = definition.normalise(&input, &options) {
            let twice = definition.normalise(&once, &options);
            prop_assert_eq!(twice.as_ref(), Ok(&once));
            // what is canonical can be shown, checked, taken apart and put together again
            let _ = definition.check(&once, jiff::civil::date(2026, 11, 23));
            let _ = definition.title(&once, &|_| None);
            let _ = definition.plain_text(&once);
            for lang in ["de", "en"] {
                let _ = definition.display(&field, once.get(&field).unwrap_or(&Value::Null), lang);
            }
            prop_assert_eq!(definition.split(&once).join(), once);
        }
    }

    #[test]
    fn arbitrary_objects_never_panic(input in prop::collection::hash_map(any::<String>(), any_json(), 0..6)) {
        let input: Map = input.into_iter().collect();
        for definition in MODULES.iter() {
            let _ = definition.normalise(&input, &NormaliseOptions::default());
            let _ = definition.check(&input, jiff::civil::date(2026, 11, 23));
            let _ = definition.title(&input, &|_| None);
            let _ = definition.plain_text(&input);
        }
    }
}
