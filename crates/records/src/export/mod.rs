//! Files for elsewhere: tables (CSV), JSON and address cards (vCard 4.0), and the list of rejected rows (F-070, F-083).
//!
//! Nothing here knows the database or decides what may leave; the caller asks the gate first.
mod guard;
mod json;
mod rejects;
mod table;
mod vcard;

pub use guard::{guard, unguard};
pub use json::{JsonArrayWriter, JsonLinesWriter};
pub use rejects::RejectsWriter;
pub use table::{CsvOptions, CsvWriter, cell_text};
pub use vcard::{CardWriter, card_text};
