//! Reading TOML with the place of everything, collecting what is wrong instead of stopping at the first thing.
use super::Label;
use super::problem::{Problem, hint, place_of};
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most bytes of one definition file.
const MAX_FILE: usize = 1 << 20;

/// Bytes of the text, from and to.
pub(super) type Span = Range<usize>;

/// A file being read, and what has been found wrong with it so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    file: &'t str,
    pub problems: Vec<Problem>,
}

/// A table of the file with its place and what it is called in messages.
pub(super) struct Table<'d> {
    pub entries: &'d DeTable<'d>,
    pub span: Span,
    pub what: String,
}

impl<'d> Table<'d> {
    pub fn get(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str, file: &'t str) -> Self {
        Self { text, file, problems: Vec::new() }
    }

    /// The root table; what the TOML parser could not read is noted and left out.
    pub fn root(&mut self) -> Spanned<DeTable<'t>> {
        if self.text.len() > MAX_FILE {
            self.whole_file("file_too_large", format!("a definition has at most {MAX_FILE} bytes"));
            return DeTable::parse_recoverable("").0;
        }
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.problem(
                error.span().unwrap_or(0..0),
                "not_toml",
                error.message().lines().collect::<Vec<_>>().join(", "),
            );
        }
        root
    }

    pub fn problem(&mut self, span: Span, code: &str, message: impl Into<String>) {
        let (line, column) = self.place(span.start);
        let (code, message) = (code.to_owned(), message.into());
        self.problems.push(Problem { file: self.file.to_owned(), line, column, code, message });
    }

    fn whole_file(&mut self, code: &str, message: String) {
        self.problems.push(Problem { file: self.file.to_owned(), line: 0, column: 0, code: code.to_owned(), message });
    }

    pub fn place(&self, offset: usize) -> (usize, usize) {
        place_of(self.text, offset)
    }

    /// Notes every key of the table that is not known.
    pub fn only(&mut self, table: &Table, known: &[&str]) {
        for key in table.entries.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let near = hint(name, known.iter().copied());
                self.problem(key.span(), "unknown_key", format!("{} has no key `{name}`{near}", table.what));
            }
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue>, key: &str, wanted: &str) {
        let given = value.get_ref().type_str();
        self.problem(value.span(), "wrong_type", format!("`{key}` is {wanted}, not a value of type {given}"));
    }

    fn absent(&mut self, table: &Table, key: &str, wanted: &str) {
        self.problem(table.span.clone(), "missing_key", format!("{} needs `{key}`, {wanted}", table.what));
    }

    /// A text that may be absent; an empty one is noted.
    pub fn text(&mut self, table: &Table, key: &str) -> Option<(String, Span)> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => return Some((text.trim().to_owned(), value.span())),
            DeValue::String(_) => self.problem(value.span(), "empty", format!("`{key}` is empty")),
            DeValue::Datetime(moment) => return Some((moment.to_string(), value.span())),
            _ => self.wrong_type(value, key, "a text"),
        }
        None
    }

    /// A text that must be there.
    pub fn needed_text(&mut self, table: &Table, key: &str) -> Option<(String, Span)> {
        if table.get(key).is_none() {
            self.absent(table, key, "a text");
        }
        self.text(table, key)
    }

    /// `{ de = "…", en = "…" }`, both languages; empty after a problem.
    pub fn label(&mut self, table: &Table, key: &str) -> Label {
        let Some(value) = table.get(key) else {
            self.absent(table, key, "written { de = \"…\", en = \"…\" }");
            return Label::default();
        };
        let DeValue::Table(entries) = value.get_ref() else {
            self.wrong_type(value, key, "written { de = \"…\", en = \"…\" }");
            return Label::default();
        };
        let table = Table { entries, span: value.span(), what: format!("`{key}`") };
        self.only(&table, &["de", "en"]);
        let mut language = |name: &str| self.needed_text(&table, name).map(|(text, _)| text).unwrap_or_default();
        Label { de: language("de"), en: language("en") }
    }

    /// A truth; false if absent.
    pub fn truth(&mut self, table: &Table, key: &str) -> bool {
        self.truth_or_absent(table, key).unwrap_or(false)
    }

    pub fn truth_or_absent(&mut self, table: &Table, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        if let DeValue::Boolean(truth) = value.get_ref() {
            return Some(*truth);
        }
        self.wrong_type(value, key, "true or false");
        None
    }

    /// A whole number within the range, if given.
    pub fn number(&mut self, table: &Table, key: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = table.get(key)?;
        if let DeValue::Integer(digits) = value.get_ref() {
            if let Some(number) =
                i64::from_str_radix(digits.as_str(), digits.radix()).ok().filter(|number| range.contains(number))
            {
                return Some(number);
            }
            self.problem(
                value.span(),
                "out_of_range",
                format!("`{key}` lies between {} and {}", range.start(), range.end()),
            );
        } else {
            self.wrong_type(value, key, "a whole number");
        }
        None
    }

    /// A list of texts; empty if absent.
    pub fn texts(&mut self, table: &Table, key: &str) -> Vec<(String, Span)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push((Cow::into_owned(text.clone()), item.span())),
                _ => self.wrong_type(item, key, "a list of texts"),
            }
        }
        texts
    }

    /// A list of tables (`[[key]]` or `key = [{…}]`); empty if absent.
    /// One table, if it is there.
    pub fn table<'d>(&mut self, table: &Table<'d>, key: &str, what: &str) -> Option<Table<'d>> {
        let value = table.get(key)?;
        if let DeValue::Table(entries) = value.get_ref() {
            return Some(Table { entries, span: value.span(), what: what.to_owned() });
        }
        self.wrong_type(value, key, &format!("a table: write `[{key}]`"));
        None
    }

    pub fn tables<'d>(&mut self, table: &Table<'d>, key: &str, what: &str) -> Vec<Table<'d>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, &format!("a list of tables: write `[[{key}]]`"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(entries) => tables.push(Table { entries, span: item.span(), what: what.to_owned() }),
                _ => self.wrong_type(item, key, "a list of tables"),
            }
        }
        tables
    }

    /// One of the known words; a problem names the nearest.
    pub fn word<T: Copy>(&mut self, found: Option<(String, Span)>, key: &str, known: &[(&str, T)]) -> Option<T> {
        let (word, span) = found?;
        if let Some((_, meaning)) = known.iter().find(|(name, _)| *name == word) {
            return Some(*meaning);
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let near = hint(&word, names.iter().copied());
        self.problem(span, "unknown_word", format!("`{word}` is no {key}{near}; known: {}", names.join(", ")));
        None
    }
}

/// Whether a name may be a key in JSON and in routes.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}
