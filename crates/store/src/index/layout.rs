//! Tables of the index: what exists, and making it so.
use super::error::{Error, Result};
use super::fulltext;
use rusqlite::{Connection, OptionalExtension, params};

/// What kind of values a column holds; says how its [`super::Key`]s are made and how much a filter on it helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Read by people, sorted by the rules of German: `Key::text`.
    Text,
    /// Identifier, e-mail, phone, url, link: many different values, `Key::exact`.
    Exact,
    /// Choice, country: few different values, `Key::exact`.
    Choice,
    /// Integer, decimal, money: `Key::number`, `Key::integer`.
    Number,
    /// Date: `Key::date`.
    Date,
    /// Date and time: `Key::moment`.
    Moment,
    /// Yes or no: `Key::boolean`.
    Boolean,
}

impl ColumnKind {
    const ALL: [Self; 7] =
        [Self::Text, Self::Exact, Self::Choice, Self::Number, Self::Date, Self::Moment, Self::Boolean];

    const fn code(self) -> i64 {
        match self {
            Self::Text => 1,
            Self::Exact => 2,
            Self::Choice => 3,
            Self::Number => 4,
            Self::Date => 5,
            Self::Moment => 6,
            Self::Boolean => 7,
        }
    }
    fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
    /// Order in which filters are proposed: what narrows most comes first.
    pub(super) const fn helpfulness(self) -> u8 {
        match self {
            Self::Exact => 0,
            Self::Date | Self::Moment => 1,
            Self::Text => 2,
            Self::Number => 3,
            Self::Choice => 4,
            Self::Boolean => 5,
        }
    }
}

/// A sortable and filterable column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name of the field, `[a-z][a-z0-9_]*`.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether a record has several values; then it can be filtered by, not sorted.
    pub many: bool,
}

/// The columns that the index keeps of a module, besides title and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleColumns {
    /// Name of the module, `[a-z][a-z0-9_]*`.
    pub module: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// What [`super::Index::ensure_module`] found or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// Everything was there.
    Unchanged,
    /// The module is new and has no rows.
    Created,
    /// Columns are new or changed: the rows that exist lack their keys until every record of the module is put again.
    Reindex,
}

/// A column as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredColumn {
    pub name: String,
    pub number: i64,
    pub kind: ColumnKind,
    pub many: bool,
}

/// A module as stored: what all statements are generated from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub name: String,
    pub number: i64,
    /// Single-valued ones first, each group by number.
    pub columns: Vec<StoredColumn>,
}

/// Names become part of statements, so only these pass.
pub(super) fn check_name(name: &str) -> Result<()> {
    let mut bytes = name.bytes();
    let good = name.len() <= 40
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if good { Ok(()) } else { Err(Error::Name(name.to_owned())) }
}

impl Layout {
    /// The module's layout; `None` if the index has no such module.
    pub(super) fn find(connection: &Connection, module: &str) -> Result<Option<Self>> {
        check_name(module)?;
        let number: Option<i64> = connection
            .prepare_cached("SELECT number FROM modules WHERE name = ?1")?
            .query_row([module], |row| row.get(0))
            .optional()?;
        let Some(number) = number else { return Ok(None) };
        let mut statement = connection
            .prepare_cached("SELECT name, number, kind, many FROM columns WHERE module = ?1 ORDER BY many, number")?;
        let mut rows = statement.query([number])?;
        let mut columns = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            check_name(&name)?;
            columns.push(StoredColumn {
                name,
                number: row.get(1)?,
                kind: ColumnKind::from_code(row.get(2)?).ok_or(Error::Damaged("kind of a column"))?,
                many: row.get(3)?,
            });
        }
        Ok(Some(Self { name: module.to_owned(), number, columns }))
    }
    /// The module's layout.
    pub(super) fn load(connection: &Connection, module: &str) -> Result<Self> {
        Self::find(connection, module)?.ok_or_else(|| Error::Module(module.to_owned()))
    }
    /// Table of the rows.
    pub(super) fn table(&self) -> String {
        format!("m_{}", self.name)
    }
    /// Table of the keys of multi-valued columns.
    pub(super) fn values_table(&self) -> String {
        format!("v_{}", self.name)
    }
    /// Index over a key column of the row table.
    pub(super) fn index_of(&self, key_column: &str) -> String {
        // By number: with names, module a column b_k_c and module a_k_b column c would meet.
        format!("i{}_{key_column}", self.number)
    }
    /// The single-valued columns.
    pub(super) fn single(&self) -> impl Iterator<Item = &StoredColumn> {
        self.columns.iter().filter(|column| !column.many)
    }
    /// A column by name.
    pub(super) fn column(&self, name: &str) -> Option<&StoredColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The tables that every index has. Safe to run on an index that has them.
pub(super) fn create_schema(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS modules (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
         CREATE TABLE IF NOT EXISTS columns (
             module INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL, many INTEGER NOT NULL,
             PRIMARY KEY (module, name)) WITHOUT ROWID;",
    )?;
    fulltext::create(connection)
}

/// Creates or extends the tables of a module.
pub(super) fn ensure_module(connection: &Connection, wanted: &ModuleColumns) -> Result<Ensured> {
    check_name(&wanted.module)?;
    for column in &wanted.columns {
        check_name(&column.name)?;
        if matches!(column.name.as_str(), "title" | "changed_at" | "created_at") {
            return Err(Error::Name(column.name.clone()));
        }
    }
    let existing = Layout::find(connection, &wanted.module)?;
    let created = existing.is_none();
    let layout = match existing {
        Some(layout) => layout,
        None => create_module(connection, &wanted.module)?,
    };
    let mut changed = false;
    for column in &wanted.columns {
        match layout.column(&column.name) {
            Some(stored) if stored.many == column.many && stored.kind == column.kind => continue,
            Some(stored) => drop_column(connection, &layout, stored)?,
            None => {}
        }
        changed = true;
        // Numbers are never given twice: rows that still hold keys of a dropped column must not be taken for the new one's.
        let number = connection.query_row(
            "INSERT INTO meta (name, value) VALUES ('columns', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            [],
            |row| row.get(0),
        )?;
        add_column(connection, &layout, column, number)?;
    }
    for stored in &layout.columns {
        if !wanted.columns.iter().any(|column| column.name == stored.name) {
            drop_column(connection, &layout, stored)?;
        }
    }
    Ok(match (created, changed) {
        (true, _) => Ensured::Created,
        (false, true) => Ensured::Reindex,
        (false, false) => Ensured::Unchanged,
    })
}

fn create_module(connection: &Connection, module: &str) -> Result<Layout> {
    connection.execute("INSERT INTO modules (name) VALUES (?1)", [module])?;
    let layout = Layout { name: module.to_owned(), number: connection.last_insert_rowid(), columns: Vec::new() };
    let (table, values) = (layout.table(), layout.values_table());
    // `part` is the scope and whether the row is restricted in one number (see `part_of`): a restricted row lies in another part of
    // every index, so no list comes near it.
    connection.execute_batch(&format!(
        "CREATE TABLE {table} (
             rid INTEGER PRIMARY KEY, part INTEGER NOT NULL, version INTEGER NOT NULL, created_at INTEGER NOT NULL, id BLOB NOT NULL,
             k_changed_at BLOB NOT NULL, k_title BLOB NOT NULL, many BLOB NOT NULL, title TEXT NOT NULL, tokens TEXT NOT NULL, doc TEXT NOT NULL);
         CREATE INDEX {} ON {table} (part);
         CREATE INDEX {} ON {table} (part, k_changed_at);
         CREATE INDEX {} ON {table} (part, k_title);
         CREATE TABLE {values} (field INTEGER NOT NULL, part INTEGER NOT NULL, key BLOB NOT NULL, rid INTEGER NOT NULL,
             PRIMARY KEY (field, part, key, rid)) WITHOUT ROWID;",
        layout.index_of("part"),
        layout.index_of("k_changed_at"),
        layout.index_of("k_title"),
    ))?;
    Ok(layout)
}

fn add_column(connection: &Connection, layout: &Layout, column: &Column, number: i64) -> Result<()> {
    if !column.many {
        let (table, key) = (layout.table(), format!("k_{}", column.name));
        connection.execute_batch(&format!(
            "ALTER TABLE {table} ADD COLUMN {key} BLOB NOT NULL DEFAULT x'ff';
             CREATE INDEX {} ON {table} (part, {key});",
            layout.index_of(&key)
        ))?;
    }
    connection.execute(
        "INSERT INTO columns (module, number, name, kind, many) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![layout.number, number, column.name, column.kind.code(), column.many],
    )?;
    Ok(())
}

fn drop_column(connection: &Connection, layout: &Layout, column: &StoredColumn) -> Result<()> {
    if column.many {
        connection.execute(&format!("DELETE FROM {} WHERE field = ?1", layout.values_table()), [column.number])?;
    } else {
        let key = format!("k_{}", column.name);
        connection.execute_batch(&format!(
            "DROP INDEX {};
             ALTER TABLE {} DROP COLUMN {key};",
            layout.index_of(&key),
            layout.table()
        ))?;
    }
    connection.execute("DELETE FROM columns WHERE module = ?1 AND name = ?2", params![layout.number, column.name])?;
    Ok(())
}

/// Scope and restriction in one number, the first column of every index. `None` if the scope is out of range.
pub(super) fn part_of(scope: i64, restricted: bool) -> Option<i64> {
    scope.checked_mul(2).map(|part| part + i64::from(restricted))
}
