//! The journal's Merkle tree as it grows: RFC 6962 over the leaves of the entries, its hashes kept in tiles of 256 as C2SP tlog-tiles has them.
//!
//! A full tile of level 0 holds 256 leaf hashes, one of level 1 the roots of 256 tiles below, and so on. The unfinished tile of level 0 is not
//! stored: its leaves are the hashes of the last entries. Unfinished tiles above are stored as they are, so that opening reads a few rows.
use super::body::Digest;
use crate::engine::{self, Connection};
use crate::statements;
use crate::{Error, Result};
use keys::merkle::{leaf_hash, node_hash};
use keys::note::Checkpoint;

/// Hashes in a full tile.
pub const TILE: usize = 256;
/// The tree's height in one tile: 2^8 = 256.
const TILE_HEIGHT: u8 = 8;

/// The growing tree.
#[derive(Clone)]
pub struct Tree {
    origin: String,
    size: u64,
    /// Complete subtrees from left to right, each with its height; heights fall.
    subtrees: Vec<(u8, Digest)>,
    /// The unfinished tile of each level.
    unfinished: Vec<Vec<Digest>>,
}

impl Tree {
    /// A tree without entries.
    pub fn empty(origin: &str) -> Self {
        Self { origin: origin.to_owned(), size: 0, subtrees: Vec::new(), unfinished: vec![Vec::new()] }
    }

    /// The tree of the first `size` entries, from the stored tiles and the last entries.
    pub fn load(records: &mut dyn Connection, origin: &str, size: u64) -> Result<Self> {
        let mut tree = Self::empty(origin);
        tree.size = size;
        let mut level = 0;
        let mut count = size;
        while count > 0 {
            let partial = count % TILE as u64;
            count /= TILE as u64;
            let hashes =
                if level == 0 { last_leaves(records, size - partial, size)? } else { tile(records, level, count)? };
            let hashes = hashes.get(..usize::try_from(partial).unwrap_or(0)).map(<[Digest]>::to_vec);
            let hashes = hashes.ok_or_else(|| {
                Error::damaged("journal", format!("tile {level}/{count} of the tree is missing or short"))
            })?;
            if tree.unfinished.len() <= level {
                tree.unfinished.push(Vec::new());
            }
            if let Some(slot) = tree.unfinished.get_mut(level) {
                *slot = hashes;
            }
            level += 1;
        }
        for (level, hashes) in tree.unfinished.iter().enumerate().rev() {
            let base = u8::try_from(level).unwrap_or(u8::MAX).saturating_mul(TILE_HEIGHT);
            for hash in hashes {
                grow(&mut tree.subtrees, base, *hash);
            }
        }
        Ok(tree)
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The tree's name in its checkpoints: `tenant` or `tenant/epoch`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The root over all entries.
    pub fn root(&self) -> Digest {
        let mut subtrees = self.subtrees.iter().rev();
        let Some((_, last)) = subtrees.next() else { return keys::sha256(&[]) };
        subtrees.fold(*last, |right, (_, left)| node_hash(left, &right))
    }

    /// The leaves of the unfinished tile of level 0.
    pub(super) fn last_tile(&self) -> &[Digest] {
        self.unfinished.first().map_or(&[], Vec::as_slice)
    }

    /// Takes a leaf without storing anything, for verification.
    pub fn grow(&mut self, leaf: Digest) {
        self.size += 1;
        grow(&mut self.subtrees, 0, leaf);
    }

    /// Takes a leaf, and stores the tiles that it completes.
    pub fn push(&mut self, leaf: Digest, records: &mut dyn Connection) -> Result<()> {
        self.size += 1;
        grow(&mut self.subtrees, 0, leaf);
        let mut level = 0;
        let mut hash = leaf;
        loop {
            if self.unfinished.len() <= level {
                self.unfinished.push(Vec::new());
            }
            let Some(tile) = self.unfinished.get_mut(level) else { return Ok(()) };
            tile.push(hash);
            let full = tile.len() == TILE;
            if full || level > 0 {
                let place = (self.size - 1) >> (u32::from(TILE_HEIGHT) * u32::try_from(level + 1).unwrap_or(7));
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                let level_no = i64::try_from(level).unwrap_or(i64::MAX);
                records.send(
                    (&statements::TILE_PUT).into(),
                    &[level_no.into(), place.into(), tile.as_flattened().into()],
                )?;
            }
            if !full {
                return Ok(());
            }
            hash = perfect_root(tile);
            tile.clear();
            level += 1;
        }
    }

    /// The signed note over the present state. It also names the ledger's position, so that a shortened ledger is noticed.
    pub fn checkpoint(&self, ring: &keys::KeyRing, ledger_lines: u64, ledger_chain: &Digest) -> Result<String> {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: self.size,
            root: self.root(),
            extensions: vec![format!("ledger {ledger_lines} {}", data_encoding::HEXLOWER.encode(ledger_chain))],
        };
        Ok(keys::note::sign(ring.signer(), &checkpoint)?)
    }
}

/// The ledger's position that a checkpoint names.
pub fn ledger_position(checkpoint: &Checkpoint) -> Option<(u64, Digest)> {
    let line = checkpoint.extensions.iter().find_map(|line| line.strip_prefix("ledger "))?;
    let (count, chain) = line.split_once(' ')?;
    let chain = data_encoding::HEXLOWER.decode(chain.as_bytes()).ok()?;
    Some((count.parse().ok()?, chain.try_into().ok()?))
}

fn grow(subtrees: &mut Vec<(u8, Digest)>, height: u8, hash: Digest) {
    let mut height = height;
    let mut hash = hash;
    while let Some((top, left)) = subtrees.last()
        && *top == height
    {
        hash = node_hash(left, &hash);
        height += 1;
        subtrees.pop();
    }
    subtrees.push((height, hash));
}

/// The root over a power of two of hashes.
pub fn perfect_root(hashes: &[Digest]) -> Digest {
    match hashes {
        [] => keys::sha256(&[]),
        [only] => *only,
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            node_hash(&perfect_root(left), &perfect_root(right))
        }
    }
}

/// A stored tile; empty if there is none.
pub fn tile(records: &mut dyn Connection, level: usize, place: u64) -> Result<Vec<Digest>> {
    let level = i64::try_from(level).unwrap_or(i64::MAX);
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    let found =
        engine::first(records, &statements::TILE, &[level.into(), place.into()], |row| Ok(row.bytes(0)?.to_vec()))?;
    let bytes = found.unwrap_or_default();
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() {
        Ok(hashes.to_vec())
    } else {
        Err(Error::damaged("journal", format!("tile {level}/{place} is torn")))
    }
}

/// The leaf hashes of entries `from..to`, from their bodies or, where an entry is purged, from the bare leaf.
fn last_leaves(records: &mut dyn Connection, from: u64, to: u64) -> Result<Vec<Digest>> {
    let range = [i64::try_from(from).unwrap_or(i64::MAX).into(), i64::try_from(to).unwrap_or(i64::MAX).into()];
    engine::collect(records, &statements::ENTRIES_FROM, &range, |row| entry_leaf(row.opt_bytes(1)?, row.opt_bytes(2)?))
}

/// The leaf of an entry: of its body, or the bare one.
pub fn entry_leaf(body: Option<&[u8]>, bare: Option<&[u8]>) -> Result<Digest> {
    match (body, bare) {
        (Some(body), _) => Ok(leaf_hash(body)),
        (None, Some(leaf)) => leaf.try_into().map_err(|_| Error::damaged("journal", "a bare leaf has not 32 bytes")),
        (None, None) => Err(Error::damaged("journal", "an entry has neither body nor leaf")),
    }
}
