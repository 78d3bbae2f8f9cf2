//! The right edge of a growing tree: all that appending needs.
use super::{Hash, Nodes, empty_root, node_hash};

/// A complete node: where it stands and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Height: the subtree has 2^level leaves.
    pub level: u8,
    /// Place among the nodes of its level, from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The roots of the largest complete subtrees of a tree, from left to right: one for each bit that is set in the size.
/// At most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, roots: Vec::new() }
    }
    /// From what [`Frontier::size`] and [`Frontier::roots`] gave; `None` if the count does not fit the size.
    pub fn from_parts(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(roots.len())).then_some(Self { size, roots })
    }
    /// From stored nodes: reads one for each bit that is set in `size`.
    pub fn from_nodes<N: Nodes>(size: u64, nodes: &N) -> Result<Self, N::Error> {
        let roots = complete(0, size).map(|(level, index)| nodes.node(level, index)).collect::<Result<_, _>>()?;
        Ok(Self { size, roots })
    }
    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }
    /// The roots of the largest complete subtrees, from left to right.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Appends a leaf by its hash ([`super::leaf_hash`]). Gives every node that became complete: the leaf itself first, then
    /// upwards; two on average, at most 64. The leaf's index is the size before.
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        let mut completed = vec![node];
        while node.index & 1 == 1 {
            let Some(left) = self.roots.pop() else { break };
            node = Node {
                level: node.level.saturating_add(1),
                index: node.index >> 1,
                hash: node_hash(&left, &node.hash),
            };
            completed.push(node);
        }
        self.roots.push(node.hash);
        self.size = self.size.saturating_add(1);
        completed
    }

    /// The root of the tree as it is now.
    pub fn root(&self) -> Hash {
        fold(self.roots.iter().copied())
    }
}

/// Joins the roots of complete subtrees, given from left to right, into one.
pub(super) fn fold(roots: impl DoubleEndedIterator<Item = Hash>) -> Hash {
    roots.rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// The largest complete subtrees of `count` leaves from leaf `start`, from left to right, as level and index. `start` is a
/// multiple of a power of two that is not below `count`, as every split of RFC 6962 makes it.
pub(super) fn complete(start: u64, count: u64) -> impl DoubleEndedIterator<Item = (u8, u64)> {
    (0..64_u8).rev().filter(move |level| count >> level & 1 == 1).map(move |level| {
        let above = count.checked_shr(u32::from(level) + 1).unwrap_or(0).checked_shl(u32::from(level) + 1).unwrap_or(0);
        (level, start.saturating_add(above) >> level)
    })
}
