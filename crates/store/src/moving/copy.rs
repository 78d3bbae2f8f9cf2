//! Copying rows from one half to the other, and bringing over what has changed since.
//!
//! Rows are copied a few at a time, each few in a moment of their own: no long snapshot holds up the emptying of a write-ahead log. What is copied so
//! is of no one moment. It need not be: every change since the beginning is written down ([`super::capture`]), and what changed is read again when
//! nobody writes.
use super::tables::{self, Cell, Follow, Mark, TABLES, TOGETHER, Table};
use crate::database::Database;
use crate::engine::{Connection, Param, Sql};
use crate::place;
use crate::shared::Paths;
use crate::sqlite::{Mode, Settings};
use crate::{Error, Result};
use keys::{KeyRing, Pages};
use parking_lot::Mutex;
use std::collections::BTreeSet;

/// Rows read in one go.
const CHUNK: usize = 500;
/// Rows of one commit.
const PER_COMMIT: usize = 20_000;

/// The two databases of a place.
pub(crate) struct Half {
    pub records: Database,
    pub keys: Database,
}

impl Half {
    pub fn open(paths: &Paths, ring: &KeyRing, mode: Mode, settings: &Settings) -> Result<Self> {
        Ok(Self {
            records: place::open(paths, ring, Pages::Records, mode, settings)?,
            keys: place::open(paths, ring, Pages::Keys, mode, settings)?,
        })
    }
    pub fn database(&mut self, pages: Pages) -> &mut Database {
        if pages == Pages::Keys { &mut self.keys } else { &mut self.records }
    }
    /// Rows of each table.
    pub fn counts(&mut self) -> Result<Vec<(&'static str, u64)>> {
        let mut counts = Vec::new();
        for table in TABLES.iter() {
            let mut count = 0;
            self.database(table.pages).query(sql("MOVE_COUNT", &table.count), &[], &mut |row| {
                count = u64::try_from(row.int(0)?).unwrap_or_default();
                Ok(false)
            })?;
            counts.push((table.name.as_str(), count));
        }
        Ok(counts)
    }
}

/// A copy under way: from where to where, and what must be read again.
pub(crate) struct Copier {
    pub from: Half,
    pub to: Half,
    /// Rows that contradicted others when they were written: two that exclude each other were read in different moments.
    again: BTreeSet<Mark>,
}

const fn sql(name: &'static str, text: &'static str) -> Sql {
    Sql { name, text }
}

impl Copier {
    pub const fn new(from: Half, to: Half) -> Self {
        Self { from, to, again: BTreeSet::new() }
    }

    /// Copies every table; gives how many rows. Whoever holds `writing` keeps the copy from going on, and knows that everything that it had read is written.
    pub fn copy_all(&mut self, writing: &Mutex<()>) -> Result<u64> {
        let mut rows = 0;
        for table in TABLES.iter().filter(|table| table.follow != Follow::Whole) {
            let mut after = None;
            loop {
                let _writing = writing.lock();
                let more = in_one(&mut self.to, table.pages, |to| {
                    copy_some(self.from.database(table.pages), to, table, &mut after, &mut self.again, &mut rows)
                })?;
                if !more {
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// Brings over the rows that these marks name, as they are now. With `all`, the small tables too; nobody may be writing then.
    pub(super) fn follow(&mut self, marks: BTreeSet<Mark>, all: bool, writing: &Mutex<()>) -> Result<u64> {
        let _writing = writing.lock();
        let mut marks = marks;
        marks.append(&mut self.again);
        let count = marks.len() as u64;
        for pages in [Pages::Keys, Pages::Records] {
            let Self { from, to, again } = self;
            in_one(to, pages, |to| {
                for table in tables::of(pages) {
                    let of_table = |mark: &&Mark| mark.table == table.number;
                    if table.follow == Follow::Whole {
                        if all {
                            to.execute(sql("MOVE_DELETE", &table.delete_of), &[])?;
                            bring(from.database(pages), to, table, &[], again)?;
                        }
                        continue;
                    }
                    // Everything of before goes first, so that nothing of now meets it.
                    if !matches!(table.follow, Follow::Overwrite(_)) {
                        for mark in marks.iter().filter(of_table) {
                            to.send(sql("MOVE_DELETE", &table.delete_of), &table.params(mark))?;
                        }
                    }
                    for mark in marks.iter().filter(of_table) {
                        bring(from.database(pages), to, table, &table.params(mark), again)?;
                    }
                }
                Ok(())
            })?;
        }
        if all && !self.again.is_empty() {
            return Err(Error::damaged(
                "the new half",
                "two rows exclude each other that stand beside each other in the old one",
            ));
        }
        Ok(count)
    }
}

/// Runs it in a transaction of one of the databases.
fn in_one<T>(half: &mut Half, pages: Pages, work: impl FnOnce(&mut Database) -> Result<T>) -> Result<T> {
    let database = half.database(pages);
    database.begin()?;
    let done = work(database).and_then(|done| database.commit().map(|()| done));
    if done.is_err() {
        database.rollback();
    }
    done
}

/// Copies the rows behind `after`, up to [`PER_COMMIT`]; whether there may be more.
fn copy_some(
    from: &mut Database,
    to: &mut Database,
    table: &'static Table,
    after: &mut Option<Vec<Cell>>,
    again: &mut BTreeSet<Mark>,
    rows: &mut u64,
) -> Result<bool> {
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    for _ in 0..PER_COMMIT / CHUNK {
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut params: Vec<Param<'_>> = after.iter().flatten().map(Cell::param).collect();
        params.push(limit.into());
        let text = if after.is_some() { &table.next_rows } else { &table.first_rows };
        from.query(sql("MOVE_ROWS", text), &params, &mut |row| {
            chunk.push(table.read(row)?);
            Ok(true)
        })?;
        for some in chunk.chunks(TOGETHER) {
            insert(to, table, some, again)?;
        }
        *rows += chunk.len() as u64;
        let Some(last) = chunk.last() else { return Ok(false) };
        *after = Some(table.key_of(last));
        if chunk.len() < CHUNK {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Inserts some rows in one statement if they fill it. Those that contradict others that are there are brought over again later.
fn insert(to: &mut Database, table: &'static Table, rows: &[Vec<Cell>], again: &mut BTreeSet<Mark>) -> Result<()> {
    if rows.len() == TOGETHER {
        let params: Vec<Param<'_>> = rows.iter().flatten().map(Cell::param).collect();
        if to.execute(sql("MOVE_MANY", &table.insert_many), &params)? < rows.len() as u64 {
            for row in rows {
                again.insert(table.mark_of(row)?);
            }
        }
        return Ok(());
    }
    for row in rows {
        let params: Vec<Param<'_>> = row.iter().map(Cell::param).collect();
        if to.execute(sql("MOVE_ONE", &table.insert_one), &params)? == 0 {
            again.insert(table.mark_of(row)?);
        }
    }
    Ok(())
}

/// Brings over the rows that one mark names.
fn bring(
    from: &mut Database,
    to: &mut Database,
    table: &'static Table,
    params: &[Param<'_>],
    again: &mut BTreeSet<Mark>,
) -> Result<()> {
    let mut rows = Vec::new();
    from.query(sql("MOVE_ROWS_OF", &table.rows_of), params, &mut |row| {
        rows.push(table.read(row)?);
        Ok(true)
    })?;
    rows.chunks(TOGETHER).try_for_each(|some| insert(to, table, some, again))
}
