//! Comparing covered rows (users, units, persons, links, …) with what the last entry about each of them commits to.
use super::{ByRandomId, Check, share};
use crate::engine::{Connection, Param, Row};
use crate::journal::body::{Body, Digest};
use crate::journal::covered::{self, COVERED, Covered};
use crate::journal::purge;
use crate::sqlite::SqliteConnection;
use crate::{Error, Result};
use base::RecordId;
use std::collections::{HashMap, HashSet};

/// The last digest of each row, with the entry that has it. Half of the digest: nobody finds another row for 128 bits either.
#[derive(Default)]
pub(super) struct Rows(HashMap<(u8, [u8; 16]), Left, ByRandomId>);

/// Sees each row of an answer.
type Each<'a> = dyn FnMut(&dyn Row) -> Result<bool> + 'a;

/// The entry, and the row's digest after it; none if the row is gone.
type Left = (u64, Option<[u8; 16]>);

impl Rows {
    pub fn take(&mut self, seq: u64, body: &Body, pass: u64, passes: u64) {
        if body.action == "purge" {
            return self.take_again(body, pass, passes);
        }
        for cover in &body.covers {
            if share(&cover.id, passes) == pass {
                self.0.insert((cover.table, cover.id), (seq, cover.digest.as_ref().map(half)));
            }
        }
    }

    /// What a purge entry says again counts as of the entry that said it first.
    fn take_again(&mut self, body: &Body, pass: u64, passes: u64) {
        for (cover, by) in body.covers.iter().zip(purge::cover_seqs(body)) {
            let newest = self.0.get(&(cover.table, cover.id)).is_none_or(|(seq, _)| *seq <= by);
            if newest && share(&cover.id, passes) == pass {
                self.0.insert((cover.table, cover.id), (by, cover.digest.as_ref().map(half)));
            }
        }
    }
}

fn half(digest: &Digest) -> [u8; 16] {
    digest.first_chunk().copied().unwrap_or_default()
}

fn place(table: &Covered, id: [u8; 16]) -> String {
    format!("{} {}", table.name, RecordId::from_bytes(id))
}

impl Check {
    /// Compares every covered row of this pass's share.
    pub(super) fn covered_rows(&mut self, records: &mut SqliteConnection, pass: u64, passes: u64) -> Result<()> {
        let mut last = std::mem::take(&mut self.rows.0);
        for table in COVERED {
            covered::walk(
                table,
                &mut |query, params, each| records.query(query.into(), params, each),
                &mut |id, digest| match id {
                    None if pass == 0 => {
                        self.find("row-unknown", table.name, "a row there belongs to nothing".into());
                    }
                    Some(id) if share(&id, passes) == pass => {
                        let expected = last.remove(&(table.code, id));
                        self.covered_row(table, id, expected, Some(half(&digest)));
                    }
                    _ => {}
                },
            )?;
        }
        let mut gone: Vec<_> = last.into_iter().filter(|(_, (_, digest))| digest.is_some()).collect();
        gone.sort_unstable_by_key(|(_, (seq, _))| *seq);
        for ((code, id), expected) in gone {
            match COVERED.iter().find(|table| table.code == code) {
                Some(table) => self.covered_row(table, id, Some(expected), None),
                None => self.find_entry("entry-unreadable", expected.0, "it commits to a table that is not known"),
            }
        }
        Ok(())
    }

    /// Compares only the rows that the entries read are about.
    pub(super) fn touched_rows(&mut self, records: &mut SqliteConnection) -> Result<()> {
        let mut last: Vec<_> = std::mem::take(&mut self.rows.0).into_iter().collect();
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
