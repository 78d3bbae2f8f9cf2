//! Roots and proofs of any earlier size, from stored nodes.
use super::frontier::{complete, fold};
use super::{Hash, Nodes, split};

/// Why there is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// The leaf or the older tree lies outside the tree.
    #[error("there is no such entry in a tree of {size} entries")]
    OutOfRange {
        /// The size that was asked about.
        size: u64,
    },
    /// A node could not be read.
    #[error(transparent)]
    Node(#[from] E),
}

/// The root of the tree over the first `size` leaves.
pub fn root_at<N: Nodes>(size: u64, nodes: &N) -> Result<Hash, N::Error> {
    range_root(0, size, nodes)
}

/// The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, 2.1.1), from the leaf upwards.
pub fn inclusion_proof<N: Nodes>(index: u64, size: u64, nodes: &N) -> Result<Vec<Hash>, ProofError<N::Error>> {
    if index >= size {
        return Err(ProofError::OutOfRange { size });
    }
    let (mut start, mut count) = (0, size);
    let mut path = Vec::new();
    while count > 1 {
        let left = split(count);
        if index - start < left {
            path.push(range_root(start + left, count - left, nodes)?);
            count = left;
        } else {
            path.push(range_root(start, left, nodes)?);
            start += left;
            count -= left;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` (RFC 6962, 2.1.2). Empty if `old` is 0 or
/// equal to `new`.
pub fn consistency_proof<N: Nodes>(old: u64, new: u64, nodes: &N) -> Result<Vec<Hash>, ProofError<N::Error>> {
    if old > new {
        return Err(ProofError::OutOfRange { size: new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut count) = (0, new);
    let mut path = Vec::new();
    // RFC 6962's SUBPROOF(m, D[n], b) without recursion: m is `old - start`; b is whether nothing was split off at the left.
    while old - start != count {
        let left = split(count);
        if old - start <= left {
            path.push(range_root(start + left, count - left, nodes)?);
            count = left;
        } else {
            path.push(range_root(start, left, nodes)?);
            start += left;
            count -= left;
        }
    }
    if start > 0 || count < old {
        path.push(range_root(start, count, nodes)?);
    }
    path.reverse();
    Ok(path)
}

fn range_root<N: Nodes>(start: u64, count: u64, nodes: &N) -> Result<Hash, N::Error> {
    let roots = complete(start, count).map(|(level, index)| nodes.node(level, index)).collect::<Result<Vec<_>, _>>()?;
    Ok(fold(roots.into_iter()))
}
