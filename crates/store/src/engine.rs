//! The seam to the database engine: *run this statement in this tenant's transaction*. It is as narrow as that on purpose:
//! features own their statements, an engine knows no feature, and a second engine implements [`Connection`] and nothing else.
//!
//! One SQL text serves every engine. Placeholders are `?1`, `?2`, …; values are 64-bit integers, text, bytes and null; local row numbers are
//! given by us, so that no dialect of automatic numbering is needed.
use crate::Result;

/// A statement that only reads.
#[derive(Debug)]
pub struct Query {
    /// Its name in messages and in the list of all statements.
    pub name: &'static str,
    /// The SQL.
    pub sql: &'static str,
}

/// A statement that changes what the business entered or decided. It cannot be run without a journal entry ([`crate::Op::change`]).
#[derive(Debug)]
pub struct Change {
    /// Its name in messages and in the list of all statements.
    pub name: &'static str,
    /// The SQL.
    pub sql: &'static str,
}

/// A statement that changes bookkeeping which is no business data: sessions, job states, positions, logs of their own. Tables it may
/// touch are listed in `UPKEEP_TABLES`, and a test reads every statement against that list.
#[derive(Debug)]
pub struct Upkeep {
    /// Its name in messages and in the list of all statements.
    pub name: &'static str,
    /// The SQL.
    pub sql: &'static str,
}

/// A value given to a statement.
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> {
    /// No value.
    Null,
    /// A 64-bit integer; booleans are 0 and 1.
    Int(i64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer. Columns are counted from 0; a column of another type than asked for is damage, not a panic.
pub trait Row {
    /// A 64-bit integer.
    fn int(&self, column: usize) -> Result<i64>;
    /// An integer or null.
    fn opt_int(&self, column: usize) -> Result<Option<i64>>;
    /// Text.
    fn text(&self, column: usize) -> Result<&str>;
    /// Text or null.
    fn opt_text(&self, column: usize) -> Result<Option<&str>>;
    /// Bytes.
    fn bytes(&self, column: usize) -> Result<&[u8]>;
    /// Bytes or null.
    fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>>;
}

/// What a statement's text and name look like to an engine.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// Its name, for messages.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
}

/// A connection to one database of a tenant.
pub trait Connection: Send {
    /// Runs a reading statement; `each` sees every row and may stop by returning `false`.
    fn query(&mut self, sql: Sql, params: &[Param<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()>;
    /// Runs a changing statement; returns the number of rows.
    fn execute(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<u64>;
    /// Runs a changing statement whose number of rows does not matter. What goes wrong may show only with a later statement, but not after the part
    /// of the transaction that it belongs to has ended.
    fn send(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<()> {
        self.execute(sql, params).map(drop)
    }
    /// Begins the writing transaction.
    fn begin(&mut self) -> Result<()>;
    /// Makes everything since `begin` durable: after this returns, a power cut loses none of it.
    fn commit(&mut self) -> Result<()>;
    /// Forgets everything since `begin`; harmless outside a transaction.
    fn rollback(&mut self);
    /// Begins a part of the transaction that can fail alone.
    fn savepoint(&mut self) -> Result<()>;
    /// Keeps the part.
    fn release(&mut self) -> Result<()>;
    /// Undoes the part.
    fn undo(&mut self) -> Result<()>;
    /// Has the engine understand a statement, without running it.
    fn prepare(&mut self, sql: Sql) -> Result<()>;
    /// Which format it has; 0 for one without tables.
    fn format(&mut self) -> Result<i64>;
    /// Runs migrations' scripts and writes down the format that they give, all or nothing.
    fn upgrade(&mut self, scripts: &str, format: i64) -> Result<()>;
    /// Names of its tables, without those that the engine makes for itself.
    fn tables(&mut self) -> Result<Vec<String>>;
    /// Parts of its tables that hold keys and keyed hashes of these units: what [`Self::forget_parts`] is given after they were overwritten.
    fn parts_of_units(&mut self, _units: &[i64]) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// After the destruction of keys: nothing of the overwritten rows of these parts is left when this returns, in tables or logs.
    fn forget_parts(&mut self, _parts: &[String]) -> Result<()> {
        self.forget_overwritten()
    }
    /// After an erasure: whatever the engine keeps of overwritten rows (write-ahead log, free pages) is gone when this returns.
    fn forget_overwritten(&mut self) -> Result<()>;
}

impl From<&Query> for Sql {
    fn from(statement: &Query) -> Self {
        Self { name: statement.name, text: statement.sql }
    }
}
impl From<&Change> for Sql {
    fn from(statement: &Change) -> Self {
        Self { name: statement.name, text: statement.sql }
    }
}
impl From<&Upkeep> for Sql {
    fn from(statement: &Upkeep) -> Self {
        Self { name: statement.name, text: statement.sql }
    }
}

/// Runs a query and collects what `read` makes of each row.
pub fn collect<T>(
    connection: &mut dyn Connection,
    query: &Query,
    params: &[Param<'_>],
    mut read: impl FnMut(&dyn Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    connection.query(query.into(), params, &mut |row| {
        rows.push(read(row)?);
        Ok(true)
    })?;
    Ok(rows)
}

/// Runs a query that has at most one row.
pub fn first<T>(
    connection: &mut dyn Connection,
    query: &Query,
    params: &[Param<'_>],
    mut read: impl FnMut(&dyn Row) -> Result<T>,
) -> Result<Option<T>> {
    let mut found = None;
    connection.query(query.into(), params, &mut |row| {
        found = Some(read(row)?);
        Ok(false)
    })?;
    Ok(found)
}
