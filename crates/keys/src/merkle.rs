//! The journal's tree: Merkle tree hashes, inclusion and consistency proofs of RFC 6962, section 2.1, with SHA-256.
//!
//! A *node* is the root of the complete subtree over 2^level leaves that begins at leaf index × 2^level; level 0 are the
//! leaves' hashes. A complete node never changes, so a store keeps nodes and nothing else: [`Frontier::push`] says which
//! became complete, [`Nodes`] reads them back. Everything here is O(log n) in the number of leaves.

mod frontier;
mod proof;
#[cfg(test)]
mod tests;
mod verify;

pub use frontier::{Frontier, Node};
pub use proof::{ProofError, consistency_proof, inclusion_proof, root_at};
pub use verify::{verify_consistency, verify_inclusion};

use crate::sha256;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ data).
pub fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[0], data])
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Where complete nodes are read from.
pub trait Nodes {
    /// Why a node could not be read.
    type Error;
    /// The root of the complete subtree of 2^level leaves that begins at leaf `index` × 2^level. Asked only for subtrees
    /// that are complete in a tree of the size that the caller named.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The largest power of two below `size`; `size` must be at least 2 (RFC 6962's *k*).
const fn split(size: u64) -> u64 {
    1 << size.saturating_sub(1).ilog2()
}
