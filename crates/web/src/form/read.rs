//! Inputs of a form as values of a record, in the shape that [`Definition::normalise`] takes.
use super::{ADDRESS_PARTS, Typed, base, part_name};
use serde_json::{Map as Object, Value, json};
use store::module::{Definition, Field, FieldType, Map};

/// The values of a form whose rows are compact. An empty input is null: the value goes. Fields that `shown` does not let through are
/// left out, so that what a form did not show is not changed by it.
pub fn read(definition: &Definition, typed: &Typed, shown: &dyn Fn(&Field) -> bool) -> Map {
    let mut values = Map::new();
    for field in definition.fields.iter().filter(|field| shown(field)) {
        let value = if field.many {
            let items: Vec<Value> = (0..typed.filled_rows(field)).map(|place| read_one(field, typed, place)).collect();
            if items.is_empty() { Value::Null } else { items.into() }
        } else {
            read_one(field, typed, 0)
        };
        values.insert(field.name.clone(), value);
    }
    values
}

fn read_one(field: &Field, typed: &Typed, place: usize) -> Value {
    if !typed.is_filled(field, place) {
        return Value::Null;
    }
    let base = base(field, place);
    let note = Some(typed.text(&part_name(&base, "label"))).filter(|note| field.many && !note.is_empty());
    let value = match field.kind {
        FieldType::Address => {
            let mut parts = Object::new();
            for name in ADDRESS_PARTS {
                let text = typed.text(&part_name(&base, name));
                if !text.is_empty() {
                    parts.insert(name.to_owned(), text.into());
                }
            }
            if let Some(note) = note {
                parts.insert("label".to_owned(), note.into());
            }
            return parts.into();
        }
        FieldType::Money => {
            let currency = typed.text(&part_name(&base, "currency"));
            let currency = if currency.is_empty() { "EUR" } else { currency };
            json!({"amount": typed.text(&part_name(&base, "amount")), "currency": currency})
        }
        FieldType::Choices => typed.chosen(&base).into(),
        FieldType::Boolean => match typed.text(&base) {
            "true" => true.into(),
            "false" => false.into(),
            other => other.into(),
        },
        _ => typed.text(&base).into(),
    };
    match note {
        Some(note) => json!({"value": value, "label": note}),
        None => value,
    }
}
