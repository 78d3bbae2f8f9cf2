//! Values as a person reads them: in lists, in the history, in exports for people, in full text.
use super::value::number::Digits;
use super::value::{address, country};
use super::{Definition, Field, FieldType, Map};
use serde_json::Value;

impl Definition {
    /// A canonical value of a field as text on one line, in German unless `lang` is English. Several items are joined with commas, an item's
    /// label follows in brackets. A link gives its id: its title is the caller's to look up. An unknown field or a value of another shape
    /// (left from an older definition) gives what can be read of it.
    pub fn display(&self, field: &str, value: &Value, lang: &str) -> String {
        match self.field(field) {
            Some(field) => show(field, value, lang).split('\n').collect::<Vec<_>>().join(", "),
            None => plain(value),
        }
    }

    /// The fields that go to full-text search, each with its words: choices and countries in both languages, addresses by line.
    pub fn plain_text(&self, values: &Map) -> Vec<(String, String)> {
        let searchable = self.fields.iter().filter(|field| field.searchable);
        let mut texts = Vec::new();
        for field in searchable {
            let Some(value) = values.get(&field.name) else { continue };
            let mut text = show(field, value, "de");
            if matches!(field.kind, FieldType::Choice | FieldType::Choices | FieldType::Country | FieldType::Boolean) {
                text = format!("{text}\n{}", show(field, value, "en"));
            }
            texts.push((field.name.clone(), text));
        }
        texts
    }
}

fn show(field: &Field, value: &Value, lang: &str) -> String {
    let english = lang == "en" || lang.starts_with("en-");
    match (field.kind, value) {
        (_, Value::Null) => String::new(),
        (FieldType::Choices, Value::Array(keys)) => {
            keys.iter().map(|key| choice_label(field, key, lang)).collect::<Vec<_>>().join(", ")
        }
        (_, Value::Array(items)) => items.iter().map(|item| show(field, item, lang)).collect::<Vec<_>>().join(", "),
        (FieldType::Address, Value::Object(parts)) => labelled(address::lines(parts, lang).join(", "), value),
        (FieldType::Money, Value::Object(parts)) if parts.contains_key("amount") => money(parts, english),
        (_, Value::Object(parts)) => match parts.get("value") {
            Some(inner) if !inner.is_object() || field.kind == FieldType::Money => {
                labelled(show(field, inner, lang), value)
            }
            _ => plain(value),
        },
        (FieldType::Choice, key) => choice_label(field, key, lang),
        (FieldType::Country, Value::String(code)) => country::name_of(code, lang).to_owned(),
        (FieldType::Decimal, Value::String(text)) => {
            Digits::read(text).map_or_else(|| text.clone(), |digits| digits.display(english))
        }
        (FieldType::Date, Value::String(text)) => date(text, english),
        (FieldType::Boolean, Value::Bool(truth)) => match (truth, english) {
            (true, false) => "Ja",
            (true, true) => "Yes",
            (false, false) => "Nein",
            (false, true) => "No",
        }
        .to_owned(),
        (_, other) => plain(other),
    }
}

fn labelled(text: String, item: &Value) -> String {
    match item.get("label").and_then(Value::as_str) {
        Some(label) => format!("{text} ({label})"),
        None => text,
    }
}

fn choice_label(field: &Field, key: &Value, lang: &str) -> String {
    let key = key.as_str().unwrap_or_default();
    field
        .choices
        .iter()
        .find(|choice| choice.key == key)
        .map_or_else(|| key.to_owned(), |choice| choice.label.get(lang).to_owned())
}

fn money(parts: &Map, english: bool) -> String {
    let part = |name: &str| parts.get(name).and_then(Value::as_str).unwrap_or_default();
    let amount =
        Digits::read(part("amount")).map_or_else(|| part("amount").to_owned(), |digits| digits.display(english));
    match (part("currency"), english) {
        ("EUR", false) => format!("{amount} €"),
        ("EUR", true) => format!("€{amount}"),
        (currency, false) => format!("{amount} {currency}"),
        (currency, true) => format!("{currency} {amount}"),
    }
}

/// `23.11.2026` in German, `2026-11-23` in English: neither can be mistaken for another day.
fn date(text: &str, english: bool) -> String {
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] if !english => format!("{day}.{month}.{year}"),
        _ => text.to_owned(),
    }
}

/// Every text in a value, without knowing what it is.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(parts) => parts.values().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
