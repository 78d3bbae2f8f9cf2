//! Guesses a mapping from the names of the columns, to be shown before it runs and to be kept as a mapping file.
//!
//! A guess never invents: a column that is not understood is not taken, and [`Guess::describe`] says so.
mod address;
mod build;
mod finish;
mod header;
mod own;
mod words;

use std::fmt::Write;

use super::map::Mapping;
use super::table::Headers;

pub use build::guess;

/// A field of the module that rows go into, as far as guessing needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetField {
    /// Name in the definition.
    pub name: String,
    /// German label.
    pub label_de: String,
    /// English label.
    pub label_en: String,
    /// Type as in a definition: `text`, `date`, `money`, `choice`, `link`, …
    pub kind: String,
    /// Whether it holds several values.
    pub many: bool,
    /// Key, German and English label of each choice.
    pub choices: Vec<(String, String, String)>,
    /// Modules that a link goes to.
    pub to: Vec<String>,
}

impl TargetField {
    /// The fields of a module, as its definition has them.
    pub fn all_of(definition: &store::module::Definition) -> Vec<Self> {
        let label = |label: &store::module::Label| (label.de.clone(), label.en.clone());
        let field = |field: &store::module::Field| {
            let (label_de, label_en) = label(&field.label);
            Self {
                name: field.name.clone(),
                label_de,
                label_en,
                kind: field.kind.name().to_owned(),
                many: field.many,
                choices: field
                    .choices
                    .iter()
                    .map(|choice| (choice.key.clone(), choice.label.de.clone(), choice.label.en.clone()))
                    .collect(),
                to: field.to.clone(),
            }
        };
        definition.fields.iter().map(field).collect()
    }

    /// A field without choices and targets, its labels being its name.
    pub fn new(name: &str, kind: &str, many: bool) -> Self {
        let text = name.to_owned();
        Self {
            name: text.clone(),
            label_de: text.clone(),
            label_en: text,
            kind: kind.to_owned(),
            many,
            choices: Vec::new(),
            to: Vec::new(),
        }
    }
}

/// How sure the guess of a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Not understood; the column is not taken.
    None,
    /// A known word stands within the header.
    Likely,
    /// The header is known, or is the name or label of the field.
    Sure,
}

/// What the guess does with one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnGuess {
    /// Name of the column.
    pub header: String,
    /// Where it goes: `given_name`, `addresses.city (work)`, `organisation.name`; `None` is nowhere.
    pub target: Option<String>,
    /// How sure that is.
    pub confidence: Confidence,
}

/// A guessed mapping and what became of each column.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The mapping, ready to run.
    pub mapping: Mapping,
    /// The columns in the order of the file.
    pub columns: Vec<ColumnGuess>,
}

impl Guess {
    /// Columns that are not taken.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|column| column.target.is_none()).map(|column| column.header.as_str())
    }

    /// Whether nothing was understood that fills a field; a column that only labels another one does not.
    pub fn is_empty(&self) -> bool {
        self.mapping.records.iter().all(|record| record.fields.is_empty() && record.links.is_empty())
    }

    /// One line a column: header, target, how sure. In German or English.
    pub fn describe(&self, german: bool) -> String {
        let width = self.columns.iter().map(|column| column.header.chars().count()).max().unwrap_or(0).min(40);
        let mut out = String::new();
        match (self.mapping.table.skip_lines, german) {
            (0, _) => {}
            (lines, true) => {
                let _ = writeln!(out, "(Zeilen über der Kopfzeile, die nicht gelesen werden: {lines})");
            }
            (lines, false) => {
                let _ = writeln!(out, "(lines above the head line that are not read: {lines})");
            }
        }
        for column in &self.columns {
            let (target, sure) = match (&column.target, column.confidence, german) {
                (None, _, true) => ("(wird nicht übernommen)", ""),
                (None, _, false) => ("(not taken)", ""),
                (Some(target), Confidence::Sure, _) => (target.as_str(), ""),
                (Some(target), _, true) => (target.as_str(), "  (vermutet)"),
                (Some(target), _, false) => (target.as_str(), "  (likely)"),
            };
            let pad = width.saturating_sub(column.header.chars().count());
            let _ = writeln!(out, "{}{} → {target}{sure}", column.header, " ".repeat(pad));
        }
        out
    }
}

/// The headers of a list of names, for callers that have no file at hand.
pub fn headers_of(names: &[&str]) -> Result<std::sync::Arc<Headers>, super::ImportError> {
    Headers::new(names.iter().map(|name| (*name).to_owned()).collect())
}

#[cfg(test)]
mod tests;
