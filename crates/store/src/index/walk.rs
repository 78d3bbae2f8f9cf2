//! Stepping through an index in order, over several parts at once, reading no more than is looked at.
use super::error::{Error, Result};
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use std::ops::ControlFlow;

/// One ordered source of a walk: a statement whose first column is a record number and whose second is a key.
pub(super) struct Source {
    pub sql: String,
    pub parameters: Vec<Value>,
}

/// How many rows a query may still read, and has read.
pub(super) struct Budget {
    pub left: u32,
    pub read: u32,
}

impl Budget {
    /// Counts rows. `false` if there were no longer enough; then nothing may be answered from what follows.
    #[must_use]
    pub(super) fn take(&mut self, rows: u32) -> bool {
        self.read = self.read.saturating_add(rows);
        let enough = self.left >= rows;
        self.left = self.left.saturating_sub(rows);
        enough
    }
}

/// What a walk calls for each row: number of its source, key, record number.
pub(super) type Visit<'v> = dyn FnMut(usize, &[u8], i64) -> Result<ControlFlow<()>> + 'v;

fn head<'r>(row: &'r Row<'_>) -> Result<(&'r [u8], i64)> {
    let rid = row.get(0)?;
    let key = row.get_ref(1)?.as_blob_or_null().map_err(|_| Error::Damaged("key"))?.unwrap_or_default();
    Ok((key, rid))
}

/// Walks sources that are each in order of (key, record number), as if they were one. `true` if all were walked to their end.
pub(super) fn walk(
    connection: &Connection,
    sources: &[Source],
    descending: bool,
    visit: &mut Visit<'_>,
) -> Result<bool> {
    let mut statements =
        sources.iter().map(|source| connection.prepare_cached(&source.sql)).collect::<rusqlite::Result<Vec<_>>>()?;
    let mut rows = Vec::with_capacity(statements.len());
    for (statement, source) in statements.iter_mut().zip(sources) {
        rows.push(statement.query(params_from_iter(&source.parameters))?);
    }
    if let [only] = rows.as_mut_slice() {
        while let Some(row) = only.next()? {
            let (key, rid) = head(row)?;
            if visit(0, key, rid)?.is_break() {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    for source in &mut rows {
        source.advance()?;
    }
    loop {
        let mut first: Option<(usize, &[u8], i64)> = None;
        for (place, source) in rows.iter().enumerate() {
            let Some(row) = source.get() else { continue };
            let (key, rid) = head(row)?;
            let better = first.is_none_or(|(_, other, other_rid)| ((key, rid) < (other, other_rid)) != descending);
            if better {
                first = Some((place, key, rid));
            }
        }
        let Some((place, key, rid)) = first else { return Ok(true) };
        if visit(place, key, rid)?.is_break() {
            return Ok(false);
        }
        if let Some(source) = rows.get_mut(place) {
            source.advance()?;
        }
    }
}
