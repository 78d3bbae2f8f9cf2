//! What is wrong with one value, worded for the person who typed it.
use super::Label;
use base::{Kind, Kinded};
use serde::Serialize;

/// Why a value is refused. Names the field and never repeats the value, so that it can be logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {code}")]
pub struct FieldError {
    /// The field; `emails[2]` for an item, `address.country` for a part; empty when it is about the whole record.
    pub field: String,
    /// Stable name of what is wrong, for scripts: `required`, `not_a_date`.
    pub code: String,
    /// A sentence in both languages.
    pub message: Label,
}

impl FieldError {
    pub(super) fn new(field: impl Into<String>, code: &str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.to_owned(), message: Label::new(de, en) }
    }
}

impl Kinded for FieldError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
