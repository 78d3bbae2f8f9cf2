//! The one writer of a tenant. Operations that wait together share a commit: each in a savepoint of its own, one fsync for all,
//! and an answer goes out only after it and after the index has the change.
//!
//! Order of writes: keys.db before records.db before index.db. A crash leaves an unused key or a stale index, never unreadable data.
mod unsure;

use crate::database::Database;
use crate::engine::{self, Connection};
use crate::exclusive::Exclusive;
use crate::index::{Index, IndexChange, Position};
use crate::index_row::Listed;
use crate::journal::Tree;
use crate::op::{Caller, Op, Pending, UniqueChange};
use crate::shared::Shared;
use crate::statements::{self, on_keys};
use crate::units::Unit;
use crate::{Error, Result};
use keys::UnitKey;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use unsure::Unsure;

/// Operations that share a commit at the most.
const BATCH_MAX: usize = 256;
/// More operations than this are divided between two commits.
const SPLIT_FROM: usize = 16;
/// An operation that brings the batch to so many journal entries is the last of it: imports yield, and stay cheap ([`Writer::one`]).
const BATCH_ENTRIES: usize = 256;
/// Keys made ahead in one go, so that a new unit costs no fsync of its own.
const POOL_FIRST: usize = 64;
/// The same when many are used, as in an import.
const POOL_MAX: usize = 4_096;

/// What stands in the place of a destroyed key. It has the length of a wrapped one, so that the engine overwrites the bytes where they lie: a
/// deleted row would let it move the neighbours' rows between pages and leave copies of *their* wrapped keys in unused bytes, which a later
/// destruction of those would not reach. For the same reason rows of `key` are only ever appended.
pub(crate) const DESTROYED: [u8; keys::WRAPPED_UNIT_LEN] = [0; keys::WRAPPED_UNIT_LEN];

/// Tables whose row numbers the writer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Records.
    Record,
    /// Subjects.
    Subject,
    /// Jobs.
    Job,
    /// Module definitions.
    Module,
}

/// The writer's connections and counters.
pub(crate) struct State {
    pub records: Database,
    pub keys: Database,
    pub tree: Tree,
    pub commit_no: i64,
    pub fence: i64,
    /// Whether the transaction has changed anything since it began.
    pub changed: bool,
    /// Leaves of the batch's earlier operations.
    pub batch_leaves: usize,
    pub batch_unique: Vec<UniqueChange>,
    next: [i64; 4],
    pool: VecDeque<Unit>,
    pool_size: usize,
    next_unit: i64,
}

impl State {
    pub fn load(mut records: Database, mut keys: Database, tree: Tree, commit_no: i64, fence: i64) -> Result<Self> {
        let mut max =
            |query| -> Result<i64> { Ok(engine::first(&mut records, query, &[], |row| row.int(0))?.unwrap_or(0)) };
        // A deleted record's number stands in the journal still and must not name another record there.
        let record = max(&statements::MAX_RECORD)?.max(max(&statements::MAX_ENTRY_RECORD)?);
        let next = [record, max(&statements::MAX_SUBJECT)?, max(&statements::MAX_JOB)?, max(&statements::MAX_MODULE)?];
        let unit = max(&statements::MAX_UNIT)?;
        let newest = engine::first(&mut records, &statements::UNIT_BY_RID, &[unit.into()], |row| row.int(5))?;
        if newest == Some(0)
            && engine::first(&mut keys, &on_keys::KEY, &[unit.into()], |row| Ok(row.bytes(1)? != DESTROYED))?
                != Some(true)
        {
            return Err(Error::damaged("keys.db", "it is older than records.db: the newest key is missing"));
        }
        let newest_key = engine::first(&mut keys, &on_keys::MAX_KEY, &[], |row| row.int(0))?.unwrap_or(0);
        let mut state = Self {
            records,
            keys,
            tree,
            commit_no,
            fence,
            changed: false,
            batch_leaves: 0,
            batch_unique: Vec::new(),
            next: next.map(|last| last + 1),
            pool: VecDeque::new(),
            pool_size: POOL_FIRST,
            next_unit: unit.max(newest_key) + 1,
        };
        // Keys that were made ahead and not used before the last end are thrown away: whatever a lost transaction sealed with one is gone for good.
        // Fenced: from a node that is late it would destroy keys that another one has handed out meanwhile.
        state.begin_keys()?;
        state.keys.execute((&on_keys::KEYS_UNUSED).into(), &[unit.into(), (&DESTROYED).into()])?;
        state.keys.execute((&on_keys::UNIQUE_UNUSED).into(), &[unit.into()])?;
        state.keys.commit()?;
        Ok(state)
    }

    pub fn next_rid(&mut self, table: Table) -> i64 {
        let [record, subject, job, module] = &mut self.next;
        let counter = match table {
            Table::Record => record,
            Table::Subject => subject,
            Table::Job => job,
            Table::Module => module,
        };
        *counter += 1;
        *counter - 1
    }

    pub fn next_seq(&self, within_op: usize) -> u64 {
        self.tree.size() + (self.batch_leaves + within_op) as u64
    }

    pub fn insert_entry(&mut self, seq: i64, record: i64, body: &[u8], leaf: &[u8; 32]) -> Result<()> {
        let params = [seq.into(), record.into(), self.commit_no.into(), body.into(), leaf.into()];
        self.records.send((&statements::ENTRY_PUT).into(), &params)
    }

    pub fn insert_value(&mut self, seq: i64, unit: i64, sealed: &[u8]) -> Result<()> {
        self.records.send((&statements::VALUE_PUT).into(), &[seq.into(), unit.into(), sealed.into()])
    }

    pub fn unit_key(&mut self, shared: &Shared, rid: i64) -> Result<Unit> {
        shared.unit_key(&mut self.keys, rid)?.ok_or_else(|| crate::shared::key_missing(rid))
    }

    /// Begins a transaction in keys.db, in which nobody else takes the tenant over: a key or a claim of a node that was late would stand in the way of
    /// whoever holds the tenant now.
    pub fn begin_keys(&mut self) -> Result<()> {
        self.keys.begin()?;
        if matches!(self.keys, Database::Sqlite(_)) {
            return Ok(());
        }
        let fence = self.fence.to_be_bytes();
        let params = [crate::reapply::FENCED.into(), fence.as_slice().into()];
        let fenced = match self.keys.execute((&on_keys::KEY_FENCE).into(), &params) {
            Ok(1) => return Ok(()),
            Ok(_) => Error::conflict("fenced", "another node has taken over this tenant"),
            Err(error) => error,
        };
        self.keys.rollback();
        Err(fenced)
    }

    /// A fresh key, already durable in keys.db. It becomes a unit when the operation stores its row.
    pub fn fresh_key(&mut self, shared: &Shared) -> Result<Unit> {
        if self.pool.is_empty() {
            let ring = shared.ring();
            let (number, wrap) = ring.unit_wrap();
            self.begin_keys()?;
            for _ in 0..self.pool_size {
                let unit = Unit { rid: self.next_unit, id: keys::random_id(), key: Arc::new(UnitKey::generate()) };
                let wrapped = unit.key.wrap(wrap, number, unit.id);
                let params = [unit.rid.into(), unit.id.bytes().into(), wrapped.as_slice().into()];
                if let Err(error) = self.keys.send((&on_keys::KEY_PUT).into(), &params) {
                    self.keys.rollback();
                    self.pool.clear();
                    return Err(error);
                }
                self.next_unit += 1;
                self.pool.push_back(unit);
            }
            if let Err(error) = self.keys.commit() {
                self.keys.rollback();
                self.pool.clear();
                return Err(error);
            }
            shared.counters.syncs.fetch_add(1, Ordering::Relaxed);
            self.pool_size = (self.pool_size * 4).min(POOL_MAX);
        }
        let unit = self.pool.pop_front().ok_or_else(|| Error::damaged("keys.db", "no key could be made"))?;
        shared.units.put(unit.clone());
        Ok(unit)
    }

    /// Keys made ahead are wrapped with the old key: they are not used any more.
    pub fn forget_made_ahead(&mut self) {
        self.pool.clear();
    }

    /// Begins the batch's transaction, if it has not begun.
    fn begin(&mut self) -> Result<()> {
        self.records.begin()?;
        self.commit_no += 1;
        self.changed = false;
        self.batch_leaves = 0;
        Ok(())
    }

    fn give_up(&mut self) {
        self.records.rollback();
        self.keys.rollback();
        self.commit_no -= 1;
        self.batch_leaves = 0;
        self.batch_unique.clear();
    }
}

/// An operation in the queue.
pub(crate) trait Task: Send {
    fn caller(&mut self) -> Option<Caller>;
    /// Runs it; `false` undoes what it did.
    fn run(&mut self, op: &mut Op<'_>) -> bool;
    /// Answers: with its own result, or with the failure that befell it.
    fn finish(self: Box<Self>, outcome: Result<()>);
}

/// Work that needs the writer for itself, between batches: the steps of an erasure, the rotation of a key.
pub(crate) type ExclusiveWork = Box<dyn FnOnce(&mut Exclusive<'_>) + Send>;

pub(crate) enum Job {
    Op(Box<dyn Task>),
    Exclusive(ExclusiveWork),
    Stop,
}

/// What the index thread is given after each commit.
pub(crate) struct Committed {
    pub changes: Vec<Listed>,
    pub position: Position,
    pub answers: Vec<Box<dyn Task>>,
    pub after: Vec<Box<dyn FnOnce() + Send>>,
    /// Told when the index has everything up to here, and whether its write-ahead log is empty.
    pub reached: Option<SyncSender<bool>>,
}

/// How an operation went.
enum Ran {
    /// It is part of the batch.
    Kept(Pending),
    /// It was undone and has its own error to answer with.
    Refused,
    /// It was undone for this reason.
    Failed(Error),
    /// It could not be undone by itself: the whole transaction is lost.
    Lost(Error),
}

fn refuse(waiting: &mut VecDeque<Box<dyn Task>>, error: &Error) {
    let message = error.to_string();
    for task in waiting.drain(..) {
        task.finish(Err(Error::Busy { message: message.clone() }));
    }
}

/// Of so many operations that wait, how many share the next commit. Callers wait for the writer and then for the index: if all of them were taken
/// at once, one of the two would always be idle while the other works. Half of them keep both at work.
const fn share(waiting: usize) -> usize {
    if waiting <= SPLIT_FROM { waiting } else { waiting.div_ceil(2) }
}

/// The writer's loop.
pub(crate) struct Writer {
    pub state: State,
    pub shared: Arc<Shared>,
    pub jobs: Receiver<Job>,
    pub committed: SyncSender<Committed>,
    /// Commits that the index thread has not finished with.
    pub handed: Arc<AtomicUsize>,
    pub checkpoints: Arc<dyn Fn() + Send + Sync>,
    /// A commit of which nobody knows whether it went through: the way to the server broke in the middle of it.
    pub unsure: Option<Unsure>,
}

impl Writer {
    pub fn run(mut self) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match self.jobs.recv() {
                    Ok(job) => waiting.push_back(job),
                    Err(_) => break,
                }
            }
            while waiting.len() < BATCH_MAX
                && let Ok(job) = self.jobs.try_recv()
            {
                waiting.push_back(job);
            }
            let operations = waiting.iter().take_while(|job| matches!(job, Job::Op(_))).count();
            let batch: Vec<_> = waiting
                .drain(..share(operations))
                .filter_map(|job| if let Job::Op(task) = job { Some(task) } else { None })
                .collect();
            if !batch.is_empty() {
                self.batch(batch);
                continue;
            }
            match waiting.pop_front() {
                Some(Job::Exclusive(work)) => work(&mut Exclusive { writer: &mut self }),
                Some(Job::Stop) => break,
                _ => {}
            }
        }
        if let Err(error) = self.state.records.forget_overwritten().and_then(|()| self.state.keys.forget_overwritten())
        {
            tracing::debug!(%error, "the write-ahead log was left as it is at closing");
        }
    }

    /// Runs operations and commits them together; after one that wrote much, it commits first and goes on with the rest.
    pub fn batch(&mut self, tasks: Vec<Box<dyn Task>>) {
        let mut waiting = VecDeque::from(tasks);
        while !waiting.is_empty() {
            self.commit_some(&mut waiting);
        }
    }

    fn commit_some(&mut self, waiting: &mut VecDeque<Box<dyn Task>>) {
        let held = if self.shared.is_held() { Ok(()) } else { Err(crate::cluster::lost()) };
        if let Err(error) = held.and_then(|()| self.find_out()) {
            return refuse(waiting, &error);
        }
        if let Err(error) = self.state.begin() {
            return refuse(waiting, &error);
        }
        let mut kept: Vec<Box<dyn Task>> = Vec::with_capacity(waiting.len());
        let mut leaves = Vec::new();
        let mut changes = Vec::new();
        let mut after = Vec::new();
        let now = self.shared.clock.now();
        self.shared.used_at.store(now.0, Ordering::Relaxed);
        while leaves.len() < BATCH_ENTRIES
            && let Some(mut task) = waiting.pop_front()
        {
            match self.one(task.as_mut(), now) {
                Ran::Kept(pending) => {
                    self.state.batch_leaves += pending.leaves.len();
                    leaves.extend(pending.leaves);
                    changes.extend(pending.index);
                    after.extend(pending.after);
                    self.state.batch_unique.extend(pending.unique);
                    kept.push(task);
                }
                Ran::Refused => task.finish(Ok(())), // it has its own error to answer with
                Ran::Failed(error) => task.finish(Err(error)),
                Ran::Lost(error) => {
                    // What the batch had done so far is gone with the transaction.
                    self.state.give_up();
                    let message = error.to_string();
                    task.finish(Err(error));
                    for task in kept {
                        task.finish(Err(Error::Busy { message: message.clone() }));
                    }
                    return;
                }
            }
        }
        match self.commit(&leaves) {
            Ok(()) => {
                self.shared.counters.operations.fetch_add(kept.len() as u64, Ordering::Relaxed);
                let position = Position(i64::try_from(self.state.tree.size()).unwrap_or(i64::MAX));
                self.hand_over(Committed { changes, position, answers: kept, after, reached: None });
            }
            Err(error) => {
                tracing::error!(%error, operations = kept.len(), "a commit failed; nothing of it was saved");
                let full = matches!(error, Error::Full { .. });
                let message = error.to_string();
                for task in kept {
                    task.finish(Err(if full {
                        Error::Full { file: "records.db".into() }
                    } else {
                        Error::Busy { message: message.clone() }
                    }));
                }
            }
        }
    }

    pub fn hand_over(&self, mut committed: Committed) {
        // One waits already: the index has more to do than the writer, so the writer makes the rows.
        if self.handed.fetch_add(1, Ordering::AcqRel) > 1 {
            let rows = crate::index_row::changes(std::mem::take(&mut committed.changes));
            committed.changes = rows.into_iter().map(Listed::Change).collect();
        }
        if let Err(lost) = self.committed.send(committed) {
            // The index thread has ended: what was committed is safe, the index catches up at the next start.
            lost.0.after.into_iter().for_each(|action| action());
            for task in lost.0.answers {
                task.finish(Ok(()));
            }
        }
    }

    /// One operation. The first of a transaction is undone with it; every later one has a savepoint of its own. That matters for imports: while
    /// an outer savepoint is open, the engine keeps a copy of every page that the operation touches and walks through them at each inner one.
    fn one(&mut self, task: &mut dyn Task, now: base::Timestamp) -> Ran {
        let Some(caller) = task.caller() else { return Ran::Refused };
        let first = !self.state.changed;
        if !first && let Err(error) = self.state.records.savepoint() {
            return Ran::Failed(error);
        }
        let mut op = Op { state: &mut self.state, shared: &self.shared, caller, now, pending: Pending::default() };
        let outcome = catch_unwind(AssertUnwindSafe(|| task.run(&mut op)));
        let pending = op.pending;
        if matches!(outcome, Ok(true)) && pending.open == 0 {
            return match if first { Ok(()) } else { self.state.records.release() } {
                Ok(()) => Ran::Kept(pending),
                Err(error) => Ran::Lost(error),
            };
        }
        if let Err(error) = self.undo(first, pending.parts) {
            return Ran::Lost(error);
        }
        match outcome {
            Ok(false) => Ran::Refused,
            Ok(true) => Ran::Failed(Error::Statement {
                statement: "operation",
                message: "a journal entry was not finished".into(),
            }),
            Err(_) => Ran::Failed(Error::Statement {
                statement: "operation",
                message: "the operation failed unexpectedly; it was undone".into(),
            }),
        }
    }

    /// Undoes an operation, with the parts of it that a panic left open.
    fn undo(&mut self, first: bool, parts: usize) -> Result<()> {
        if first {
            self.state.records.rollback();
            self.state.changed = false;
            return self.state.records.begin();
        }
        for _ in 0..parts {
            self.state.records.undo()?;
        }
        self.state.records.undo()
    }

    fn commit(&mut self, leaves: &[[u8; 32]]) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        if !self.state.changed {
            self.state.give_up();
            return Ok(());
        }
        let before = self.state.tree.clone();
        let done = self.commit_steps(&shared, leaves);
        if done.is_err() {
            self.state.tree = before;
            self.state.give_up();
        }
        done
    }

    fn commit_steps(&mut self, shared: &Shared, leaves: &[[u8; 32]]) -> Result<()> {
        let state = &mut self.state;
        if !state.batch_unique.is_empty() {
            state.begin_keys()?;
            let changes = std::mem::take(&mut state.batch_unique);
            crate::claim::apply(state, shared, &changes)?;
            state.keys.commit()?;
            shared.counters.syncs.fetch_add(1, Ordering::Relaxed);
        }
        for leaf in leaves {
            state.tree.push(*leaf, &mut state.records)?;
        }
        let (ledger_lines, ledger_chain) = shared.ledger.lock().position();
        let note = state.tree.checkpoint(&shared.ring(), ledger_lines, &ledger_chain)?;
        let root = state.tree.root();
        let size = i64::try_from(state.tree.size()).unwrap_or(i64::MAX);
        let params = [size.into(), (&root).into(), note.as_str().into(), state.commit_no.into(), state.fence.into()];
        if state.records.execute((&statements::HEAD_MOVE).into(), &params)? != 1 {
            // Whatever it has in memory is of before: it is opened again, here or elsewhere.
            shared.closing.store(true, Ordering::Release);
            return Err(Error::Busy { message: "another node has taken over this tenant".into() });
        }
        if let Err(error) = state.records.commit() {
            if !state.records.is_closed() {
                return Err(error);
            }
            let unsure = Unsure { after: state.tree.clone(), note: note.clone() };
            if !self.went_through(unsure)? {
                return Err(error);
            }
        }
        let state = &mut self.state;
        shared.counters.syncs.fetch_add(1, Ordering::Relaxed);
        shared.counters.batches.fetch_add(1, Ordering::Relaxed);
        state.batch_leaves = 0;
        state.batch_unique.clear();
        *shared.newest_note.lock() = note;
        (self.checkpoints)();
        Ok(())
    }
}

/// An index that could not take a change tries again after so long, if no further change comes before.
const INDEX_RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Commits are applied together up to so many changes: in a large index, the more there are the more of them fall on the same pages.
const MERGED_CHANGES: usize = 8_000;

/// Applies changes; an index that missed some before is brought up from the records.
fn bring_up(shared: &Arc<Shared>, index: &mut Index, changes: &[IndexChange], position: Position) {
    let behind = shared.index_failed.load(Ordering::Acquire);
    let applied = if behind {
        crate::index_row::catch_up(shared, index, position.0)
    } else {
        index.apply(changes, position).map_err(Error::from)
    };
    match applied {
        Ok(()) => shared.index_failed.store(false, Ordering::Release),
        Err(error) if behind => tracing::debug!(%error, "the index is still behind"),
        Err(error) => {
            tracing::error!(%error, "the index could not take a change; lists are refused until it has caught up");
            shared.index_failed.store(true, Ordering::Release);
        }
    }
}

/// The index thread: applies what was committed and answers.
pub(crate) fn index_loop(
    shared: &Arc<Shared>,
    mut index: Index,
    committed: &Receiver<Committed>,
    handed: &AtomicUsize,
) {
    let mut reached_by_now = None;
    loop {
        let next = match reached_by_now {
            Some(position) if shared.index_failed.load(Ordering::Acquire) => {
                match committed.recv_timeout(INDEX_RETRY) {
                    Err(RecvTimeoutError::Timeout) => {
                        bring_up(shared, &mut index, &[], position);
                        continue;
                    }
                    next => next.ok(),
                }
            }
            _ => committed.recv().ok(),
        };
        let Some(first) = next else {
            shared.end_readers(base::Timestamp(i64::MIN)); // only those that nobody uses
            if let Err(error) = index.close() {
                tracing::error!(%error, "the index could not be settled at closing; its log stays and is looked through at the next opening");
            }
            return;
        };
        let mut waiting = first.changes.len();
        let mut batch = vec![first];
        while waiting < MERGED_CHANGES
            && let Ok(next) = committed.try_recv()
        {
            waiting += next.changes.len();
            batch.push(next);
        }
        let changes = batch.iter_mut().flat_map(|one| std::mem::take(&mut one.changes)).collect();
        let changes = crate::index_row::changes(changes);
        let position = batch.last().map_or(Position(0), |last| last.position);
        bring_up(shared, &mut index, &changes, position);
        reached_by_now = Some(position);
        let forgotten = batch.iter().any(|one| one.reached.is_some())
            && !shared.index_failed.load(Ordering::Acquire)
            && index.truncate_log().unwrap_or(false);
        handed.fetch_sub(batch.len(), Ordering::AcqRel);
        for one in batch {
            one.after.into_iter().for_each(|action| action());
            for task in one.answers {
                task.finish(Ok(()));
            }
            if let Some(reached) = one.reached
                && reached.send(forgotten).is_err()
            {
                tracing::debug!("nobody waited for the index any more");
            }
        }
    }
}

/// A queue into the writer.
pub(crate) type Queue = Sender<Job>;
