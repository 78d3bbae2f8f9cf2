//! The journal (Änderungsprotokoll): every change with old and new value, tamper-evident, and it still verifies after an erasure
//! (O-56, H-95, F-080, F-083; X-14).
//!
//! [`body`] is what a leaf covers, [`tree`] the Merkle tree over the leaves, [`copy`] the newest checkpoint outside the database,
//! [`verify`] finds what was tampered with, [`show`] and [`prove`] read.
mod body;
mod copy;
pub mod covered;
pub(crate) mod epoch;
mod prove;
pub(crate) mod purge;
mod show;
mod tree;
mod verify;

pub use body::{Body, Cover, Digest};
pub(crate) use copy::{Flusher, read_copy, write_copy};
pub use prove::{Consistency, Proof, prove};
pub use purge::{PurgeOutcome, purge};
pub use show::{Change, Shown, Step, history, history_of_gone, last_under};
pub use tree::Tree;
pub(crate) use tree::ledger_position;
pub(crate) use verify::{Checked, verify_since};
pub use verify::{Nightly, Report, WHOLE_EVERY_MS, entries, nightly, verify};
