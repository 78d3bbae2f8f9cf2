//! Up to 1,000 creates or changes in one commit, with a result per item.
use crate::{RecordView, change, create};
use base::RecordId;
use store::module::Map;
use store::{Error, Op, Result};

/// Items that one batch may have.
pub const MAX_ITEMS: usize = 1_000;

/// One item: without an id it creates, with one it changes.
#[derive(Debug, Clone)]
pub struct BatchItem {
    /// The record to change.
    pub id: Option<RecordId>,
    /// The version that the caller has seen.
    pub if_version: Option<i64>,
    /// The values or the patch.
    pub values: Map,
}

/// Runs the items in order. An item that fails undoes itself alone; the others stay.
pub fn batch(op: &mut Op<'_>, module: &str, items: &[BatchItem]) -> Result<Vec<Result<RecordView>>> {
    if items.len() > MAX_ITEMS {
        return Err(Error::invalid(format!("a batch has at most {MAX_ITEMS} items")));
    }
    Ok(op.parts(items, |op, item| match item.id {
        Some(id) => change(op, module, id, item.values.clone(), item.if_version),
        None => create(op, module, item.values.clone()),
    }))
}
