//! Forms from a module's definition: which inputs, filled from a record, read back into values. Works without JavaScript; nothing that
//! was typed is lost on the way (design, *Interface*; F-060).
//!
//! An input's name is `f.<field>`, for one of several values `f.<field>.<row>`; its parts follow after a dot: `f.price.amount`,
//! `f.addresses.0.street`, `f.emails.1.label`.
mod build;
mod fill;
mod read;
mod typed;

#[cfg(test)]
pub(crate) mod tests;

pub use build::{Context, build};
pub use fill::fill;
pub use read::read;
pub use typed::{Action, Typed};

use store::module::{Field, FieldType, Protection};

/// A field as a form shows it.
#[expect(clippy::struct_excessive_bools, reason = "a form has as many yes-or-no sides as its template asks for")]
#[derive(Debug, Clone)]
pub struct FieldInput {
    /// Name of the field.
    pub name: String,
    /// What a user reads.
    pub label: String,
    /// Whether a record needs it.
    pub required: bool,
    /// Whether it has several values.
    pub many: bool,
    /// Whether it is hidden from readers without the right.
    pub sensitive: bool,
    /// Whether it takes the whole width.
    pub wide: bool,
    /// One row per value; at least one.
    pub rows: Vec<Row>,
    /// What is wrong with the field as a whole.
    pub errors: Vec<String>,
}

/// One value of a field.
#[derive(Debug, Clone)]
pub struct Row {
    /// Place among the values, from 0.
    pub place: usize,
    /// Name of the input, and its id in the page.
    pub base: String,
    /// What is typed into.
    pub control: Control,
    /// Label of a value of a field with several (`work`); `None` where there is none.
    pub note: Option<String>,
    /// What is wrong with this value.
    pub errors: Vec<String>,
}

/// What a value is typed into.
#[derive(Debug, Clone)]
pub enum Control {
    /// One line.
    Line {
        /// The input's type.
        kind: &'static str,
        /// Which keyboard a phone shows.
        mode: &'static str,
        /// What the browser may fill in; `off` for other people's data.
        max: usize,
        /// What is typed.
        value: String,
    },
    /// Several lines.
    Area {
        /// Most characters.
        max: usize,
        /// What is typed.
        value: String,
    },
    /// One of some.
    Select {
        /// The choices, the empty one first.
        options: Vec<Choice>,
    },
    /// Some of some.
    Checks {
        /// The choices.
        options: Vec<Choice>,
    },
    /// Amount and currency.
    Money {
        /// Amount as typed.
        amount: String,
        /// Currency as typed.
        currency: String,
    },
    /// Postal address.
    Address {
        /// Its parts.
        parts: Vec<Part>,
    },
    /// Another record.
    Link {
        /// Who can be chosen; the present one first.
        options: Vec<Choice>,
        /// What was looked for.
        find: String,
        /// Modules that may be linked to, for the script's suggestions.
        modules: String,
    },
}

/// One choice of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub key: String,
    /// What a user reads.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// One part of an address.
#[derive(Debug, Clone)]
pub struct Part {
    /// `street`.
    pub name: &'static str,
    /// What a user reads.
    pub label: String,
    /// What is typed.
    pub value: String,
    /// Whether it has several lines.
    pub area: bool,
    /// What can be chosen, if it is a choice.
    pub options: Vec<Choice>,
    /// What is wrong with it.
    pub errors: Vec<String>,
}

/// The parts of an address in the order of the form.
pub(crate) const ADDRESS_PARTS: [&str; 7] = ["extra", "street", "postal_code", "city", "region", "country", "text"];

/// Name of the input of a value.
fn base(field: &Field, place: usize) -> String {
    if field.many { format!("f.{}.{place}", field.name) } else { format!("f.{}", field.name) }
}

/// The parts of an input's name by kind; the empty one is the input itself.
fn parts(kind: FieldType) -> &'static [&'static str] {
    match kind {
        FieldType::Money => &["amount", "currency"],
        FieldType::Address => &ADDRESS_PARTS,
        _ => &[""],
    }
}

fn part_name(base: &str, part: &str) -> String {
    if part.is_empty() { base.to_owned() } else { format!("{base}.{part}") }
}

fn is_sensitive(field: &Field) -> bool {
    field.protection == Protection::Sensitive
}
