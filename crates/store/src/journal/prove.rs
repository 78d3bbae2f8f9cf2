//! Proofs that a stranger can check with SHA-256 and Ed25519 alone: that an entry is in the journal, that a later journal continues an earlier one.
use super::body::Digest;
use super::tree::{TILE, entry_leaf, perfect_root, tile};
use crate::engine::{self, Connection};
use crate::place;
use crate::shared::Paths;
use crate::sqlite::{Mode, Settings};
use crate::tenant::Head;
use crate::{Error, Result, statements};
use data_encoding::{BASE64, HEXLOWER};
use keys::{KeyRing, Pages};

/// A proof that an entry is in the journal that a checkpoint names (RFC 6962 §2.1.1).
#[derive(Debug, Clone, serde::Serialize)]
pub struct Proof {
    /// The entry's sequence: the leaf's index.
    pub seq: u64,
    /// The entry's body, Base64; the leaf hash is SHA-256(0x00 ‖ body). None for a purged entry, of which the bare leaf is left.
    pub body: Option<String>,
    /// The leaf hash, hex.
    pub leaf: String,
    /// The tree's size at the checkpoint.
    pub size: u64,
    /// The audit path, hex, from the leaf upwards.
    pub path: Vec<String>,
    /// The signed checkpoint (C2SP signed note).
    pub checkpoint: String,
    /// The key that verifies it, hex of 32 bytes Ed25519.
    pub verify_key: String,
    /// Proof that this checkpoint continues one of size `from`, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
}

/// A proof that a later tree continues an earlier one (RFC 6962 §2.1.2).
#[derive(Debug, Clone, serde::Serialize)]
pub struct Consistency {
    /// Size of the earlier tree.
    pub from: u64,
    /// Its root, hex.
    pub from_root: String,
    /// The path, hex.
    pub path: Vec<String>,
}

/// Proves entry `seq` against the present checkpoint, and that this one continues the journal of size `from`.
pub fn prove(paths: &Paths, ring: &KeyRing, settings: &Settings, seq: u64, from: Option<u64>) -> Result<Proof> {
    let mut records = place::open(paths, ring, Pages::Records, Mode::Reader, settings)?;
    records.begin_snapshot()?;
    let head = Head::read(&mut records)?;
    if seq >= head.size {
        return Err(Error::not_found(format!("journal entry {seq} (the last one is {})", head.size.saturating_sub(1))));
    }
    let pruned = super::purge::pruned(&mut records)?;
    if seq < pruned {
        let message = format!("journal entry {seq}: its period is over, and everything before {pruned} is gone");
        return Err(Error::not_found(message));
    }
    if let Some(from) = from.filter(|from| *from < pruned && *from % TILE as u64 != 0) {
        let message =
            format!("what a journal of size {from} was is gone; the first size that can be proven is {pruned}");
        return Err(Error::invalid(message));
    }
    let index = i64::try_from(seq).unwrap_or(i64::MAX);
    let found = engine::first(&mut records, &statements::ENTRY, &[index.into()], |row| {
        Ok((row.opt_bytes(0)?.map(<[u8]>::to_vec), row.opt_bytes(1)?.map(<[u8]>::to_vec)))
    })?;
    let (body, leaf) = found.ok_or_else(|| Error::damaged("journal", format!("entry {seq} is missing")))?;
    let leaf = entry_leaf(body.as_deref(), leaf.as_deref())?;
    let nodes = Nodes { records: std::cell::RefCell::new(&mut records), size: head.size };
    let hex = |hashes: Vec<Digest>| hashes.iter().map(|hash| HEXLOWER.encode(hash)).collect();
    let path = hex(keys::merkle::inclusion_proof(seq, head.size, &nodes).map_err(failed)?);
    let consistency = match from {
        None => None,
        Some(from) if from <= head.size => Some(Consistency {
            from,
            from_root: HEXLOWER.encode(&keys::merkle::root_at(from, &nodes)?),
            path: hex(keys::merkle::consistency_proof(from, head.size, &nodes).map_err(failed)?),
        }),
        Some(from) => return Err(Error::invalid(format!("the journal has {} entries, fewer than {from}", head.size))),
    };
    Ok(Proof {
        seq,
        body: body.map(|body| BASE64.encode(&body)),
        leaf: HEXLOWER.encode(&leaf),
        size: head.size,
        path,
        checkpoint: head.note,
        verify_key: HEXLOWER.encode(ring.signer().verify_key().bytes()),
        consistency,
    })
}

fn failed(error: keys::merkle::ProofError<Error>) -> Error {
    match error {
        keys::merkle::ProofError::Node(error) => error,
        other @ keys::merkle::ProofError::OutOfRange { .. } => Error::invalid(other.to_string()),
    }
}

/// The tree's nodes, from tiles and, for the unfinished lowest tile, from the entries.
struct Nodes<'a> {
    records: std::cell::RefCell<&'a mut dyn Connection>,
    size: u64,
}

impl keys::merkle::Nodes for Nodes<'_> {
    type Error = Error;

    fn node(&self, level: u8, index: u64) -> Result<Digest> {
        let (tile_level, within) = (usize::from(level / 8), u32::from(level % 8));
        let (first, count) = (index << within, 1_usize << within);
        let place = first / TILE as u64;
        let mut records = self.records.borrow_mut();
        let hashes = if tile_level == 0 && (place + 1) * TILE as u64 > self.size {
            let range = [
                i64::try_from(place * TILE as u64).unwrap_or(i64::MAX).into(),
                i64::try_from(self.size).unwrap_or(i64::MAX).into(),
            ];
            engine::collect(&mut **records, &statements::ENTRIES_FROM, &range, |row| {
                entry_leaf(row.opt_bytes(1)?, row.opt_bytes(2)?)
            })?
        } else {
            tile(&mut **records, tile_level, place)?
        };
        let start = usize::try_from(first % TILE as u64).unwrap_or(0);
        let node = hashes.get(start..start + count).map(perfect_root);
        node.ok_or_else(|| {
            Error::damaged("journal", format!("tile {tile_level}/{place} of the tree is missing or short"))
        })
    }
}
