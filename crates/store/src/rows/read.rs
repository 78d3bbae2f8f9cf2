//! Finding and opening records.
use crate::engine::{Param, Query, Row};
use crate::module::Map;
use crate::op::Op;
use crate::shared::{Reader, Shared};
use crate::statements;
use crate::units::Unit;
use crate::{Error, Result};
use base::{RecordId, SubjectId, Timestamp, UnitId};

/// A sealed part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Row number of the unit whose key seals it.
    pub unit: i64,
    /// That unit's id.
    pub unit_id: UnitId,
    /// That unit's deletion class.
    pub class: String,
    /// Whether the unit is live; a dead one is about to be gone.
    pub live: bool,
    /// Version of the record at which it was sealed.
    pub version: i64,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// A record as it lies in records.db.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Local row number.
    pub rid: i64,
    /// Id.
    pub id: RecordId,
    /// Row number of the definition that it was last written with.
    pub module: i64,
    /// Scope: who sees it.
    pub scope: i64,
    /// Version, from 1.
    pub version: i64,
    /// Row number of the person whom it is about; 0 for nobody.
    pub subject: i64,
    /// That person's id.
    pub subject_id: Option<SubjectId>,
    /// Whether it is restricted (Art. 18 GDPR, § 35 BDSG).
    pub restricted: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its contents were last changed; restricting it, moving it to another scope, leading its links to a merged person is no such change.
    pub changed_at: Timestamp,
    /// Sequence of the journal entry that commits to this state.
    pub entry: i64,
    /// The clear fields, as JSON.
    pub clear: String,
    /// The sealed parts, by unit.
    pub parts: Vec<Part>,
}

/// A record with its values.
#[derive(Debug, Clone)]
pub struct Opened {
    /// As it is stored.
    pub stored: Stored,
    /// All its values, clear and opened; `state` among them if the module has states.
    pub values: Map,
}

/// Whoever can read records: an operation of the writer, or a reader.
pub trait Access {
    /// Runs a reading statement.
    fn rows(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<bool>,
    ) -> Result<()>;
    /// An unwrapped key.
    fn key(&mut self, unit: i64) -> Result<Unit>;
    /// The tenant.
    fn shared(&self) -> &Shared;

    /// The record of that id, sealed.
    fn stored(&mut self, id: RecordId) -> Result<Option<Stored>> {
        let mut found = Assemble::default();
        self.rows(&statements::RECORD_BY_ID, &[id.bytes().into()], &mut |row| found.take(row))?;
        Ok(found.finish().into_iter().next())
    }
    /// The record of that row number, sealed.
    fn stored_rid(&mut self, rid: i64) -> Result<Option<Stored>> {
        let mut found = Assemble::default();
        self.rows(&statements::RECORD_BY_RID, &[rid.into()], &mut |row| found.take(row))?;
        Ok(found.finish().into_iter().next())
    }
    /// The records whose row numbers are in `from..to`, sealed.
    fn stored_range(&mut self, from: i64, to: i64) -> Result<Vec<Stored>> {
        let mut found = Assemble::default();
        self.rows(&statements::RECORDS_FROM, &[from.into(), to.into()], &mut |row| found.take(row))?;
        Ok(found.finish())
    }
    /// Opens a record. A part whose unit is being erased is left out; a part that does not open is damage.
    fn open(&mut self, stored: Stored) -> Result<Opened> {
        let mut values: Map = serde_json::from_str(&stored.clear).map_err(|_| {
            Error::damaged("records.db", format!("the clear row of record {} is not readable", stored.id))
        })?;
        let tenant = self.shared().tenant;
        for part in &stored.parts {
            if !part.live {
                continue;
            }
            let unit = self.key(part.unit)?;
            let plain = unit.key.open(&part.sealed, &crate::seal::part_data(tenant, stored.id, part.version))?;
            let fields: Map = serde_json::from_slice(&plain)
                .map_err(|_| Error::damaged("records.db", format!("a part of record {} is not readable", stored.id)))?;
            values.extend(fields);
        }
        Ok(Opened { stored, values })
    }
    /// The record of that id, opened.
    fn opened(&mut self, id: RecordId) -> Result<Option<Opened>> {
        let stored = self.stored(id)?;
        stored.map(|stored| self.open(stored)).transpose()
    }
}

impl Access for Op<'_> {
    fn rows(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<bool>,
    ) -> Result<()> {
        self.query(query, params, each)
    }
    fn key(&mut self, unit: i64) -> Result<Unit> {
        self.state.unit_key(self.shared, unit)
    }
    fn shared(&self) -> &Shared {
        self.shared
    }
}

impl Access for Reader {
    fn rows(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<bool>,
    ) -> Result<()> {
        self.query(query, params, each)
    }
    fn key(&mut self, unit: i64) -> Result<Unit> {
        self.unit_key(unit)
    }
    fn shared(&self) -> &Shared {
        self.tenant()
    }
}

/// Puts the rows of a record and its parts together; they come ordered by record.
#[derive(Default)]
pub(crate) struct Assemble {
    done: Vec<Stored>,
}

impl Assemble {
    pub fn take(&mut self, row: &dyn Row) -> Result<bool> {
        let rid = row.int(0)?;
        if self.done.last().is_none_or(|last| last.rid != rid) {
            let id = RecordId::from_slice(row.bytes(1)?)
                .map_err(|_| Error::damaged("records.db", "a record has no readable id"))?;
            self.done.push(Stored {
                rid,
                id,
                module: row.int(2)?,
                scope: row.int(3)?,
                version: row.int(4)?,
                subject: row.int(5)?,
                subject_id: row.opt_bytes(17)?.and_then(|id| SubjectId::from_slice(id).ok()),
                restricted: row.int(6)? != 0,
                created_at: Timestamp(row.int(7)?),
                changed_at: Timestamp(row.int(8)?),
                entry: row.int(9)?,
                clear: row.text(10)?.to_owned(),
                parts: Vec::new(),
            });
        }
        if let (Some(unit), Some(last)) = (row.opt_int(11)?, self.done.last_mut()) {
            let unit_id = UnitId::from_slice(row.bytes(14)?)
                .map_err(|_| Error::damaged("records.db", "a unit has no readable id"))?;
            last.parts.push(Part {
                unit,
                unit_id,
                class: row.text(15)?.to_owned(),
                live: row.int(16)? == 0,
                version: row.int(12)?,
                sealed: row.bytes(13)?.to_vec(),
            });
        }
        Ok(true)
    }
    pub fn finish(self) -> Vec<Stored> {
        self.done
    }
}
