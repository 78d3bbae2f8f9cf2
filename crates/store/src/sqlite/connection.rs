//! [`Connection`] on a SQLCipher file.
use super::explain;
use crate::engine::{Connection, Param, Row, Sql};
use crate::{Error, Result};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// One open file with its name for messages.
pub struct SqliteConnection {
    file: String,
    inner: rusqlite::Connection,
}

impl SqliteConnection {
    /// Wraps an opened file; `file` is the name that messages use.
    pub fn new(file: impl Into<String>, inner: rusqlite::Connection) -> Self {
        Self { file: file.into(), inner }
    }
    /// The engine's own handle, for what is SQLite alone: the index and migrations.
    pub fn raw(&mut self) -> &mut rusqlite::Connection {
        &mut self.inner
    }
    /// Gives the engine's own handle away.
    pub fn into_raw(self) -> rusqlite::Connection {
        self.inner
    }
    /// Authenticates every page of the file, free ones too, as it lies on the disk; gives what is wrong, a sentence a page.
    pub fn damaged_pages(&mut self) -> Result<Vec<String>> {
        super::pages::damaged(&self.inner).map_err(|error| explain(&self.file, "cipher_integrity_check", &error))
    }
    /// Encrypts every page of the file with another key, in one transaction.
    pub(crate) fn rekey(&mut self, key: &keys::PageKey) -> Result<()> {
        let script = zeroize::Zeroizing::new(format!("PRAGMA rekey = \"{}\"", key.pragma().as_str()));
        self.inner.execute_batch(&script).map_err(|error| explain(&self.file, "rekey", &error))
    }
    /// Runs a script of several statements without parameters (migrations).
    pub fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.inner.execute_batch(text).map_err(|error| explain(&self.file, name, &error))
    }
    fn simple(&mut self, name: &'static str, text: &str) -> Result<()> {
        let run = || self.inner.prepare_cached(text)?.execute([]).map(drop);
        run().map_err(|error| explain(&self.file, name, &error))
    }
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Int(number) => ToSqlOutput::Owned(Value::Integer(number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

struct SqliteRow<'a> {
    file: &'a str,
    row: &'a rusqlite::Row<'a>,
}

impl SqliteRow<'_> {
    fn wrong(&self, column: usize) -> Error {
        Error::damaged(self.file, format!("column {column} of an answer has another type than it must have"))
    }
    fn value(&self, column: usize) -> Result<ValueRef<'_>> {
        self.row.get_ref(column).map_err(|_| self.wrong(column))
    }
}

impl Row for SqliteRow<'_> {
    fn int(&self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| self.wrong(column))
    }
    fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            _ => Err(self.wrong(column)),
        }
    }
    fn text(&self, column: usize) -> Result<&str> {
        self.opt_text(column)?.ok_or_else(|| self.wrong(column))
    }
    fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => std::str::from_utf8(text).map(Some).map_err(|_| self.wrong(column)),
            _ => Err(self.wrong(column)),
        }
    }
    fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.opt_bytes(column)?.ok_or_else(|| self.wrong(column))
    }
    fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            _ => Err(self.wrong(column)),
        }
    }
}

impl Connection for SqliteConnection {
    fn query(&mut self, sql: Sql, params: &[Param<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> {
        let failed = |error: &rusqlite::Error| explain(&self.file, sql.name, error);
        let mut statement = self.inner.prepare_cached(sql.text).map_err(|error| failed(&error))?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(|error| failed(&error))?;
        while let Some(row) = rows.next().map_err(|error| failed(&error))? {
            if !each(&SqliteRow { file: &self.file, row })? {
                break;
            }
        }
        Ok(())
    }
    fn execute(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<u64> {
        let run = || self.inner.prepare_cached(sql.text)?.execute(rusqlite::params_from_iter(params));
        let rows = run().map_err(|error| explain(&self.file, sql.name, &error))?;
        Ok(rows as u64)
    }
    fn begin(&mut self) -> Result<()> {
        self.simple("begin", "BEGIN IMMEDIATE")
    }
    fn commit(&mut self) -> Result<()> {
        self.simple("commit", "COMMIT")
    }
    fn rollback(&mut self) {
        if !self.inner.is_autocommit()
            && let Err(error) = self.simple("rollback", "ROLLBACK")
        {
            tracing::error!(%error, file = self.file, "rolling back failed; the connection is closed with its next error");
        }
    }
    fn savepoint(&mut self) -> Result<()> {
        self.simple("savepoint", "SAVEPOINT op")
    }
    fn release(&mut self) -> Result<()> {
        self.simple("release", "RELEASE op")
    }
    fn undo(&mut self) -> Result<()> {
        self.simple("undo", "ROLLBACK TO op")?;
        self.simple("release", "RELEASE op")
    }
    fn prepare(&mut self, sql: Sql) -> Result<()> {
        self.inner.prepare(sql.text).map(drop).map_err(|error| explain(&self.file, sql.name, &error))
    }
    fn format(&mut self) -> Result<i64> {
        let read = self.inner.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
        read.map_err(|error| explain(&self.file, "user_version", &error))
    }
    fn upgrade(&mut self, scripts: &str, format: i64) -> Result<()> {
        self.script("migration", &format!("BEGIN IMMEDIATE;\n{scripts}\nPRAGMA user_version = {format};\nCOMMIT;"))
    }
    fn tables(&mut self) -> Result<Vec<String>> {
        let text = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let run = || -> rusqlite::Result<Vec<String>> {
            self.inner.prepare(text)?.query_map([], |row| row.get(0))?.collect()
        };
        run().map_err(|error| explain(&self.file, "tables", &error))
    }
    fn forget_overwritten(&mut self) -> Result<()> {
        let run = || self.inner.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        match run() {
            Ok(0) => Ok(()),
            Ok(_) => Err(Error::Busy {
                message: format!("{} is still being read, its write-ahead log could not be emptied", self.file),
            }),
            Err(error) => Err(explain(&self.file, "wal_checkpoint", &error)),
        }
    }
}
