//! The data folder: one process holds it, one master key opens it, `instance.db` knows its tenants.
mod looks;
mod moves;
mod own_journal;
mod own_logs;
mod renew;
mod tenants;

use crate::engine::{self, Change, Connection, Query};
use crate::journal::{self, Body, Flusher, Tree};
use crate::logs::{self, Limits, Waiting};
use crate::migrate::Plan;
use crate::moving::{FormerHalf, Goal};
use crate::place::{Lies, Place};
use crate::postgres::Server;
use crate::rotate::{self, Steps};
use crate::shared::Paths;
use crate::signers::Signers;
use crate::sqlite::{self, Mode, Settings, SqliteConnection};
use crate::tenant::{Head, Tenant};
use crate::{Caller, Error, Result, migrate, statements};
use base::{Actor, SharedClock, TenantId, Timestamp};
use keys::{KeyRing, MasterKey, Pages};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How an instance is opened.
#[derive(Clone)]
pub struct InstanceSettings {
    /// Open tenants at a time; the one that rested longest is closed for another.
    pub max_open_tenants: usize,
    /// An open tenant that was not used for so long is closed, in milliseconds.
    pub idle_ms: i64,
    /// Engine settings.
    pub engine: Settings,
    /// Holders of the features, beside the store's own.
    pub holders: Vec<Arc<dyn crate::Holder>>,
    /// Gates of the features, beside the store's own.
    pub gates: Vec<Arc<dyn crate::Gate>>,
    /// Told each step of a key's rotation, for the fault tests.
    pub steps: Steps,
    /// Checks of the features, beside the store's own.
    pub checks: Vec<Arc<dyn crate::Check>>,
    /// Done with a tenant that has just been opened, before anybody has it: what a crash left unfinished. What fails is reported and done again in
    /// the hourly work.
    pub on_open: Vec<fn(&Tenant) -> Result<()>>,
    /// How old lines of the three logs may become.
    pub logs: Limits,
    /// Index rows that one list or search may read.
    pub row_budget: u32,
    /// How long the copy that is made before a migration is kept, in milliseconds.
    pub copy_ms: i64,
    /// Database servers on which businesses can be put.
    pub servers: Vec<Server>,
    /// How long the half is kept that a move has left, in milliseconds.
    pub half_ms: i64,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self {
            max_open_tenants: 64,
            idle_ms: 10 * 60 * 1000,
            engine: Settings::default(),
            holders: Vec::new(),
            gates: Vec::new(),
            steps: Steps::default(),
            checks: Vec::new(),
            on_open: Vec::new(),
            logs: Limits::default(),
            row_budget: crate::index::DEFAULT_ROW_BUDGET,
            copy_ms: 14 * logs::DAY_MS,
            servers: Vec::new(),
            half_ms: 14 * logs::DAY_MS,
        }
    }
}

/// A tenant as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TenantInfo {
    /// Its id.
    pub id: TenantId,
    /// The business's name, as typed at sign-in (case and umlauts aside).
    pub name: String,
    /// `production` or `test` (F-004).
    pub marker: String,
    /// Time zone.
    pub zone: String,
    /// Packs.
    pub packs: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// `live`.
    pub state: String,
    /// Where its records and keys lie.
    pub place: Place,
    /// The half that a move has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerHalf>,
    /// Where a move is making a half, or was when the program ended.
    #[serde(skip)]
    pub making: Option<Goal>,
}

const TENANTS: Query = Query {
    name: "TENANTS",
    sql: "SELECT t.id, t.name, t.marker, t.zone, t.packs, t.created_at, t.state, p.databases FROM tenant t LEFT JOIN place p ON p.tenant = t.id ORDER BY t.folded",
};
const PLACE_PUT: Change = Change {
    name: "PLACE_PUT",
    sql: "INSERT INTO place (tenant, databases) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET databases = excluded.databases",
};
const PLACE_DELETE: Change = Change { name: "PLACE_DELETE", sql: "DELETE FROM place WHERE tenant = ?1" };
const TENANT_PUT: Change = Change {
    name: "TENANT_PUT",
    sql: "INSERT INTO tenant (id, name, folded, marker, zone, packs, created_at, state, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'live', 0)",
};
const TENANT_DELETE: Change = Change { name: "TENANT_DELETE", sql: "DELETE FROM tenant WHERE id = ?1" };
const KIT_PRINTED: Change = Change {
    name: "KIT_PRINTED",
    sql: "INSERT INTO kit (tenant, printed_at, typed_back_at) VALUES (?1, ?2, 0) ON CONFLICT (tenant) DO UPDATE SET printed_at = excluded.printed_at",
};
const KIT_TYPED_BACK: Change =
    Change { name: "KIT_TYPED_BACK", sql: "UPDATE kit SET typed_back_at = ?2 WHERE tenant = ?1" };
const KIT: Query = Query { name: "KIT", sql: "SELECT printed_at, typed_back_at FROM kit WHERE tenant = ?1" };

/// Statements on instance.db, for the test that prepares every statement.
pub(crate) const ALL: &[(&str, &str)] = &[
    (TENANTS.name, TENANTS.sql),
    (TENANT_PUT.name, TENANT_PUT.sql),
    (TENANT_DELETE.name, TENANT_DELETE.sql),
    (KIT_PRINTED.name, KIT_PRINTED.sql),
    (KIT_TYPED_BACK.name, KIT_TYPED_BACK.sql),
    (KIT.name, KIT.sql),
    own_journal::ALL[0],
    own_journal::ALL[1],
    own_journal::ALL[2],
    own_journal::ALL[3],
    own_journal::ALL[4],
    own_journal::ALL[5],
    (PLACE_PUT.name, PLACE_PUT.sql),
    (PLACE_DELETE.name, PLACE_DELETE.sql),
];

mod rotation;

/// A data folder, held by this process.
pub struct Instance {
    folder: PathBuf,
    master: Arc<MasterKey>,
    clock: SharedClock,
    settings: InstanceSettings,
    directory: Mutex<Directory>,
    open: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    opening: Mutex<()>,
    rotating: Mutex<()>,
    moving: moves::Moving,
    /// Database servers that were looked at.
    checked: Mutex<HashSet<String>>,
    flusher: Arc<Flusher>,
    waiting: Waiting,
    lock: File,
}

struct Directory {
    file: SqliteConnection,
    ring: KeyRing,
    tree: Tree,
    commit_no: i64,
    tenants: Vec<TenantInfo>,
}

/// The instance's own journal and keys go under the id of zeros.
const INSTANCE: TenantId = TenantId::from_bytes([0; 16]);

impl Instance {
    /// Opens the folder; an empty or missing one becomes a new instance. A wrong master key changes nothing.
    pub fn open(folder: &Path, master: MasterKey, clock: SharedClock, settings: InstanceSettings) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io(format!("creating {}", folder.display())))?;
        private(folder)?;
        let lock = hold(folder)?;
        let root = folder.join("instance.root");
        let flusher = Arc::new(Flusher::start()?);
        let fresh = !root.exists();
        if fresh && folder.join("instance.db").exists() {
            return Err(Error::damaged(
                "instance.root",
                "it is missing while instance.db is there; put it back from a backup",
            ));
        }
        let mut ring = if fresh { KeyRing::create(INSTANCE) } else { KeyRing::read(&root, INSTANCE, &master)? };
        for name in ["tenants", "ledger"] {
            let path = folder.join(name);
            std::fs::create_dir_all(&path).map_err(Error::io(format!("creating {}", path.display())))?;
        }
        let opened = |ring: &KeyRing| {
            // Two keys only while a rotation is under way.
            let open = |(_, key)| sqlite::open(&folder.join("instance.db"), key, Mode::Writer, &settings.engine);
            let mut tried = ring.page_keys(Pages::Records).map(open);
            let first = tried.next().unwrap_or_else(|| Err(Error::damaged("instance.db", "there is no key for it")));
            first.or_else(|error| tried.find_map(Result::ok).ok_or(error))
        };
        if fresh {
            ring.write(&root, &master)?;
            let mut file = SqliteConnection::new("instance.db", opened(&ring)?);
            migrate::create(&mut file, "instance.db", migrate::Which::Instance)?;
            let tree = Tree::empty(&crate::tenant::origin(INSTANCE, 0));
            let note = tree.checkpoint(&ring, 0, &[0; 32])?;
            let root = tree.root();
            let params = [(&root).into(), note.as_str().into(), 0.into(), tree.origin().into()];
            file.execute((&statements::HEAD_BEGIN).into(), &params)?;
        }
        let mut file = SqliteConnection::new("instance.db", opened(&ring)?);
        rotation::finish_own(&mut file, &mut ring, &root, &master, &settings.steps)?;
        let keeping = migrate::Keeping { now: clock.now(), keep_ms: settings.copy_ms };
        if Plan::of_instance(folder, &mut file, &master, &settings.engine, |id| paths(folder, id))?.is_some() {
            for id in migrate::tenant_ids(&mut file)? {
                let paths = paths(folder, id);
                let ring = KeyRing::read(&paths.file("root"), id, &master)?;
                migrate::tenant(&paths, &ring, &settings.engine, keeping)?;
            }
            migrate::instance(folder, &mut file, keeping)?;
        }
        migrate::check(&mut file, "instance.db")?;
        let head = Head::read(&mut file)?;
        let tree = Tree::load(&mut file, &head.origin, head.size)?;
        if tree.root() != head.root {
            return Err(Error::damaged("instance.db", "its journal does not give the root that its head names"));
        }
        // It is small: every page is authenticated, and nothing may be missing that the copy of its checkpoint knows.
        if let Some(first) = file.damaged_pages()?.into_iter().next() {
            return Err(Error::damaged("instance.db", first));
        }
        head.compare_copy("instance.db", &checkpoint_file(folder), &Signers::of_ring(&ring))?;
        let tenants = read_tenants(&mut file)?;
        let directory = Mutex::new(Directory { file, ring, tree, commit_no: head.commit_no, tenants });
        let folder = folder.to_owned();
        let open = Mutex::new(HashMap::new());
        let instance = Self {
            folder,
            master: Arc::new(master),
            clock,
            settings,
            directory,
            open,
            opening: Mutex::new(()),
            checked: Mutex::new(HashSet::new()),
            rotating: Mutex::new(()),
            moving: moves::Moving::default(),
            flusher,
            waiting: Waiting::default(),
            lock,
        };
        instance.finish_own_signing(&Actor::Job("rotate-keys".into()))?;
        Ok(instance)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// The instance's clock.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }
    /// Where a tenant's files lie.
    pub fn paths(&self, id: TenantId) -> Paths {
        let place =
            self.directory.lock().tenants.iter().find(|tenant| tenant.id == id).map(|tenant| tenant.place.clone());
        Paths { place: place.unwrap_or_default(), ..paths(&self.folder, id) }
    }
    /// All tenants, by name.
    pub fn tenants(&self) -> Vec<TenantInfo> {
        self.directory.lock().tenants.clone()
    }
    /// The tenant of that name or id; names are compared without case and umlaut spelling.
    pub fn find(&self, name: &str) -> Option<TenantInfo> {
        let folded = crate::text::fold(name.trim());
        let id = name.parse::<TenantId>().ok();
        self.directory
            .lock()
            .tenants
            .iter()
            .find(|tenant| Some(tenant.id) == id || crate::text::fold(&tenant.name) == folded)
            .cloned()
    }

    /// An open tenant; opened on demand, and another that rested longest closed for it.
    pub fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>> {
        if let Some(tenant) = self.open.lock().get(&id) {
            return Ok(Arc::clone(tenant));
        }
        let _opening = self.opening.lock();
        if let Some(tenant) = self.open.lock().get(&id) {
            return Ok(Arc::clone(tenant));
        }
        if !self.directory.lock().tenants.iter().any(|tenant| tenant.id == id) {
            return Err(Error::not_found(format!("tenant {id}")));
        }
        self.moving.refuse_frozen(id)?;
        self.close_over(self.settings.max_open_tenants.saturating_sub(1));
        self.clear_half(id);
        self.check_server(&self.paths(id).place)?;
        let ring = KeyRing::read(&self.paths(id).file("root"), id, &self.master)?;
        rotate::before_opening(&self.paths(id), &ring, &self.settings.engine, &self.settings.steps)?;
        drop(ring);
        let opened = Tenant::open(
            id,
            self.paths(id),
            &self.master,
            Arc::clone(&self.clock),
            &self.settings.engine,
            Arc::clone(&self.flusher),
            crate::holders::builtin().into_iter().chain(self.settings.holders.iter().cloned()).collect(),
            crate::gates::builtin().into_iter().chain(self.settings.gates.iter().cloned()).collect(),
            crate::shared::Limited { logs: self.settings.logs, row_budget: self.settings.row_budget },
            migrate::Keeping { now: self.clock.now(), keep_ms: self.settings.copy_ms },
        )?;
        self.name_halves(&opened);
        rotate::finish(&opened, &self.master, &self.settings.steps, &Caller::job("rotate-keys"))?;
        crate::reapply::reapply(&opened)?;
        crate::erase::resume(&opened)?;
        // What has passed its time while nobody had the tenant open is gone before anybody can read it.
        opened.write(Caller::job("purge-logs"), |op| op.purge_logs().map(drop))?;
        let mut all = true;
        for work in &self.settings.on_open {
            if let Err(error) = work(&opened) {
                all = false;
                tracing::error!(tenant = %id, %error, "what a crash had left unfinished could not be finished yet");
            }
        }
        if all {
            crate::reapply::applied(&opened)?;
        }
        let opened = Arc::new(opened);
        self.open.lock().insert(id, Arc::clone(&opened));
        Ok(opened)
    }

    /// Verifies a tenant's journal without opening the tenant: also one that cannot be opened is read, and what is wrong with it named.
    pub fn verify(&self, id: TenantId) -> Result<crate::journal::Report> {
        let paths = self.paths(id);
        let ring = KeyRing::read(&paths.file("root"), id, &self.master)?;
        crate::journal::verify(&paths, &ring, &self.settings.engine)
    }

    /// Tenants whose ledger has an erasure that had begun when the program ended; opening one finishes it.
    pub fn unfinished(&self) -> Vec<TenantId> {
        let count = |text: &str, word: &str| text.matches(word).count();
        let begun = |tenant: &TenantInfo| {
            // Only a look: opening the tenant verifies the ledger and decides by case.
            let text = std::fs::read_to_string(self.paths(tenant.id).ledger_file()).unwrap_or_default();
            count(&text, "\"erasure-begun\"") > count(&text, "\"erasure-done\"")
        };
        self.tenants().iter().filter(|tenant| begun(tenant)).map(|tenant| tenant.id).collect()
    }

    /// Tenants open now.
    pub fn open_tenants(&self) -> usize {
        self.open.lock().len()
    }

    /// Closes tenants that were not used for a while.
    pub fn close_idle(&self) {
        let before = self.clock.now().plus_ms(-self.settings.idle_ms).0;
        let resting =
            |tenant: &Arc<Tenant>| tenant.shared().used_at.load(std::sync::atomic::Ordering::Relaxed) < before;
        let closing: Vec<_> = {
            let mut open = self.open.lock();
            let ids: Vec<_> = open
                .iter()
                .filter(|(_, tenant)| Arc::strong_count(tenant) == 1 && resting(tenant))
                .map(|(id, _)| *id)
                .collect();
            ids.iter().filter_map(|id| open.remove(id)).collect()
        };
        drop(closing); // joins their threads, outside the lock
    }

    fn close_over(&self, most: usize) {
        let mut closing = Vec::new();
        let mut open = self.open.lock();
        while open.len() > most {
            let used = |tenant: &Arc<Tenant>| tenant.shared().used_at.load(std::sync::atomic::Ordering::Relaxed);
            let longest =
                open.iter().filter(|(_, tenant)| Arc::strong_count(tenant) == 1).min_by_key(|(_, tenant)| used(tenant));
            let Some(id) = longest.map(|(id, _)| *id) else { break };
            closing.extend(open.remove(&id));
        }
        drop(open);
        drop(closing);
    }

    /// The recovery kit of a tenant, printed once: a second print is refused unless `again` says that the first was lost.
    pub fn recovery_kit(&self, actor: &Actor, id: TenantId, again: bool) -> Result<keys::Kit> {
        let printed = engine::first(&mut self.directory.lock().file, &KIT, &[id.bytes().into()], |row| row.int(0))?;
        if printed.is_some() && !again {
            return Err(Error::conflict(
                "kit-printed",
                "this recovery kit has been printed already; rotate the root first, which makes the old one useless",
            ));
        }
        let ring = KeyRing::read(&self.paths(id).file("root"), id, &self.master)?;
        let now = self.clock.now().0;
        self.change(actor, "recovery-kit", id, |file| {
            file.execute((&KIT_PRINTED).into(), &[id.bytes().into(), now.into()]).map(drop)
        })?;
        Ok(ring.recovery_kit())
    }

    /// Whether what was typed is the tenant's recovery kit; remembered if it is.
    pub fn confirm_recovery_kit(&self, actor: &Actor, id: TenantId, typed: &str) -> Result<bool> {
        let ring = KeyRing::read(&self.paths(id).file("root"), id, &self.master)?;
        let right = ring.recovery_kit().typed_back(typed);
        if right {
            let now = self.clock.now().0;
            let params = [id.bytes().into(), now.into()];
            self.change(actor, "recovery-kit-confirmed", id, |file| {
                file.execute((&KIT_TYPED_BACK).into(), &params).map(drop)
            })?;
        }
        Ok(right)
    }

    /// A change of the directory with its entry in the instance's own journal.
    fn change(
        &self,
        actor: &Actor,
        action: &str,
        tenant: TenantId,
        work: impl FnOnce(&mut SqliteConnection) -> Result<()>,
    ) -> Result<()> {
        self.noted_change(actor, action, tenant, String::new(), |file, _| work(file))
    }

    /// The same with a note in the entry. The entry commits to what the directory says of the tenant afterwards.
    fn noted_change(
        &self,
        actor: &Actor,
        action: &str,
        tenant: TenantId,
        note: String,
        work: impl FnOnce(&mut SqliteConnection, &KeyRing) -> Result<()>,
    ) -> Result<()> {
        let mut guard = self.directory.lock();
        let directory = &mut *guard;
        let mut body = Body {
            seq: directory.tree.size(),
            at: self.clock.now(),
            actor: actor.to_string(),
            action: action.to_owned(),
            module: None,
            record: Some(tenant.cast()),
            values: Vec::new(),
            row: None,
            parts: Vec::new(),
            units: Vec::new(),
            covers: Vec::new(),
            note,
        };
        let before = directory.tree.clone();
        let steps = || -> Result<String> {
            directory.file.begin()?;
            work(&mut directory.file, &directory.ring)?;
            body.covers = own_journal::covers(&mut directory.file, tenant)?;
            let bytes = body.encode();
            let leaf = keys::merkle::leaf_hash(&bytes);
            let commit = directory.commit_no + 1;
            let seq = i64::try_from(body.seq).unwrap_or(i64::MAX);
            directory.file.execute(
                (&statements::ENTRY_PUT).into(),
                &[seq.into(), 0.into(), commit.into(), bytes.as_slice().into(), (&leaf).into()],
            )?;
            directory.tree.push(leaf, &mut directory.file)?;
            let note = directory.tree.checkpoint(&directory.ring, 0, &[0; 32])?;
            let root = directory.tree.root();
            let params = [(seq + 1).into(), (&root).into(), note.as_str().into(), commit.into(), 0.into()];
            directory.file.execute((&statements::HEAD_MOVE).into(), &params)?;
            directory.file.commit()?;
            Ok(note)
        };
        let note = match steps() {
            Ok(note) => note,
            Err(error) => {
                directory.tree = before;
                directory.file.rollback();
                return Err(error);
            }
        };
        directory.commit_no += 1;
        journal::write_copy(&checkpoint_file(&self.folder), &note)?;
        directory.tenants = read_tenants(&mut directory.file)?;
        Ok(())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Err(error) = self.flush_own_logs() {
            tracing::error!(%error, "lines of the instance's access log could not be written at closing");
        }
        // Closing the file is not enough: a program that is being started at this moment holds a copy of it until it has begun to run.
        if let Err(error) = self.lock.unlock() {
            tracing::debug!(%error, "the folder's lock goes with the process");
        }
    }
}

/// The copy of the newest checkpoint of the instance's own journal.
fn checkpoint_file(folder: &Path) -> PathBuf {
    folder.join("ledger").join("instance.checkpoint")
}

fn read_tenants(file: &mut SqliteConnection) -> Result<Vec<TenantInfo>> {
    engine::collect(file, &TENANTS, &[], |row| {
        let lies = Lies::from_text(row.opt_text(7)?.unwrap_or_default())?;
        Ok(TenantInfo {
            id: TenantId::from_slice(row.bytes(0)?)
                .map_err(|_| Error::damaged("instance.db", "a tenant has no readable id"))?,
            name: row.text(1)?.to_owned(),
            marker: row.text(2)?.to_owned(),
            zone: row.text(3)?.to_owned(),
            packs: row.text(4)?.split(' ').filter(|pack| !pack.is_empty()).map(str::to_owned).collect(),
            created_at: Timestamp(row.int(5)?),
            state: row.text(6)?.to_owned(),
            place: lies.at,
            former: lies.former,
            making: lies.making,
        })
    })
}

/// Where a tenant's files lie.
fn paths(folder: &Path, id: TenantId) -> Paths {
    Paths::of_files(folder.join("tenants").join(id.to_string()), folder.join("ledger").join(id.to_string()))
}

/// Takes the folder's lock, or says who has it.
fn hold(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let mut file = File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io(format!("opening {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut pid = String::new();
            if file.read_to_string(&mut pid).is_err() {
                pid.clear();
            }
            return Err(Error::InUse { folder: folder.display().to_string(), pid: pid.trim().to_owned() });
        }
        Err(std::fs::TryLockError::Error(error)) => {
            return Err(Error::io(format!("locking {}", path.display()))(error));
        }
    }
    let write = || -> std::io::Result<()> {
        let mut file = &file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    write().map_err(Error::io(format!("writing {}", path.display())))?;
    Ok(file)
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(Error::io(format!("protecting {}", folder.display())))
}
