//! Records as they are stored: a clear row that identifies nobody, and one sealed part per key unit (design, *Sealed parts*).
//!
//! [`Stored`] is what lies in records.db, [`read`] finds and opens it, [`write`] puts, changes and deletes with the journal entry that belongs
//! to it, [`digest`] is what that entry commits to, [`owner`] says whose key seals what,
//! [`own`] gives features units for rows of their own tables.
mod digest;
mod own;
mod owner;
mod read;
mod unique;
mod write;

/// Scope of a record that was merged into another: nobody's. Its `unique` values are the other one's until the merge is undone.
pub const SCOPE_MERGED: i64 = -1;

pub(crate) use digest::row_digest;
pub use owner::{SubjectRow, UnitRow};
pub(crate) use read::Assemble;
pub use read::{Access, Opened, Part, Stored};
pub use write::{Put, Written};
