//! Comparing live records with what the last entry about each of them commits to.
use super::rows::{Half, half};
use super::shares::{ByRandomId, IdMap, Of, Shares};
use super::{CHUNK, Check, MISPLACED, RECORD_MISSING, share, signed, state_digest};
use crate::Result;
use crate::database::Database;
use crate::engine::{self, Connection};
use crate::rows::{Stored, row_digest};
use crate::statements;

/// The state in which an entry left a record.
#[derive(Clone, Copy)]
pub(super) struct Left {
    pub id: [u8; 16],
    pub seq: u64,
    /// The row number under which its entries are found.
    pub rid: i64,
    /// Half of a digest over row and parts; none if the record is gone.
    pub state: Option<Half>,
}

impl Of for Left {
    fn id(&self) -> [u8; 16] {
        self.id
    }
}

/// A record as it is.
#[derive(Clone, Copy)]
struct Present {
    id: [u8; 16],
    rid: i64,
    state: Half,
}

impl Present {
    fn of(stored: &Stored) -> Self {
        let parts: Vec<_> = stored.parts.iter().map(|part| (part.unit_id, keys::sha256(&[&part.sealed]))).collect();
        Self { id: *stored.id.bytes(), rid: stored.rid, state: half(&state_digest(&row_digest(stored), &parts)) }
    }
}

impl Of for Present {
    fn id(&self) -> [u8; 16] {
        self.id
    }
}

impl Check {
    /// The last entry about each record of a share; entries that do not stand in one history with those before are named.
    fn newest(&mut self, entries: Vec<Left>) -> IdMap<[u8; 16], Left> {
        let mut last: IdMap<[u8; 16], Left> = IdMap::with_capacity_and_hasher(entries.len(), ByRandomId::default());
        for left in entries {
            let before = last.insert(left.id, left);
            if left.rid == 0 || before.is_some_and(|before| before.rid != left.rid) {
                self.find_entry("entry-misplaced", left.seq, MISPLACED);
            }
        }
        last
    }

    /// Compares every live record of this pass.
    pub(super) fn live(&mut self, records: &mut Database, entries: Shares<Left>, pass: u64, passes: u64) -> Result<()> {
        let mut live = Shares::default();
        let max = engine::first(records, &statements::MAX_RECORD, &[], |row| row.int(0))?.unwrap_or(0);
        let mut from = 1;
        while from <= max {
            let mut found = crate::rows::Assemble::default();
            let to = from + signed(CHUNK);
            records.query((&statements::RECORDS_FROM).into(), &[from.into(), to.into()], &mut |row| found.take(row))?;
            from = to;
            for stored in found.finish().iter().filter(|stored| share(stored.id.bytes(), passes) == pass) {
                self.report.records += 1;
                live.push(Present::of(stored));
            }
        }
        let mut without = Vec::new();
        for (entries, live) in entries.into_shares().zip(live.into_shares()) {
            let mut last = self.newest(entries);
            for present in live {
                self.record(present, last.remove(&present.id));
            }
            without.extend(last.into_values().filter(|left| left.state.is_some()).map(|left| left.seq));
        }
        without.sort_unstable();
        for seq in without {
            self.find_entry("record-missing", seq, RECORD_MISSING);
        }
        Ok(())
    }

    /// Compares only the records that the entries read are about.
    pub(super) fn touched(&mut self, records: &mut Database, entries: Shares<Left>) -> Result<()> {
        for entries in entries.into_shares() {
            for (id, left) in self.newest(entries) {
                let mut found = crate::rows::Assemble::default();
                records.query((&statements::RECORD_BY_ID).into(), &[(&id).into()], &mut |row| found.take(row))?;
                match (found.finish().first(), &left.state) {
                    (Some(stored), _) => {
                        self.report.records += 1;
                        self.record(Present::of(stored), Some(left));
                    }
                    (None, Some(_)) => self.find_entry("record-missing", left.seq, RECORD_MISSING),
                    (None, None) => {}
                }
            }
        }
        Ok(())
    }

    fn record(&mut self, present: Present, last: Option<Left>) {
        let place = || format!("record {}", base::RecordId::from_bytes(present.id));
        match last {
            None => self.find("record-unknown", &place(), "no journal entry is about this record".into()),
            Some(Left { seq, state: None, .. }) => {
                self.find("record-back", &place(), format!("entry {seq} says that it was destroyed, and it is here"));
            }
            Some(Left { seq, state: Some(expected), rid, .. }) => {
                if rid != present.rid {
                    self.find_entry("entry-misplaced", seq, MISPLACED);
                }
                if present.state != expected {
                    self.find("record-differs", &place(), format!("it is not as its last entry {seq} left it"));
                }
            }
        }
    }
}
