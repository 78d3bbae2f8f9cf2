//! Mapping: how the cells of one row become the values of one or more records, and how these are linked.
//!
//! A mapping comes from a file that a person writes ([`Mapping::parse`]) or from a guess ([`super::guess()`]); both are the same
//! thing, and [`Mapping::to_toml`] writes a guess as the file that a person goes on editing. The file's form is described in
//! `docs/import.md`.
mod apply;
mod own;
mod parse;
mod rule;
mod several;
mod template;
mod write;

use base::TimeZone;
use serde_json::{Map, Value};

pub use apply::{apply, apply_with};
pub use own::{OWN_ADDRESS, OWN_LABEL, OWN_MORE, own_values};
pub(super) use parse::parts;
pub use rule::{NamePart, Rule};
pub use several::Several;
pub use template::Template;

use super::table::TableOptions;

/// In which order a date such as `3/4/2025` has its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// Day first; what Europe writes.
    #[default]
    DayFirst,
    /// Month first; what the United States write.
    MonthFirst,
}

/// Which character separates the fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decimal {
    /// The last of point and comma; a lone comma or point with exactly three digits behind it is a thousands separator
    /// only where the other one stands too.
    #[default]
    Auto,
    /// `1.234,50`
    Comma,
    /// `1,234.50`
    Point,
}

/// How a row becomes records.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// How the table is read.
    pub table: TableOptions,
    /// Cells that mean "no value", compared after trimming; the empty cell always does.
    pub null: Vec<String>,
    /// Order of ambiguous dates.
    pub date_order: DateOrder,
    /// Further date formats (`%d-%b-%y`), tried first.
    pub date_formats: Vec<String>,
    /// Separator of fractions.
    pub decimal: Decimal,
    /// Zone of moments without an offset. [`Mapping::parse`] sets Europe/Berlin where the file names none; the caller
    /// overwrites it with the tenant's.
    pub zone: TimeZone,
    /// Field that takes what has not the form of its own, with the column's name in front; without it such a row is rejected.
    /// A guess names the notes here, so that an odd birthday keeps no contact out.
    pub unfit: Option<String>,
    /// The records that one row makes, in this order; a link may only go to an earlier one.
    pub records: Vec<RecordMap>,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            table: TableOptions::default(),
            null: Vec::new(),
            date_order: DateOrder::default(),
            date_formats: Vec::new(),
            decimal: Decimal::default(),
            zone: TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC),
            unfit: None,
            records: Vec::new(),
        }
    }
}

/// One record that a row makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordMap {
    /// Name within the mapping; by default the module's.
    pub alias: String,
    /// Module of the record.
    pub module: String,
    /// Key by which the source knows the record; stored in its `external_id`, and by it a later import finds it again.
    pub key: Option<Template>,
    /// Id that an export of this program gave the record: in the same business it is there already.
    pub id: Option<Template>,
    /// The record is made only if this has a value.
    pub when: Option<Template>,
    /// Field and rule.
    pub fields: Vec<(String, Rule)>,
    /// Link field and its target.
    pub links: Vec<(String, LinkRule)>,
}

/// Where a link goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkRule {
    /// To another record of the same row, by its alias.
    Row(String),
    /// To a record that is stored already.
    Stored {
        /// Its module.
        module: String,
        /// The field that tells it, usually `external_id`.
        by: String,
        /// The value that the field must have.
        value: Template,
        /// Make it, with this one value, if there is none.
        create: bool,
        /// Its id, or several with semicolons, as an export of this program has them; where they are known they go first.
        id: Option<Template>,
    },
}

/// Where a link of one row goes, with the row's values filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// To the record of the same row that stands at this place of the list.
    Row(usize),
    /// To the stored record of `module` whose field `by` has `value`.
    Stored {
        /// Its module.
        module: String,
        /// Field that tells it.
        by: String,
        /// Value of the field.
        value: String,
        /// Make it if there is none.
        create: bool,
        /// Its id, or several with semicolons.
        id: Option<String>,
    },
}

/// A record as a row gives it: not yet validated, links not yet resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedRecord {
    /// Module.
    pub module: String,
    /// Name within the mapping.
    pub alias: String,
    /// Id of the record in the business from which this program exported it.
    pub id: Option<String>,
    /// The source's key; also in `values` as `external_id`.
    pub key: Option<String>,
    /// Field and value in the canonical JSON form; fields without a value are absent.
    pub values: Map<String, Value>,
    /// Link field and target.
    pub links: Vec<(String, LinkTarget)>,
}

/// Field of contact, organisation and order that holds the key of the source.
pub const EXTERNAL_ID: &str = "external_id";

#[cfg(test)]
mod tests;
