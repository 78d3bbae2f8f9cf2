//! The tables of a business's databases as a move sees them. They are read from the scripts that made them, so that a new column comes along by itself.
use crate::engine::{Param, Row};
use crate::migrate::{self, Which};
use crate::{Error, Result};
use keys::Pages;
use std::fmt::Write;
use std::sync::LazyLock;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Bytes,
}

/// How what changes in a table during the copy is brought over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// The rows with the same values of these columns, together: those of before go, those of now come.
    By(&'static [&'static str]),
    /// The same, but rows are overwritten where they lie and never removed: see `DESTROYED`.
    Overwrite(&'static [&'static str]),
    /// It is small: all of it.
    Whole,
}

/// Every table and how it is followed. Columns are numbers, or ids and hashes that say nothing of a person: which rows changed is written down in the
/// database meanwhile, and an erasure does not look there. So keyed hashes of values are followed by their unit.
const FOLLOWED: &[(&str, Follow)] = &[
    ("meta", Follow::Whole),
    ("head", Follow::Whole),
    ("module", Follow::By(&["rid"])),
    ("record", Follow::By(&["rid"])),
    ("part", Follow::By(&["record"])),
    ("link", Follow::By(&["source"])),
    ("subject", Follow::By(&["rid"])),
    ("unit", Follow::By(&["rid"])),
    ("tombstone", Follow::By(&["commit_no"])),
    ("entry", Follow::By(&["seq"])),
    ("entry_value", Follow::By(&["seq"])),
    ("tile", Follow::By(&["level", "place"])),
    ("log_line", Follow::By(&["log", "day", "seq"])),
    ("log_day", Follow::By(&["log", "day"])),
    ("job", Follow::By(&["rid"])),
    ("outbox", Follow::By(&["rid"])),
    ("erasure", Follow::By(&["rid"])),
    ("merge", Follow::By(&["rid"])),
    ("user_account", Follow::By(&["rid"])),
    ("token", Follow::By(&["rid"])),
    ("session", Follow::By(&["account"])),
    ("import_run", Follow::By(&["hash"])),
    ("external_key", Follow::By(&["record"])),
    ("idempotency", Follow::By(&["hash"])),
    ("key", Follow::Overwrite(&["rid"])),
    ("unique_value", Follow::By(&["unit"])),
];

/// Rows that one statement inserts.
pub(super) const TOGETHER: usize = 100;

/// A table, and the statements that move it.
pub(super) struct Table {
    /// Its number in what is written down of changes.
    pub number: i64,
    pub name: String,
    /// The database that it is in.
    pub pages: Pages,
    pub columns: Vec<(String, Kind)>,
    /// Places of its primary key's columns.
    pub key: Vec<usize>,
    pub follow: Follow,
    pub first_rows: String,
    pub next_rows: String,
    pub insert_many: String,
    pub insert_one: String,
    pub count: String,
    /// Of the rows that are followed together; the whole table if it is followed whole.
    pub rows_of: String,
    pub delete_of: String,
}

/// The tables of keys.db before those of records.db: a key is there before what it seals.
pub(super) static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (pages, which) in [(Pages::Keys, Which::Keys), (Pages::Records, Which::Records)] {
        for script in migrate::scripts(which) {
            let code: String =
                script.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
            all.extend(code.split(';').filter_map(|statement| table(statement, pages)));
        }
    }
    (0..).zip(all).map(|(number, table)| Table { number, ..table }).collect()
});

/// The tables of one of the databases.
pub(super) fn of(pages: Pages) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.pages == pages)
}

fn table(statement: &str, pages: Pages) -> Option<Table> {
    let (head, body) = statement.split_once('(')?;
    let name = head.trim().strip_prefix("CREATE TABLE ")?.trim_start_matches("IF NOT EXISTS ").trim().to_owned();
    let columns: Vec<(String, Kind)> = body.split(',').filter_map(column).collect();
    let key: Vec<&str> = match statement.split_once("PRIMARY KEY (") {
        Some((_, key)) => key.split(')').next()?.split(',').map(str::trim).collect(),
        None => body.split(',').find(|column| column.contains("PRIMARY KEY"))?.split_whitespace().take(1).collect(),
    };
    let follow = FOLLOWED.iter().find(|(known, _)| *known == name)?.1;
    let place = |wanted: &str| columns.iter().position(|(column, _)| column == wanted);
    let names = columns.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>().join(", ");
    let listed = key.join(", ");
    let after = match key.as_slice() {
        [one] => format!("{one} > ?1"),
        several => {
            let params: Vec<String> = (1..=several.len()).map(|number| format!("?{number}")).collect();
            format!("({listed}) > ({})", params.join(", "))
        }
    };
    let of = match follow {
        Follow::Whole => String::new(),
        Follow::By(by) | Follow::Overwrite(by) => {
            let equal = (1..).zip(by).map(|(number, column)| format!("{column} = ?{number}"));
            format!(" WHERE {}", equal.collect::<Vec<_>>().join(" AND "))
        }
    };
    // What was copied in one moment may contradict what was copied in another; it is brought over again then.
    let (many, one) = match follow {
        Follow::Overwrite(_) => {
            let set = columns.iter().map(|(column, _)| format!("{column} = excluded.{column}"));
            let rule = format!("ON CONFLICT ({listed}) DO UPDATE SET {}", set.collect::<Vec<_>>().join(", "));
            (rule.clone(), rule)
        }
        _ => ("ON CONFLICT DO NOTHING".to_owned(), "ON CONFLICT DO NOTHING".to_owned()),
    };
    Some(Table {
        number: 0,
        pages,
        key: key.iter().filter_map(|column| place(column)).collect(),
        follow,
        first_rows: format!("SELECT {names} FROM {name} ORDER BY {listed} LIMIT ?1"),
        next_rows: format!("SELECT {names} FROM {name} WHERE {after} ORDER BY {listed} LIMIT ?{}", key.len() + 1),
        insert_many: format!("INSERT INTO {name} ({names}) VALUES {} {many}", values(columns.len(), TOGETHER)),
        insert_one: format!("INSERT INTO {name} ({names}) VALUES {} {one}", values(columns.len(), 1)),
        count: format!("SELECT count(*) FROM {name}"),
        rows_of: format!("SELECT {names} FROM {name}{of} ORDER BY {listed}"),
        delete_of: format!("DELETE FROM {name}{of}"),
        name,
        columns,
    })
}

fn column(text: &str) -> Option<(String, Kind)> {
    let mut words = text.split_whitespace();
    let name = words.next()?.trim_start_matches('(');
    let kind = match words.next()?.trim_end_matches(')') {
        "INTEGER" => Kind::Int,
        "TEXT" => Kind::Text,
        "BLOB" => Kind::Bytes,
        _ => return None,
    };
    Some((name.to_owned(), kind))
}

fn values(columns: usize, rows: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            // Writing to a string does not fail.
            let _ = write!(text, "{}?{}", if column == 0 { "" } else { ", " }, row * columns + column + 1);
        }
        text.push(')');
    }
    text
}

/// A value on its way from one engine to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    pub fn param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Int(number) => Param::Int(*number),
            Self::Text(text) => Param::Text(text),
            Self::Bytes(bytes) => Param::Bytes(bytes),
        }
    }
}

impl Table {
    /// A row as it was read.
    pub fn read(&self, row: &dyn Row) -> Result<Vec<Cell>> {
        let cell = |(place, (_, kind)): (usize, &(String, Kind))| {
            Ok(match kind {
                Kind::Int => row.opt_int(place)?.map_or(Cell::Null, Cell::Int),
                Kind::Text => row.opt_text(place)?.map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
                Kind::Bytes => row.opt_bytes(place)?.map_or(Cell::Null, |bytes| Cell::Bytes(bytes.to_vec())),
            })
        };
        self.columns.iter().enumerate().map(cell).collect()
    }
    /// The values of its primary key.
    pub fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        self.key.iter().filter_map(|place| row.get(*place).cloned()).collect()
    }
    /// The columns that it is followed by; none if it is followed whole.
    pub const fn followed_by(&self) -> &'static [&'static str] {
        match self.follow {
            Follow::By(by) | Follow::Overwrite(by) => by,
            Follow::Whole => &[],
        }
    }
    /// What a row is followed by.
    pub fn mark_of(&self, row: &[Cell]) -> Result<Mark> {
        let mut mark = Mark { table: self.number, numbers: [0; 3], bytes: Vec::new() };
        let mut numbers = mark.numbers.iter_mut();
        for column in self.followed_by() {
            let cell = self.columns.iter().position(|(name, _)| name == column).and_then(|place| row.get(place));
            match (cell, numbers.next()) {
                (Some(Cell::Int(number)), Some(place)) => *place = *number,
                (Some(Cell::Bytes(bytes)), _) => mark.bytes.clone_from(bytes),
                _ => {
                    return Err(Error::damaged(self.name.clone(), format!("{column} of a row is not what it must be")));
                }
            }
        }
        Ok(mark)
    }
    /// The parameters of [`Self::rows_of`] and [`Self::delete_of`].
    pub fn params<'m>(&self, mark: &'m Mark) -> Vec<Param<'m>> {
        let mut numbers = mark.numbers.iter();
        let param = |column: &&str| {
            let bytes = self.columns.iter().any(|(name, kind)| name == column && *kind == Kind::Bytes);
            if bytes { Param::Bytes(&mark.bytes) } else { Param::Int(numbers.next().copied().unwrap_or_default()) }
        };
        self.followed_by().iter().map(param).collect()
    }
}

/// Rows that have changed: the table, and what they are followed by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub table: i64,
    pub numbers: [i64; 3],
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_their_keys_are_read_from_the_scripts() {
        let table = |name: &str| TABLES.iter().find(|table| table.name == name).unwrap();
        let part = table("part");
        assert_eq!(part.columns.len(), 5);
        assert_eq!(part.key, [0, 1]);
        assert_eq!(
            part.next_rows,
            "SELECT record, unit, version, sealed, commit_no FROM part WHERE (record, unit) > (?1, ?2) ORDER BY record, unit LIMIT ?3"
        );
        assert_eq!(table("head").key, [0]);
        assert_eq!(
            table("key").insert_one,
            "INSERT INTO key (rid, id, wrapped) VALUES (?1, ?2, ?3) ON CONFLICT (rid) DO UPDATE SET rid = excluded.rid, id = excluded.id, wrapped = excluded.wrapped"
        );
        assert_eq!(TABLES.iter().position(|table| table.pages == Pages::Records), Some(2), "keys first");
    }

    /// A table or a column of a later step must not stay behind.
    #[test]
    fn every_table_and_column_is_moved() {
        for (pages, which) in [(Pages::Keys, Which::Keys), (Pages::Records, Which::Records)] {
            let file = rusqlite::Connection::open_in_memory().unwrap();
            for script in migrate::scripts(which) {
                file.execute_batch(script).unwrap();
            }
            let text = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1, 2";
            let mut columns = file.prepare(text).unwrap();
            let rows = columns.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
            let there: Vec<_> = rows.map(Result::unwrap).collect();
            let mut moved: Vec<_> = of(pages)
                .flat_map(|table| table.columns.iter().map(|(column, _)| (table.name.clone(), column.clone())))
                .collect();
            moved.sort();
            assert_eq!(moved, there);
        }
    }

    #[test]
    fn every_column_that_a_table_is_followed_by_is_a_number_or_bytes() {
        for table in TABLES.iter() {
            for wanted in table.followed_by() {
                let kind = table.columns.iter().find(|(name, _)| name == wanted).unwrap().1;
                assert_ne!(kind, Kind::Text, "{} {wanted}", table.name);
            }
        }
        assert_eq!(TABLES.len(), FOLLOWED.len());
    }
}
