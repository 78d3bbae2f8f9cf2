//! What a move will do, said before it does it, and what it did.
use base::{TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a business is to lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// In files of its folder.
    Embedded,
    /// On the database server that the settings call so.
    Server(String),
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::Server(name) => name,
        })
    }
}

/// What a move will do. Nothing has been changed when this is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovePlan {
    /// The business.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Where it lies: a server's name, or `embedded`.
    pub from: String,
    /// Where it is to lie.
    pub to: String,
    /// Its tables and how many rows each has now.
    pub tables: Vec<MovedTable>,
    /// Bytes that they take now, about.
    pub bytes: u64,
    /// Days for which the half that is left is kept, unless it is approved before.
    pub kept_days: i64,
}

/// A table in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedTable {
    /// Its name.
    pub name: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// What a move did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The business.
    pub tenant: TenantId,
    /// Where it lay.
    pub from: String,
    /// Where it lies.
    pub to: String,
    /// Rows that both halves had, counted on both.
    pub rows: u64,
    /// Entries of the journal, whose head is the same on both.
    pub entries: u64,
    /// Milliseconds of copying and checking, beside which the business went on working.
    pub beside_ms: i64,
    /// Milliseconds for which it had to wait.
    pub frozen_ms: i64,
    /// Until when the half that was left is kept.
    pub kept_until: Timestamp,
}

/// The half that a move has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormerHalf {
    /// Where it lies.
    pub place: crate::Place,
    /// Until when it is kept.
    pub until: Timestamp,
}
