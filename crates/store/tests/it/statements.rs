//! Every statement can be prepared on a fresh database, and every table has a holder or a reason why it needs none.
use crate::faults::Files;
use std::collections::BTreeSet;
use store::engine::{Connection, Sql};
use store::holders;
use store::journal::covered::COVERED;
use testkit::Business;

/// instance.db as the steps make it; the real one has a root of its own, which only `Instance` opens.
fn instance() -> rusqlite::Connection {
    let instance = rusqlite::Connection::open_in_memory().unwrap();
    for step in store::STEPS {
        let script = format!("{}/migrations/{}/instance.sql", env!("CARGO_MANIFEST_DIR"), step.name);
        instance.execute_batch(&std::fs::read_to_string(script).unwrap()).unwrap();
    }
    instance
}

/// Has the engine that the business lies on understand every statement.
fn prepare_all(business: &Business) {
    let shared = business.tenant().shared();
    let mut prepared = 0;
    for (file, list) in store::STATEMENTS.iter().filter(|(file, _)| *file != "instance.db") {
        let pages = if *file == "keys.db" { keys::Pages::Keys } else { keys::Pages::Records };
        let mut database = store::beside(shared.paths(), &shared.ring(), pages).unwrap();
        for (name, text) in *list {
            let done = database.prepare(Sql { name, text });
            assert!(done.is_ok(), "{file} {name}: {:?}", done.err());
            prepared += 1;
        }
        assert!(database.prepare(Sql { name: "wrong", text: "SELECT nothing FROM nowhere" }).is_err());
    }
    assert!(prepared > 60);
}

#[test]
fn every_statement_prepares_on_both_engines() {
    prepare_all(&Business::in_files(&["core"]));
    prepare_all(&Business::on_server(&["core"], store::InstanceSettings::default()));
    let instance = instance();
    for (name, sql) in store::STATEMENTS.iter().filter(|(file, _)| *file == "instance.db").flat_map(|(_, list)| *list) {
        assert!(instance.prepare(sql).is_ok(), "instance.db {name}: {:?}", instance.prepare(sql).err());
    }
}

/// Statements that read a whole table, and why they may.
const WHOLE_TABLES: &[(&str, &str)] = &[
    ("COVERED_ONE_MERGE", "merges are made by hand, one at a time"),
    ("COVERED_ONE_MODULE", "some dozen definitions"),
    (
        "ENTRY_NAMING",
        "the history of a record that is gone, asked for by hand: nothing but its entries names it any more",
    ),
    ("JOBS_ALL", "what is queued, with a limit"),
    ("MODULES", "some dozen definitions, read when the tenant is opened"),
    ("UNITS_ALL", "after a crash in the middle of a record's deletion only"),
];

#[test]
fn no_statement_reads_a_whole_table() {
    let mut business = Business::in_files(&["core"]);
    business.close();
    let files = Files::copy_of(&business);
    let mut allowed: BTreeSet<&str> = WHOLE_TABLES.iter().map(|(name, _)| *name).collect();
    // Verification reads everything.
    allowed.extend(COVERED.iter().map(|table| table.statement_name()));
    let mut scans = BTreeSet::new();
    for (file, list) in store::STATEMENTS.iter().filter(|(file, _)| *file != "instance.db") {
        let connection = files.open(file);
        for (name, sql) in *list {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let mut rows = plan.query(rusqlite::params_from_iter(vec![0; plan.parameter_count()])).unwrap();
            while let Some(row) = rows.next().unwrap() {
                // A partial index counts only if the statement says the index's own condition.
                if row.get::<_, String>(3).unwrap().starts_with("SCAN ") {
                    scans.insert(*name);
                }
            }
        }
    }
    assert_eq!(scans, allowed, "cost must grow with the work, not with the tenant");
}

#[test]
fn names_of_statements_stand_once() {
    for (file, list) in store::STATEMENTS {
        let names: BTreeSet<_> = list.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), list.len(), "{file}");
    }
}

#[test]
fn every_table_and_folder_has_a_holder_or_a_reason() {
    let mut business = Business::in_files(&["core"]);
    business.close();
    let files = Files::copy_of(&business);
    let mut known: BTreeSet<String> = holders::NEUTRAL.iter().map(|(place, _)| (*place).to_owned()).collect();
    known.extend(holders::builtin().iter().flat_map(|holder| holder.covers()).map(|place| (*place).to_owned()));
    let mut there = BTreeSet::from(
        ["memory/unit keys", "memory/readers", "before/", "elsewhere/half of a move"].map(str::to_owned),
    );
    for file in ["records.db", "keys.db"] {
        let connection = files.open(file);
        let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        there.extend(
            tables
                .query_map([], |row| row.get::<_, String>(0))
                .unwrap()
                .map(|name| format!("{file}/{}", name.unwrap())),
        );
    }
    let instance = instance();
    let mut tables = instance.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    there.extend(
        tables
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap()
            .map(|name| format!("instance.db/{}", name.unwrap())),
    );
    // What lies in a tenant's folder beside those two, as it is there.
    for entry in std::fs::read_dir(&files.paths.folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !["root", "records.db", "keys.db"].contains(&name.as_str()) {
            there.insert(if entry.path().is_dir() { format!("{name}/") } else { name });
        }
    }
    let missing: Vec<_> = there.difference(&known).collect();
    let left_over: Vec<_> = known.difference(&there).collect();
    assert!(missing.is_empty(), "no holder covers {missing:?}, and no reason stands in NEUTRAL");
    assert!(left_over.is_empty(), "holders or NEUTRAL name what is not there: {left_over:?}");
}

/// An operation remembers the owners that it has read, and forgets them by the names of statements (`op.rs`, `Seen`).
#[test]
fn what_changes_owners_is_named_after_them() {
    let lists = store::STATEMENTS.iter().flat_map(|(_, list)| *list);
    let mut seen = 0;
    for (name, sql) in lists {
        for (table, prefix) in [("subject", "SUBJECT_"), ("unit", "UNIT_")] {
            let changes = ["UPDATE ", "INSERT INTO ", "DELETE FROM "]
                .iter()
                .any(|verb| sql.strip_prefix(verb).is_some_and(|rest| rest.split([' ', '(']).next() == Some(table)));
            if changes {
                assert!(name.starts_with(prefix), "{name}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "{seen}");
}

/// What may change without a journal entry: bookkeeping that holds no business data, the journal itself, and keys.
const UPKEEP_TABLES: &[&str] = &[
    "entry",
    "entry_value",
    "external_key",
    "head",
    "idempotency",
    "import_run",
    "job",
    "key",
    "log_day",
    "log_line",
    "meta",
    "outbox",
    "session",
    "tile",
    "unique_value",
];

#[test]
fn only_bookkeeping_changes_without_an_entry() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/statements.rs")).unwrap();
    let mut seen = 0;
    for line in source.lines().filter(|line| line.trim_start().starts_with("Upkeep ")) {
        let sql = line.split_once('"').unwrap().1;
        let table = ["INSERT INTO ", "DELETE FROM ", "UPDATE "].iter().find_map(|verb| sql.strip_prefix(verb)).unwrap();
        let table: String = table.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        assert!(UPKEEP_TABLES.contains(&table.as_str()), "an Upkeep statement changes {table}: {line}");
        seen += 1;
    }
    assert!(seen > 10);
}
