//! A record's values as texts in the inputs of a form.
use super::{ADDRESS_PARTS, Typed, base, part_name};
use base::{TimeZone, Timestamp};
use serde_json::Value;
use store::module::{Definition, Field, FieldType, Map};

/// Fills a form. Moments are shown in `zone`, numbers as `lang` writes them, everything else as it is stored.
pub fn fill(definition: &Definition, values: &Map, zone: &TimeZone, english: bool) -> Typed {
    let mut typed = Typed::default();
    for field in &definition.fields {
        let Some(value) = values.get(&field.name) else { continue };
        match value {
            Value::Array(items) if field.many => {
                for (place, item) in items.iter().enumerate() {
                    fill_one(&mut typed, field, place, item, zone, english);
                }
            }
            Value::Array(keys) => {
                typed.set_all(base(field, 0), keys.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect());
            }
            value => fill_one(&mut typed, field, 0, value, zone, english),
        }
    }
    typed
}

fn fill_one(typed: &mut Typed, field: &Field, place: usize, item: &Value, zone: &TimeZone, english: bool) {
    let base = base(field, place);
    let (value, note) = match item {
        Value::Object(parts) if parts.contains_key("value") => (parts.get("value").unwrap_or(item), parts.get("label")),
        Value::Object(parts) => (item, parts.get("label")),
        other => (other, None),
    };
    if let Some(note) = note.and_then(Value::as_str) {
        typed.set(part_name(&base, "label"), note.to_owned());
    }
    let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match field.kind {
        FieldType::Money => {
            typed.set(part_name(&base, "amount"), number(&part("amount"), english));
            typed.set(part_name(&base, "currency"), part("currency"));
        }
        FieldType::Address => {
            for name in ADDRESS_PARTS {
                typed.set(part_name(&base, name), part(name));
            }
        }
        _ => typed.set(base, text(field, value, zone, english)),
    }
}

fn text(field: &Field, value: &Value, zone: &TimeZone, english: bool) -> String {
    match (field.kind, value) {
        (FieldType::Decimal, Value::String(digits)) => number(digits, english),
        (FieldType::DateTime, Value::String(moment)) => local(moment, zone).unwrap_or_else(|| moment.clone()),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, other) => other.to_string(),
    }
}

/// As an input shows it: with a comma in German, without groups.
fn number(digits: &str, english: bool) -> String {
    if english { digits.to_owned() } else { digits.replace('.', ",") }
}

/// A stored moment as an input of the type `datetime-local` wants it.
fn local(moment: &str, zone: &TimeZone) -> Option<String> {
    let moment = Timestamp::try_from(moment.to_owned()).ok()?;
    let date = base::date_in(moment, zone);
    Some(format!("{date}T{}", crate::format::clock(moment, zone)?))
}
