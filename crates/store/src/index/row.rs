//! One row by its number: how a link is shown, and what stands behind the way back.
use super::error::Result;
use super::layout::Layout;
use super::query::ListRow;
use base::{RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

/// A row with the scope that sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct ScopedRow {
    /// The row as lists show it.
    pub row: ListRow,
    /// The scope that sees it.
    pub scope: i64,
}

/// The row of a record; `None` if the index does not have it. The caller judges scope and restriction.
pub fn row(connection: &Connection, module: &str, rid: i64) -> Result<Option<ScopedRow>> {
    let Some(layout) = Layout::find(connection, module)? else { return Ok(None) };
    let sql = format!(
        "SELECT id, part, version, title, doc, created_at, k_changed_at FROM {} WHERE rid = ?1",
        layout.table()
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row([rid], |row| {
            let id: [u8; 16] = row.get(0)?;
            let changed: [u8; 8] = row.get(6)?;
            Ok((id, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get::<_, i64>(5)?, changed))
        })
        .optional()?;
    let Some((id, part, version, title, doc, created_at, changed)) = found else { return Ok(None) };
    let (scope, restricted) = (part.div_euclid(2), part.rem_euclid(2) == 1); // see `layout::part_of`
    let row = ListRow {
        rid,
        id: RecordId::from_bytes(id),
        module: module.to_owned(),
        version,
        title,
        doc,
        created_at: Timestamp(created_at),
        changed_at: Timestamp(i64::from_be_bytes(changed) ^ i64::MIN),
        restricted,
    };
    Ok(Some(ScopedRow { row, scope }))
}
