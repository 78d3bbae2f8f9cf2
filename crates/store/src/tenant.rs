//! An open tenant: its writer, its index, its readers. Created, opened, checked against the outside copies, closed.
use crate::cluster::Held;
use crate::engine::{self, Connection};
use crate::exclusive::Exclusive;
use crate::index::Index;
use crate::journal::{self, Flusher, Tree};
use crate::ledger::Ledger;
use crate::module::{self, Modules};
use crate::op::{Caller, Op};
use crate::outside::Sheet;
use crate::place;
use crate::shared::{ActiveModules, Limited, ModuleRow, Paths, Reader, Shared};
use crate::signers::{Signers, epoch_of};
use crate::sqlite::{Mode, Settings};
use crate::writer::{Job, Queue, State, Task, Writer, index_loop};
use crate::{Error, Result, migrate, statements};
use base::{SharedClock, TenantId, TimeZone};
use keys::{KeyRing, MasterKey, Pages};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread::JoinHandle;

/// Page cache of the writer's connection to records.db.
const WRITER_CACHE_KIB: u32 = 64 * 1024;
/// Page cache of the index's connection, at most: with a million records a change touches pages all over it. A small index fills no more than its
/// file has, and an idle tenant is closed.
const INDEX_CACHE_KIB: u32 = 256 * 1024;
/// Operations that may wait for the writer before callers wait for a place themselves.
const COMMITTED_AHEAD: usize = 32;

/// What a new tenant is made of.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// IANA name of its time zone.
    pub zone: String,
    /// `production` or `test` (C-23, C-24, F-004).
    pub marker: String,
    /// Packs beside `core`.
    pub packs: Vec<String>,
    /// The database server that its records and keys are put on; none for files.
    pub server: Option<String>,
}

/// Name of the moment of the last nightly work among the tenant's settings.
const NIGHT: &str = "night_at";

/// An open tenant. Dropping it closes it: what waits is finished, the outside copy of the checkpoint is written.
pub struct Tenant {
    shared: Arc<Shared>,
    queue: Mutex<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    flusher: Arc<Flusher>,
    known_lines: u64,
}

impl Tenant {
    /// Makes a new tenant's folder, keys, databases and ledger. A folder that exists is refused.
    pub fn create(
        new: &NewTenant,
        paths: &Paths,
        master: &MasterKey,
        clock: &SharedClock,
        settings: &Settings,
    ) -> Result<()> {
        let make = |folder: &Path| -> Result<()> {
            if let Some(parent) = folder.parent() {
                std::fs::create_dir_all(parent).map_err(Error::io(format!("creating {}", parent.display())))?;
            }
            std::fs::create_dir(folder).map_err(Error::io(format!("creating {}", folder.display())))
        };
        let packs: Vec<&str> = new.packs.iter().map(String::as_str).collect();
        let set = module::packs::load(&packs).map_err(|problems| Error::invalid(problems.to_string()))?;
        if base::zone(&new.zone).is_none() {
            return Err(Error::invalid(format!("there is no time zone {}", new.zone)));
        }
        make(&paths.folder)?;
        make(&paths.ledger)?;
        let ring = KeyRing::create(new.id);
        paths.root().put_ring(&ring, master)?;
        std::fs::create_dir(paths.file("files")).map_err(Error::io("creating the folder for files"))?;
        let mut records = place::open(paths, &ring, Pages::Records, Mode::Writer, settings)?;
        migrate::create(&mut records, "records.db", migrate::Which::Records)?;
        let mut keys = place::open(paths, &ring, Pages::Keys, Mode::Writer, settings)?;
        migrate::create(&mut keys, "keys.db", migrate::Which::Keys)?;
        let origin = origin(new.id, 0);
        let tree = Tree::empty(&origin);
        let mut ledger = Ledger::open(&paths.ledger(), &ring)?;
        ledger.append(&ring, crate::ledger::Line::new(clock.now(), crate::ledger::What::Opened))?;
        let (lines, chain) = ledger.position();
        let note = tree.checkpoint(&ring, lines, &chain)?;
        // From the first moment on there is a copy outside, so that a missing one is never the natural state.
        journal::write_copy(&paths.checkpoint(), &note)?;
        records.begin()?;
        let root = tree.root();
        records.execute(
            (&statements::HEAD_BEGIN).into(),
            &[(&root).into(), note.as_str().into(), 0.into(), origin.as_str().into()],
        )?;
        for (name, value) in
            [("tenant", new.id.to_string()), ("zone", new.zone.clone()), ("marker", new.marker.clone())]
        {
            records.execute((&statements::META_PUT).into(), &[name.into(), value.as_str().into()])?;
        }
        records.commit()?;
        drop((records, keys, ledger));
        // The modules come in as the first entry of the journal.
        let tenant = Self::open(
            new.id,
            paths.clone(),
            master,
            clock.clone(),
            settings,
            Arc::new(Flusher::start()?),
            Vec::new(),
            Vec::new(),
            Limited::default(),
            migrate::Keeping { now: clock.now(), keep_ms: 0 },
            None,
        )?;
        let packs: Vec<String> = std::iter::once("core".to_owned())
            .chain(new.packs.iter().filter(|pack| *pack != "core").cloned())
            .collect();
        tenant.write(Caller::job("create"), move |op| crate::modules::activate(op, &set, &packs))
    }

    /// Opens a tenant: keys, format, journal head against the outside copies, index caught up, erasures that had begun known.
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, from Instance::tenant, where each value is at hand under its own name"
    )]
    pub(crate) fn open(
        id: TenantId,
        paths: Paths,
        master: &MasterKey,
        clock: SharedClock,
        settings: &Settings,
        flusher: Arc<Flusher>,
        holders: Vec<Arc<dyn crate::Holder>>,
        gates: Vec<Arc<dyn crate::Gate>>,
        limited: Limited,
        keeping: migrate::Keeping,
        lease: Option<Held>,
    ) -> Result<Self> {
        if let Some((control, id)) = &paths.control {
            // Another node may have closed the copy here meanwhile.
            control.look_again(*id);
            // It may never have been here before.
            std::fs::create_dir_all(paths.file("files")).map_err(Error::io("creating the folder for files"))?;
            std::fs::create_dir_all(&paths.ledger).map_err(Error::io("creating the folder beside the databases"))?;
        }
        let ring = paths.root().ring(id, master)?;
        let wide = Settings { cache_kib: WRITER_CACHE_KIB, ..settings.clone() };
        let mut records = place::open(&paths, &ring, Pages::Records, Mode::Writer, &wide)?;
        if migrate::is_old(&mut records)? {
            // It was put back from elsewhere and is older than the instance that it is in.
            drop(records);
            migrate::tenant(&paths, &ring, settings, keeping)?;
            records = place::open(&paths, &ring, Pages::Records, Mode::Writer, &wide)?;
        }
        migrate::check(&mut records, "records.db")?;
        let mut keys = place::open(&paths, &ring, Pages::Keys, Mode::Writer, settings)?;
        migrate::check(&mut keys, "keys.db")?;
        if lease.is_some() {
            // A node that stands still in the middle of a transaction would keep everybody waiting for its locks.
            records.end_others()?;
            keys.end_others()?;
        }
        let ledger = Ledger::open(&paths.ledger(), &ring)?;
        let head = Head::read(&mut records)?;
        head.compare(&paths, &ledger)?;
        let known_lines = crate::reapply::known_lines(&mut records, &head, &ledger)?;
        let tree = Tree::load(&mut records, &head.origin, head.size)?;
        if tree.root() != head.root {
            return Err(Error::damaged(
                "records.db",
                "the journal's tree does not give the root that its head names; run `obhut journal verify`",
            ));
        }
        let zone = zone_of(&mut records)?;
        let modules = crate::modules::load(&mut records)?;
        let index_settings = Settings { cache_kib: INDEX_CACHE_KIB, ..settings.clone() };
        let index_file = place::open_index(&paths, &ring, Mode::Rebuildable, &index_settings)?;
        let fence = if paths.place.is_remote() { take_over(&mut records, head.fence)? } else { head.fence };
        if paths.place.is_remote() {
            crate::reapply::fence_keys(&mut keys, fence)?;
        }
        let state = State::load(records, keys, tree, head.commit_no, fence)?;
        let mut index = Index::open(index_file.into_raw())?;
        let shared = Arc::new(Shared::new(
            id,
            paths,
            ring,
            clock,
            zone,
            modules,
            ledger,
            settings.clone(),
            holders,
            gates,
            limited,
            lease,
        ));
        *shared.newest_note.lock() = head.note;
        let size = i64::try_from(state.tree.size()).unwrap_or(i64::MAX);
        crate::index_row::ensure_modules(&mut index, &shared.modules())?;
        crate::index_row::catch_up(&shared, &mut index, size)?;

        let (queue, jobs) = std::sync::mpsc::channel();
        let (committed_in, committed) = std::sync::mpsc::sync_channel(COMMITTED_AHEAD);
        let notify = {
            let (shared, flusher) = (Arc::downgrade(&shared), Arc::clone(&flusher));
            Arc::new(move || {
                if let Some(shared) = shared.upgrade() {
                    flusher.put(&shared.paths.checkpoint(), shared.newest_note.lock().clone());
                }
            })
        };
        let handed = Arc::new(AtomicUsize::new(0));
        let writer = Writer {
            state,
            shared: Arc::clone(&shared),
            jobs,
            committed: committed_in,
            handed: Arc::clone(&handed),
            checkpoints: notify,
            unsure: None,
        };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.into())
                .spawn(work)
                .map_err(Error::io("starting a thread of the tenant"))
        };
        let indexer = {
            let shared = Arc::clone(&shared);
            spawn("index", Box::new(move || index_loop(&shared, index, &committed, &handed)))?
        };
        let writer = spawn("writer", Box::new(move || writer.run()))?;
        Ok(Self { shared, queue: Mutex::new(queue), threads: Mutex::new(vec![writer, indexer]), flusher, known_lines })
    }

    /// How many lines of the ledger the databases knew when they were opened. Behind these may stand what narrows and has been lost with an older
    /// file that was put back: whoever keeps rows of it applies those lines again when the tenant is opened.
    pub fn known_lines(&self) -> u64 {
        self.known_lines
    }

    /// What its parts share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Queues an operation; `done` is called with its result after the commit, on a thread of the tenant.
    pub fn submit<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        caller: Caller,
        work: impl FnOnce(&mut Op<'_>) -> Result<T, E> + Send + 'static,
        done: impl FnOnce(Result<T, E>) + Send + 'static,
    ) {
        let job = Job::Op(task(caller, work, done));
        if let Err(std::sync::mpsc::SendError(Job::Op(task))) = self.queue.lock().send(job) {
            task.finish(Err(Error::Busy { message: "the tenant is being closed".into() }));
        }
    }

    /// Runs an operation and waits for it.
    pub fn write<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        caller: Caller,
        work: impl FnOnce(&mut Op<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        self.submit(caller, work, move |result| drop(answer.send(result)));
        answered.recv().unwrap_or_else(|_| Err(Error::Busy { message: "the tenant is being closed".into() }.into()))
    }

    /// Runs work that needs the writer for itself, in several commits, and waits for it.
    pub fn exclusive<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Exclusive<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        let job = Job::Exclusive(Box::new(move |exclusive| {
            let held = exclusive.writer.shared.is_held();
            drop(answer.send(if held { work(exclusive) } else { Err(crate::cluster::lost().into()) }));
        }));
        let closing = || Error::Busy { message: "the tenant is being closed".into() };
        self.queue.lock().send(job).map_err(|_| closing())?;
        answered.recv().unwrap_or_else(|_| Err(closing().into()))
    }

    /// Writes the newest checkpoint to its copy outside now, if it waits for that.
    pub(crate) fn flush_checkpoint(&self) -> Result<()> {
        self.flusher.flush(&self.shared.paths.checkpoint())
    }
    /// Writes the lines that wait for the logs of reads and access; gives whether there were any. What cannot be written waits on.
    pub fn flush_logs(&self) -> Result<bool> {
        let shared = &self.shared;
        if shared.waiting.is_empty() {
            return Ok(false);
        }
        let taken = shared.waiting.take();
        let lines = taken.lines(&shared.ring());
        let written = self.write(Caller::job("logs"), move |op| {
            lines.into_iter().filter(|(_, lines)| !lines.is_empty()).try_for_each(|(log, lines)| op.log(log, lines))
        });
        if written.is_err() {
            shared.waiting.put_back(taken);
        }
        written.map(|()| true)
    }

    /// Puts the newest checkpoint in line for its place outside the databases, whether it lies there already or not: a copy that was lost comes back.
    pub fn copy_checkpoint(&self) {
        self.flusher.put(&self.shared.paths.checkpoint(), self.shared.newest_note.lock().clone());
    }

    /// When the nightly work was last done with this tenant; none if never.
    pub fn night_at(&self) -> Result<Option<base::Timestamp>> {
        let found =
            self.reader()?.first(&statements::META_GET, &[NIGHT.into()], |row| Ok(row.text(0)?.parse::<i64>().ok()))?;
        Ok(found.flatten().map(base::Timestamp))
    }

    /// Writes down that the nightly work has been done.
    pub fn night_done(&self) -> Result<()> {
        self.write(Caller::job("night"), |op| {
            let now = op.now().0.to_string();
            op.upkeep(&statements::META_PUT, &[NIGHT.into(), now.as_str().into()]).map(drop)
        })
    }

    /// Deletes the copies made before a migration whose time is over; gives how many.
    pub fn expire_copies(&self) -> Result<usize> {
        migrate::expire_copies(&self.shared.paths.folder, self.shared.clock.now())
    }

    /// A reader from the pool.
    pub fn reader(&self) -> Result<Reader> {
        self.shared.reader()
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Err(error) = self.flush_logs() {
            tracing::error!(%error, "lines of the logs of reads and access could not be written at closing");
        }
        if self.queue.lock().send(Job::Stop).is_err() {
            tracing::debug!("the writer had ended before the tenant was closed");
        }
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the tenant had failed");
            }
        }
        if let Err(error) = self.flusher.flush(&self.shared.paths.checkpoint()) {
            tracing::error!(%error, "the checkpoint could not be copied at closing");
        }
    }
}

/// The journal's head row.
pub(crate) struct Head {
    pub size: u64,
    pub root: [u8; 32],
    pub note: String,
    pub commit_no: i64,
    pub fence: i64,
    pub origin: String,
}

impl Head {
    pub fn read(records: &mut dyn Connection) -> Result<Self> {
        let head = engine::first(records, &statements::HEAD, &[], |row| {
            Ok(Self {
                size: u64::try_from(row.int(0)?)
                    .map_err(|_| Error::damaged("records.db", "the journal's head is not readable"))?,
                root: row
                    .bytes(1)?
                    .try_into()
                    .map_err(|_| Error::damaged("records.db", "the journal's head is not readable"))?,
                note: row.text(2)?.to_owned(),
                commit_no: row.int(3)?,
                fence: row.int(4)?,
                origin: row.text(5)?.to_owned(),
            })
        })?;
        head.ok_or_else(|| Error::damaged("records.db", "the journal's head is missing"))
    }

    /// Compares the head with what lies outside the database. Ahead of the copy is normal; behind it, something was cut off or put back.
    pub fn compare(&self, paths: &Paths, ledger: &Ledger) -> Result<()> {
        self.signed(ledger)?;
        let (newest, present) = (ledger.epoch().map_or(0, |begun| begun.epoch), epoch_of(&self.origin));
        if newest != present {
            let message = format!(
                "its journal is in epoch {present} and the ledger knows epoch {newest}: an older file was put back, or a restore did not come to its end"
            );
            return Err(Error::damaged("records.db", message));
        }
        let copy = paths.checkpoint();
        if !copy.exists()? {
            let message = "it is missing: without it nobody can say whether an older file was put back. Look at what `obhut journal verify` says; if the loss is explained, `obhut journal checkpoint --renew` writes it anew";
            return Err(Error::damaged(copy.to_string(), message));
        }
        self.compare_copy("records.db", &copy, ledger.signers())
    }

    /// Whether the head is what its checkpoint says, and the ledger at least as long as it was then.
    pub fn signed(&self, ledger: &Ledger) -> Result<()> {
        let own = ledger
            .signers()
            .checkpoint(&self.note)
            .map_err(|_| Error::damaged("records.db", "the signature of the journal's checkpoint does not hold"))?;
        if own.size != self.size || own.root != self.root || own.origin != self.origin {
            return Err(Error::damaged("records.db", "the journal's head and its signed checkpoint differ"));
        }
        if let Some((lines, chain)) = journal::ledger_position(&own)
            && !ledger.reached(lines, &chain)
        {
            return Err(Error::damaged(
                "the ledger",
                "it is shorter than the journal's checkpoint says, or another one",
            ));
        }
        Ok(())
    }

    /// Compares it with the copy of the newest checkpoint.
    pub fn compare_copy(&self, file: &str, copy: &Sheet, signers: &Signers) -> Result<()> {
        let Some(copy) = journal::read_copy(copy, signers)? else { return Ok(()) };
        // A checkpoint of an earlier epoch may name more: a restore has cut that off, and the ledger says so.
        let (theirs, ours) = (epoch_of(&copy.origin), epoch_of(&self.origin));
        let same = copy.origin == self.origin;
        if theirs > ours || (same && (copy.size > self.size || (copy.size == self.size && copy.root != self.root))) {
            let message = format!(
                "its journal has {} entries but the checkpoint outside names {}: the tail was cut off or an older file was put back",
                self.size, copy.size
            );
            return Err(Error::damaged(file, message));
        }
        Ok(())
    }
}

/// The time zone of a tenant's days.
pub(crate) fn zone_of(records: &mut dyn Connection) -> Result<TimeZone> {
    let name = engine::first(records, &statements::META_GET, &["zone".into()], |row| Ok(row.text(0)?.to_owned()))?;
    Ok(name.as_deref().and_then(base::zone).unwrap_or(TimeZone::UTC))
}

/// Takes over the writing from whoever had it: with the number moved on, none of his commits goes through any more. Gives the new number.
pub(crate) fn take_over(records: &mut dyn Connection, fence: i64) -> Result<i64> {
    records.begin()?;
    let moved = records.execute((&statements::HEAD_FENCE).into(), &[(fence + 1).into(), fence.into()]);
    if !matches!(moved, Ok(1)) {
        records.rollback();
        return moved.and_then(|_| Err(Error::Busy { message: "another node is taking over this tenant".into() }));
    }
    records.commit()?;
    Ok(fence + 1)
}

/// Writes the copy of the newest checkpoint from the head, if the head itself holds.
pub(crate) fn renew_copy(paths: &Paths, ring: &KeyRing, settings: &Settings) -> Result<()> {
    let mut records = place::open(paths, ring, Pages::Records, Mode::Reader, settings)?;
    let head = Head::read(&mut records)?;
    head.signed(&Ledger::open(&paths.ledger(), ring)?)?;
    journal::write_copy(&paths.checkpoint(), &head.note)
}

/// The journal's origin: the tenant, and the epoch after a restore to the past.
pub(crate) fn origin(tenant: TenantId, epoch: u32) -> String {
    if epoch == 0 { format!("obhut/{tenant}") } else { format!("obhut/{tenant}/{epoch}") }
}

struct Typed<T, E, F, D> {
    caller: Option<Caller>,
    work: Option<F>,
    result: Option<Result<T, E>>,
    done: D,
}

impl<T, E, F, D> Task for Typed<T, E, F, D>
where
    T: Send,
    E: From<Error> + Send,
    F: FnOnce(&mut Op<'_>) -> Result<T, E> + Send,
    D: FnOnce(Result<T, E>) + Send,
{
    fn caller(&mut self) -> Option<Caller> {
        self.caller.take()
    }
    fn run(&mut self, op: &mut Op<'_>) -> bool {
        let result = self.work.take().map(|work| work(op));
        let done = matches!(result, Some(Ok(_)));
        self.result = result;
        done
    }
    fn finish(self: Box<Self>, outcome: Result<()>) {
        let result = match (outcome, self.result) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(Error::Busy { message: "the operation was not run".into() }.into()),
        };
        (self.done)(result);
    }
}

/// Boxes an operation for the queue.
pub(crate) fn task<T: Send + 'static, E: From<Error> + Send + 'static>(
    caller: Caller,
    work: impl FnOnce(&mut Op<'_>) -> Result<T, E> + Send + 'static,
    done: impl FnOnce(Result<T, E>) + Send + 'static,
) -> Box<dyn Task> {
    Box::new(Typed { caller: Some(caller), work: Some(work), result: None, done })
}

/// The tenant's modules, as a helper for callers that hold only the set.
pub(crate) fn active(set: Modules, rows: Vec<(ModuleRow, bool)>) -> ActiveModules {
    let active = rows.iter().filter(|(_, active)| *active).map(|(row, _)| (row.name.clone(), row.clone())).collect();
    let rows = rows.into_iter().map(|(row, _)| (row.rid, row)).collect();
    ActiveModules { set, rows, active }
}
