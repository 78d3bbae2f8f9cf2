//! Reads CSV: splits lines into cells, and finds its way back after a broken row.
//!
//! A row with a bad quotation mark is cut at its first line and reading goes on with the next one: an unclosed quotation
//! mark costs one line, not the rest of the file.
use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use super::separator::{named_separator, separator_of};
use super::{Headers, Row, TableOptions, column_count};
use crate::export::unguard;
use crate::import::text::{Encoding, Lines};
use crate::import::{
    ImportError, MAX_COLUMNS, MAX_LINE_BYTES, MAX_RAW_BYTES, MAX_ROW_LINES, Message, Reason, Reject, cut,
};

/// A line as text.
#[derive(Debug, Clone)]
pub(super) struct TextLine {
    pub number: u64,
    pub text: String,
    pub cut: bool,
    pub sound: bool,
}

/// What a line and those behind it turned out to be.
pub(super) enum Split {
    /// A row of cells.
    Cells(Vec<String>),
    /// Quotation marks that do not fit.
    Bad(Message),
    /// Longer than a row may be.
    TooLong,
}

/// The rows of a CSV file.
pub(super) struct CsvRows {
    lines: Lines,
    /// Lines that were read already and are to be read again.
    pending: VecDeque<TextLine>,
    separator: u8,
    headers: Arc<Headers>,
    short_rows: bool,
    blank: u64,
    ended: bool,
}

impl CsvRows {
    pub(super) fn open(
        input: impl Read + Send + 'static,
        encoding: Option<Encoding>,
        options: &TableOptions,
    ) -> Result<(Arc<Headers>, Self), ImportError> {
        let mut lines = Lines::open(input, encoding)?;
        for _ in 0..options.skip_lines {
            lines.next_line()?;
        }
        let sample = sample_lines(&lines, options.skip_lines);
        let named = sample.iter().find(|line| !line.trim().is_empty()).and_then(|line| named_separator(line));
        let separator = options.separator.or(named).unwrap_or_else(|| separator_of(&sample, named.is_some()));
        let empty = Arc::new(Headers { names: Vec::new(), index: std::collections::HashMap::new(), named: 0 });
        let pending = VecDeque::new();
        let mut rows =
            Self { lines, pending, separator, headers: empty, short_rows: options.short_rows, blank: 0, ended: false };
        let headers = rows.read_head(named.is_some())?;
        rows.headers = Arc::clone(&headers);
        Ok((headers, rows))
    }

    pub(super) fn separator(&self) -> u8 {
        self.separator
    }

    pub(super) fn blank_rows(&self) -> u64 {
        self.blank
    }

    fn read_head(&mut self, named: bool) -> Result<Arc<Headers>, ImportError> {
        let mut skip_named = named;
        loop {
            let Some(first) = self.take()? else { return Err(ImportError::Empty) };
            if first.text.trim().is_empty() {
                continue;
            }
            if skip_named {
                skip_named = false;
                continue;
            }
            let line = first.number;
            if !first.sound {
                let message = Message::new(
                    "kein gültiger Text in der Zeichenkodierung der Datei",
                    "no text in the file's encoding",
                );
                return Err(ImportError::Head { line, message });
            }
            let (split, _) = self.split(first)?;
            return match split {
                Split::Cells(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => continue,
                Split::Cells(cells) => Headers::new(cells.iter().map(|cell| unguard(cell).into_owned()).collect()),
                Split::Bad(message) => Err(ImportError::Head { line, message }),
                Split::TooLong => Err(ImportError::Head { line, message: too_long() }),
            };
        }
    }

    fn take(&mut self) -> std::io::Result<Option<TextLine>> {
        if let Some(line) = self.pending.pop_front() {
            return Ok(Some(line));
        }
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        let (text, sound) = self.lines.text(&line.bytes);
        // Half a letter of UTF-16 and zero bytes are no text either; a vertical tab is the line break of FileMaker.
        let sound = (sound || line.cut) && !text.contains('\0');
        let text = if text.contains('\u{B}') { text.replace('\u{B}', "\n") } else { text };
        Ok(Some(TextLine { number: line.number, text, cut: line.cut, sound }))
    }

    /// Splits the row that starts with `first`, reading more lines while a quotation mark is open. Returns the lines of
    /// the row; of a bad one only the first, the others are read again.
    fn split(&mut self, first: TextLine) -> std::io::Result<(Split, Vec<TextLine>)> {
        let mut used = vec![first];
        let mut cells = Splitter::new(self.separator);
        let mut bytes = 0;
        let result = loop {
            let Some(line) = used.last() else { break Split::TooLong };
            bytes += line.text.len();
            if line.cut || bytes > MAX_LINE_BYTES || used.len() > MAX_ROW_LINES {
                // A single line that is too long is just that; many lines are an unclosed quotation mark.
                break if used.len() == 1 { Split::TooLong } else { Split::Bad(unclosed()) };
            }
            match cells.feed(&line.text) {
                Fed::Done => break Split::Cells(cells.cells),
                Fed::Bad(message) => break Split::Bad(message),
                Fed::Open => match self.take()? {
                    Some(next) => used.push(next),
                    None => break Split::Bad(unclosed()),
                },
            }
        };
        if !matches!(result, Split::Cells(_)) {
            self.keep_first(&mut used);
        }
        Ok((result, used))
    }

    fn keep_first(&mut self, used: &mut Vec<TextLine>) {
        for line in used.drain(1..).rev() {
            self.pending.push_front(line);
        }
    }

    fn read(&mut self) -> std::io::Result<Option<Result<Row, Reject>>> {
        loop {
            let Some(first) = self.take()? else { return Ok(None) };
            if first.text.trim().is_empty() && first.sound {
                self.blank += 1;
                continue;
            }
            let line = first.number;
            let (split, mut used) = self.split(first)?;
            let reject = |reason, message, used: &[TextLine]| {
                let raw: Vec<&str> = used.iter().map(|line| line.text.as_str()).collect();
                Ok(Some(Err(Reject::new(line, reason, message, vec![cut(&raw.join("\n"), MAX_RAW_BYTES).to_owned()]))))
            };
            let mut cells = match split {
                Split::Cells(cells) => cells,
                Split::Bad(message) => return reject(Reason::BadQuote, message, &used),
                Split::TooLong => return reject(Reason::TooLong, too_long(), &used),
            };
            if used.iter().any(|line| !line.sound) {
                let message = Message::new(
                    "Bytes, die in der Zeichenkodierung der Datei kein Text sind",
                    "bytes that are no text in the file's encoding",
                );
                return reject(Reason::Encoding, message, &used);
            }
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                self.blank += 1;
                continue;
            }
            let expected = self.headers.names.len();
            while cells.len() > expected && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
                cells.pop();
            }
            // Columns without a name at the end are often there in the head line alone.
            let may_end = self.short_rows || cells.len() >= self.headers.named;
            if may_end && cells.len() < expected {
                cells.resize(expected, String::new());
            }
            // An unclosed quotation mark may have swallowed good rows up to the next one: then they are set free.
            let swallowed = self.swallowed(&used, cells.len() == expected);
            if cells.len() == expected && !swallowed {
                let values = cells.iter().map(|cell| unguard(cell).into_owned()).collect();
                return Ok(Some(Ok(Row { line, headers: Arc::clone(&self.headers), values })));
            }
            if swallowed {
                self.keep_first(&mut used);
                return reject(Reason::BadQuote, unclosed(), &used);
            }
            let message = column_count(expected, cells.len());
            cells.truncate(MAX_COLUMNS);
            let kept: usize = cells.iter().map(String::len).sum();
            if kept > MAX_RAW_BYTES {
                return reject(Reason::ColumnCount, message, &used);
            }
            return Ok(Some(Err(Reject::new(line, Reason::ColumnCount, message, cells))));
        }
    }

    /// Whether lines within a row are rows themselves. If the row has the right number of cells, all lines between its first
    /// and last must be, with four columns or more that are mostly filled: a note of several lines does not look like that,
    /// unless somebody pasted a table of the same width into it. Then its line is rejected, which is seen; the other way round
    /// rows would vanish in a cell, which is not.
    fn swallowed(&self, used: &[TextLine], fits: bool) -> bool {
        let expected = self.headers.names.len();
        let is_row = |line: &TextLine| {
            let mut cells = Splitter::new(self.separator);
            let complete = matches!(cells.feed(&line.text), Fed::Done) && cells.cells.len() == expected;
            complete && cells.cells.iter().filter(|cell| !cell.trim().is_empty()).count() * 2 > expected
        };
        match used {
            [_, between @ .., _] if fits => expected > 3 && !between.is_empty() && between.iter().all(is_row),
            [_, second, ..] => expected > 1 && !fits && is_row(second),
            _ => false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<Row, Reject>> {
        if self.ended {
            return None;
        }
        match self.read() {
            Ok(Some(row)) => Some(row),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(Reject::unreadable(self.lines.line_number() + 1, &error)))
            }
        }
    }
}

/// The lines of the sample as text, without the last one if it may be half.
fn sample_lines(lines: &Lines, skip: u32) -> Vec<String> {
    let (text, _) = crate::import::text::decode(
        &lines.sample,
        match lines.encoding {
            Encoding::Undecided => Encoding::Utf8,
            other => other,
        },
    );
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut all: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if lines.sample_is_part && all.len() > 1 {
        all.pop();
    }
    all.into_iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).take(200).collect()
}

fn unclosed() -> Message {
    Message::new("Ein Anführungszeichen wird nicht geschlossen", "a quotation mark is never closed")
}

fn too_long() -> Message {
    Message::new(
        format!("Die Zeile ist länger als {} KiB", MAX_LINE_BYTES >> 10),
        format!("the line is longer than {} KiB", MAX_LINE_BYTES >> 10),
    )
}

/// What feeding one line to a [`Splitter`] came to.
pub(super) enum Fed {
    /// The row is complete.
    Done,
    /// A quotation mark is open: the row goes on in the next line.
    Open,
    /// A quotation mark is followed by something else than a separator.
    Bad(Message),
}

/// Splits lines into the cells of one row.
pub(super) struct Splitter {
    separator: char,
    /// The cells so far.
    pub(super) cells: Vec<String>,
    open: Option<String>,
}

impl Splitter {
    pub(super) fn new(separator: u8) -> Self {
        Self { separator: char::from(separator), cells: Vec::new(), open: None }
    }

    /// Takes the next line of the row.
    pub(super) fn feed(&mut self, line: &str) -> Fed {
        let mut rest = line;
        if let Some(mut cell) = self.open.take() {
            cell.push('\n');
            match self.quoted(cell, rest) {
                Ok(Some(after)) => rest = after,
                Ok(None) => return Fed::Done,
                Err(fed) => return fed,
            }
        }
        loop {
            // A blank before the quotation mark is common in files written by hand.
            let unquoted = rest.trim_start_matches(' ');
            if let Some(inner) = unquoted.strip_prefix('"') {
                match self.quoted(String::new(), inner) {
                    Ok(Some(after)) => rest = after,
                    Ok(None) => return Fed::Done,
                    Err(fed) => return fed,
                }
                continue;
            }
            if let Some((cell, after)) = rest.split_once(self.separator) {
                self.cells.push(cell.to_owned());
                rest = after;
            } else {
                self.cells.push(rest.to_owned());
                return Fed::Done;
            }
        }
    }

    /// Reads on within quotation marks. `Some(rest)` stands behind the next separator, `None` is the end of the row.
    fn quoted<'a>(&mut self, mut cell: String, mut rest: &'a str) -> Result<Option<&'a str>, Fed> {
        loop {
            let Some((before, after)) = rest.split_once('"') else {
                cell.push_str(rest);
                self.open = Some(cell);
                return Err(Fed::Open);
            };
            cell.push_str(before);
            if let Some(more) = after.strip_prefix('"') {
                cell.push('"');
                rest = more;
                continue;
            }
            self.cells.push(cell);
            let after = after.trim_start_matches(' ');
            return match after.strip_prefix(self.separator) {
                Some(next) => Ok(Some(next)),
                None if after.is_empty() => Ok(None),
                None => Err(Fed::Bad(Message::new(
                    format!("Hinter dem Anführungszeichen von Spalte {} steht weiterer Text", self.cells.len()),
                    format!("text follows the quotation mark of column {}", self.cells.len()),
                ))),
            };
        }
    }
}
