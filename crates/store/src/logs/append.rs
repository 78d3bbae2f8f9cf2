//! Adding lines to a log: the day's tree grows, its new root is signed.
use super::{LOG_DAY, LOG_DAY_BEFORE, LOG_DAY_PUT, LOG_LINE_PUT, Line, Log, day, frontier, leaf, origin, signed};
use crate::Result;
use crate::engine::{self, Connection};
use base::TenantId;
use keys::KeyRing;
use keys::merkle::Frontier;
use keys::note::Checkpoint;
use std::collections::BTreeMap;

/// Adds lines, each to its own day, inside the transaction that `file` is in. One signature per day that grows.
pub(crate) fn append(
    file: &mut dyn Connection,
    ring: &KeyRing,
    owner: TenantId,
    log: Log,
    lines: Vec<Line>,
) -> Result<()> {
    let mut days: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
    for line in lines {
        days.entry(day(line.at)).or_default().push(line);
    }
    for (day, mut lines) in days {
        lines.sort_by_key(|line| line.at);
        let stored = engine::first(file, &LOG_DAY, &[log.number().into(), day.into()], |row| {
            Ok((row.int(0)?, row.bytes(1)?.to_vec(), row.text(2)?.to_owned()))
        })?;
        let (mut tree, note) = match stored {
            Some((size, roots, note)) => (frontier(size, &roots)?, Some(note)),
            None => (Frontier::new(), None),
        };
        let before = match note.as_deref().and_then(before_of) {
            Some(before) => before,
            None => engine::first(file, &LOG_DAY_BEFORE, &[log.number().into(), day.into()], |row| row.int(0))?
                .unwrap_or(-1),
        };
        for line in lines {
            let seq = signed(tree.size());
            tree.push(leaf(line.at, &line.body));
            file.execute(
                (&LOG_LINE_PUT).into(),
                &[log.number().into(), day.into(), seq.into(), line.at.0.into(), line.body.as_str().into()],
            )?;
        }
        let checkpoint = Checkpoint {
            origin: origin(owner, log, day),
            size: tree.size(),
            root: tree.root(),
            extensions: vec![format!("{BEFORE}{before}")],
        };
        let note = keys::note::sign(ring.signer(), &checkpoint)?;
        let roots = tree.roots().concat();
        file.execute(
            (&LOG_DAY_PUT).into(),
            &[
                log.number().into(),
                day.into(),
                signed(tree.size()).into(),
                roots.as_slice().into(),
                note.as_str().into(),
            ],
        )?;
    }
    Ok(())
}

/// Each day names the one before it, so that a day that was taken out of the middle is missed.
pub(super) const BEFORE: &str = "before ";

/// The day before that an earlier signature of the same day names. Only read here; [`super::verify`] checks the signature.
fn before_of(note: &str) -> Option<i64> {
    note.lines().find_map(|line| line.strip_prefix(BEFORE))?.parse().ok()
}
