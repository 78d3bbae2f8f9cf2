//! One way in: an [`Op`] is one change of a tenant's data, from a page, the API, a job, an import or a test.
//!
//! It carries who acts, with which rights, for which purpose, at which time, and the transaction. A [`Change`] cannot be run without an
//! [`Entry`] of the journal in hand, and an operation whose entry was not finished is rolled back: no change is unrecorded (F-080, O-56).
use crate::claim::UniqueValue;
use crate::engine::{self, Change, Connection, Param, Query, Row, Upkeep};
use crate::index::IndexChange;
use crate::index_row::{Listed, ListedRecord};
use crate::journal::{Body, Cover, Digest};
use crate::rows::{Stored, SubjectRow};
use crate::shared::Shared;
use crate::units::Unit;
use crate::writer::State;
use crate::{Error, Result, statements};
use base::{Access, Actor, Grants, Permission, RecordId, Timestamp, UnitId};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Who acts, with which rights, and why.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What he may do.
    pub grants: Grants,
    /// For which processing activity, where the caller names one.
    pub purpose: Option<String>,
}

impl Caller {
    /// Obhut's own work, with every right.
    pub fn job(name: &str) -> Self {
        Self { actor: Actor::Job(name.to_owned()), grants: Grants::everything(), purpose: None }
    }
    /// The operator at the machine, under the same rules as anyone and visible to the tenant.
    pub fn operator(name: &str) -> Self {
        Self { actor: Actor::Operator(name.to_owned()), grants: Grants::everything(), purpose: None }
    }
    /// Refuses a caller without that right.
    pub fn needs(&self, permission: Permission) -> Result<()> {
        if self.grants.has(permission) {
            return Ok(());
        }
        Err(Error::Denied { message: format!("this needs the right {permission:?}") })
    }
    /// Whether he may see records of that module, scope and restriction.
    pub fn may_see(&self, module: &str, scope: i64, restricted: bool) -> bool {
        self.grants.allows(module, Access::Read)
            && self.grants.scopes.contains(&scope)
            && (!restricted || self.grants.has(Permission::Privacy))
    }
    /// Refuses a caller without that access to a module. Who may not even read is told that there is no such module.
    pub fn needs_access(&self, module: &str, access: Access) -> Result<()> {
        if self.grants.allows(module, access) {
            return Ok(());
        }
        if self.grants.allows(module, Access::Read) {
            return Err(Error::Denied { message: format!("you may read {module} but not change it") });
        }
        Err(Error::not_found(format!("module {module}")))
    }
}

/// Parts of [`Op::parts`] that share a savepoint.
const GROUPED_PARTS: usize = 64;

/// What an operation has done so far and forgets if it fails.
#[derive(Default)]
pub(crate) struct Pending {
    /// Leaf data of the finished entries, in order.
    pub leaves: Vec<Digest>,
    /// Entries begun and not yet finished.
    pub open: usize,
    /// Parts that have begun and not ended ([`Op::part`]).
    pub parts: usize,
    pub index: Vec<Listed>,
    pub unique: Vec<UniqueChange>,
    /// Run after the commit: caches to drop, workers to wake.
    pub after: Vec<Box<dyn FnOnce() + Send>>,
    pub seen: Seen,
}

/// Owners that the operation has read or made, so that it need not ask again: on a server each question is a way there and back. Nobody else writes
/// meanwhile; what the operation itself changes or undoes is forgotten here.
#[derive(Default)]
pub(crate) struct Seen {
    pub subjects: HashMap<i64, SubjectRow>,
    /// Subjects that the operation has made: they have no unit but those in `units`.
    pub made: HashSet<i64>,
    /// By subject, class and record.
    pub units: HashMap<(i64, String, i64), Unit>,
}

impl Seen {
    fn forget_what_changes(&mut self, statement: &str) {
        if statement.starts_with("SUBJECT_") && statement != statements::SUBJECT_PUT.name {
            self.subjects.clear();
        }
        if statement.starts_with("UNIT_") && statement != statements::UNIT_PUT.name {
            self.units.clear();
            self.made.clear();
        }
    }
}

/// A change of the values that may stand only once.
pub(crate) enum UniqueChange {
    Put { value: UniqueValue, owner: i64, unit: i64 },
    Remove { value: UniqueValue, owner: i64 },
}

/// Digests of covered rows by table and id; none for a row that is gone.
pub(crate) type Covers = BTreeMap<(u8, [u8; 16]), Option<Digest>>;

/// An entry of the journal that is being written. Finish it with [`Op::finish`].
#[must_use = "an entry that is not finished rolls the operation back"]
pub struct Entry {
    pub(crate) body: Body,
    pub(crate) record_rid: i64,
    values: BTreeMap<i64, Vec<Value>>,
    /// Covered rows so far; behind a shared reference, as the entry is while changes run.
    pub(crate) covered: RefCell<Covers>,
}

impl Entry {
    /// Adds a field's old and new value, to be sealed with this unit's key. `Null` means no value.
    pub fn value(&mut self, unit: i64, field: &str, old: &Value, new: &Value) {
        self.values.entry(unit).or_default().push(serde_json::json!([field, old, new]));
    }
    /// Names units: what the entry is about, for erasure, restriction, holds.
    pub fn name_units(&mut self, units: impl IntoIterator<Item = UnitId>) {
        self.body.units.extend(units);
    }
    /// Says the record's row and parts after the change.
    pub(crate) fn commits_to(&mut self, row: Option<Digest>, parts: Vec<(UnitId, Digest)>) {
        self.body.row = row;
        self.body.parts = parts;
    }
    /// The sequence that this entry will have.
    pub fn seq(&self) -> u64 {
        self.body.seq
    }
}

/// One operation inside the writer's transaction.
pub struct Op<'w> {
    pub(crate) state: &'w mut State,
    pub(crate) shared: &'w Arc<Shared>,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
    pub(crate) pending: Pending,
}

impl Op<'_> {
    /// The moment of this operation; the same for all that it does.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// Who acts.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
    /// The tenant that is worked on.
    pub fn tenant(&self) -> &Arc<Shared> {
        self.shared
    }
    /// Runs a reading statement on the tenant's records.
    pub fn query(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<bool>,
    ) -> Result<()> {
        self.state.records.query(query.into(), params, each)
    }
    /// All rows of a reading statement.
    pub fn all<T>(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        engine::collect(&mut self.state.records, query, params, read)
    }
    /// The first row of a reading statement.
    pub fn first<T>(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        engine::first(&mut self.state.records, query, params, read)
    }
    /// Changes business data. The entry in hand is what makes it a recorded change.
    pub fn change(&mut self, change: &Change, params: &[Param<'_>], _entry: &Entry) -> Result<u64> {
        self.state.changed = true;
        self.pending.seen.forget_what_changes(change.name);
        self.state.records.execute(change.into(), params)
    }
    /// The same where the number of rows does not matter: a server is not waited for. What goes wrong shows before the operation is over.
    pub fn send(&mut self, change: &Change, params: &[Param<'_>], _entry: &Entry) -> Result<()> {
        self.state.changed = true;
        self.pending.seen.forget_what_changes(change.name);
        self.state.records.send(change.into(), params)
    }
    /// Changes bookkeeping: sessions, jobs, positions. See [`Upkeep`].
    pub fn upkeep(&mut self, upkeep: &Upkeep, params: &[Param<'_>]) -> Result<u64> {
        self.state.changed = true;
        self.state.records.execute(upkeep.into(), params)
    }
    /// The number of this commit, for the change feed.
    pub fn commit_no(&self) -> i64 {
        self.state.commit_no
    }
    /// A row number for a new row of `table`; never given twice.
    pub fn next_rid(&mut self, table: crate::writer::Table) -> i64 {
        self.state.next_rid(table)
    }

    /// Begins an entry. `action` is one of the journal's words: `create`, `change`, `delete`, …
    pub fn entry(&mut self, action: &str, module: Option<(&str, Digest)>, record: Option<(i64, RecordId)>) -> Entry {
        let seq = self.state.next_seq(self.pending.leaves.len() + self.pending.open);
        self.pending.open += 1;
        let body = Body {
            seq,
            at: self.now,
            actor: self.caller.actor.to_string(),
            action: action.to_owned(),
            module: module.map(|(name, fingerprint)| (name.to_owned(), fingerprint)),
            record: record.map(|(_, id)| id),
            values: Vec::new(),
            row: None,
            parts: Vec::new(),
            units: Vec::new(),
            covers: Vec::new(),
            note: String::new(),
        };
        let record_rid = record.map_or(0, |(rid, _)| rid);
        Entry { body, record_rid, values: BTreeMap::new(), covered: RefCell::default() }
    }

    /// Finishes an entry: seals its values, stores it, and takes its leaf. Entries are finished in the order in which they were begun.
    /// `note` holds ids, counts and times only.
    pub fn finish(&mut self, mut entry: Entry, note: &Map<String, Value>) -> Result<u64> {
        let expected = self.state.next_seq(self.pending.leaves.len());
        if entry.body.seq != expected || self.pending.open == 0 {
            return Err(Error::Statement {
                statement: "journal entry",
                message: "entries were not finished in the order they were begun".into(),
            });
        }
        if !note.is_empty() {
            entry.body.note = serde_json::to_string(note).unwrap_or_default();
        }
        let seq = i64::try_from(entry.body.seq).unwrap_or(i64::MAX);
        let mut sealed_values = Vec::with_capacity(entry.values.len());
        for (unit_rid, values) in &entry.values {
            let unit = self.state.unit_key(self.shared, *unit_rid)?;
            let plain = zeroize::Zeroizing::new(serde_json::to_vec(values).unwrap_or_default());
            let sealed = unit.key.seal(unit.id, &plain, &crate::seal::value_data(self.shared.tenant, entry.body.seq));
            entry.body.values.push((unit.id, keys::sha256(&[&sealed])));
            sealed_values.push((*unit_rid, sealed));
        }
        let covered = entry.covered.take().into_iter();
        entry.body.covers = covered.map(|((table, id), digest)| Cover { table, id, digest }).collect();
        let body = entry.body.encode();
        let leaf = keys::merkle::leaf_hash(&body);
        self.state.insert_entry(seq, entry.record_rid, &body, &leaf)?;
        for (unit, sealed) in &sealed_values {
            self.state.insert_value(seq, *unit, sealed)?;
        }
        self.state.changed = true;
        self.pending.leaves.push(leaf);
        self.pending.open -= 1;
        Ok(entry.body.seq)
    }

    /// A part of the operation that fails alone: what it did is undone, the rest goes on.
    pub fn part<T, E>(&mut self, work: impl FnOnce(&mut Self) -> std::result::Result<T, E>) -> std::result::Result<T, E>
    where
        E: From<Error>,
    {
        let before = (
            self.pending.leaves.len(),
            self.pending.open,
            self.pending.index.len(),
            self.pending.unique.len(),
            self.pending.after.len(),
        );
        self.state.records.savepoint()?;
        self.pending.parts += 1;
        let worked = work(self);
        self.pending.parts -= 1;
        match worked {
            Ok(done) if self.pending.open == before.1 => {
                self.state.records.release()?;
                Ok(done)
            }
            other => {
                self.state.records.undo()?;
                self.pending.seen = Seen::default();
                self.pending.leaves.truncate(before.0);
                self.pending.open = before.1;
                self.pending.index.truncate(before.2);
                self.pending.unique.truncate(before.3);
                self.pending.after.truncate(before.4);
                other.and_then(|_| {
                    Err(Error::Statement { statement: "operation", message: "a journal entry was not finished".into() }
                        .into())
                })
            }
        }
    }

    /// Parts that each fail alone, many of them: those of a group share a savepoint as long as none fails; when one does, the group is undone
    /// and each of it done again by itself. `work` may therefore see an item twice and must leave nothing behind but what the operation
    /// undoes. Undoing costs a copy of every page touched since the savepoint, which is why a savepoint for each item is dear.
    pub fn parts<I, T, E>(
        &mut self,
        items: &[I],
        mut work: impl FnMut(&mut Self, &I) -> std::result::Result<T, E>,
    ) -> Vec<std::result::Result<T, E>>
    where
        E: From<Error>,
    {
        let mut results = Vec::with_capacity(items.len());
        for group in items.chunks(GROUPED_PARTS) {
            let together =
                self.part(|op| group.iter().map(|item| work(op, item)).collect::<std::result::Result<Vec<T>, E>>());
            match together {
                Ok(done) => results.extend(done.into_iter().map(Ok)),
                Err(_) => results.extend(group.iter().map(|item| self.part(|op| work(op, item)))),
            }
        }
        results
    }

    /// A fresh id, from the operating system's generator.
    pub fn random_id<K>(&self) -> base::Id<K> {
        keys::random_id()
    }

    /// Puts a change of the index in line; it is done when the operation answers.
    pub fn index(&mut self, change: IndexChange) {
        self.pending.index.push(Listed::Change(change));
    }
    /// Puts a record that was written in line for the index; `module` is its module's name.
    pub(crate) fn list(&mut self, module: &str, stored: &Stored, values: Arc<serde_json::Map<String, Value>>) {
        let modules = self.shared.modules();
        let record = ListedRecord { modules, module: module.to_owned(), head: stored.into(), values };
        self.pending.index.push(Listed::Record(Box::new(record)));
    }

    /// Runs `action` after the commit.
    pub fn after_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.pending.after.push(Box::new(action));
    }

    /// Queues follow-up work in the same commit. `payload` carries ids and neutral values only.
    pub fn queue(&mut self, name: &str, payload: &Value, due: Timestamp) -> Result<()> {
        let rid = self.next_rid(crate::writer::Table::Job);
        let payload = payload.to_string();
        self.upkeep(&crate::statements::JOB_PUT, &[rid.into(), name.into(), payload.as_str().into(), due.0.into()])?;
        Ok(())
    }
}
