//! Reads the first sheet of a workbook that holds something, or the named one.
//!
//! Only the cells that exist are held, never the whole rectangle: a lone cell at the far corner costs one row.
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};

use super::{Headers, Row, TableOptions, column_count, unpacked};
use crate::import::{
    ImportError, MAX_COLUMNS, MAX_SHEET_BYTES, MAX_SHEET_ROWS, MAX_WORKBOOK_BYTES, Message, Reason, Reject, Unsupported,
};

/// A row as read: its number from 1, the cells that it has with their columns, and the first formula error in it.
struct SheetRow {
    line: u64,
    cells: Vec<(u16, String)>,
    error: Option<String>,
}

impl SheetRow {
    /// All cells up to the last one; those that are not there are empty.
    fn spread(self) -> (u64, Vec<String>, Option<String>) {
        let width = self.cells.iter().map(|(column, _)| usize::from(*column) + 1).max().unwrap_or(0);
        let mut spread = vec![String::new(); width];
        for (column, text) in self.cells {
            if let Some(place) = spread.get_mut(usize::from(column)) {
                *place = text;
            }
        }
        (self.line, spread, self.error)
    }
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|(_, text)| text.trim().is_empty())
    }
}

/// What a row takes beside its cells, and a cell beside its text; counted against [`MAX_SHEET_BYTES`].
const ROW_BYTES: u64 = 64;
const CELL_BYTES: u64 = 48;

/// The rows of a sheet.
pub(super) struct SheetRows {
    rows: std::vec::IntoIter<SheetRow>,
    headers: Arc<Headers>,
    short_rows: bool,
    blank: u64,
}

impl SheetRows {
    pub(super) fn open(
        mut input: impl Read + Seek,
        options: &TableOptions,
    ) -> Result<(Arc<Headers>, Self), ImportError> {
        let size = input.seek(SeekFrom::End(0))?;
        if size > MAX_WORKBOOK_BYTES {
            return Err(ImportError::TooLarge(Message::new(
                format!("eine Arbeitsmappe darf {} MiB haben", MAX_WORKBOOK_BYTES >> 20),
                format!("a workbook may have {} MiB", MAX_WORKBOOK_BYTES >> 20),
            )));
        }
        input.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        input.take(MAX_WORKBOOK_BYTES).read_to_end(&mut bytes)?;
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            return Err(ImportError::Unsupported(Unsupported::OldWorkbook));
        }
        unpacked::check(&bytes)?;
        let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| ImportError::Workbook(error.to_string()))?;
        let names = match &options.sheet {
            Some(name) => vec![name.clone()],
            None => workbook.sheet_names(),
        };
        for name in &names {
            let mut rows = read_sheet(&mut workbook, name)?.into_iter();
            let skip = u64::from(options.skip_lines);
            let mut blank = 0;
            let head = loop {
                let Some(row) = rows.next() else { break None };
                if row.line <= skip {
                    continue;
                }
                if !row.is_blank() {
                    break Some(row);
                }
                blank += 1;
            };
            if let Some(head) = head {
                let headers = Headers::new(head.spread().1)?;
                let rows = Self { rows, headers: Arc::clone(&headers), short_rows: true, blank };
                return Ok((headers, rows));
            }
        }
        Err(ImportError::Empty)
    }

    pub(super) fn blank_rows(&self) -> u64 {
        self.blank
    }

    pub(super) fn next(&mut self) -> Option<Result<Row, Reject>> {
        loop {
            let (line, mut cells, error) = self.rows.next()?.spread();
            if let Some(error) = error {
                let message = Message::new(
                    format!("Eine Zelle enthält den Formelfehler {error}"),
                    format!("a cell holds the formula error {error}"),
                );
                return Some(Err(Reject::new(line, Reason::CellError, message, cells)));
            }
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                self.blank += 1;
                continue;
            }
            let expected = self.headers.names().len();
            while cells.len() > expected && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
                cells.pop();
            }
            if cells.len() > expected || (cells.len() < self.headers.named() && !self.short_rows) {
                return Some(Err(Reject::new(line, Reason::ColumnCount, column_count(expected, cells.len()), cells)));
            }
            return Some(Ok(Row::new(line, Arc::clone(&self.headers), cells)));
        }
    }
}

fn read_sheet(workbook: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Result<Vec<SheetRow>, ImportError> {
    let broken = |error: calamine::XlsxError| ImportError::Workbook(error.to_string());
    let mut reader = match workbook.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A sheet that is a chart has no cells.
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(error) => return Err(broken(error)),
    };
    let mut rows: Vec<SheetRow> = Vec::new();
    let mut held = 0_u64;
    while let Some(cell) = reader.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let (text, error) = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::Error(error) => (error.to_string(), true),
            other => (text_of(other), false),
        };
        let place = u16::try_from(column).ok().filter(|column| usize::from(*column) < MAX_COLUMNS);
        let Some(column) = place else {
            if text.trim().is_empty() {
                continue;
            }
            let found = usize::try_from(column).unwrap_or(usize::MAX).saturating_add(1);
            return Err(ImportError::Columns { found, limit: MAX_COLUMNS });
        };
        let line = u64::from(row) + 1;
        if rows.last().is_none_or(|last| last.line != line) {
            if rows.len() >= MAX_SHEET_ROWS {
                return Err(ImportError::TooLarge(Message::new(
                    format!("ein Blatt darf höchstens {MAX_SHEET_ROWS} Zeilen haben"),
                    format!("a sheet may have {MAX_SHEET_ROWS} rows"),
                )));
            }
            held += ROW_BYTES;
            rows.push(SheetRow { line, cells: Vec::new(), error: None });
        }
        held += text.len() as u64 + CELL_BYTES;
        if held > MAX_SHEET_BYTES {
            return Err(ImportError::TooLarge(Message::new(
                "der Text der Zellen des Blatts",
                "the text of the sheet's cells",
            )));
        }
        if let Some(last) = rows.last_mut() {
            if error && last.error.is_none() {
                last.error = Some(text.clone());
            }
            last.cells.push((column, text));
        }
    }
    Ok(rows)
}

/// A cell as text: numbers with a point and without needless digits, dates as ISO 8601.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => date_text(*moment),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn number_text(number: f64) -> String {
    // 15 digits are what Excel itself keeps and shows: 0.1 + 0.2 is 0.3 there.
    let rounded = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    rounded.to_string()
}

fn date_text(moment: ExcelDateTime) -> String {
    let days = moment.as_f64();
    if moment.is_duration() || !(0.0..2_958_466.0).contains(&days) {
        return number_text(days);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let time =
        if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") };
    if days < 1.0 {
        return time;
    }
    if (hour, minute, second) == (0, 0, 0) {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests;
