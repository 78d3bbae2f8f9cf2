//! Reading a log back: for the detector of intrusions and for the question who read a record's sensitive fields. There is no question by person.
use super::{LOG_TAIL, Line, Log};
use crate::Result;
use crate::shared::Reader;
use base::Timestamp;

/// Lines read at a time.
pub const MAX_LINES: u32 = 10_000;

/// The newest lines of a log that `wanted` takes, newest first, at most `limit` of them. Reads the whole log if few are wanted.
pub fn lines(reader: &mut Reader, log: Log, limit: u32, wanted: impl Fn(&str) -> bool) -> Result<Vec<Line>> {
    let limit = usize::try_from(limit.min(MAX_LINES)).unwrap_or(0);
    let mut found = Vec::new();
    reader.query(&LOG_TAIL, &[log.number().into()], &mut |row| {
        if wanted(row.text(1)?) {
            found.push(Line { at: Timestamp(row.int(0)?), body: row.text(1)?.to_owned() });
        }
        Ok(found.len() < limit)
    })?;
    Ok(found)
}
