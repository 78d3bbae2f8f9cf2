//! What a list, a search or a count asks for, and what it answers.
use super::error::{Error, Result};
use super::key::Key;
use crate::text::Term;
use base::{RecordId, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use std::collections::BTreeSet;

/// Longest page.
pub const MAX_LIMIT: u32 = 200;
/// Index rows that one query may read, unless it says otherwise.
pub const DEFAULT_ROW_BUDGET: u32 = 20_000;
/// Most scopes of a caller, filters of a query, sort columns, values of one `In`.
pub(super) const MAX_SCOPES: usize = 100;
pub(super) const MAX_FILTERS: usize = 20;
pub(super) const MAX_SORTS: usize = 4;
pub(super) const MAX_IN: usize = 100;

/// A condition on one column. Of a column with several values, one that fits suffices; `Ne` wants that none is equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// A column of the module, `title`, `changed_at` or `created_at`.
    pub column: String,
    /// What must hold.
    pub test: Test,
}

/// What a value is compared with. A record without the value meets only `IsNull` and `Ne`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Equal.
    Eq(Key),
    /// Not equal.
    Ne(Key),
    /// Greater.
    Gt(Key),
    /// Greater or equal.
    Gte(Key),
    /// Less.
    Lt(Key),
    /// Less or equal.
    Lte(Key),
    /// Equal to one of these, at most 100.
    In(Vec<Key>),
    /// The key begins so: see [`Key::text_prefix`], [`Key::text_caseless`], [`Key::exact`].
    Prefix(Key),
    /// No value.
    IsNull,
    /// Any value.
    NotNull,
}

/// A page of one module's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// The module.
    pub module: String,
    /// Scope ids whose records are seen, at most 100. None: nothing is.
    pub scopes: BTreeSet<i64>,
    /// All must hold, at most 20.
    pub filters: Vec<Filter>,
    /// Full-text search; every term must be found.
    pub text: Option<Vec<Term>>,
    /// Columns and whether descending, at most 4. Empty: newest first. Records without a value come last both ways.
    pub sort: Vec<(String, bool)>,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// Rows of the page, 1 to 200.
    pub limit: u32,
    /// Whether records under restriction are seen (privacy role only).
    pub include_restricted: bool,
    /// Index rows to read at most; above it the answer is [`Error::TooBroad`].
    pub row_budget: u32,
}

impl ListQuery {
    /// The newest 50 records of a module that the scopes let through.
    pub fn new(module: impl Into<String>, scopes: BTreeSet<i64>) -> Self {
        Self {
            module: module.into(),
            scopes,
            filters: Vec::new(),
            text: None,
            sort: Vec::new(),
            after: None,
            limit: 50,
            include_restricted: false,
            row_budget: DEFAULT_ROW_BUDGET,
        }
    }
}

/// One record as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Local number of the record; never leaves the database.
    pub rid: i64,
    /// The record.
    pub id: RecordId,
    /// Its module.
    pub module: String,
    /// Its version.
    pub version: i64,
    /// Its title.
    pub title: String,
    /// Display values, JSON.
    pub doc: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Whether it is under restriction.
    pub restricted: bool,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// The records in order.
    pub rows: Vec<ListRow>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
    /// Index rows read for it.
    pub read: u32,
}

/// In which order a search answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchOrder {
    /// Newest record first.
    #[default]
    Newest,
    /// Among the newest 1,000 hits, those first in whose title all terms are found.
    Relevance,
}

/// A full-text search over modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// The modules to search in that the caller may read; unknown ones hold nothing.
    pub modules: Vec<String>,
    /// As in [`ListQuery`].
    pub scopes: BTreeSet<i64>,
    /// Every term must be found. Empty: nothing is.
    pub terms: Vec<Term>,
    /// Order.
    pub order: SearchOrder,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// Rows of the page, 1 to 200.
    pub limit: u32,
    /// As in [`ListQuery`].
    pub include_restricted: bool,
    /// As in [`ListQuery`].
    pub row_budget: u32,
}

impl SearchQuery {
    /// The newest 50 records of those modules with these terms, without restricted ones.
    pub fn new(modules: Vec<String>, scopes: BTreeSet<i64>, terms: Vec<Term>) -> Self {
        let (order, limit, row_budget) = (SearchOrder::Newest, 50, DEFAULT_ROW_BUDGET);
        Self { modules, scopes, terms, order, after: None, limit, include_restricted: false, row_budget }
    }
}

/// How many records a query matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// So many were counted.
    pub count: u64,
    /// Whether that is all; otherwise there are more, and counting stopped at the cap or at the row budget.
    pub exact: bool,
}

/// The place between two rows of a list: sort keys and number of the last row, bound to module and sort of its query.
///
/// Opaque text. It holds keys from which a name could be read back, so it goes only to whoever was shown the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Takes the text of a cursor as a client sent it; checked when it is used.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text to send to the client: base64url.
    pub fn as_text(&self) -> &str {
        &self.0
    }
    /// Writes a place; `bound_to` is what the query must say again.
    pub(super) fn write(bound_to: &str, keys: &[Vec<u8>], rid: i64) -> Self {
        let mut bytes = fingerprint(bound_to).to_be_bytes().to_vec();
        bytes.extend(rid.to_be_bytes());
        for key in keys {
            bytes.extend(u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(key);
        }
        Self(BASE64URL_NOPAD.encode(&bytes))
    }
    /// Reads it back: keys and number.
    pub(super) fn read(&self, bound_to: &str, key_count: usize) -> Result<(Vec<Vec<u8>>, i64)> {
        let bytes = BASE64URL_NOPAD.decode(self.0.as_bytes()).map_err(|_| Error::Cursor)?;
        let mut rest = bytes.as_slice();
        let mut take = |count: usize| -> Result<&[u8]> {
            let (head, tail) = rest.split_at_checked(count).ok_or(Error::Cursor)?;
            rest = tail;
            Ok(head)
        };
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_be_bytes).map_err(|_| Error::Cursor);
        if number(take(8)?)? != fingerprint(bound_to) {
            return Err(Error::Cursor);
        }
        let rid = number(take(8)?)?;
        let mut keys = Vec::with_capacity(key_count);
        for _ in 0..key_count {
            let length = take(2)?.try_into().map(u16::from_be_bytes).map_err(|_| Error::Cursor)?;
            keys.push(take(usize::from(length))?.to_vec());
        }
        if rest.is_empty() { Ok((keys, rid)) } else { Err(Error::Cursor) }
    }
}

/// FNV-1a. Only tells honest mistakes apart; a made-up cursor can do no more than start at another place of the same list.
fn fingerprint(text: &str) -> i64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_bound_to_their_list() {
        let cursor = Cursor::write("contact title", &[b"abc".to_vec(), vec![]], 7);
        assert_eq!(cursor.read("contact title", 2).unwrap(), (vec![b"abc".to_vec(), vec![]], 7));
        assert!(matches!(cursor.read("contact -title", 2), Err(Error::Cursor)));
        assert!(matches!(cursor.read("contact title", 1), Err(Error::Cursor)));
        assert!(matches!(cursor.read("contact title", 3), Err(Error::Cursor)));
        for text in ["", "x", "AAAA", "ä"] {
            assert!(matches!(Cursor::from_text(text).read("contact title", 0), Err(Error::Cursor)));
        }
    }
}
