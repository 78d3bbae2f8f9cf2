//! CSV as RFC 4180 has it: CRLF, quotation marks where needed; guarded against formulas unless told otherwise.
use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::Value;

use super::guard;

/// How a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// Separator of the cells: one ASCII character. Excel with a German setting wants `;`.
    pub separator: u8,
    /// Whether the file starts with a byte order mark. Excel takes it for UTF-8 only so.
    pub byte_order_mark: bool,
    /// Whether cells are guarded, see [`guard`]. Off only for files that no spreadsheet opens.
    pub guard: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { separator: b',', byte_order_mark: false, guard: true }
    }
}

/// Writes a table.
pub struct CsvWriter<W: Write> {
    out: csv::Writer<W>,
    guarded: bool,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the head line.
    pub fn new<S: AsRef<str>>(mut out: W, options: CsvOptions, columns: &[S]) -> io::Result<Self> {
        if options.byte_order_mark {
            out.write_all(&[0xEF, 0xBB, 0xBF])?;
        }
        let out = csv::WriterBuilder::new()
            .delimiter(options.separator)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(out);
        let mut writer = Self { out, guarded: options.guard };
        writer.write(columns)?;
        Ok(writer)
    }

    /// Writes a row.
    pub fn write<S: AsRef<str>>(&mut self, cells: &[S]) -> io::Result<()> {
        for cell in cells {
            let cell = cell.as_ref();
            let cell = if self.guarded { guard(cell) } else { Cow::Borrowed(cell) };
            self.out.write_field(cell.as_bytes()).map_err(error)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(error)
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(|failed| io::Error::other(failed.to_string()))
    }
}

fn error(error: csv::Error) -> io::Error {
    io::Error::other(error)
}

/// A field's value as the text of a cell: amounts `12.50 EUR`, addresses `Street, 12345 City, DE`, several values with a
/// semicolon, labels in brackets behind. Meant for people; what must come back unchanged goes out as JSON.
pub fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            items.iter().map(cell_text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        Value::Object(object) => {
            let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            let join = |parts: &[String], separator: &str| {
                parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(separator)
            };
            let plain = if object.contains_key("amount") {
                join(&[text("amount").to_owned(), text("currency").to_owned()], " ")
            } else if let Some(value) = object.get("value") {
                cell_text(value)
            } else {
                let city = join(&[text("postal_code").to_owned(), text("city").to_owned()], " ");
                let parts = [
                    text("street").to_owned(),
                    text("extra").to_owned(),
                    city,
                    text("region").to_owned(),
                    text("country").to_owned(),
                    text("text").to_owned(),
                ];
                join(&parts, ", ")
            };
            match text("label") {
                "" => plain,
                label => format!("{plain} ({label})"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{TableOptions, TableReader};
    use proptest::prelude::*;
    use serde_json::json;
    use std::io::Cursor;

    fn written(options: CsvOptions, columns: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
        let mut writer = CsvWriter::new(Vec::new(), options, columns).unwrap();
        for row in rows {
            writer.write(row).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn cells_are_quoted_and_guarded() {
        let options = CsvOptions { separator: b';', byte_order_mark: true, guard: true };
        let bytes = written(options, &["name", "text"], &[vec!["=1+1".into(), "a;\"b\"\nc".into()]]);
        assert_eq!(bytes, b"\xEF\xBB\xBFname;text\r\n'=1+1;\"a;\"\"b\"\"\nc\"\r\n");
    }

    #[test]
    fn values_as_people_read_them() {
        assert_eq!(cell_text(&json!({ "amount": "12.50", "currency": "EUR" })), "12.50 EUR");
        assert_eq!(
            cell_text(&json!(["a@example.org", { "value": "b@example.org", "label": "work" }])),
            "a@example.org; b@example.org (work)"
        );
        let address = json!([{ "street": "Obere Str. 57", "postal_code": "12209", "city": "Berlin", "country": "DE", "label": "work" }]);
        assert_eq!(cell_text(&address), "Obere Str. 57, 12209 Berlin, DE (work)");
        assert_eq!(cell_text(&json!(true)), "true");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            rows in proptest::collection::vec(proptest::collection::vec("[a-zäß=+@',;\" \t\n0-9-]{0,9}", 3), 0..8),
            semicolon: bool,
            mark: bool,
        ) {
            let separator = if semicolon { b';' } else { b',' };
            let bytes = written(CsvOptions { separator, byte_order_mark: mark, guard: true }, &["a", "b", "c"], &rows);
            let options = TableOptions { separator: Some(separator), encoding: Some("utf-8".into()), ..TableOptions::default() };
            let reader = TableReader::open(Cursor::new(bytes), &options).unwrap();
            let read: Vec<Vec<String>> = reader.map(|row| row.unwrap().values().to_vec()).collect();
            // Rows without any text are no rows.
            let expected: Vec<Vec<String>> = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
