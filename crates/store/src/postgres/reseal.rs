//! Another key for the texts of a database: every one is opened with the old key and sealed with the new one, in one transaction. A crash leaves the
//! database under the old key or under the new one.
use super::connection::PgConnection;
use super::{Address, dialect, open};
use crate::engine::Connection;
use crate::{Error, Result};
use keys::{PageKey, TextKey};
use std::fmt::Write;

/// Rows that are read and written in one go.
const CHUNK: usize = 500;

/// Moves a database of which nobody else writes to the newest of these keys, if it is not there yet. `keys`: newest first.
pub(crate) fn reseal(name: &'static str, address: &Address, keys: &[&PageKey], scripts: &[&str]) -> Result<()> {
    let [newest, older @ ..] = keys else { return Ok(()) };
    let mut database = open(name, address, newest)?;
    let new = TextKey::new(newest);
    // What everything has: the module definitions, or the tables of keys, which may be empty still.
    let texts: Vec<(String, String)> = scripts.iter().flat_map(|script| dialect::texts(script)).collect();
    let Some(old) = current(&mut database, &texts, &new, older)? else { return Ok(()) };
    database.begin()?;
    let done = texts.iter().try_for_each(|(table, column)| column_anew(&mut database, table, column, &old, &new));
    if let Err(error) = done {
        database.rollback();
        return Err(error);
    }
    database.commit()
}

/// The older key that the texts are sealed with; none if it is the new one, or there is no text.
fn current(
    database: &mut PgConnection,
    texts: &[(String, String)],
    new: &TextKey,
    older: &[&PageKey],
) -> Result<Option<TextKey>> {
    for (table, column) in texts {
        let one = database
            .facts(&format!("SELECT encode({column}, 'hex') FROM {table} WHERE {column} IS NOT NULL LIMIT 1"))?;
        let Some(sealed) = one.first().and_then(|row| row.first()).and_then(|text| bytes(text)) else { continue };
        if new.open(&sealed).is_some() {
            return Ok(None);
        }
        let old = older.iter().map(|key| TextKey::new(key)).find(|key| key.open(&sealed).is_some());
        return old.map(Some).ok_or_else(|| Error::damaged(table.clone(), "its texts open with no key that is there"));
    }
    Ok(None)
}

fn column_anew(database: &mut PgConnection, table: &str, column: &str, old: &TextKey, new: &TextKey) -> Result<()> {
    // All places first: rows that were written once are found in another place afterwards.
    let places = database.facts(&format!("SELECT ctid, tableoid FROM {table} WHERE {column} IS NOT NULL"))?;
    for chunk in places.chunks(CHUNK) {
        let list = |rows: &[Vec<String>]| {
            let places = rows.iter().filter_map(|row| row.first()).map(|place| format!("'{place}'::tid"));
            places.collect::<Vec<_>>().join(", ")
        };
        let rows = database.facts(&format!(
            "SELECT ctid, tableoid, encode({column}, 'hex') FROM {table} WHERE ctid = ANY(ARRAY[{}])",
            list(chunk)
        ))?;
        let mut script = String::new();
        for row in rows.iter().filter(|row| chunk.iter().any(|place| row.starts_with(place))) {
            let [place, part, sealed] = row.as_slice() else { continue };
            let text = bytes(sealed).and_then(|sealed| old.open(&sealed));
            let text = text.ok_or_else(|| Error::damaged(table.to_owned(), "a text of it does not open"))?;
            let sealed = data_encoding::HEXLOWER.encode(&new.seal(&text));
            let written = writeln!(
                script,
                "UPDATE {table} SET {column} = '\\x{sealed}'::bytea WHERE ctid = '{place}'::tid AND tableoid = {part};"
            );
            written.map_err(|error| Error::invalid(error.to_string()))?;
        }
        database.script("seal anew", &script)?;
    }
    Ok(())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()
}
