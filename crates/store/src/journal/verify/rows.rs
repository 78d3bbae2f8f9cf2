//! Comparing covered rows (users, units, persons, links, …) with what the last entry about each of them commits to.
use super::shares::{ByRandomId, IdMap, Of, Shares};
use super::{Check, share};
use crate::database::Database;
use crate::engine::{Connection, Param, Row};
use crate::journal::body::{Body, Digest};
use crate::journal::covered::{self, COVERED, Covered};
use crate::journal::purge;
use crate::{Error, Result};
use base::RecordId;
use std::collections::{HashMap, HashSet};

/// What entries say of rows, one after another.
#[derive(Default)]
pub(super) struct Rows(Shares<Said>);

/// What an entry says of a row. Half of the digest: nobody finds another row for 128 bits either.
#[derive(Clone, Copy)]
struct Said {
    table: u8,
    id: [u8; 16],
    seq: u64,
    /// None if the row is gone.
    digest: Option<Half>,
}

/// The first half of a digest.
pub(super) type Half = [u8; 16];

/// A row as it is.
#[derive(Clone, Copy)]
struct Present {
    table: u8,
    id: [u8; 16],
    digest: Half,
}

impl Of for Said {
    fn id(&self) -> [u8; 16] {
        self.id
    }
}

impl Of for Present {
    fn id(&self) -> [u8; 16] {
        self.id
    }
}

/// What the last entry about each row of a share says.
fn newest(said: Vec<Said>) -> IdMap<(u8, [u8; 16]), Left> {
    let mut last: IdMap<(u8, [u8; 16]), Left> = IdMap::with_capacity_and_hasher(said.len(), ByRandomId::default());
    for said in said {
        // What a purge entry says again counts as of the entry that said it first.
        let now = (said.seq, said.digest);
        last.entry((said.table, said.id))
            .and_modify(|left| {
                if left.0 <= said.seq {
                    *left = now;
                }
            })
            .or_insert(now);
    }
    last
}

/// Sees each row of an answer.
type Each<'a> = dyn FnMut(&dyn Row) -> Result<bool> + 'a;

/// The entry, and the row's digest after it; none if the row is gone.
type Left = (u64, Option<[u8; 16]>);

impl Rows {
    pub fn take(&mut self, seq: u64, body: &Body, pass: u64, passes: u64) {
        let mut again = (body.action == "purge").then(|| purge::cover_seqs(body).into_iter());
        for cover in &body.covers {
            let seq = match &mut again {
                Some(seqs) => match seqs.next() {
                    Some(by) => by,
                    None => return,
                },
                None => seq,
            };
            if share(&cover.id, passes) == pass {
                let digest = cover.digest.as_ref().map(half);
                self.0.push(Said { table: cover.table, id: cover.id, seq, digest });
            }
        }
    }
}

/// What a comparison found: the row, what the last entry about it says, what it is.
type Wrong = (u8, [u8; 16], Option<Left>, Option<Half>);

/// Differing rows that are kept until they are sorted; a destroyed file would give millions.
const MAX_WRONG: usize = 10_000;

/// Half of a digest.
pub(super) fn half(digest: &Digest) -> Half {
    digest.first_chunk().copied().unwrap_or_default()
}

fn place(table: &Covered, id: [u8; 16]) -> String {
    format!("{} {}", table.name, RecordId::from_bytes(id))
}

impl Check {
    /// Compares every covered row of this pass's share.
    pub(super) fn covered_rows(&mut self, records: &mut Database, pass: u64, passes: u64) -> Result<()> {
        let mut present = Shares::default();
        for table in COVERED {
            covered::walk(
                table,
                &mut |query, params, each| records.query(query.into(), params, each),
                &mut |id, digest| match id {
                    None if pass == 0 => {
                        self.find("row-unknown", table.name, "a row there belongs to nothing".into());
                    }
                    Some(id) if share(&id, passes) == pass => {
                        present.push(Present { table: table.code, id, digest: half(&digest) });
                    }
                    _ => {}
                },
            )?;
        }
        let mut wrong: Vec<Wrong> = Vec::new();
        for (said, present) in std::mem::take(&mut self.rows.0).into_shares().zip(present.into_shares()) {
            let mut last = newest(said);
            for row in present {
                let expected = last.remove(&(row.table, row.id));
                if expected.and_then(|(_, digest)| digest) != Some(row.digest) && wrong.len() < MAX_WRONG {
                    wrong.push((row.table, row.id, expected, Some(row.digest)));
                }
            }
            for ((table, id), left) in last {
                if left.1.is_some() && wrong.len() < MAX_WRONG {
                    wrong.push((table, id, Some(left), None));
                }
            }
        }
        wrong.sort_unstable_by_key(|(code, id, expected, _)| (expected.map(|(seq, _)| seq), *code, *id));
        for (code, id, expected, present) in wrong {
            match COVERED.iter().find(|table| table.code == code) {
                Some(table) => self.covered_row(table, id, expected, present),
                None => self.find_entry(
                    "entry-unreadable",
                    expected.map_or(0, |(seq, _)| seq),
                    "it commits to a table that is not known",
                ),
            }
        }
        Ok(())
    }

    /// Compares only the rows that the entries read are about.
    pub(super) fn touched_rows(&mut self, records: &mut Database) -> Result<()> {
        let mut last: Vec<_> = std::mem::take(&mut self.rows.0).into_shares().flat_map(newest).collect();
        last.sort_unstable_by_key(|(_, (seq, _))| *seq);
        for table in COVERED {
            let mut of_table: Vec<_> = last.iter().filter(|((code, _), _)| *code == table.code).collect();
            let mut found: HashMap<[u8; 16], [u8; 16]> = HashMap::new();
            let mut run = |query: &crate::engine::Query, params: &[Param<'_>], each: &mut Each<'_>| {
                records.query(query.into(), params, each)
            };
            if table.by_id {
                for ((_, id), _) in &of_table {
                    match covered::present(table, id.into(), &mut run) {
                        Err(Error::Damaged { .. }) => drop(found.insert(*id, [0; 16])),
                        present => found.extend(present?.map(|digest| (*id, half(&digest)))),
                    }
                }
            } else if !of_table.is_empty() {
                // There is no index over these ids: one walk through the table finds them all.
                let wanted: HashSet<[u8; 16]> = of_table.iter().map(|((_, id), _)| *id).collect();
                covered::walk(table, &mut run, &mut |id, digest| {
                    found.extend(id.filter(|id| wanted.contains(id)).map(|id| (id, half(&digest))));
                })?;
            }
            for ((_, id), expected) in of_table.drain(..) {
                self.covered_row(table, *id, Some(*expected), found.get(id).copied());
            }
        }
        Ok(())
    }

    fn covered_row(&mut self, table: &Covered, id: [u8; 16], expected: Option<Left>, present: Option<[u8; 16]>) {
        let place = place(table, id);
        match (expected, present) {
            (None, Some(_)) => self.find("row-unknown", &place, "no journal entry is about it".into()),
            (Some((seq, None)), Some(_)) => {
                self.find("row-back", &place, format!("entry {seq} says that it is gone, and it is here"));
            }
            (Some((seq, Some(_))), None) => {
                self.find("row-missing", &place, format!("it is gone, and entry {seq} left it here"));
            }
            (Some((seq, Some(expected))), Some(present)) if expected != present => {
                self.find("row-differs", &place, format!("it is not as its last entry {seq} left it"));
            }
            _ => {}
        }
    }
}
