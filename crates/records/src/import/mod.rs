//! Files from elsewhere: tables (CSV, XLSX) and address cards (vCard), read row by row and turned into the values of
//! records by a mapping (F-070; O-06, H-84, H-109, H-126, H-139).
//!
//! Nothing here knows the database. A reader yields what it read or a [`Reject`] with line and reason; no row and no card
//! vanishes. Whatever bytes come in, nothing panics and memory stays bounded by the limits below, however long the file is
//! (a workbook is held in memory and therefore has a size limit of its own).
mod format;
pub mod guess;
pub mod map;
mod reject;
pub mod table;
mod text;
pub mod value;
pub mod vcard;

pub use format::{Format, detect, is_json};
pub use guess::{ColumnGuess, Confidence, Guess, TargetField, guess};
pub use map::{LinkTarget, MappedRecord, Mapping, apply, apply_with};
pub use reject::{ImportError, Message, Reason, Reject, Unsupported};
pub use table::{Row, TableOptions, TableReader};
pub use vcard::{Card, CardReader, Entry, Group, Groups, Photo};

pub(crate) use reject::cut;

/// Longest line of a file in bytes, and longest row of a table with all its line breaks.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// Most lines that one row of a table may stretch over by line breaks within quotation marks.
pub const MAX_ROW_LINES: usize = 2_000;
/// Most columns of a table.
pub const MAX_COLUMNS: usize = 500;
/// Largest address card in bytes, photo included.
pub const MAX_CARD_BYTES: usize = 4 << 20;
/// Most properties of one address card.
pub const MAX_CARD_PROPERTIES: usize = 2_000;
/// Largest workbook file in bytes.
pub const MAX_WORKBOOK_BYTES: u64 = 64 << 20;
/// Largest workbook unpacked, as its own directory states it, in bytes.
pub const MAX_WORKBOOK_UNPACKED_BYTES: u64 = 1 << 30;
/// Largest part of a workbook that is held whole, unpacked: its texts, its formats.
pub const MAX_WORKBOOK_PART_BYTES: u64 = 64 << 20;
/// Rows of a sheet; Excel has no more.
pub const MAX_SHEET_ROWS: usize = 1 << 20;
/// What the cells of a sheet may take in memory.
pub const MAX_SHEET_BYTES: u64 = 512 << 20;
/// Most bytes of a rejected row that its reject keeps.
pub const MAX_RAW_BYTES: usize = 64 << 10;
/// Largest mapping file in bytes.
pub const MAX_MAP_BYTES: usize = 1 << 20;
/// Most bytes read ahead to find out encoding and separator.
pub const SAMPLE_BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests;
