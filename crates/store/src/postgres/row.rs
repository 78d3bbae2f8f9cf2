//! One row of a server's answer.
use crate::engine::Row;
use crate::{Error, Result};
use keys::TextKey;
use std::cell::OnceCell;

/// Opens a text when it is asked for, once.
pub(super) struct PgRow<'a> {
    name: &'a str,
    row: &'a tokio_postgres::Row,
    key: &'a TextKey,
    texts: Vec<OnceCell<String>>,
}

impl<'a> PgRow<'a> {
    pub fn new(name: &'a str, row: &'a tokio_postgres::Row, key: &'a TextKey) -> Self {
        Self { name, row, key, texts: (0..row.len()).map(|_| OnceCell::new()).collect() }
    }
    fn wrong(&self, column: usize) -> Error {
        Error::damaged(self.name, format!("column {column} of an answer has another type than it must have"))
    }
}

impl Row for PgRow<'_> {
    fn int(&self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| self.wrong(column))
    }
    fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        self.row.try_get(column).map_err(|_| self.wrong(column))
    }
    fn text(&self, column: usize) -> Result<&str> {
        self.opt_text(column)?.ok_or_else(|| self.wrong(column))
    }
    fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        let Some(sealed) = self.opt_bytes(column)? else { return Ok(None) };
        let place = self.texts.get(column).ok_or_else(|| self.wrong(column))?;
        if let Some(opened) = place.get() {
            return Ok(Some(opened));
        }
        let opened = self.key.open(sealed);
        let opened = opened.ok_or_else(|| {
            Error::damaged(self.name, format!("the text in column {column} of an answer does not open"))
        })?;
        Ok(Some(place.get_or_init(|| opened)))
    }
    fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.opt_bytes(column)?.ok_or_else(|| self.wrong(column))
    }
    fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        self.row.try_get(column).map_err(|_| self.wrong(column))
    }
}
