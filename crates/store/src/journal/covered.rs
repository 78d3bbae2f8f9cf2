//! Rows beside the records that entries commit to: whose change in the database of a stopped instance would give rights, hide a person or let data go early.
//!
//! One mechanism for all of them: whoever changes such a row puts the digest of what it is afterwards into the entry that changes it
//! ([`crate::Op::cover`]). Verification compares the last digest of each row with the row that is there. Rows that share an id (the links of a
//! record) are one.
use super::body::Digest;
use crate::engine::{Param, Query, Row};
use crate::op::{Entry, Op};
use crate::{Error, Result};

/// A table whose rows are covered.
#[derive(Debug)]
pub struct Covered {
    /// Its number in entries; never given to another table.
    pub(crate) code: u8,
    /// What a row is called in findings.
    pub(crate) name: &'static str,
    /// The columns after the id: `i` an integer, `t` a text, `b` bytes, each or null.
    shape: &'static str,
    pub(crate) all: Query,
    /// Its rows by the id, or, where there is no index over that, by a row number.
    pub(crate) one: Query,
    /// Whether `one` takes the id.
    pub(crate) by_id: bool,
}

impl Covered {
    /// Name of the statement that reads all its rows.
    pub fn statement_name(&self) -> &'static str {
        self.all.name
    }
    /// The statement that reads its rows, for the test that no table is forgotten.
    pub fn statement(&self) -> &'static str {
        self.all.sql
    }
}

/// A column of a covered row.
pub(crate) type Column<'a> = Param<'a>;

/// The digest of rows under one id: SHA-256 over the table's number and the columns, each with its kind and length.
pub(crate) struct Digesting {
    bytes: Vec<u8>,
    /// Field and target of each link so far, and where its columns begin: a server that knows only sealed texts gives them in an order of its own.
    links: Vec<(String, i64, usize)>,
}

/// What the bytes begin with.
const HEAD: usize = 3;

impl Digesting {
    pub fn new(table: &Covered) -> Self {
        Self { bytes: vec![b'c', b'1', table.code], links: Vec::new() }
    }
    pub fn column(&mut self, column: Column<'_>) {
        let (kind, bytes): (u8, &[u8]) = match column {
            Param::Null => (0, &[]),
            Param::Int(number) => {
                self.bytes.push(1);
                self.bytes.extend(number.to_be_bytes());
                return;
            }
            Param::Text(text) => (2, text.as_bytes()),
            Param::Bytes(bytes) => (3, bytes),
        };
        self.bytes.push(kind);
        self.bytes.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.bytes.extend(bytes);
    }
    pub fn row(&mut self, table: &Covered, row: &dyn Row) -> Result<()> {
        if table.code == LINKS.code {
            self.links.push((row.text(1)?.to_owned(), row.int(2)?, self.bytes.len()));
        }
        for (place, kind) in table.shape.bytes().enumerate() {
            let column = match kind {
                b'i' => row.opt_int(place + 1)?.map_or(Param::Null, Param::Int),
                b't' => row.opt_text(place + 1)?.map_or(Param::Null, Param::Text),
                _ => row.opt_bytes(place + 1)?.map_or(Param::Null, Param::Bytes),
            };
            self.column(column);
        }
        Ok(())
    }
    pub fn done(&self) -> Digest {
        if self.links.is_sorted() {
            return keys::sha256(&[&self.bytes]);
        }
        let ends = self.links.iter().skip(1).map(|(.., begin)| *begin).chain([self.bytes.len()]);
        let mut links: Vec<_> = self.links.iter().zip(ends).collect();
        links.sort_unstable();
        let (head, _) = self.bytes.split_at(HEAD);
        let columns = links.iter().filter_map(|((.., begin), end)| self.bytes.get(*begin..*end));
        let pieces: Vec<&[u8]> = std::iter::once(head).chain(columns).collect();
        keys::sha256(&pieces)
    }
    /// Begins anew without another allocation: verification makes millions of these.
    fn again(&mut self) {
        self.bytes.truncate(HEAD);
        self.links.clear();
    }
}

macro_rules! covered {
    ($($(#[$doc:meta])* $name:ident = $code:literal $word:literal $shape:literal $columns:literal $from:literal id $id:literal by $by:literal order $order:literal;)*) => {
        $($(#[$doc])* pub const $name: Covered = Covered {
            code: $code,
            name: $word,
            shape: $shape,
            all: Query { name: concat!("COVERED_", stringify!($name)), sql: concat!("SELECT ", $id, ", ", $columns, " FROM ", $from, " ORDER BY ", $order) },
            one: Query {
                name: concat!("COVERED_ONE_", stringify!($name)),
                sql: concat!("SELECT ", $id, ", ", $columns, " FROM ", $from, " WHERE ", $by, " = ?1 ORDER BY ", $order),
            },
            by_id: matches!($by.as_bytes(), [b'i', b'd'] | [b'r', b'.', b'i', b'd'] | [b's', b'u', ..]),
        };)*
        /// All of them.
        pub const COVERED: &[&Covered] = &[$(&$name),*];
        /// Their statements, for the test that prepares every statement.
        pub const ALL: &[(&str, &str)] = &[$(($name.all.name, $name.all.sql), ($name.one.name, $name.one.sql)),*];
    };
}

covered! {
    /// Key units: whose, which deletion class, whether live. By row number.
    UNIT = 1 "unit" "itii" "subject, class, record, state" "unit" id "id" by "rid" order "rid";
    /// Persons: which record, merged into whom, restricted or erased. By row number.
    SUBJECT = 2 "subject" "iit" "record, alias_of, state" "subject" id "id" by "rid" order "rid";
    /// The links of a record, under the record's id.
    LINKS = 3 "links of record" "ti" "l.field, l.target" "link l LEFT JOIN record r ON r.rid = l.source" id "r.id" by "r.id" order "l.source, l.field, l.target";
    /// Users: role, state, password, profile. The count of failures is bookkeeping.
    USER = 4 "user" "iibttti" "rid, unit, profile, role, state, password, number" "user_account" id "id" by "id" order "rid";
    /// Tokens and their rights.
    TOKEN = 5 "token" "ibibttiii" "rid, hash, unit, name, rights, created_by, created_at, expires_at, revoked_at" "token" id "id" by "id" order "rid";
    /// Erasures: plan, approval, certificate.
    ERASURE = 6 "erasure" "ibtttbittit" "rid, subject, state, reason, plan, plan_hash, created_at, created_by, approved_by, performed_at, certificate" "erasure" id "id" by "id" order "rid";
    /// Merges, under the id of the person that was merged; by that one's row number.
    MERGE = 7 "merge of subject" "iiiti" "m.rid, m.kept, m.merged, m.undo, m.undone" "merge m LEFT JOIN subject s ON s.rid = m.merged" id "s.id" by "m.merged" order "m.merged, m.rid";
    /// Definitions of modules, under the first half of their fingerprint.
    MODULE = 8 "module" "itbti" "rid, name, fingerprint, source, active" "module" id "substr(fingerprint, 1, 16)" by "substr(fingerprint, 1, 16)" order "rid";
}

/// The digest of a unit's row from its columns.
pub(crate) fn unit(subject: i64, class: &str, record: i64, state: i64) -> Digest {
    of(&UNIT, &[subject.into(), class.into(), record.into(), state.into()])
}

/// The digest of a live subject's row that was merged into nobody.
pub(crate) fn new_subject(record: i64) -> Digest {
    of(&SUBJECT, &[record.into(), 0.into(), "live".into()])
}

/// The digest of a record's links, in the order of field and target; none if there are none.
pub(crate) fn links<'a>(links: impl Iterator<Item = &'a (String, i64)>) -> Option<Digest> {
    let mut links = links.peekable();
    links.peek()?;
    let mut digest = Digesting::new(&LINKS);
    for (field, target) in links {
        digest.column(field.as_str().into());
        digest.column((*target).into());
    }
    Some(digest.done())
}

fn of(table: &Covered, columns: &[Column<'_>]) -> Digest {
    let mut digest = Digesting::new(table);
    for column in columns {
        digest.column(*column);
    }
    digest.done()
}

impl Entry {
    /// Says what a covered row is after the change; none if it is gone.
    pub(crate) fn covers(&self, table: &Covered, id: &[u8; 16], digest: Option<Digest>) {
        self.covered.borrow_mut().insert((table.code, *id), digest);
    }
}

impl Op<'_> {
    /// Makes the entry commit to a covered row as it is now. To be called after each change of it.
    pub fn cover(&mut self, entry: &Entry, table: &Covered, id: &[u8; 16]) -> Result<()> {
        self.cover_by(entry, table, id, id.into())
    }
    /// The same for a table whose rows are found by another key than the id.
    pub fn cover_by(&mut self, entry: &Entry, table: &Covered, id: &[u8; 16], key: Param<'_>) -> Result<()> {
        let digest = present(table, key, &mut |query, params, each| self.query(query, params, each))?;
        entry.covers(table, id, digest);
        Ok(())
    }
}

type Run<'a> = dyn FnMut(&Query, &[Param<'_>], &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> + 'a;

/// The digest of what lies under a key now.
pub(crate) fn present(table: &Covered, key: Param<'_>, run: &mut Run<'_>) -> Result<Option<Digest>> {
    let mut digest: Option<Digesting> = None;
    run(&table.one, &[key], &mut |row| {
        digest.get_or_insert_with(|| Digesting::new(table)).row(table, row)?;
        Ok(true)
    })?;
    Ok(digest.map(|digest| digest.done()))
}

/// Every covered row of a table, with its digest; rows under one id, which follow each other, as one. `each` is given none for the id of a row that
/// names none.
pub(crate) fn walk(table: &Covered, run: &mut Run<'_>, each: &mut dyn FnMut(Option<[u8; 16]>, Digest)) -> Result<()> {
    let mut open: Option<[u8; 16]> = None;
    let mut digest = Digesting::new(table);
    run(&table.all, &[], &mut |row| {
        let id: Option<[u8; 16]> = row.opt_bytes(0)?.and_then(|id| id.try_into().ok());
        if let Some(before) = open.take_if(|before| Some(*before) != id) {
            each(Some(before), digest.done());
            digest.again();
        }
        if id.is_none() {
            each(None, [0; 32]);
            return Ok(true);
        }
        open = id;
        // A column of another type than any program writes makes another digest than any entry has.
        if matches!(digest.row(table, row), Err(Error::Damaged { .. })) {
            digest.column(Param::Bytes(b"unreadable"));
        }
        Ok(true)
    })?;
    if open.is_some() {
        each(open, digest.done());
    }
    Ok(())
}
