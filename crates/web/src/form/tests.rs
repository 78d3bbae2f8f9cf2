//! The way of values through a form and back.
use super::read::read;
use super::*;
use crate::lang::Lang;
use crate::query::Pairs;
use crate::words::Words;
use base::TimeZone;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::module::{Definition, FieldType, Map};
use store::module::{FieldError, Label, NormaliseOptions, parse};

/// A module with a field of every kind.
pub(crate) fn everything() -> Definition {
    let mut text = String::from(
        r#"
        name = "thing"
        label = { de = "Ding", en = "Thing" }
        plural = { de = "Dinge", en = "Things" }
        purpose = { de = "Prüfung", en = "Test" }
        class = "record"
        title = "{text}"
        "#,
    );
    for (kind, _) in FieldType::ALL {
        let more = match *kind {
            "choice" | "choices" => {
                "choices = [ { key = \"a\", label = { de = \"Ä\", en = \"A\" } }, { key = \"b\", label = { de = \"B\", en = \"B\" } } ]"
            }
            "link" => "to = [\"thing\"]",
            "identifier" => "identifier = \"iban\"",
            _ => "",
        };
        let label = format!("{{ de = \"{kind}\", en = \"{kind}\" }}");
        for (name, many) in [((*kind).to_owned(), false), (format!("{kind}_list"), true)] {
            if many && matches!(*kind, "choices" | "choice" | "boolean") {
                continue;
            }
            let more = format!(
                "\n[[field]]\nname = \"{name}\"\ntype = \"{kind}\"\nlabel = {label}\npurpose = {label}\nprotection = \"internal\"\nmany = {many}\n{more}\n"
            );
            text.push_str(&more);
        }
    }
    parse(&text, "thing.toml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn values() -> Map {
    let json = json!({
        "text": "Müller & <b>", "long_text": "eins\nzwei", "integer": 12, "decimal": "1234.50",
        "money": {"amount": "9.90", "currency": "EUR"}, "date": "2026-11-23", "date_time": "2026-11-23T09:30:00.000Z",
        "boolean": false, "choice": "b", "choices": ["a", "b"], "email": "a@example.org", "phone": "+49 30 1", "url": "https://example.org/",
        "country": "DE", "address": {"street": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
        "link": "00000000000000000000000000",
        "email_list": ["a@example.org", {"value": "b@example.org", "label": "work"}],
        "address_list": [{"city": "Ulm", "label": "home"}, {"text": "irgendwo"}],
        "money_list": [{"value": {"amount": "1.00", "currency": "EUR"}, "label": "Rabatt"}],
    });
    let Value::Object(map) = json else { panic!() };
    map
}

#[test]
fn a_record_comes_back_from_its_form_unchanged() {
    let definition = everything();
    let zone = base::zone("Europe/Berlin").unwrap();
    let options = NormaliseOptions { zone: Some(zone.clone()), ..NormaliseOptions::default() };
    for english in [false, true] {
        let stored = definition.normalise(&values(), &options).unwrap();
        let mut typed = fill(&definition, &stored, &zone, english);
        typed.compact(&definition);
        let read = read(&definition, &typed, &|_| true);
        let back = definition.normalise(&read, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(Value::Object(back), Value::Object(stored));
    }
}

#[test]
fn an_emptied_input_is_null_and_a_hidden_one_is_left_out() {
    let definition = everything();
    let pairs = Pairs::read("f.text=&f.integer=5&f.money.currency=EUR").unwrap();
    let typed = Typed::of(&pairs);
    let read = read(&definition, &typed, &|field| field.name != "integer");
    assert_eq!(read.get("text"), Some(&Value::Null));
    assert_eq!(read.get("money"), Some(&Value::Null), "a currency without an amount is nothing");
    assert!(!read.contains_key("integer"));
}

#[test]
fn empty_rows_go_and_messages_stand_beside_their_row() {
    let definition = everything();
    let pairs = Pairs::read(
        "f.email_list.0=&f.email_list.3=x&f.email_list.3.label=work&f.email_list.7=b%40example.org&do=add:email_list",
    )
    .unwrap();
    let mut typed = Typed::of(&pairs);
    typed.compact(&definition);
    assert_eq!(Action::of(&pairs), Action::Add("email_list".into()));
    let read = read(&definition, &typed, &|_| true);
    assert_eq!(read.get("email_list"), Some(&json!([{"value": "x", "label": "work"}, "b@example.org"])));
    let errors = [FieldError {
        field: "email_list[0]".into(),
        code: "no_email".into(),
        message: Label::new("Keine Adresse", "No address"),
    }];
    let modules = store::module::packs::load(&[]).unwrap();
    let links = HashMap::new();
    let context =
        Context { words: Words(Lang::De), modules: &modules, errors: &errors, links: &links, add: Some("email_list") };
    let inputs = build(&definition, &typed, &context, &|_| true);
    let emails = inputs.iter().find(|input| input.name == "email_list").unwrap();
    assert_eq!(emails.rows.len(), 3, "two filled ones and the new one");
    assert_eq!(emails.rows[0].errors, ["Keine Adresse"]);
    assert!(emails.rows[1].errors.is_empty());
    assert!(matches!(&emails.rows[0].control, Control::Line { value, kind: "email", .. } if value == "x"));
}

#[test]
fn a_removed_row_is_gone() {
    let definition = everything();
    let pairs = Pairs::read("f.phone_list.0=1&f.phone_list.1=2&f.phone_list.10=3&do=remove:phone_list:1").unwrap();
    let mut typed = Typed::of(&pairs);
    let Action::Remove(name, place) = Action::of(&pairs) else { panic!() };
    typed.remove(definition.field(&name).unwrap(), place);
    typed.compact(&definition);
    assert_eq!(read(&definition, &typed, &|_| true).get("phone_list"), Some(&json!(["1", "3"])));
}

#[test]
fn what_is_chosen_but_unknown_stays() {
    let definition = everything();
    let modules = store::module::packs::load(&[]).unwrap();
    let links = HashMap::new();
    let context = Context { words: Words(Lang::De), modules: &modules, errors: &[], links: &links, add: None };
    let typed = Typed::of(&Pairs::read("f.choice=old").unwrap());
    let inputs = build(&definition, &typed, &context, &|field| field.name == "choice");
    let Control::Select { options } = &inputs[0].rows[0].control else { panic!() };
    assert!(options.iter().any(|choice| choice.key == "old" && choice.chosen));
    assert_eq!(TimeZone::UTC, TimeZone::UTC);
}
