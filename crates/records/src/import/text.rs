//! From bytes to lines of text: encodings (UTF-8, UTF-16, Windows-1252, Mac, DOS), line ends of every kind, a length limit.
mod detect;
mod utf16;

use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::Encoding as Table;

use super::{MAX_LINE_BYTES, SAMPLE_BYTES};
use detect::{Seen, see, single_byte};
use utf16::Utf16Reader;

/// How the bytes of a file mean letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8; a line that is none is an error.
    Utf8,
    /// Only ASCII so far: the first line with other bytes decides.
    Undecided,
    /// One of the tables of the web's encoding standard: Windows-1252, Macintosh, ISO-8859-15 and others.
    Table(&'static Table),
    /// The western code page of DOS, which old German business programs still export.
    Cp850,
}

impl Encoding {
    /// The encoding of a name as a mapping file or a card gives it. UTF-16 is told by the bytes and answers `None`.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        let plain = name.trim().to_ascii_lowercase();
        match plain.as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "cp850" | "ibm850" | "dos" | "cp437" | "ibm437" => Some(Self::Cp850),
            "ansi" | "latin1" | "latin-1" => Some(Self::Table(encoding_rs::WINDOWS_1252)),
            "mac" | "macroman" => Some(Self::Table(encoding_rs::MACINTOSH)),
            other => Table::for_label(other.as_bytes())
                .filter(|table| *table != encoding_rs::UTF_16LE && *table != encoding_rs::UTF_16BE)
                .map(|table| if table == encoding_rs::UTF_8 { Self::Utf8 } else { Self::Table(table) }),
        }
    }
}

/// Text of bytes in an encoding, and whether each byte had a meaning.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> (String, bool) {
    match encoding {
        Encoding::Utf8 | Encoding::Undecided => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), true),
            Err(_) => (String::from_utf8_lossy(bytes).into_owned(), false),
        },
        Encoding::Table(table) => {
            let (text, bad) = table.decode_without_bom_handling(bytes);
            (text.into_owned(), !bad)
        }
        Encoding::Cp850 => (detect::cp850(bytes), true),
    }
}

/// Text of bytes whose encoding nobody says: UTF-8 if they are, else Windows-1252, Mac or DOS, whichever gives words.
pub(crate) fn decode_guessing(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => decode(bytes, single_byte(bytes)).0,
    }
}

/// One line of a file without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub number: u64,
    /// At most [`MAX_LINE_BYTES`] unless another limit was set; what is longer is cut.
    pub bytes: Vec<u8>,
    /// Whether it was cut.
    pub cut: bool,
}

/// The lines of a file, whether they end with LF, CRLF or CR, as bytes of an encoding in which ASCII stays ASCII.
pub(crate) struct Lines {
    source: Box<dyn BufRead + Send>,
    /// What the first bytes showed; see [`Encoding::Undecided`].
    pub encoding: Encoding,
    /// The first bytes, without a byte order mark and already out of UTF-16.
    pub sample: Vec<u8>,
    /// Whether the file goes on behind the sample.
    pub sample_is_part: bool,
    number: u64,
    after_return: bool,
    limit: usize,
}

impl Lines {
    /// Cuts lines at `limit` bytes instead of [`MAX_LINE_BYTES`].
    pub(crate) fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Reads ahead [`SAMPLE_BYTES`] and finds the encoding, unless `given` says it.
    pub(crate) fn open(mut input: impl Read + Send + 'static, given: Option<Encoding>) -> io::Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut head)?;
        let seen = see(&head);
        let part = head.len() >= SAMPLE_BYTES;
        let (encoding, sample, source): (_, _, Box<dyn BufRead + Send>) = match seen {
            Seen::Utf16 { table, mark } => {
                let rest = head.split_off(mark.min(head.len()));
                let sample = table.decode_without_bom_handling(&rest).0.into_owned().into_bytes();
                let reader = Utf16Reader::new(Cursor::new(rest).chain(input), table);
                (Encoding::Utf8, sample, Box::new(BufReader::with_capacity(64 << 10, reader)))
            }
            Seen::Utf8Mark => {
                let rest = head.split_off(3.min(head.len()));
                let source = BufReader::with_capacity(64 << 10, Cursor::new(rest.clone()).chain(input));
                (Encoding::Utf8, rest, Box::new(source))
            }
            Seen::Plain(encoding) => {
                let source = BufReader::with_capacity(64 << 10, Cursor::new(head.clone()).chain(input));
                (given.unwrap_or(encoding), head, Box::new(source))
            }
        };
        Ok(Self {
            source,
            encoding,
            sample,
            sample_is_part: part,
            number: 0,
            after_return: false,
            limit: MAX_LINE_BYTES,
        })
    }

    /// The next line; `None` at the end. An empty last line (after the last line end) is none.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let mut cut = false;
        let mut any = false;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                if !any {
                    return Ok(None);
                }
                break;
            }
            // The LF of a CRLF whose CR already ended the line before.
            if self.after_return {
                self.after_return = false;
                if chunk.first() == Some(&b'\n') {
                    self.source.consume(1);
                    continue;
                }
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n' || *byte == b'\r');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            let room = self.limit.saturating_sub(bytes.len());
            cut |= part.len() > room;
            bytes.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            let used = part.len();
            match end {
                Some(at) => {
                    self.after_return = chunk.get(at) == Some(&b'\r');
                    self.source.consume(used + 1);
                    break;
                }
                None => self.source.consume(used),
            }
        }
        self.number += 1;
        Ok(Some(Line { number: self.number, bytes, cut }))
    }

    /// How many lines were read so far.
    pub(crate) fn line_number(&self) -> u64 {
        self.number
    }

    /// Text of a line's bytes and whether they were sound. The first line that is not ASCII settles an open encoding.
    pub(crate) fn text(&mut self, bytes: &[u8]) -> (String, bool) {
        if self.encoding == Encoding::Undecided && !bytes.is_ascii() {
            self.encoding = match std::str::from_utf8(bytes) {
                Ok(_) => Encoding::Utf8,
                Err(_) => single_byte(bytes),
            };
        }
        decode(bytes, self.encoding)
    }
}

#[cfg(test)]
mod tests;
