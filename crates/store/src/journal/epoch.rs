//! A new epoch of the journal: after a restore to the past the journal goes on under a new origin, `obhut/<tenant>/<epoch>`, whose first entry holds the
//! head of before, who did it and why. What the restore cut off is so no cut tail, and everything before it still is proven.
use super::body::Body;
use super::tree::Tree;
use super::write_copy;
use crate::engine::Connection;
use crate::ledger::{EpochBegun, Ledger, Line, What};
use crate::place;
use crate::shared::Paths;
use crate::signers::epoch_of;
use crate::sqlite::{Mode, Settings};
use crate::tenant::{Head, origin};
use crate::{Error, Result, migrate, statements};
use base::{Actor, Timestamp};
use data_encoding::HEXLOWER;
use keys::{KeyRing, Pages};
use serde::{Deserialize, Serialize};

/// The note of an entry that begins an epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EpochNote {
    /// Its number.
    pub epoch: u32,
    /// The head that was found in the database: the signed checkpoint.
    pub head: String,
    /// The newest checkpoint that was found outside.
    pub before: Option<String>,
    /// Why.
    pub why: String,
}

/// Begins a new epoch on the files of a closed tenant. Repeated after a crash, it finishes what it had begun. Gives its number.
///
/// `why` is a sentence of whoever restores, without a value of a person: it stays as long as the entry.
pub(crate) fn begin(
    paths: &Paths,
    ring: &KeyRing,
    settings: &Settings,
    at: Timestamp,
    actor: &Actor,
    why: &str,
) -> Result<u32> {
    let mut records = place::open(paths, ring, Pages::Records, Mode::Writer, settings)?;
    migrate::check(&mut records, "records.db")?;
    let mut ledger = Ledger::open(&paths.ledger(), ring)?;
    let head = Head::read(&mut records)?;
    head.signed(&ledger)?;
    let known = crate::reapply::known_lines(&mut records, &head, &ledger)?;
    let old = Tree::load(&mut records, &head.origin, head.size)?;
    if old.root() != head.root {
        return Err(Error::damaged("records.db", "the journal's tree does not give the root that its head names"));
    }
    let copy = paths.checkpoint().read().ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
    let copy = copy.and_then(|note| Some((epoch_of(&ledger.signers().checkpoint(&note).ok()?.origin), note)));
    let (present, root) = (epoch_of(&head.origin), HEXLOWER.encode(&head.root));
    let begun = ledger.epoch().cloned();
    let begun = match begun {
        Some(begun) if begun.epoch < present => {
            return Err(Error::damaged("the ledger", "the journal is in an epoch that it knows nothing of"));
        }
        // The ledger had it already, the journal had not: the end came between the two. Once a checkpoint of that epoch was copied, it had begun.
        Some(begun)
            if begun.epoch > present
                && (begun.size, &begun.root) == (head.size, &root)
                && copy.as_ref().is_none_or(|(epoch, _)| *epoch < begun.epoch) =>
        {
            begun
        }
        other => {
            let newest = other.map_or(present, |begun| begun.epoch);
            let before = copy.map(|(_, note)| note);
            let begun = EpochBegun { epoch: newest + 1, size: head.size, root, before };
            ledger.append(ring, Line { epoch: Some(begun.clone()), ..Line::new(at, What::Epoch) })?;
            begun
        }
    };
    let mut tree = Tree::load(&mut records, &origin(ring.tenant(), begun.epoch), head.size)?;
    let note = EpochNote { epoch: begun.epoch, head: head.note.clone(), before: begun.before, why: why.to_owned() };
    let body = Body {
        seq: head.size,
        at,
        actor: actor.to_string(),
        action: "epoch".into(),
        module: None,
        record: None,
        values: Vec::new(),
        row: None,
        parts: Vec::new(),
        units: Vec::new(),
        covers: Vec::new(),
        note: serde_json::to_string(&note).unwrap_or_default(),
    };
    let bytes = body.encode();
    let leaf = keys::merkle::leaf_hash(&bytes);
    let commit = head.commit_no + 1;
    let (seq, size) = (signed(head.size), signed(head.size + 1));
    let (lines, chain) = ledger.position();
    records.begin()?;
    let mut steps = || -> Result<String> {
        let entry = [seq.into(), 0.into(), commit.into(), bytes.as_slice().into(), (&leaf).into()];
        records.execute((&statements::ENTRY_PUT).into(), &entry)?;
        tree.push(leaf, &mut records)?;
        let checkpoint = tree.checkpoint(ring, lines, &chain)?;
        let root = tree.root();
        let moved = [size.into(), (&root).into(), checkpoint.as_str().into(), commit.into(), tree.origin().into()];
        records.execute((&statements::HEAD_EPOCH).into(), &moved)?;
        // The databases are of the past, and what the ledger says since then is applied when they are opened.
        let from = known.to_string();
        records.execute((&statements::META_PUT).into(), &[crate::reapply::FROM.into(), from.as_str().into()])?;
        records.commit()?;
        Ok(checkpoint)
    };
    match steps() {
        Ok(checkpoint) => write_copy(&paths.checkpoint(), &checkpoint)?,
        Err(error) => {
            records.rollback();
            return Err(error);
        }
    }
    Ok(begun.epoch)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
