//! Changes of the index: rows in, rows out, how far it has come.
use super::error::{Error, Result};
use super::fulltext;
use super::key::{ABSENT, Key};
use super::layout::{Layout, part_of};
use base::{RecordId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A record as the index keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexRow {
    /// Local number of the record in records.db, at least 0; one number belongs to one record, whatever its module.
    pub rid: i64,
    /// The record.
    pub id: RecordId,
    /// Its module; must have been ensured.
    pub module: String,
    /// Scope that sees it, within ±2⁶².
    pub scope: i64,
    /// Whether it is under restriction.
    pub restricted: bool,
    /// Its version.
    pub version: i64,
    /// Its title.
    pub title: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// What lists show of it, JSON.
    pub doc: String,
    /// Keys by column; several for a column with several values.
    pub keys: Vec<(String, Key)>,
    /// Tokens separated by single blanks, each once ([`crate::text::index_tokens`] of every searchable field, and
    /// [`crate::text::sensitive_tokens`] of those that not everybody may read).
    pub tokens: String,
}

impl std::fmt::Debug for IndexRow {
    /// Names the row without showing a value of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IndexRow({} {} version {})", self.module, self.id, self.version)
    }
}

/// One change of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexChange {
    /// The record is new or changed.
    Put(IndexRow),
    /// The record is gone.
    Remove {
        /// Its local number.
        rid: i64,
        /// Its module.
        module: String,
    },
    /// The record came under restriction, or out of it. Nothing happens if the index does not have it.
    Restrict {
        /// Its local number.
        rid: i64,
        /// Its module.
        module: String,
        /// Whether it is restricted now.
        restricted: bool,
    },
}

impl IndexChange {
    const fn target(&self) -> (&String, i64) {
        match self {
            Self::Put(row) => (&row.module, row.rid),
            Self::Remove { rid, module } | Self::Restrict { rid, module, .. } => (module, *rid),
        }
    }
}

/// What the last change of a row says about its content.
enum Content<'c> {
    Kept,
    Put(&'c IndexRow),
    Removed,
}

/// What is left of all changes to one row.
struct Outcome<'c> {
    content: Content<'c>,
    restricted: Option<bool>,
}

/// Applies changes within the caller's transaction. `layout_of` gives the layout of a module.
pub(super) fn apply(
    connection: &Connection,
    changes: &[IndexChange],
    layouts: &BTreeMap<String, Layout>,
) -> Result<()> {
    // The last change of a row wins, and rows go in by rising number: FTS5 writes a list out whenever the number falls.
    let mut outcomes: BTreeMap<(i64, i64), (&Layout, Outcome<'_>)> = BTreeMap::new();
    for change in changes {
        let (module, rid) = change.target();
        let layout = layouts.get(module).ok_or_else(|| Error::Module(module.clone()))?;
        let (_, outcome) = outcomes
            .entry((layout.number, rid))
            .or_insert_with(|| (layout, Outcome { content: Content::Kept, restricted: None }));
        match change {
            IndexChange::Put(row) => *outcome = Outcome { content: Content::Put(row), restricted: None },
            IndexChange::Remove { .. } => *outcome = Outcome { content: Content::Removed, restricted: None },
            IndexChange::Restrict { restricted, .. } => outcome.restricted = Some(*restricted),
        }
    }
    let mut removed = BTreeSet::new();
    for ((_, rid), (layout, outcome)) in outcomes {
        match outcome.content {
            Content::Put(row) => {
                put(connection, layout, row, outcome.restricted.unwrap_or(row.restricted), &mut removed)?;
            }
            Content::Removed => remove(connection, layout, rid, &mut removed)?,
            Content::Kept => restrict(connection, layout, rid, outcome.restricted.unwrap_or(false))?,
        }
    }
    fulltext::forget(connection, &removed)
}

/// The stored row, as far as a change needs it.
struct Stored {
    part: i64,
    changed_at: Vec<u8>,
    title: Vec<u8>,
    many: Vec<u8>,
    tokens: String,
    keys: Vec<Vec<u8>>,
}

fn stored(connection: &Connection, layout: &Layout, rid: i64) -> Result<Option<Stored>> {
    let keys = layout.single().fold(String::new(), |list, column| list + ", k_" + &column.name);
    let sql = format!("SELECT part, k_changed_at, k_title, many, tokens{keys} FROM {} WHERE rid = ?1", layout.table());
    let count = layout.single().count();
    let found = connection
        .prepare_cached(&sql)?
        .query_row([rid], |row| {
            let keys = (5..5 + count).map(|place| row.get(place)).collect::<rusqlite::Result<_>>()?;
            Ok(Stored {
                part: row.get(0)?,
                changed_at: row.get(1)?,
                title: row.get(2)?,
                many: row.get(3)?,
                tokens: row.get(4)?,
                keys,
            })
        })
        .optional()?;
    Ok(found)
}

/// Keys of multi-valued columns, each with the number of its column.
pub(super) type ManyKeys = BTreeSet<(i64, Vec<u8>)>;

/// Keys of a row in the order of the layout, and those of multi-valued columns.
fn sorted_keys(layout: &Layout, row: &IndexRow) -> Result<(Vec<Vec<u8>>, ManyKeys)> {
    let mut single: Vec<Vec<u8>> = layout.single().map(|_| ABSENT.to_vec()).collect();
    let mut many = BTreeSet::new();
    for (name, key) in &row.keys {
        let place =
            layout.columns.iter().position(|column| column.name == *name).ok_or_else(|| Error::Column(name.clone()))?;
        if let Some(slot) = single.get_mut(place) {
            *slot = key.bytes().to_vec(); // single-valued columns come first
        } else if let Some(column) = layout.columns.get(place).filter(|_| key.is_present()) {
            many.insert((column.number, key.bytes().to_vec()));
        }
    }
    Ok((single, many))
}

fn put(
    connection: &Connection,
    layout: &Layout,
    row: &IndexRow,
    restricted: bool,
    removed: &mut BTreeSet<String>,
) -> Result<()> {
    let part = part_of(row.scope, restricted).ok_or(Error::Damaged("scope out of range"))?;
    let (keys, many) = sorted_keys(layout, row)?;
    let old = stored(connection, layout, row.rid)?;
    let mut columns: Vec<(String, Value)> = vec![
        ("version".into(), row.version.into()),
        ("created_at".into(), row.created_at.0.into()),
        ("id".into(), row.id.bytes().to_vec().into()),
        ("many".into(), pack(&many).into()),
        ("title".into(), row.title.clone().into()),
        ("tokens".into(), row.tokens.clone().into()),
        ("doc".into(), row.doc.clone().into()),
    ];
    let changed_at = Key::moment(row.changed_at).bytes().to_vec();
    let title = Key::text(&row.title).bytes().to_vec();
    // Only columns that changed are written, because each costs the rewriting of an index.
    let differs = |same: Option<bool>| !same.unwrap_or(false);
    if differs(old.as_ref().map(|old| old.part == part)) {
        columns.push(("part".into(), part.into()));
    }
    if differs(old.as_ref().map(|old| old.changed_at == changed_at)) {
        columns.push(("k_changed_at".into(), changed_at.into()));
    }
    if differs(old.as_ref().map(|old| old.title == title)) {
        columns.push(("k_title".into(), title.into()));
    }
    for (place, (column, key)) in layout.single().zip(keys).enumerate() {
        if differs(old.as_ref().map(|old| old.keys.get(place) == Some(&key))) {
            columns.push((format!("k_{}", column.name), key.into()));
        }
    }
    let (names, values): (Vec<String>, Vec<Value>) = columns.into_iter().unzip();
    let values = values.into_iter().chain([row.rid.into()]);
    let table = layout.table();
    match &old {
        None => {
            let marks = vec!["?"; names.len() + 1].join(", ");
            let sql = format!("INSERT INTO {table} ({}, rid) VALUES ({marks})", names.join(", "));
            connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            fulltext::add(connection, layout, row.rid, &row.tokens)?;
        }
        Some(old) => {
            let sql = format!("UPDATE {table} SET {} = ? WHERE rid = ?", names.join(" = ?, "));
            connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            if old.tokens != row.tokens {
                let gone = missing(&old.tokens, &row.tokens);
                fulltext::remove(connection, layout, row.rid, &gone)?;
                fulltext::add(connection, layout, row.rid, &missing(&row.tokens, &old.tokens))?;
                removed.extend(fulltext::kept(layout, &gone));
            }
        }
    }
    let (old_part, old_many) = old.map_or((part, BTreeSet::new()), |old| (old.part, unpack(&old.many)));
    replace_values(connection, layout, row.rid, (old_part, &old_many), (part, &many))
}

/// The tokens of one text that another lacks.
fn missing(of: &str, from: &str) -> String {
    let have: HashSet<&str> = from.split(' ').collect();
    of.split(' ').filter(|token| !have.contains(token)).collect::<Vec<_>>().join(" ")
}

fn remove(connection: &Connection, layout: &Layout, rid: i64, removed: &mut BTreeSet<String>) -> Result<()> {
    let Some(old) = stored(connection, layout, rid)? else { return Ok(()) };
    fulltext::remove(connection, layout, rid, &old.tokens)?;
    removed.extend(fulltext::kept(layout, &old.tokens));
    replace_values(connection, layout, rid, (old.part, &unpack(&old.many)), (old.part, &BTreeSet::new()))?;
    connection.prepare_cached(&format!("DELETE FROM {} WHERE rid = ?1", layout.table()))?.execute([rid])?;
    Ok(())
}

fn restrict(connection: &Connection, layout: &Layout, rid: i64, restricted: bool) -> Result<()> {
    let Some(old) = stored(connection, layout, rid)? else { return Ok(()) };
    let part = part_of(old.part.div_euclid(2), restricted).ok_or(Error::Damaged("scope out of range"))?;
    connection
        .prepare_cached(&format!("UPDATE {} SET part = ?1 WHERE rid = ?2", layout.table()))?
        .execute(params![part, rid])?;
    let many = unpack(&old.many);
    replace_values(connection, layout, rid, (old.part, &many), (part, &many))
}

type Values<'v> = (i64, &'v ManyKeys);

fn replace_values(
    connection: &Connection,
    layout: &Layout,
    rid: i64,
    (old_part, old): Values<'_>,
    (part, new): Values<'_>,
) -> Result<()> {
    if old.is_empty() && new.is_empty() {
        return Ok(());
    }
    let table = layout.values_table();
    let kept = |value: &(i64, Vec<u8>)| old_part == part && old.contains(value) && new.contains(value);
    for value in old.iter().filter(|value| !kept(value)) {
        let sql = format!("DELETE FROM {table} WHERE field = ?1 AND part = ?2 AND key = ?3 AND rid = ?4");
        connection.prepare_cached(&sql)?.execute(params![value.0, old_part, value.1, rid])?;
    }
    for value in new.iter().filter(|value| !kept(value)) {
        let sql = format!("INSERT INTO {table} (field, part, key, rid) VALUES (?1, ?2, ?3, ?4)");
        connection.prepare_cached(&sql)?.execute(params![value.0, part, value.1, rid])?;
    }
    Ok(())
}

/// Keys of multi-valued columns in one blob: column number, length, key. The row carries them, so that removing it needs no index by row.
fn pack(values: &ManyKeys) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (column, key) in values {
        bytes.extend(u32::try_from(*column).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(key);
    }
    bytes
}

/// Reads what [`pack`] wrote.
pub(super) fn unpack(mut bytes: &[u8]) -> ManyKeys {
    let mut values = BTreeSet::new();
    while let Some((head, rest)) = bytes.split_at_checked(6) {
        let (column, length) = head.split_at(4);
        let column = column.iter().fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        let length = length.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
        let Some((key, rest)) = rest.split_at_checked(length) else { break };
        values.insert((column, key.to_vec()));
        bytes = rest;
    }
    values
}
