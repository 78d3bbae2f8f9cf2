//! The full-text table: one FTS5 table over the records of all modules, and its promise that what is deleted is gone.
//!
//! *Contentless, no column sizes, no positions*: the tokens stand in the row's own table, where a deletion finds them again; ranking
//! is not the engine's; phrases are not asked for. The tokenizer only splits at blanks, because [`crate::text`] has folded already.
//!
//! *Row numbers* hold the module above the record number, so that a search in one module is a range. *Tokens* begin with a letter of their module:
//! a deletion walks along the list of its token up to its row, which should be no longer because other modules are large.
//!
//! *Gone means gone*: with FTS5's `secure-delete` a deletion edits the posting lists in place. One trace it leaves: the key of a page
//! in `ft_idx` is the beginning of the first term that the page *once* had, up to all of it. [`forget`] replaces such keys.
use super::error::{Error, Result};
use super::layout::Layout;
use super::walk::Source;
use crate::text::{SENSITIVE, Term, Word};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// Bits of a row number that hold the record's number.
const RID_BITS: u32 = 44;
/// Highest record number.
const MAX_RID: i64 = (1 << RID_BITS) - 1;
/// Beginnings of a token that are this short belong to nobody; the letter of the module is not counted.
const HARMLESS_BYTES: usize = 3;

/// Row number of a record in the full-text table.
pub(super) fn row_number(layout: &Layout, rid: i64) -> Result<i64> {
    if (0..1 << RID_BITS).contains(&rid) && layout.number < 1 << 18 {
        Ok((layout.number << RID_BITS) | rid)
    } else {
        Err(Error::Damaged("record number"))
    }
}

/// Creates the table and sets its options, which the table remembers.
pub(super) fn create(connection: &Connection) -> Result<()> {
    let exists = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'ft'", [], |row| row.get::<_, i64>(0))?
        > 0;
    if exists {
        return Ok(());
    }
    // prefix: two and three letters behind that of the module, so that what is found while somebody types is found at once; pgsz: a deletion walks through the page of each of its tokens, in each segment, so pages are short; four of them with their row headers
    // and SQLCipher's 80 bytes fit a page of the database.
    connection.execute_batch(
        "CREATE VIRTUAL TABLE ft USING fts5(tokens, content='', columnsize=0, detail=none, prefix='3 4',
             tokenize=\"ascii tokenchars '@.-_+'\");
         INSERT INTO ft (ft, rank) VALUES ('secure-delete', 1);
         INSERT INTO ft (ft, rank) VALUES ('pgsz', 950);
         INSERT INTO ft (ft, rank) VALUES ('automerge', 4);
         INSERT INTO ft (ft, rank) VALUES ('crisismerge', 16);
         CREATE VIRTUAL TABLE ft_terms USING fts5vocab(ft, instance);",
    )?;
    Ok(())
}

/// The letter that every token of a module begins with. It needs to differ only between modules: what follows it is a token.
fn letter(layout: &Layout) -> char {
    let number = u32::try_from(layout.number).unwrap_or(u32::MAX);
    let short = number.checked_add(0x100).filter(|code| *code < 0x800); // two bytes
    let code = short.or_else(|| number.checked_add(0x1_0000));
    code.and_then(char::from_u32).unwrap_or(char::MAX)
}

/// The tokens (separated by blanks) as they are kept for the module.
pub(super) fn kept<'t>(layout: &Layout, tokens: &'t str) -> impl Iterator<Item = String> + use<'t> {
    let letter = letter(layout);
    tokens.split(' ').filter(|token| !token.is_empty()).map(move |token| format!("{letter}{token}"))
}

fn joined(layout: &Layout, tokens: &str) -> String {
    let letter = letter(layout);
    let mut joined = String::with_capacity(tokens.len() * 3 / 2);
    for token in tokens.split(' ').filter(|token| !token.is_empty()) {
        joined.push(letter);
        joined.push_str(token);
        joined.push(' ');
    }
    joined
}

/// Adds a record to the lists of these tokens (separated by blanks).
pub(super) fn add(connection: &Connection, layout: &Layout, rid: i64, tokens: &str) -> Result<()> {
    if !tokens.is_empty() {
        connection
            .prepare_cached("INSERT INTO ft (rowid, tokens) VALUES (?1, ?2)")?
            .execute(params![row_number(layout, rid)?, joined(layout, tokens)])?;
    }
    Ok(())
}

/// Takes a record off the lists of these tokens.
pub(super) fn remove(connection: &Connection, layout: &Layout, rid: i64, tokens: &str) -> Result<()> {
    if !tokens.is_empty() {
        connection
            .prepare_cached("INSERT INTO ft (ft, rowid, tokens) VALUES ('delete', ?1, ?2)")?
            .execute(params![row_number(layout, rid)?, joined(layout, tokens)])?;
    }
    Ok(())
}

/// Makes sure that no page key still spells out a token that was removed, unless another record has it. The tokens are as [`kept`] gives them.
pub(super) fn forget(connection: &Connection, removed: &BTreeSet<String>) -> Result<()> {
    if removed.is_empty() {
        return Ok(());
    }
    // Pending deletions are written out when a savepoint opens.
    connection.execute_batch("SAVEPOINT flush; RELEASE flush")?;
    let mut next_segment = connection.prepare_cached("SELECT min(segid) FROM ft_idx WHERE segid > ?1")?;
    let mut page_key = connection
        .prepare_cached("SELECT term FROM ft_idx WHERE segid = ?1 AND term <= ?2 ORDER BY term DESC LIMIT 1")?;
    let mut live_term = connection.prepare_cached("SELECT term FROM ft_terms WHERE term >= ?1 LIMIT 1")?;
    let mut replace = connection.prepare_cached("UPDATE ft_idx SET term = ?3 WHERE segid = ?1 AND term = ?2")?;
    let mut segment = i64::MIN;
    while let Some(found) = next_segment.query_row([segment], |row| row.get::<_, Option<i64>>(0))? {
        segment = found;
        for token in removed {
            let harmless = token.chars().next().map_or(0, char::len_utf8) + HARMLESS_BYTES;
            if token.len() <= harmless {
                continue;
            }
            let stored = [b"0", token.as_bytes()].concat(); // 0 marks whole words, 1 and 2 the lists of beginnings
            let Some(key) = page_key.query_row(params![segment, stored], |row| row.get::<_, Vec<u8>>(0)).optional()?
            else {
                continue;
            };
            if !stored.starts_with(&key) || key.len() <= harmless + 1 {
                continue;
            }
            let beginning = key.get(1..).unwrap_or_default();
            let from = String::from_utf8_lossy(beginning);
            let from = from.trim_end_matches('\u{fffd}'); // a key may end within a letter
            let next = live_term.query_row([from], |row| row.get::<_, String>(0)).optional()?;
            let other = match next {
                Some(next) if next.as_bytes().starts_with(from.as_bytes()) => continue, // somebody else's token begins so too
                // Between the old key and every term left on the page: the beginning of the next term, one byte beyond what they share.
                Some(next) => {
                    let shared = next.bytes().zip(beginning).take_while(|(left, right)| left == *right).count();
                    [b"0", next.as_bytes().get(..=shared).unwrap_or(next.as_bytes())].concat()
                }
                None => b"1".to_vec(),
            };
            replace.execute(params![segment, key, other])?;
        }
    }
    Ok(())
}

/// The search in a module as FTS5 reads it. Every word stands in quotes and holds no quote itself.
pub(super) fn expression(layout: &Layout, terms: &[Term]) -> String {
    let letter = letter(layout);
    let word = |word: &Word| {
        let (text, star) = (word.text.replace('"', ""), if word.prefix { "*" } else { "" });
        if word.sensitive {
            format!("(\"{letter}{text}\"{star} OR \"{letter}{SENSITIVE}{text}\"{star})")
        } else {
            format!("\"{letter}{text}\"{star}")
        }
    };
    let all = |words: &Vec<Word>| format!("({})", words.iter().map(word).collect::<Vec<_>>().join(" AND "));
    let any = |term: &Term| format!("({})", term.alternatives.iter().map(all).collect::<Vec<_>>().join(" OR "));
    terms.iter().map(any).collect::<Vec<_>>().join(" AND ")
}

/// The hits of a module by record number, behind `after_rid` if given.
pub(super) fn hits(layout: &Layout, expression: &str, after_rid: Option<i64>, descending: bool) -> Result<Source> {
    let (mut lowest, mut highest) = (row_number(layout, 0)?, row_number(layout, MAX_RID)?);
    match after_rid {
        Some(rid) if descending => highest = (layout.number << RID_BITS) + rid.clamp(0, MAX_RID) - 1,
        Some(rid) => lowest = (layout.number << RID_BITS) + rid.clamp(0, MAX_RID) + 1,
        None => {}
    }
    let direction = if descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT rowid & {MAX_RID}, x'' FROM ft WHERE ft MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid {direction}"
    );
    Ok(Source { sql, parameters: vec![expression.to_owned().into(), lowest.into(), highest.into()] })
}
