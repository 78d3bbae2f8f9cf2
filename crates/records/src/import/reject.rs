//! What could not be taken in, and why: one reject per row or card, and the errors that end a whole file (O-06).
use base::{Kind, Kinded};
use serde::Serialize;

/// A sentence for a person, in both languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// German, formal address.
    pub de: String,
    /// English.
    pub en: String,
}

impl Message {
    /// Both sentences at once.
    pub fn new(de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { de: de.into(), en: en.into() }
    }
}

/// Why a row or a card was not taken. The names are stable: scripts and the rejects file use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A quotation mark that does not fit: never closed, or followed by something else than a separator.
    BadQuote,
    /// More or fewer cells than the head line has columns.
    ColumnCount,
    /// The row, the line or the card is longer than the limit.
    TooLong,
    /// Bytes that are no text in the file's encoding.
    Encoding,
    /// A spreadsheet cell holds a formula error such as `#N/A`.
    CellError,
    /// A value has not the form that its field needs (a date, a number).
    Value,
    /// A value that the mapping requires is missing.
    Missing,
    /// The source's key is that of a record whose values are others; that one was left as it is.
    SameKey,
    /// A card that has a beginning and no end.
    CardWithoutEnd,
    /// Text between or outside cards.
    OutsideCard,
    /// A card without name, organisation, e-mail address or phone number.
    EmptyCard,
    /// The file ends or breaks off here; what follows cannot be read.
    Unreadable,
}

impl Reason {
    /// The stable name, as in the rejects file.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadQuote => "bad-quote",
            Self::ColumnCount => "column-count",
            Self::TooLong => "too-long",
            Self::Encoding => "encoding",
            Self::CellError => "cell-error",
            Self::Value => "value",
            Self::Missing => "missing",
            Self::SameKey => "same-key",
            Self::CardWithoutEnd => "card-without-end",
            Self::OutsideCard => "outside-card",
            Self::EmptyCard => "empty-card",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One row or card that was not taken. The rest of the file goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Line of the file on which the row or the card starts, from 1; in a spreadsheet the number of the row.
    pub line: u64,
    /// Why, for scripts.
    pub reason: Reason,
    /// Why, for people.
    pub message: Message,
    /// What stood there: the cells of the row as far as they could be told apart, else its text as one cell.
    /// Holds personal data; at most [`super::MAX_RAW_BYTES`] are kept.
    pub raw: Vec<String>,
}

impl Reject {
    /// A reject with both sentences.
    pub fn new(line: u64, reason: Reason, message: Message, raw: Vec<String>) -> Self {
        Self { line, reason, message, raw }
    }

    /// From this line on the file cannot be read.
    pub fn unreadable(line: u64, error: &std::io::Error) -> Self {
        let message = Message::new(
            format!("Die Datei lässt sich ab hier nicht weiterlesen: {error}"),
            format!("the file cannot be read on from here: {error}"),
        );
        Self::new(line, Reason::Unreadable, message, Vec::new())
    }
}

/// A format that is known and not read, with the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// Excel 97 (`.xls`), or a workbook with a password.
    OldWorkbook,
    /// JSON.
    Json,
    /// A workbook whose parts are compressed in a way that no ordinary program uses.
    Packing,
}

impl Unsupported {
    fn de(self) -> &'static str {
        match self {
            Self::OldWorkbook => {
                "eine Arbeitsmappe von Excel 97 (.xls) oder eine geschützte; speichern Sie sie als .xlsx ohne Kennwort"
            }
            Self::Packing => {
                "eine Arbeitsmappe, die ungewöhnlich gepackt ist; öffnen und speichern Sie sie mit Ihrer Tabellenkalkulation neu"
            }
            Self::Json => {
                "die Datei ist JSON; gelesen werden CSV, XLSX und Adresskarten (JSON nimmt die Schnittstelle entgegen: POST /api/v1/MODUL/batch)"
            }
        }
    }

    fn en(self) -> &'static str {
        match self {
            Self::OldWorkbook => "an Excel 97 workbook (.xls) or a protected one; save it as .xlsx without a password",
            Self::Packing => {
                "a workbook that is packed in an unusual way; open it in your spreadsheet program and save it anew"
            }
            Self::Json => {
                "the file is JSON; CSV, XLSX and address cards are read (JSON goes to the REST API: POST /api/v1/MODULE/batch)"
            }
        }
    }
}

/// What ends the reading of a whole file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file could not be read on.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Nothing in it, or only blank lines.
    #[error("the file is empty")]
    Empty,
    /// Neither a table, nor address cards, nor a workbook that we read.
    #[error("the format of the file is not supported: {}", .0.en())]
    Unsupported(Unsupported),
    /// More columns than [`super::MAX_COLUMNS`].
    #[error("the head line has {found} columns, at most {limit} are read")]
    Columns {
        /// As many stand in the head line.
        found: usize,
        /// As many are read.
        limit: usize,
    },
    /// The head line cannot be read.
    #[error("the head line (line {line}) cannot be read: {}", .message.en)]
    Head {
        /// Its line, from 1.
        line: u64,
        /// Why.
        message: Message,
    },
    /// A limit of the file as a whole.
    #[error("the file is too large: {}", .0.en)]
    TooLarge(Message),
    /// The workbook is damaged.
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
    /// The mapping file is wrong.
    #[error("mapping{}: {message}", .line.map_or_else(String::new, |line| format!(", line {line}")))]
    Map {
        /// Line in the mapping file, from 1, where known.
        line: Option<u64>,
        /// What is wrong and what would be right.
        message: String,
    },
    /// The mapping names a column that the file does not have.
    #[error("the mapping names the column \"{column}\"; the file has: {}", .present.join(", "))]
    UnknownColumn {
        /// As the mapping writes it.
        column: String,
        /// The columns of the file.
        present: Vec<String>,
    },
}

impl ImportError {
    /// The sentence in both languages. What is wrong within a mapping file is told in the words of its own keys.
    pub fn sentence(&self) -> Message {
        let de = match self {
            Self::Io(error) => format!("die Datei lässt sich nicht lesen: {error}"),
            Self::Empty => "die Datei ist leer".to_owned(),
            Self::Unsupported(what) => format!("das Format der Datei wird nicht gelesen: {}", what.de()),
            Self::Columns { found, limit } => {
                format!("die Kopfzeile hat {found} Spalten, gelesen werden höchstens {limit}")
            }
            Self::Head { line, message } => {
                format!("die Kopfzeile (Zeile {line}) lässt sich nicht lesen: {}", message.de)
            }
            Self::TooLarge(message) => format!("die Datei ist zu groß: {}", message.de),
            Self::Workbook(message) => format!("die Arbeitsmappe lässt sich nicht lesen: {message}"),
            Self::Map { line, message } => {
                let line = line.map_or_else(String::new, |line| format!(", Zeile {line}"));
                format!("Zuordnungsdatei{line}: {message}")
            }
            Self::UnknownColumn { column, present } => {
                format!("die Zuordnung nennt die Spalte „{column}“; die Datei hat: {}", present.join(", "))
            }
        };
        Message::new(de, self.to_string())
    }

    /// Whether the mapping file is what has to be mended.
    pub fn is_mapping(&self) -> bool {
        matches!(self, Self::Map { .. } | Self::UnknownColumn { .. })
    }
}

impl Kinded for ImportError {
    fn kind(&self) -> Kind {
        match self {
            Self::Io(_) => Kind::Broken,
            _ => Kind::Invalid,
        }
    }
}

/// Cuts a text at `limit` bytes, at the border of a character.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let mut end = limit;
    while end > 0 && !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
