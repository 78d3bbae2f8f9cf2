//! A database of a tenant on either engine. Chosen by one branch and not through a table of functions: the embedded engine answers in microseconds.
use crate::Result;
use crate::engine::{Connection, Param, Row, Sql};
use crate::postgres::{self, PgConnection};
use crate::sqlite::SqliteConnection;

/// A database of a tenant.
pub enum Database {
    /// A file.
    Sqlite(SqliteConnection),
    /// A database of a server.
    #[doc(hidden)]
    Postgres(Box<PgConnection>),
}

/// Ends what a connection is doing at the moment, from another thread.
pub(crate) enum Interrupt {
    Sqlite(rusqlite::InterruptHandle),
    Postgres(postgres::Interrupt),
}

impl Interrupt {
    pub fn interrupt(&self) {
        match self {
            Self::Sqlite(handle) => handle.interrupt(),
            Self::Postgres(handle) => handle.interrupt(),
        }
    }
}

impl Database {
    /// The file, if it is one: for what only a file has.
    pub(crate) fn file(&mut self) -> Option<&mut SqliteConnection> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }
    /// Runs several statements without parameters, in the engine's own dialect.
    pub fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        match self {
            Self::Sqlite(file) => file.script(name, text),
            Self::Postgres(database) => database.script(name, text),
        }
    }
    /// From here on every answer comes from one state, until [`Self::end_snapshot`].
    pub(crate) fn begin_snapshot(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(file) => file.script("snapshot", "BEGIN"),
            Self::Postgres(database) => database.begin_snapshot(),
        }
    }
    /// Ends it.
    pub(crate) fn end_snapshot(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(file) => file.script("snapshot end", "ROLLBACK"),
            Self::Postgres(database) => database.end_snapshot(),
        }
    }
    /// Ends the transactions of everybody else in this database. For whoever alone may write there.
    pub(crate) fn end_others(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(database) => database.end_others(),
        }
    }
    /// Whether its server or the way there is gone.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(database) => database.is_closed(),
        }
    }
    /// For tests: ends what it is doing at the moment, from another thread.
    #[doc(hidden)]
    pub fn interrupter(&mut self) -> impl FnOnce() + Send + 'static {
        let handle = self.interrupt_handle();
        move || handle.interrupt()
    }
    pub(crate) fn interrupt_handle(&mut self) -> Interrupt {
        match self {
            Self::Sqlite(file) => Interrupt::Sqlite(file.raw().get_interrupt_handle()),
            Self::Postgres(database) => Interrupt::Postgres(database.interrupt_handle()),
        }
    }
}

macro_rules! either {
    ($self:ident, $connection:ident => $call:expr) => {
        match $self {
            Self::Sqlite($connection) => $call,
            Self::Postgres($connection) => $call,
        }
    };
}

impl Connection for Database {
    fn query(&mut self, sql: Sql, params: &[Param<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> {
        either!(self, connection => connection.query(sql, params, each))
    }
    fn execute(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<u64> {
        either!(self, connection => connection.execute(sql, params))
    }
    fn send(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<()> {
        either!(self, connection => connection.send(sql, params))
    }
    fn begin(&mut self) -> Result<()> {
        either!(self, connection => connection.begin())
    }
    fn commit(&mut self) -> Result<()> {
        either!(self, connection => connection.commit())
    }
    fn rollback(&mut self) {
        either!(self, connection => connection.rollback());
    }
    fn savepoint(&mut self) -> Result<()> {
        either!(self, connection => connection.savepoint())
    }
    fn release(&mut self) -> Result<()> {
        either!(self, connection => connection.release())
    }
    fn undo(&mut self) -> Result<()> {
        either!(self, connection => connection.undo())
    }
    fn prepare(&mut self, sql: Sql) -> Result<()> {
        either!(self, connection => connection.prepare(sql))
    }
    fn format(&mut self) -> Result<i64> {
        either!(self, connection => connection.format())
    }
    fn upgrade(&mut self, scripts: &str, format: i64) -> Result<()> {
        either!(self, connection => connection.upgrade(scripts, format))
    }
    fn tables(&mut self) -> Result<Vec<String>> {
        either!(self, connection => connection.tables())
    }
    fn parts_of_units(&mut self, units: &[i64]) -> Result<Vec<String>> {
        either!(self, connection => connection.parts_of_units(units))
    }
    fn forget_parts(&mut self, parts: &[String]) -> Result<()> {
        either!(self, connection => connection.forget_parts(parts))
    }
    fn forget_overwritten(&mut self) -> Result<()> {
        either!(self, connection => connection.forget_overwritten())
    }
}
