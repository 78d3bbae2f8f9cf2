//! One value of one kind: what comes in, made canonical or refused. One file for each kind that has rules of its own.
pub(super) mod address;
pub(super) mod choice;
pub(super) mod country;
pub(super) mod email;
pub(super) mod identifier;
pub(super) mod number;
pub(super) mod phone;
pub(super) mod text;
pub(super) mod time;
pub(super) mod url;

use super::{Field, FieldType, Label, NormaliseOptions};
use serde_json::Value;

/// Why a value is refused; the caller knows the field.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: &'static str,
    pub message: Label,
    /// Which part of the value, for an address: `country`.
    pub part: Option<&'static str>,
}

impl Refusal {
    pub fn new(code: &'static str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, message: Label::new(de, en), part: None }
    }
}

/// A canonical value, or `None` where the input says nothing (an empty text).
pub(super) type Reading = Result<Option<Value>, Refusal>;

/// Reads one value of the field's kind; for a `many` field one item without its label.
pub(super) fn read(field: &Field, value: &Value, options: &NormaliseOptions) -> Reading {
    match field.kind {
        FieldType::Text => text::line(&as_text(value)?, field.max),
        FieldType::LongText => text::lines(&as_text(value)?, field.max),
        FieldType::Integer => number::integer(value),
        FieldType::Decimal => number::decimal(value),
        FieldType::Money => number::money(value),
        FieldType::Date => time::date(&as_text(value)?),
        FieldType::DateTime => time::date_time(&as_text(value)?, options),
        FieldType::Boolean => choice::boolean(value),
        FieldType::Choice => choice::one(&field.choices, &as_text(value)?),
        FieldType::Choices => choice::several(&field.choices, value),
        FieldType::Email => email::email(&as_text(value)?),
        FieldType::Phone => phone::phone(&as_text(value)?),
        FieldType::Url => url::url(&as_text(value)?),
        FieldType::Country => country::country(&as_text(value)?),
        FieldType::Address => address::address(value, options),
        FieldType::Identifier => identifier::identifier(field.identifier, &as_text(value)?),
        FieldType::Link => link(&as_text(value)?),
    }
}

/// The value as text; a number is taken as its digits.
pub(super) fn as_text(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Refusal::new("not_text", "Hier wird ein Text erwartet.", "A text is expected here.")),
    }
}

fn link(text: &str) -> Reading {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse::<base::RecordId>().map(|id| Some(id.to_string().into())).map_err(|_| {
        Refusal::new(
            "not_a_record",
            "Das ist keine Kennung eines Datensatzes (26 Zeichen).",
            "This is not the id of a record (26 characters).",
        )
    })
}
