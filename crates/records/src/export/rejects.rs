//! The rows that an import rejected, as a table that can be mended and imported again.
//!
//! Line and reason stand in front, then the columns of the file: a row with a cell too many sticks out at the end, where it is
//! seen, and is rejected again until it is mended.
use std::io::{self, Write};

use super::{CsvOptions, CsvWriter};
use crate::import::Reject;

/// Writes rejected rows.
pub struct RejectsWriter<W: Write> {
    out: CsvWriter<W>,
    german: bool,
}

impl<W: Write> RejectsWriter<W> {
    /// Writes the head line: line, reason, code, then the columns of the file (for cards one column with the card's text).
    pub fn new(out: W, columns: &[String], german: bool, options: CsvOptions) -> io::Result<Self> {
        let own = if german { ["Zeile", "Grund", "Code"] } else { ["Line", "Reason", "Code"] };
        let card = if german { "Karte" } else { "Card" };
        let mut all: Vec<&str> = own.to_vec();
        if columns.is_empty() {
            all.push(card);
        }
        all.extend(columns.iter().map(String::as_str));
        Ok(Self { out: CsvWriter::new(out, options, &all)?, german })
    }

    /// Writes one.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let line = reject.line.to_string();
        let message = if self.german { &reject.message.de } else { &reject.message.en };
        let mut cells: Vec<&str> = vec![&line, message, reject.reason.code()];
        cells.extend(reject.raw.iter().map(String::as_str));
        self.out.write(&cells)
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Message, Reason};

    #[test]
    fn line_and_reason_stand_in_front() {
        let columns = vec!["a".to_owned(), "b".to_owned()];
        let mut writer = RejectsWriter::new(Vec::new(), &columns, false, CsvOptions::default()).unwrap();
        let message = Message::new("2 Spalten erwartet, 3 gefunden", "2 columns expected, 3 found");
        writer.write(&Reject::new(7, Reason::ColumnCount, message, vec!["x".into(), "y".into(), "=z".into()])).unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(text, "Line,Reason,Code,a,b\r\n7,\"2 columns expected, 3 found\",column-count,x,y,'=z\r\n");
    }
}
