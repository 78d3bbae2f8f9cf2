//! Whose key seals what: subjects, and the units that can be destroyed by themselves (design, *Key units*).
use crate::engine::Row;
use crate::journal::covered;
use crate::module::{Definition, Map, Subject};
use crate::op::{Entry, Op};
use crate::statements;
use crate::units::Unit;
use crate::{Error, Result};
use base::{RecordId, SubjectId, UnitId};

/// A subject's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRow {
    /// Row number.
    pub rid: i64,
    /// Id: that of the record that is the person.
    pub id: SubjectId,
    /// Row number of that record.
    pub record: i64,
    /// Row number of the subject that this one was merged into; 0 for none.
    pub alias_of: i64,
    /// `live`, `restricted`, `erasing` or `erased`.
    pub state: String,
}

impl SubjectRow {
    /// Reads the columns of the `SUBJECT_…` statements.
    pub fn read(row: &dyn Row) -> Result<Self> {
        Ok(Self {
            rid: row.int(0)?,
            id: SubjectId::from_slice(row.bytes(1)?)
                .map_err(|_| Error::damaged("records.db", "a subject has no readable id"))?,
            record: row.int(2)?,
            alias_of: row.int(3)?,
            state: row.text(4)?.to_owned(),
        })
    }
}

/// A unit's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// Row number; the same in keys.db.
    pub rid: i64,
    /// Id.
    pub id: UnitId,
    /// Whose; 0 for nobody's.
    pub subject: i64,
    /// Deletion class.
    pub class: String,
    /// For which record alone; 0 for all of the subject and class.
    pub record: i64,
    /// 0 live, 1 dead, 2 erased.
    pub state: i64,
}

impl UnitRow {
    /// Reads the columns of the `UNIT_…` statements.
    pub fn read(row: &dyn Row) -> Result<Self> {
        Ok(Self {
            rid: row.int(0)?,
            id: UnitId::from_slice(row.bytes(1)?)
                .map_err(|_| Error::damaged("records.db", "a unit has no readable id"))?,
            subject: row.int(2)?,
            class: row.text(3)?.to_owned(),
            record: row.int(4)?,
            state: row.int(5)?,
        })
    }
}

impl Op<'_> {
    /// The subject of that id.
    pub fn subject(&mut self, id: SubjectId) -> Result<Option<SubjectRow>> {
        let found = self.first(&statements::SUBJECT_BY_ID, &[id.bytes().into()], SubjectRow::read)?;
        self.pending.seen.subjects.extend(found.iter().map(|row| (row.rid, row.clone())));
        Ok(found)
    }
    /// The subject of that row number.
    pub fn subject_rid(&mut self, rid: i64) -> Result<Option<SubjectRow>> {
        if let Some(seen) = self.pending.seen.subjects.get(&rid) {
            return Ok(Some(seen.clone()));
        }
        let found = self.first(&statements::SUBJECT_BY_RID, &[rid.into()], SubjectRow::read)?;
        self.pending.seen.subjects.extend(found.iter().map(|row| (row.rid, row.clone())));
        Ok(found)
    }
    /// The subject that stands for this one: itself, or the one it was merged into.
    pub fn canonical_subject(&mut self, rid: i64) -> Result<i64> {
        let mut at = rid;
        // Merges of merges are chains; each merge is onto a canonical one, so a chain is short and has no circle.
        for _ in 0..64 {
            match self.subject_rid(at)? {
                Some(row) if row.alias_of != 0 => at = row.alias_of,
                _ => return Ok(at),
            }
        }
        Err(Error::damaged("records.db", "merged subjects form a circle"))
    }

    /// Whose data a record is: the row number of the person, 0 for nobody. A new person gets a subject's row. `known`: the record was there
    /// before, so that there may be one.
    pub(super) fn subject_of(
        &mut self,
        definition: &Definition,
        values: &Map,
        record: (i64, RecordId),
        known: bool,
        entry: &Entry,
    ) -> Result<i64> {
        match &definition.subject {
            Subject::None => Ok(0),
            Subject::Own { .. } => {
                let id: SubjectId = record.1.cast();
                // Once a person, always that person's: whatever the record says of itself later, nothing of it leaves the person's units.
                if known && let Some(row) = self.subject(id)? {
                    return self.canonical_subject(row.rid);
                }
                if !definition.is_person(values) {
                    return Ok(0);
                }
                let rid = self.next_rid(crate::writer::Table::Subject);
                let params = [rid.into(), id.bytes().into(), record.0.into(), self.commit_no().into()];
                self.send(&statements::SUBJECT_PUT, &params, entry)?;
                entry.covers(&covered::SUBJECT, id.bytes(), Some(covered::new_subject(record.0)));
                let made = SubjectRow { rid, id, record: record.0, alias_of: 0, state: "live".into() };
                self.pending.seen.subjects.insert(rid, made);
                self.pending.seen.made.insert(rid);
                Ok(rid)
            }
            Subject::Link(field) => self.subject_behind(values, field),
        }
    }

    /// The person behind a link field: the subject of the record that it names.
    pub(super) fn subject_behind(&mut self, values: &Map, field: &str) -> Result<i64> {
        let target = match values.get(field) {
            Some(serde_json::Value::String(id)) => id.parse::<RecordId>().ok(),
            _ => None,
        };
        let Some(target) = target else { return Ok(0) };
        match self.subject(target.cast())? {
            Some(row) => self.canonical_subject(row.rid),
            // The link names a record that is no person itself but is about one, or about nobody.
            None => Ok(self.first(&SUBJECT_OF_RECORD, &[target.bytes().into()], |row| row.int(0))?.unwrap_or(0)),
        }
    }

    /// The unit for a subject, class and record, made if there is none. A dead or erased unit refuses (409): an erasure has begun.
    pub(crate) fn unit(&mut self, subject: i64, class: &str, record: i64, entry: &Entry) -> Result<Unit> {
        let owner = (subject, class.to_owned(), record);
        if let Some(seen) = self.pending.seen.units.get(&owner) {
            return Ok(seen.clone());
        }
        let found = if self.pending.seen.made.contains(&subject) {
            None
        } else {
            self.first(&statements::UNIT_BY_OWNER, &[subject.into(), class.into(), record.into()], |row| {
                Ok((row.int(0)?, row.int(2)?))
            })?
        };
        match found {
            Some((rid, 0)) => {
                let unit = self.state.unit_key(self.shared, rid)?;
                self.pending.seen.units.insert(owner, unit.clone());
                Ok(unit)
            }
            Some(_) => Err(Error::conflict("unit-dead", "the person is being erased or has been erased")),
            None => {
                let unit = self.state.fresh_key(self.shared)?;
                let params = [
                    unit.rid.into(),
                    unit.id.bytes().into(),
                    subject.into(),
                    class.into(),
                    record.into(),
                    self.commit_no().into(),
                ];
                self.send(&statements::UNIT_PUT, &params, entry)?;
                entry.covers(&covered::UNIT, unit.id.bytes(), Some(covered::unit(subject, class, record, 0)));
                self.pending.seen.units.insert(owner, unit.clone());
                Ok(unit)
            }
        }
    }

    /// The unit that a record's own class puts it under: what keeps the record alive. None if it was never made.
    pub(crate) fn row_unit(&mut self, definition: &Definition, stored: &super::Stored) -> Result<Option<i64>> {
        let clear: Map = serde_json::from_str(&stored.clear).unwrap_or_default();
        let state = clear.get("state").and_then(serde_json::Value::as_str).and_then(|name| definition.state(name));
        let class = state.and_then(|state| state.class.as_deref()).unwrap_or(&definition.class);
        let modules = self.shared.modules();
        let per_record = modules.set.class(class).is_none_or(crate::module::DeletionClass::per_record);
        let subject = self.canonical_subject(stored.subject)?;
        let record = if subject == 0 || per_record { stored.rid } else { 0 };
        for owner in self.with_aliases(subject)? {
            let params = [owner.into(), class.into(), record.into()];
            if let Some(rid) = self.first(&statements::UNIT_BY_OWNER, &params, |row| row.int(0))? {
                return Ok(Some(rid));
            }
        }
        Ok(None)
    }

    /// All live units of a record alone.
    pub fn units_of_record(&mut self, record: i64) -> Result<Vec<UnitRow>> {
        self.all(&statements::UNITS_OF_RECORD, &[record.into()], UnitRow::read)
    }
    /// All units of a subject and of those merged into it.
    pub fn units_of_subject(&mut self, subject: i64) -> Result<Vec<UnitRow>> {
        let mut units = Vec::new();
        for rid in self.with_aliases(subject)? {
            units.extend(self.all(&statements::UNITS_OF_SUBJECT, &[rid.into()], UnitRow::read)?);
        }
        Ok(units)
    }
    /// A subject and all that were merged into it, directly or not.
    pub fn with_aliases(&mut self, subject: i64) -> Result<Vec<i64>> {
        let mut all = vec![subject];
        if subject == 0 {
            return Ok(all);
        }
        let mut at = 0;
        while let Some(rid) = all.get(at).copied() {
            let aliases = self.all(&statements::SUBJECT_ALIASES, &[rid.into()], |row| row.int(0))?;
            all.extend(aliases.into_iter().filter(|alias| *alias != subject));
            at += 1;
            if at > 10_000 {
                return Err(Error::damaged("records.db", "merged subjects form a circle"));
            }
        }
        Ok(all)
    }
}

/// `SUBJECT_OF_RECORD`
pub const SUBJECT_OF_RECORD: crate::engine::Query =
    crate::engine::Query { name: "SUBJECT_OF_RECORD", sql: "SELECT subject FROM record WHERE id = ?1" };
