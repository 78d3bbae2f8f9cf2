//! JSON: one array, or one record a line.
use std::io::{self, Write};

use serde_json::Value;

/// Writes records as one JSON array, one a line, without holding them.
pub struct JsonArrayWriter<W: Write> {
    out: W,
    any: bool,
}

impl<W: Write> JsonArrayWriter<W> {
    /// Starts the array.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"[")?;
        Ok(Self { out, any: false })
    }

    /// Adds a record.
    pub fn write(&mut self, record: &Value) -> io::Result<()> {
        self.out.write_all(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        serde_json::to_writer(&mut self.out, record)?;
        Ok(())
    }

    /// Ends the array. Without this call the file is no JSON.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(if self.any { b"\n]\n" } else { b"]\n" })?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes records one a line (JSON Lines).
pub struct JsonLinesWriter<W: Write> {
    out: W,
}

impl<W: Write> JsonLinesWriter<W> {
    /// Starts with nothing.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Adds a record.
    pub fn write(&mut self, record: &Value) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, record)?;
        self.out.write_all(b"\n")
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_array_is_json_at_any_length() {
        for count in 0..3 {
            let mut writer = JsonArrayWriter::new(Vec::new()).unwrap();
            for number in 0..count {
                writer.write(&json!({ "number": number, "text": "a\n\"b\"" })).unwrap();
            }
            let read: Vec<Value> = serde_json::from_slice(&writer.finish().unwrap()).unwrap();
            assert_eq!(read.len(), count);
        }
    }

    #[test]
    fn a_line_is_a_record() {
        let mut writer = JsonLinesWriter::new(Vec::new());
        writer.write(&json!({ "text": "a\nb" })).unwrap();
        writer.write(&json!(1)).unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(text.lines().count(), 2);
    }
}
