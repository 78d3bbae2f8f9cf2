//! Writing down which rows change while a business is copied. The engine does it, in the transaction of the change itself: nobody has to remember to.
//!
//! On the embedded engine these are triggers and a table of the writer's connection alone; they end with it. On a server they lie in a schema of their own,
//! which goes with one statement; a crash leaves it there, and whoever opens the business next removes it. It is called `temp` so that one text
//! serves both engines.
use super::tables::{self, Kind, Mark, Table};
use crate::Result;
use crate::database::Database;
use crate::engine::{Connection, Sql};
use keys::Pages;
use std::collections::BTreeSet;
use std::fmt::Write;

const MOVED: Sql = Sql { name: "MOVED", text: "SELECT t, a, b, c, d FROM temp.moved" };
const MOVED_FORGET: Sql = Sql { name: "MOVED_FORGET", text: "DELETE FROM temp.moved" };

/// Begins to write down what changes in a database. What an earlier move has left is thrown away.
pub(super) fn begin(database: &mut Database, pages: Pages) -> Result<()> {
    end(database, pages)?;
    let script = match database {
        Database::Sqlite(_) => in_files(pages),
        Database::Postgres(_) => on_server(pages),
    };
    database.script("following changes", &script)
}

/// Ends it.
pub(super) fn end(database: &mut Database, pages: Pages) -> Result<()> {
    let script = match database {
        Database::Sqlite(_) => {
            let mut script = String::new();
            for table in followed(pages) {
                for event in ["insert", "update", "delete"] {
                    // Writing to a string does not fail.
                    let _ = writeln!(script, "DROP TRIGGER IF EXISTS temp.moved_{}_{event};", table.number);
                }
            }
            script + "DROP TABLE IF EXISTS temp.moved;"
        }
        Database::Postgres(_) => "DROP SCHEMA IF EXISTS temp CASCADE".to_owned(),
    };
    database.script("following changes", &script)
}

/// Takes what was written down so far. Nobody may be writing at this moment.
pub(super) fn take(database: &mut Database) -> Result<BTreeSet<Mark>> {
    let mut marks = BTreeSet::new();
    database.begin()?;
    let mut taken = || {
        database.query(MOVED, &[], &mut |row| {
            let numbers = [row.int(1)?, row.int(2)?, row.int(3)?];
            marks.insert(Mark { table: row.int(0)?, numbers, bytes: row.bytes(4)?.to_vec() });
            Ok(true)
        })?;
        database.execute(MOVED_FORGET, &[])?;
        database.commit()
    };
    if let Err(error) = taken() {
        database.rollback();
        return Err(error);
    }
    Ok(marks)
}

fn followed(pages: Pages) -> impl Iterator<Item = &'static Table> {
    tables::of(pages).filter(|table| !table.followed_by().is_empty())
}

/// The values of a mark as columns `a`, `b`, `c` and `d`, from a row that is called so.
fn values(table: &Table, row: &str, no_bytes: &str) -> [String; 4] {
    let mut numbers = Vec::new();
    let mut bytes = no_bytes.to_owned();
    for column in table.followed_by() {
        let is_bytes = table.columns.iter().any(|(name, kind)| name == column && *kind == Kind::Bytes);
        if is_bytes {
            bytes = format!("{row}.{column}");
        } else {
            numbers.push(format!("{row}.{column}"));
        }
    }
    let mut numbers = numbers.into_iter();
    let mut number = || numbers.next().unwrap_or_else(|| "0".to_owned());
    [number(), number(), number(), bytes]
}

fn in_files(pages: Pages) -> String {
    let mut script = "CREATE TABLE temp.moved (t INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, d BLOB NOT NULL, PRIMARY KEY (t, a, b, c, d)) WITHOUT ROWID;\n".to_owned();
    for table in followed(pages) {
        let number = table.number;
        // A rule of the statement that fires a trigger would be that of the statements in it, so they have none.
        let put = |row: &str| {
            let [a, b, c, d] = values(table, row, "x''");
            format!(
                "INSERT INTO moved SELECT {number}, {a}, {b}, {c}, {d} WHERE NOT EXISTS (SELECT 1 FROM moved WHERE t = {number} AND a = {a} AND b = {b} AND c = {c} AND d = {d});"
            )
        };
        for (event, does) in
            [("insert", put("NEW")), ("update", format!("{} {}", put("OLD"), put("NEW"))), ("delete", put("OLD"))]
        {
            let _ = writeln!(
                script,
                "CREATE TRIGGER temp.moved_{number}_{event} AFTER {event} ON main.{} BEGIN {does} END;",
                table.name
            );
        }
    }
    script
}

fn on_server(pages: Pages) -> String {
    let mut script = "CREATE SCHEMA temp;\nCREATE TABLE temp.moved (t BIGINT NOT NULL, a BIGINT NOT NULL, b BIGINT NOT NULL, c BIGINT NOT NULL, d BYTEA NOT NULL, PRIMARY KEY (t, a, b, c, d));\n".to_owned();
    for table in followed(pages) {
        let number = table.number;
        let put = |row: &str| {
            let values = values(table, row, "''::bytea").join(", ");
            format!("INSERT INTO temp.moved VALUES ({number}, {values}) ON CONFLICT DO NOTHING;")
        };
        let _ = writeln!(
            script,
            "CREATE FUNCTION temp.moved_{number}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF TG_OP <> 'INSERT' THEN {} END IF;
               IF TG_OP <> 'DELETE' THEN {} END IF;
               RETURN NULL; END $$;
             CREATE TRIGGER moved AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION temp.moved_{number}();",
            put("OLD"),
            put("NEW"),
            table.name
        );
    }
    script
}
