//! What the parts of an open tenant share: its keys, its clock, its modules, its ledger, its readers.
use crate::cluster::{Control, Held};
use crate::database::{Database, Interrupt};
use crate::engine::{self, Connection, Param, Query, Row};
use crate::ledger::Ledger;
use crate::module::Modules;
use crate::outside::{Kind, Sheet};
use crate::place::{self, Place};
use crate::sqlite::{Mode, Settings, SqliteConnection};
use crate::statements;
use crate::units::{Unit, UnitCache};
use crate::{Error, Result};
use base::{SharedClock, TenantId, TimeZone, Timestamp};
use keys::{KeyRing, Pages, UnitKey};
use parking_lot::{Condvar, Mutex, RwLock};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// Where a tenant's files lie.
#[derive(Debug, Clone)]
pub struct Paths {
    /// `tenants/<id>/`.
    pub folder: PathBuf,
    /// `ledger/<id>/`.
    pub ledger: PathBuf,
    /// Where its records and keys lie.
    pub place: Place,
    /// Where several nodes keep what lies beside them; else files.
    pub(crate) control: Option<(Arc<Control>, TenantId)>,
}

impl Paths {
    /// Of a tenant whose databases are files.
    pub const fn of_files(folder: PathBuf, ledger: PathBuf) -> Self {
        Self { folder, ledger, place: Place::Embedded, control: None }
    }
    /// The same with the databases elsewhere.
    #[must_use]
    pub fn with(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }
    /// A file of the tenant's folder: `records.db`, `keys.db`, `index.db`, `root`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
    /// The ledger itself.
    pub fn ledger_file(&self) -> PathBuf {
        self.ledger.join("ledger")
    }
    /// Closes the copies of the index that other nodes have, whether these can be reached or not.
    pub(crate) fn revoke_other_copies(&self) -> Result<()> {
        match &self.control {
            Some((control, tenant)) => control.revoke_other_copies(*tenant),
            None => Ok(()),
        }
    }
    pub(crate) fn root(&self) -> Sheet {
        self.sheet(Kind::Root, || self.file("root"))
    }
    pub(crate) fn ledger(&self) -> Sheet {
        self.sheet(Kind::Ledger, || self.ledger_file())
    }
    pub(crate) fn checkpoint(&self) -> Sheet {
        self.sheet(Kind::Checkpoint, || self.checkpoint_file())
    }
    fn sheet(&self, kind: Kind, file: impl FnOnce() -> PathBuf) -> Sheet {
        match &self.control {
            Some((control, tenant)) => Sheet::Row(Arc::clone(control), *tenant, kind),
            None => Sheet::File(file()),
        }
    }
    /// The copy of the newest checkpoint, outside the databases.
    pub fn checkpoint_file(&self) -> PathBuf {
        self.ledger.join("checkpoint")
    }
}

/// A module as it is active in a tenant: its row number and fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRow {
    /// Row number of the active definition.
    pub rid: i64,
    /// Name.
    pub name: String,
    /// Fingerprint of the active definition.
    pub fingerprint: [u8; 32],
}

/// The tenant's modules with their row numbers.
#[derive(Debug)]
pub struct ActiveModules {
    /// Definitions, classes, activities.
    pub set: Modules,
    /// Every stored definition by row number: records name the one they were last written with.
    pub rows: HashMap<i64, ModuleRow>,
    /// The active one by name.
    pub active: HashMap<String, ModuleRow>,
}

/// Counters of an open tenant, for `bench` and the metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Operations that were committed.
    pub operations: AtomicU64,
    /// Commits that they shared.
    pub batches: AtomicU64,
    /// Times the disk was asked to make something durable.
    pub syncs: AtomicU64,
}

/// Limits of an open tenant that are settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limited {
    /// How old lines of the logs may become.
    pub logs: crate::logs::Limits,
    /// Index rows that one list or search may read.
    pub row_budget: u32,
}

impl Default for Limited {
    fn default() -> Self {
        Self { logs: crate::logs::Limits::default(), row_budget: crate::index::DEFAULT_ROW_BUDGET }
    }
}

/// Everything an open tenant's parts share.
pub struct Shared {
    pub(crate) tenant: TenantId,
    pub(crate) paths: Paths,
    pub(crate) ring: RwLock<Arc<KeyRing>>,
    pub(crate) clock: SharedClock,
    pub(crate) zone: TimeZone,
    pub(crate) modules: RwLock<Arc<ActiveModules>>,
    pub(crate) units: UnitCache,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    pub(crate) used_at: AtomicI64,
    /// Set while the index could not take a change; lists are refused until it has caught up.
    pub(crate) index_failed: AtomicBool,
    /// The newest signed checkpoint, for the copy outside.
    pub(crate) newest_note: Mutex<String>,
    extensions: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    pub(crate) holders: Vec<Arc<dyn crate::Holder>>,
    pub(crate) gates: Vec<Arc<dyn crate::Gate>>,
    pub(crate) limited: Limited,
    /// That this node holds the tenant, where there are several.
    held: Option<Held>,
    /// It is being closed: what is under way ends, nothing new begins.
    pub(crate) closing: AtomicBool,
    pub(crate) waiting: crate::logs::Waiting,
    readers: Mutex<Readers>,
    reader_back: Condvar,
}

#[derive(Default)]
struct Readers {
    idle: Vec<ReadSet>,
    active: HashMap<u64, Active>,
    next: u64,
}

struct Active {
    since: Timestamp,
    interrupt: [Interrupt; 3],
}

struct ReadSet {
    records: Database,
    keys: Database,
    index: SqliteConnection,
}

/// Readers of one tenant at a time; a further one waits for one to come back.
const MAX_READERS: usize = 16;
/// Page cache of one reading connection.
const READER_CACHE_KIB: u32 = 16 * 1024;

impl Shared {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, from Tenant::open, where each value is at hand under its own name"
    )]
    pub(crate) fn new(
        tenant: TenantId,
        paths: Paths,
        ring: KeyRing,
        clock: SharedClock,
        zone: TimeZone,
        modules: ActiveModules,
        ledger: Ledger,
        settings: Settings,
        holders: Vec<Arc<dyn crate::Holder>>,
        gates: Vec<Arc<dyn crate::Gate>>,
        limited: Limited,
        held: Option<Held>,
    ) -> Self {
        let now = clock.now();
        Self {
            tenant,
            paths,
            ring: RwLock::new(Arc::new(ring)),
            clock,
            zone,
            modules: RwLock::new(Arc::new(modules)),
            units: UnitCache::new(),
            ledger: Mutex::new(ledger),
            settings,
            counters: Counters::default(),
            used_at: AtomicI64::new(now.0),
            index_failed: AtomicBool::new(false),
            newest_note: Mutex::new(String::new()),
            extensions: RwLock::default(),
            holders,
            gates,
            limited,
            held,
            closing: AtomicBool::new(false),
            waiting: crate::logs::Waiting::default(),
            readers: Mutex::new(Readers::default()),
            reader_back: Condvar::new(),
        }
    }

    /// Whether this node certainly still holds the tenant: only then may it write, or answer from what it has.
    pub fn is_held(&self) -> bool {
        self.held.as_ref().is_none_or(Held::holds)
    }
    /// Whether new work may begin: it is held here, and not being closed.
    pub fn is_open(&self) -> bool {
        self.is_held() && !self.closing.load(Ordering::Acquire)
    }
    /// The tenant's id.
    pub fn id(&self) -> TenantId {
        self.tenant
    }
    /// The tenant's keys.
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read())
    }
    /// The tenant's clock.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }
    /// The tenant's time zone, in which periods end.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
    /// The tenant's modules as they are now.
    pub fn modules(&self) -> Arc<ActiveModules> {
        Arc::clone(&self.modules.read())
    }
    /// Everything that can hold personal data: the store's own holders and those of the features.
    pub fn holders(&self) -> Vec<Arc<dyn crate::Holder>> {
        self.holders.clone()
    }
    /// Notes that sensitive fields are handed out; written within a second, or when the tenant is closed. Nothing may be handed out if this is
    /// refused.
    pub fn note_reads(&self, reads: impl IntoIterator<Item = crate::logs::SensitiveRead>) -> Result<()> {
        self.waiting.reads(reads)
    }
    /// Notes a request for the access log; written within a second, or when the tenant is closed.
    pub fn note_access(&self, access: crate::logs::Access) {
        self.waiting.access(access);
    }
    /// Index rows that one list or search may read.
    pub fn row_budget(&self) -> u32 {
        self.limited.row_budget
    }
    /// How old lines of the logs may become.
    pub fn log_limits(&self) -> crate::logs::Limits {
        self.limited.logs
    }
    /// A fresh id, from the operating system's generator.
    pub fn random_id<K>(&self) -> base::Id<K> {
        keys::random_id()
    }
    /// Where its files lie.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }
    /// Counters since it was opened.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
    /// What a feature keeps in memory about this open tenant, one value per type: caches of sessions and tokens. It goes when the tenant is
    /// closed; whatever must last longer is a row.
    pub fn extension<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let kept = self.extensions.read().get(&TypeId::of::<T>()).cloned();
        let kept = kept.unwrap_or_else(|| {
            Arc::clone(self.extensions.write().entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())))
        });
        // It is stored under its own type's id, so it is of that type.
        kept.downcast().unwrap_or_default()
    }
    /// Works on the ledger; held only as long as `work` runs.
    pub fn with_ledger<T>(&self, work: impl FnOnce(&mut Ledger, &KeyRing) -> T) -> T {
        let mut ledger = self.ledger.lock();
        // The ring second: after a line that hands over to a new signing key, nobody may sign one with the key of before.
        let ring = self.ring();
        work(&mut ledger, &ring)
    }

    /// A reader from the pool. Readers never wait for the writer.
    pub fn reader(self: &Arc<Self>) -> Result<Reader> {
        if !self.is_held() {
            return Err(crate::cluster::lost());
        }
        let now = self.clock.now();
        self.used_at.store(now.0, Ordering::Relaxed);
        let mut readers = self.readers.lock();
        let set = loop {
            if let Some(mut set) = readers.idle.pop() {
                if set.records.is_closed() || set.keys.is_closed() {
                    continue;
                }
                break set;
            }
            if readers.active.len() < MAX_READERS {
                // Opening takes about a millisecond; other readers need not wait for it.
                let opened = parking_lot::MutexGuard::unlocked(&mut readers, || self.open_readers())?;
                break opened;
            }
            self.reader_back.wait(&mut readers);
        };
        let number = readers.next;
        readers.next += 1;
        let mut set = set;
        let interrupt = [
            set.records.interrupt_handle(),
            set.keys.interrupt_handle(),
            Interrupt::Sqlite(set.index.raw().get_interrupt_handle()),
        ];
        readers.active.insert(number, Active { since: now, interrupt });
        drop(readers);
        Ok(Reader { shared: Arc::clone(self), set: Some(set), number, snapshot: false })
    }

    fn open_readers(&self) -> Result<ReadSet> {
        let ring = self.ring();
        let settings = Settings { cache_kib: READER_CACHE_KIB, ..self.settings.clone() };
        let open = |pages| place::open(&self.paths, &ring, pages, Mode::Reader, &settings);
        Ok(ReadSet {
            records: open(Pages::Records)?,
            keys: open(Pages::Keys)?,
            index: place::open_index(&self.paths, &ring, Mode::Reader, &settings)?,
        })
    }

    /// Ends readers that have been reading since before `since`, and drops idle ones: after an erasure nothing may hold old pages.
    pub(crate) fn end_readers(&self, since: Timestamp) {
        let mut readers = self.readers.lock();
        readers.idle.clear();
        for active in readers.active.values() {
            if active.since < since {
                active.interrupt.iter().for_each(Interrupt::interrupt);
            }
        }
    }

    /// An unwrapped key, from memory or through `keys`; none if keys.db has no such key.
    pub(crate) fn unit_key(&self, keys: &mut dyn Connection, rid: i64) -> Result<Option<Unit>> {
        if let Some(unit) = self.units.get(rid) {
            return Ok(Some(unit));
        }
        let found = engine::first(keys, &statements::on_keys::KEY, &[rid.into()], |row| {
            let id = base::UnitId::from_slice(row.bytes(0)?)
                .map_err(|_| Error::damaged("keys.db", "a key has no readable id"))?;
            if row.bytes(1)? == crate::writer::DESTROYED {
                return Ok(None);
            }
            Ok(Some(Unit { rid, id, key: Arc::new(UnitKey::unwrap(row.bytes(1)?, &self.ring(), id)?) }))
        })?;
        let found = found.flatten();
        if let Some(unit) = &found {
            self.units.put(unit.clone());
        }
        Ok(found)
    }
}

/// A key that must be there and is not.
pub(crate) fn key_missing(rid: i64) -> Error {
    Error::damaged("keys.db", format!("the key of unit {rid} is missing"))
}

/// A reader: three read-only connections that see committed data, and the keys to open it.
pub struct Reader {
    shared: Arc<Shared>,
    set: Option<ReadSet>,
    number: u64,
    snapshot: bool,
}

impl Reader {
    /// The tenant that is read.
    pub fn tenant(&self) -> &Arc<Shared> {
        &self.shared
    }
    fn set(&mut self) -> Result<&mut ReadSet> {
        self.set.as_mut().ok_or_else(|| Error::Busy { message: "the reader was closed".into() })
    }
    /// From here on every answer comes from one state of the records, until the reader is dropped. An erasure ends it after a few seconds.
    pub fn hold_snapshot(&mut self) -> Result<()> {
        if !self.snapshot {
            self.set()?.records.begin_snapshot()?;
            self.snapshot = true;
        }
        Ok(())
    }
    /// Runs a reading statement on the tenant's records.
    pub fn query(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<bool>,
    ) -> Result<()> {
        self.set()?.records.query(query.into(), params, each)
    }
    /// All rows of a reading statement.
    pub fn all<T>(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        engine::collect(&mut self.set()?.records, query, params, read)
    }
    /// The first row of a reading statement.
    pub fn first<T>(
        &mut self,
        query: &Query,
        params: &[Param<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        engine::first(&mut self.set()?.records, query, params, read)
    }
    /// The connection to keys.db.
    pub(crate) fn keys_file(&mut self) -> Result<&mut Database> {
        Ok(&mut self.set()?.keys)
    }
    /// The index. Refused while it is known to be behind.
    pub fn index(&mut self) -> Result<&rusqlite::Connection> {
        if self.shared.index_failed.load(Ordering::Acquire) {
            let message = "lists are not up to date: index.db could not take the last changes (is the disk full?); it is tried again";
            return Err(Error::Busy { message: message.into() });
        }
        Ok(&*self.set()?.index.raw())
    }
    /// An unwrapped key.
    pub fn unit_key(&mut self, rid: i64) -> Result<Unit> {
        let shared = Arc::clone(&self.shared);
        if let Some(unit) = shared.unit_key(&mut self.set()?.keys, rid)? {
            return Ok(unit);
        }
        // An erasure may have been quicker than this reader. It marks units before it destroys their keys.
        let state = self.first(&statements::UNIT_BY_RID, &[rid.into()], |row| row.int(5))?;
        if state == Some(0) { Err(key_missing(rid)) } else { Err(Error::not_found(format!("key of unit {rid}"))) }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut readers = self.shared.readers.lock();
        readers.active.remove(&self.number);
        if let Some(mut set) = self.set.take() {
            // A held snapshot ends with its connections; a plain one goes back to the pool.
            let reusable = !self.snapshot || set.records.end_snapshot().is_ok();
            if reusable && readers.idle.len() < MAX_READERS {
                readers.idle.push(set);
            }
        }
        drop(readers);
        self.shared.reader_back.notify_one();
    }
}
