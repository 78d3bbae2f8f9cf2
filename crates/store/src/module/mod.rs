//! Modules as data: what a kind of record is, read from `packs/` or from a tenant's own file, and what follows from it for one record's
//! values (F-060, F-061, O-86).
//!
//! Everything here is pure: text goes in, definitions, values and messages come out. No database, no file, no clock: today's date is a
//! parameter. Whoever changes the meaning of a value changes [`Definition::normalise`]; whoever adds a key to the file format changes `parse`.
mod activities;
mod check;
mod classes;
mod correction;
mod cost;
mod definition;
mod display;
mod error;
mod expression;
mod fingerprint;
mod modules;
mod normalise;
pub mod packs;
mod parse;
mod patch;
mod problem;
mod reader;
mod split;
mod state;
mod title;
mod value;

pub use activities::{Activities, Activity, parse_activities};
pub use classes::{Classes, DeletionClass, From, Mode, Rule, Start, parse_classes};
pub use correction::Correction;
pub use definition::{
    Check, Choice, Copy, CopySource, Definition, Field, FieldType, IdentifierKind, Label, Protection, RESERVED_FIELDS,
    State, Subject,
};
pub use error::FieldError;
pub use expression::Expression;
pub use modules::Modules;
pub use normalise::NormaliseOptions;
pub use parse::parse;
pub use problem::{Problem, Problems};
pub use split::{PartKey, Split};
pub use title::Title;
pub use value::country::{countries, country_code};
pub use value::email::{is_email, is_host};
pub use value::identifier::vin_check_digit_fits;
pub use value::phone::phone_digits;

/// The values of one record: field name to value in canonical form; an absent key is "no value".
pub type Map = serde_json::Map<String, serde_json::Value>;
