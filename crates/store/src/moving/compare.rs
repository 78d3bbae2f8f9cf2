//! Whether both halves are the same: rows of every table, the journal's head, and the journal itself on the new one.
use super::copy::Half;
use crate::journal::{self, Checked};
use crate::shared::Paths;
use crate::sqlite::Settings;
use crate::tenant::Head;
use crate::{Error, Result};
use keys::KeyRing;

/// Compares the halves. Gives how many rows they have and how many entries the journal.
pub(crate) fn compare(from: &mut Half, to: &mut Half) -> Result<(u64, u64)> {
    let (ours, theirs) = (from.counts()?, to.counts()?);
    for ((table, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        if ours != theirs {
            return Err(unequal(format!("{table} has {ours} rows in the old half and {theirs} in the new one")));
        }
    }
    let (old, new) = (Head::read(&mut from.records)?, Head::read(&mut to.records)?);
    let of = |head: &Head| (head.size, head.root, head.note.clone(), head.commit_no, head.origin.clone());
    if of(&old) != of(&new) {
        return Err(unequal("the journal's head differs between the halves".into()));
    }
    Ok((ours.iter().map(|(_, rows)| rows).sum(), old.size))
}

/// Verifies the journal of the new half: all of it, or what came after a point up to which it was verified.
pub(crate) fn verified_then(
    paths: &Paths,
    ring: &KeyRing,
    settings: &Settings,
    then: Option<&Checked>,
) -> Result<Checked> {
    let report = match then {
        Some(then) => journal::verify_since(paths, ring, settings, then)?,
        None => journal::verify(paths, ring, settings)?,
    };
    match report.findings.first() {
        None => Checked::of(&report, ring),
        Some(first) => Err(unequal(format!(
            "the journal does not verify in the new half: {}: {} ({})",
            first.place, first.message, first.code
        ))),
    }
}

fn unequal(message: String) -> Error {
    Error::conflict("unequal", message)
}
