//! Tables: a head line with the names of the columns, then rows, from CSV in its many shapes or from a workbook.
//!
//! What is generous and what is strict: separator, encoding and line ends are found out; blank lines are skipped; cells that
//! are empty beyond the last column are dropped. A row with another number of cells than the head line is rejected, because
//! nobody can tell which cell is missing or doubled; so is a quotation mark that does not fit.
mod csv;
mod separator;
mod unpacked;
mod xlsx;

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::Arc;

use super::text::Encoding;
use super::{ImportError, MAX_COLUMNS, Reject};

/// How a table is read where the file alone does not say it. The default finds everything out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableOptions {
    /// Separator of the cells: one ASCII character.
    pub separator: Option<u8>,
    /// Name of the encoding: `utf-8`, `windows-1252`, `cp850`, `macintosh`, … A byte order mark goes before it.
    pub encoding: Option<String>,
    /// Lines above the head line that are no part of the table.
    pub skip_lines: u32,
    /// Whether a row may end early, its last cells being empty. Off by default: such a row is rejected.
    pub short_rows: bool,
    /// Name of the sheet of a workbook; default is the first that holds something.
    pub sheet: Option<String>,
}

/// The columns of a table: their names, each once.
#[derive(Debug, PartialEq, Eq)]
pub struct Headers {
    names: Vec<String>,
    index: HashMap<String, usize>,
    /// Columns up to the last one that the head line names.
    named: usize,
}

impl Headers {
    /// Names as the head line has them: trimmed, empty ones become `column N`, a second `E-Mail` becomes `E-Mail (2)`.
    /// A row may end before the empty ones at the end.
    pub(crate) fn new(mut cells: Vec<String>) -> Result<Arc<Self>, ImportError> {
        let width = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        // A spreadsheet writes separators up to its last column, whether there is something or not.
        if cells.len() > MAX_COLUMNS || width == 0 {
            cells.truncate(width);
        }
        if cells.len() > MAX_COLUMNS {
            return Err(ImportError::Columns { found: cells.len(), limit: MAX_COLUMNS });
        }
        let mut names: Vec<String> = Vec::with_capacity(cells.len());
        let mut index = HashMap::with_capacity(cells.len());
        for (at, cell) in cells.iter().enumerate() {
            let plain = cell.split_whitespace().collect::<Vec<_>>().join(" ");
            let plain = if plain.is_empty() { format!("column {}", at + 1) } else { plain };
            let mut name = plain.clone();
            let mut number = 1;
            while index.contains_key(&name) {
                number += 1;
                name = format!("{plain} ({number})");
            }
            index.insert(name.clone(), at);
            names.push(name);
        }
        if names.is_empty() { Err(ImportError::Empty) } else { Ok(Arc::new(Self { names, index, named: width })) }
    }

    /// The names in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Columns up to the last one that the head line names; those behind have names of ours.
    pub fn named(&self) -> usize {
        self.named
    }

    /// Position of a column, by its exact name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }
}

/// One row: as many cells as the head line has columns, untrimmed, line breaks within a cell as `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line of the file on which the row starts, from 1; in a workbook the number of the row.
    pub line: u64,
    headers: Arc<Headers>,
    values: Vec<String>,
}

impl Row {
    /// A row of columns and values that belong together; missing values are empty, surplus ones are dropped.
    pub fn new(line: u64, headers: Arc<Headers>, mut values: Vec<String>) -> Self {
        values.resize(headers.names.len(), String::new());
        Self { line, headers, values }
    }

    /// The cell of a column, by the column's exact name.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.values.get(self.headers.position(column)?).map(String::as_str)
    }

    /// Column and cell, in the order of the file.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.names.iter().map(String::as_str).zip(self.values.iter().map(String::as_str))
    }

    /// The cells alone.
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

/// Reads a table row by row; memory does not grow with the number of rows (a workbook is held whole).
pub struct TableReader {
    headers: Arc<Headers>,
    rows: Rows,
}

enum Rows {
    Csv(Box<csv::CsvRows>),
    Sheet(xlsx::SheetRows),
}

impl TableReader {
    /// Opens a CSV file, finding out what `options` leave open, and reads its head line.
    pub fn open(input: impl Read + Send + 'static, options: &TableOptions) -> Result<Self, ImportError> {
        let encoding = match &options.encoding {
            None => None,
            Some(name) if name.to_ascii_lowercase().starts_with("utf-16") => None,
            Some(name) => Some(Encoding::by_name(name).ok_or(ImportError::Map {
                line: None,
                message: format!("the encoding \"{name}\" is not known; utf-8, windows-1252, cp850, macintosh are"),
            })?),
        };
        let (headers, rows) = csv::CsvRows::open(input, encoding, options)?;
        Ok(Self { headers, rows: Rows::Csv(Box::new(rows)) })
    }

    /// Opens a workbook (XLSX) and reads the head line of its sheet.
    pub fn open_workbook(input: impl Read + Seek, options: &TableOptions) -> Result<Self, ImportError> {
        let (headers, rows) = xlsx::SheetRows::open(input, options)?;
        Ok(Self { headers, rows: Rows::Sheet(rows) })
    }

    /// The columns.
    pub fn headers(&self) -> &Arc<Headers> {
        &self.headers
    }

    /// Separator of the cells of a CSV file, given or found.
    pub fn separator(&self) -> Option<char> {
        match &self.rows {
            Rows::Csv(rows) => Some(char::from(rows.separator())),
            Rows::Sheet(_) => None,
        }
    }

    /// Rows without any text so far; they are skipped and are neither rows nor rejects.
    pub fn blank_rows(&self) -> u64 {
        match &self.rows {
            Rows::Csv(rows) => rows.blank_rows(),
            Rows::Sheet(rows) => rows.blank_rows(),
        }
    }
}

impl Iterator for TableReader {
    type Item = Result<Row, Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.rows {
            Rows::Csv(rows) => rows.next(),
            Rows::Sheet(rows) => rows.next(),
        }
    }
}

/// The sentence of a row whose cells do not match its columns.
fn column_count(expected: usize, found: usize) -> super::Message {
    let hint = if found > expected {
        ("; fehlen Anführungszeichen um ein Trennzeichen?", "; is a separator not quoted?")
    } else {
        ("", "")
    };
    super::Message::new(
        format!("{expected} Spalten erwartet, {found} gefunden{}", hint.0),
        format!("{expected} columns expected, {found} found{}", hint.1),
    )
}

#[cfg(test)]
mod tests;
