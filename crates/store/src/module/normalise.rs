//! Values as they come in, made the one form in which they are stored, compared and sealed.
use super::definition::RESERVED_FIELDS;
use super::problem::nearest;
use super::value::{self, Reading, Refusal, text};
use super::{Definition, Field, FieldError, FieldType, Map};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

#[cfg(test)]
mod tests;

/// Most characters of an item's label (`work`).
const MAX_LABEL: usize = 60;

/// How [`Definition::normalise`] reads. The default is a whole new record, typed by a person.
#[derive(Debug, Clone, Default)]
pub struct NormaliseOptions {
    /// The input is a merge patch: null is kept as "remove", and no default is filled in.
    pub patch: bool,
    /// The input comes from another system: what does not fit its place but can be kept elsewhere is (an unknown country of an
    /// address becomes a line of it).
    pub tolerant: bool,
    /// Zone of a date-time that names none; without it such a value is refused.
    pub zone: Option<TimeZone>,
}

impl Definition {
    /// Reads values and gives their canonical form; all that is wrong at once. Reading the result again gives the same.
    ///
    /// | type | canonical |
    /// |---|---|
    /// | text, e-mail, phone, url, identifier, link | string, NFC, trimmed |
    /// | long text | the same with `\n` |
    /// | integer, boolean | JSON number, JSON truth |
    /// | decimal | `"1234.50"` |
    /// | money | `{"amount": "1234.50", "currency": "EUR"}` |
    /// | date, date-time | `"2026-11-23"`, `"2026-11-23T10:00:00.000Z"` |
    /// | choice, choices | key, array of keys |
    /// | country | `"DE"` |
    /// | address | object of `extra`, `street`, `postal_code`, `city`, `region`, `country`, `text`, at least one of them |
    ///
    /// A `many` field is an array of these; an item with a label is `{"value": …, "label": "work"}` (an address has the label in
    /// itself); a single value becomes an array of one. An empty text, list or object and null are no value: the key is absent, or null
    /// with [`NormaliseOptions::patch`]. Unknown and reserved names are errors.
    pub fn normalise(&self, input: &Map, options: &NormaliseOptions) -> Result<Map, Vec<FieldError>> {
        let mut values = Map::new();
        let mut errors = Vec::new();
        for (name, given) in input {
            let Some(field) = self.field(name) else {
                errors.push(self.unknown(name));
                continue;
            };
            match read_field(field, given, options, &mut errors) {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None if options.patch => {
                    values.insert(name.clone(), Value::Null);
                }
                None => {}
            }
        }
        if !options.patch {
            for field in &self.fields {
                if let Some(default) = &field.default {
                    values.entry(field.name.clone()).or_insert_with(|| default.clone());
                }
            }
        }
        if errors.is_empty() { Ok(values) } else { Err(errors) }
    }

    fn unknown(&self, name: &str) -> FieldError {
        let shown: String = name.chars().filter(|letter| !letter.is_control()).take(60).collect();
        if RESERVED_FIELDS.contains(&name) {
            return FieldError::new(
                shown,
                "read_only",
                "Dieses Feld setzt das Programm selbst.",
                "This field is set by the program itself.",
            );
        }
        let near = nearest(name, self.fields.iter().map(|field| field.name.as_str()));
        let (de, en) = near
            .map(|near| (format!(" Gemeint ist vielleicht `{near}`."), format!(" Perhaps `{near}` is meant.")))
            .unwrap_or_default();
        FieldError::new(
            shown,
            "unknown_field",
            format!("„{}“ hat dieses Feld nicht.{de}", self.label.de),
            format!("“{}” does not have this field.{en}", self.label.en),
        )
    }
}

fn read_field(field: &Field, given: &Value, options: &NormaliseOptions, errors: &mut Vec<FieldError>) -> Option<Value> {
    if given.is_null() {
        return None;
    }
    if !field.many {
        return note(value::read(field, given, options), &field.name, errors);
    }
    let single = [given.clone()];
    let items = given.as_array().map_or(single.as_slice(), Vec::as_slice);
    if items.len() > Field::MAX_ITEMS {
        let max = Field::MAX_ITEMS;
        let refusal = Refusal::new("too_many", format!("Höchstens {max} Einträge."), format!("At most {max} items."));
        return note(Err(refusal), &field.name, errors);
    }
    let mut kept: Vec<Value> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let item = note(read_item(field, item, options), &format!("{}[{place}]", field.name), errors);
        kept.extend(item.filter(|item| !kept.contains(item)));
    }
    (!kept.is_empty()).then(|| kept.into())
}

/// One item of a `many` field with its label, if it has one.
fn read_item(field: &Field, item: &Value, options: &NormaliseOptions) -> Reading {
    let Value::Object(parts) = item else {
        return if item.is_null() { Ok(None) } else { value::read(field, item, options) };
    };
    let label = match parts.get("label") {
        None | Some(Value::Null) => None,
        Some(label) => text::line(&value::as_text(label)?, MAX_LABEL)?,
    };
    if field.kind == FieldType::Address {
        let rest: Map = parts
            .iter()
            .filter(|(name, _)| *name != "label")
            .map(|(name, part)| (name.clone(), part.clone()))
            .collect();
        let mut address = value::read(field, &rest.into(), options)?;
        if let (Some(Value::Object(parts)), Some(label)) = (&mut address, label) {
            parts.insert("label".to_owned(), label);
        }
        return Ok(address);
    }
    if !parts.contains_key("value") {
        return value::read(field, item, options); // money is an object itself
    }
    if parts.keys().any(|name| !["value", "label"].contains(&name.as_str())) {
        return Err(Refusal::new(
            "unknown_part",
            "Ein Eintrag hat nur die Teile value und label.",
            "An item has only the parts value and label.",
        ));
    }
    let inner = parts.get("value").filter(|inner| !inner.is_null());
    let Some(inner) = inner.map(|inner| value::read(field, inner, options)).transpose()?.flatten() else {
        return Ok(None);
    };
    Ok(Some(match label {
        Some(label) => json!({"value": inner, "label": label}),
        None => inner,
    }))
}

/// The value of a reading; a refusal becomes an error of the field.
fn note(reading: Reading, place: &str, errors: &mut Vec<FieldError>) -> Option<Value> {
    match reading {
        Ok(value) => value,
        Err(refusal) => {
            let field = refusal.part.map_or_else(|| place.to_owned(), |part| format!("{place}.{part}"));
            errors.push(FieldError { field, code: refusal.code.to_owned(), message: refusal.message });
            None
        }
    }
}
