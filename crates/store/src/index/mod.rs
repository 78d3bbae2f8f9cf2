//! The engine of index.db: what lists, filters, sorting and full-text search read. Every statement on index.db lives in this folder.
//!
//! One table per module (`m_<module>`: keys, display values, tokens), one of keys of multi-valued columns (`v_<module>`), one full-text
//! table over all modules (`ft`). A list never decrypts a record. All of it can be rebuilt from the records at any time, so it is never
//! backed up. The planner is our own ([`list`]): SQLite keeps no statistics here, because statistics are samples of personal values.
//!
//! *Writer*: [`Index`], one per tenant. *Readers*: any connection to the same file, with [`list`], [`search`] and [`count`].
//! Promises: Müller is found however it is typed (F-067), restricted records appear nowhere unless asked for, and what is removed is in
//! no page of the file once the write-ahead log has been truncated ([`scrub`] says what SQLite alone would leave).

mod apply;
mod condition;
mod error;
mod fulltext;
mod key;
mod layout;
mod list;
mod plan;
mod query;
mod row;
mod scrub;
mod search;
mod walk;

pub use apply::{IndexChange, IndexRow};
pub use error::{Error, Result};
pub use key::Key;
pub use layout::{Column, ColumnKind, Ensured, ModuleColumns};
pub use list::{count, list};
pub use query::{
    Count, Cursor, DEFAULT_ROW_BUDGET, Filter, ListPage, ListQuery, ListRow, MAX_LIMIT, SearchOrder, SearchQuery, Test,
};
pub use row::{ScopedRow, row};
pub use search::search;

use layout::Layout;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::collections::BTreeMap;

/// Version of the tables in this folder. An index of another version is thrown away and rebuilt.
const FORMAT: i64 = 5;
/// Frames of the write-ahead log after which it is copied into the file.
const CHECKPOINT_FRAMES: u64 = 16_000;

/// How far the index has come: the last journal sequence whose changes it holds. 0 is an empty index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position(pub i64);

/// The writer's side of index.db.
pub struct Index {
    connection: Connection,
    layouts: BTreeMap<String, Layout>,
    scrub: scrub::Scrub,
}

impl Index {
    /// Pragmas of every connection to index.db, to be run after the key: a freed byte is overwritten; pages are not mapped (they
    /// are encrypted); no statistics are ever taken.
    pub const PRAGMAS: &str = "PRAGMA secure_delete = ON; PRAGMA mmap_size = 0; PRAGMA synchronous = NORMAL;";
    /// Takes a connection that may write. Creates what is missing; an index of another format or another version of the folding is
    /// emptied, and its position is 0 again.
    pub fn open(connection: Connection) -> Result<Self> {
        // After a failure the log is all that names the pages that are to be cleared: closing must not copy it into the file and throw it away.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Checkpoints come after the scrub only, or it could miss what it has to clear.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        Self::create_schema(&connection)?;
        connection.set_prepared_statement_cache_capacity(512);
        let scrub = scrub::Scrub::new(&connection)?;
        let mut index = Self { connection, layouts: BTreeMap::new(), scrub };
        index.settle()?;
        let built_with = (index.meta("format")?.unwrap_or(0), index.meta("text")?.unwrap_or(0));
        if built_with != (FORMAT, crate::text::VERSION) {
            index.clear()?;
        }
        Ok(index)
    }
    /// Creates the tables that every index has, if they are missing.
    pub fn create_schema(connection: &Connection) -> Result<()> {
        layout::create_schema(connection)
    }
    /// The connection, for checkpoints and integrity checks.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }
    /// Gives the connection back, with nothing in the log that had to be cleared.
    pub fn into_connection(mut self) -> Result<Connection> {
        if !self.truncate_log()? {
            return Err(Error::Damaged("its write-ahead log is still being read"));
        }
        Ok(self.connection)
    }
    /// Creates or extends the tables of a module. Call it for every module before changes are applied and lists are asked for.
    pub fn ensure_module(&mut self, module: &ModuleColumns) -> Result<Ensured> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ensured = layout::ensure_module(&transaction, module)?;
        let layout = Layout::load(&transaction, &module.module)?;
        transaction.commit()?;
        self.layouts.insert(module.module.clone(), layout);
        Ok(ensured)
    }
    /// Applies changes and remembers how far the index has come, all or nothing. Give many at once: a thousand cost far less
    /// than a thousand times one.
    pub fn apply(&mut self, changes: &[IndexChange], position: Position) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        apply::apply(&transaction, changes, &self.layouts)?;
        set_meta(&transaction, "position", position.0)?;
        transaction.commit()?;
        self.scrub.look()?;
        if self.scrub.frames() >= CHECKPOINT_FRAMES { self.settle() } else { Ok(()) }
    }
    /// From time to time, and at the end: nothing overwritten is left in a page, and a long write-ahead log is copied into the file.
    /// Until then the log names the pages that are to be looked at, so a crash in between loses nothing.
    pub fn settle(&mut self) -> Result<()> {
        self.scrub.run(&mut self.connection)?;
        if self.scrub.frames() >= CHECKPOINT_FRAMES {
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
    /// Removes records without moving the position, for an erasure. After [`Index::truncate_log`] no page of the file holds anything of them.
    pub fn wipe(&mut self, records: &[(String, i64)]) -> Result<()> {
        let position = self.position()?;
        let changes: Vec<_> =
            records.iter().map(|(module, rid)| IndexChange::Remove { rid: *rid, module: module.clone() }).collect();
        self.apply(&changes, position)
    }
    /// Copies the write-ahead log into the file and cuts it to nothing. `false` if a reader holds it; try again later.
    pub fn truncate_log(&mut self) -> Result<bool> {
        self.scrub.run(&mut self.connection)?;
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
    /// Clears what is to be cleared, copies the log into the file and closes it. If that fails, the log stays beside the file and is looked
    /// through at the next opening.
    pub fn close(mut self) -> Result<()> {
        if self.truncate_log()? {
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        }
        Ok(())
    }
    /// How far the index has come.
    pub fn position(&self) -> Result<Position> {
        Ok(Position(self.meta("position")?.unwrap_or(0)))
    }
    /// Throws everything away, modules too: before a rebuild. The position is 0 afterwards.
    pub fn clear(&mut self) -> Result<()> {
        self.layouts.clear();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tables: Vec<String> = transaction
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB 'm_*' OR name GLOB 'v_*' OR name IN ('ft', 'ft_terms'))")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for table in tables {
            transaction.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
        }
        transaction.execute_batch("DELETE FROM modules; DELETE FROM columns; DELETE FROM meta;")?;
        layout::create_schema(&transaction)?;
        set_meta(&transaction, "format", FORMAT)?;
        set_meta(&transaction, "text", crate::text::VERSION)?;
        transaction.commit()?;
        Ok(())
    }
    fn meta(&self, name: &str) -> Result<Option<i64>> {
        let value = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
            .query_row([name], |row| row.get(0));
        Ok(value.optional()?)
    }
}

fn set_meta(connection: &Connection, name: &str, value: i64) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(rusqlite::params![name, value])?;
    Ok(())
}

/// How far the index has come, read from any connection to it.
pub fn position(connection: &Connection) -> Result<Position> {
    let value =
        connection.prepare_cached("SELECT value FROM meta WHERE name = 'position'")?.query_row([], |row| row.get(0));
    Ok(Position(value.optional()?.unwrap_or(0)))
}

#[cfg(test)]
mod tests;
