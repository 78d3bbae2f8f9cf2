//! The data folder: one process holds it, one master key opens it, `instance.db` knows its tenants.
mod directory;
mod halves;
mod looks;
mod moves;
mod nodes;
mod open;
mod own_journal;
mod own_logs;
mod renew;
mod servers;
mod tenants;
mod warm;

pub use nodes::Whereabouts;

use crate::cluster::{Control, Node};
use crate::engine::{self, Change, Connection, Query};
use crate::journal::Flusher;
use crate::logs::{self, Limits, Waiting};
use crate::moving::{FormerHalf, Goal};
use crate::place::Place;
use crate::postgres::Server;
use crate::rotate::{self, Steps};
use crate::shared::Paths;
use crate::sqlite::Settings;
use crate::tenant::Tenant;
use crate::{Caller, Error, Result, migrate};
use base::{Actor, SharedClock, TenantId, Timestamp};
use directory::Directory;
use keys::MasterKey;
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// The control database that several nodes share, and this node.
    pub cluster: Option<crate::cluster::Settings>,
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
            cluster: None,
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
    /// The node on whose disk its files are, where there are several nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
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
const PLACE: Query = Query { name: "PLACE", sql: "SELECT databases FROM place WHERE tenant = ?1" };
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
    (PLACE.name, PLACE.sql),
    (PLACE_DELETE.name, PLACE_DELETE.sql),
    directory::ALL[0],
];

mod rotation;

/// A data folder, held by this process.
pub struct Instance {
    folder: PathBuf,
    master: Arc<MasterKey>,
    clock: SharedClock,
    settings: InstanceSettings,
    directory: Mutex<Directory>,
    listed: Arc<RwLock<Arc<Vec<TenantInfo>>>>,
    refreshed: Mutex<Option<std::time::Instant>>,
    open: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    opening: Mutex<()>,
    rotating: Mutex<()>,
    moving: moves::Moving,
    /// Database servers that were looked at.
    checked: Mutex<HashSet<String>>,
    flusher: Arc<Flusher>,
    waiting: Waiting,
    /// The control database, if several nodes share the directory, and this node among them.
    control: Option<Arc<Control>>,
    node: Option<Arc<Node>>,
    /// Indexes of tenants that other nodes hold.
    warm: warm::Warm,
    /// The program is ending: nothing is taken any more.
    leaving: AtomicBool,
    lock: File,
}

/// The instance's own journal and keys go under the id of zeros.
const INSTANCE: TenantId = TenantId::from_bytes([0; 16]);

impl Instance {
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
        let place = self.listed().iter().find(|tenant| tenant.id == id).map(|tenant| tenant.place.clone());
        self.paths_at(id, place.unwrap_or_default())
    }
    /// Where they lie if its databases are there. What lies beside them is in the control database where there are several nodes.
    fn paths_at(&self, id: TenantId, place: Place) -> Paths {
        let place = place.reached(&self.settings.servers);
        let control = self.control.as_ref().map(|control| (Arc::clone(control), id));
        Paths { place, control, ..paths(&self.folder, id) }
    }
    /// Whether a tenant's records and keys lie on a database server.
    pub fn is_on_a_server(&self, id: TenantId) -> bool {
        // Most instances have none, and every request asks.
        !self.settings.servers.is_empty()
            && self.listed().iter().any(|tenant| tenant.id == id && tenant.place.is_remote())
    }
    /// All tenants, by name.
    pub fn tenants(&self) -> Vec<TenantInfo> {
        self.listed().to_vec()
    }
    /// The tenant of that name or id; names are compared without case and umlaut spelling.
    pub fn find(&self, name: &str) -> Option<TenantInfo> {
        let folded = crate::text::fold(name.trim());
        let id = name.parse::<TenantId>().ok();
        let known = || {
            let listed = self.listed();
            let mut tenants = listed.iter();
            tenants.find(|tenant| Some(tenant.id) == id || crate::text::fold(&tenant.name) == folded).cloned()
        };
        known().or_else(|| {
            // Another node may have made it a moment ago.
            self.node.as_ref()?;
            self.refresh_for_strangers().ok()?;
            known()
        })
    }

    /// An open tenant; opened on demand, and another that rested longest closed for it.
    pub fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>> {
        if let Some(tenant) = self.opened(id) {
            return Ok(tenant);
        }
        let _opening = self.opening.lock();
        if let Some(tenant) = self.opened(id) {
            return Ok(tenant);
        }
        if !self.knows(id) {
            self.refresh_for_strangers()?;
        }
        if !self.knows(id) {
            return Err(Error::not_found(format!("tenant {id}")));
        }
        self.drop_lost();
        let held = self.hold(id)?;
        // Another node may have moved it, or put its files to itself, since this one looked.
        self.refresh_directory()?;
        if !self.knows(id) {
            return Err(Error::not_found(format!("tenant {id}")));
        }
        if self.home(id).is_some() == held.is_some() && self.node.is_some() {
            return Err(Error::Busy { message: "the business has just been moved by another node".into() });
        }
        self.warm.wait_for(id);
        self.moving.refuse_frozen(id)?;
        self.close_over(self.settings.max_open_tenants.saturating_sub(1));
        self.clear_half(id);
        self.check_server(&self.paths(id).place)?;
        let ring = self.paths(id).root().ring(id, &self.master)?;
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
            held,
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

    /// The tenant, if it is open and still held here.
    fn opened(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.open.lock().get(&id).filter(|tenant| tenant.shared().is_open()).cloned()
    }

    /// Verifies a tenant's journal without opening the tenant: also one that cannot be opened is read, and what is wrong with it named.
    pub fn verify(&self, id: TenantId) -> Result<crate::journal::Report> {
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        crate::journal::verify(&paths, &ring, &self.settings.engine)
    }

    /// Tenants whose ledger has an erasure that had begun when the program ended; opening one finishes it.
    pub fn unfinished(&self) -> Vec<TenantId> {
        let count = |text: &str, word: &str| text.matches(word).count();
        let begun = |tenant: &TenantInfo| {
            // Only a look: opening the tenant verifies the ledger and decides by case.
            let bytes = self.paths(tenant.id).ledger().read().ok().flatten().unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
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
        // Where another node may take a tenant the moment it is given back, nobody opens it here meanwhile.
        let _opening = self.node.as_ref().map(|_| self.opening.lock());
        let before = self.clock.now().plus_ms(-self.settings.idle_ms).0;
        let resting =
            |tenant: &Arc<Tenant>| tenant.shared().used_at.load(std::sync::atomic::Ordering::Relaxed) < before;
        let closing: Vec<_> = {
            let mut open = self.open.lock();
            let ids: Vec<_> =
                open.iter().filter(|(_, tenant)| resting(tenant) && unused(tenant)).map(|(id, _)| *id).collect();
            ids.iter().filter_map(|id| open.remove(id).map(|tenant| (*id, tenant))).collect()
        };
        self.closed(closing);
        self.rest_idle();
    }

    /// Closes tenants that nobody uses, and gives them back to the other nodes.
    fn closed(&self, closing: Vec<(TenantId, Arc<Tenant>)>) {
        for (id, tenant) in closing {
            drop(tenant); // joins its threads, outside the lock
            if let Some(node) = &self.node
                && let Err(error) = node.release(id)
            {
                tracing::warn!(%error, tenant = %id, "a business that rests could not be given back to the other nodes");
            }
        }
    }

    fn close_over(&self, most: usize) {
        let mut closing = Vec::new();
        let mut open = self.open.lock();
        while open.len() > most {
            let used = |tenant: &Arc<Tenant>| tenant.shared().used_at.load(std::sync::atomic::Ordering::Relaxed);
            let mut longest: Vec<_> = open
                .iter()
                .filter(|(_, tenant)| Arc::strong_count(tenant) == 1)
                .map(|(id, tenant)| (used(tenant), *id))
                .collect();
            longest.sort_unstable();
            let free = longest.into_iter().map(|(_, id)| id).find(|id| open.get(id).is_some_and(unused));
            let Some(id) = free else { break };
            closing.extend(open.remove(&id).map(|tenant| (id, tenant)));
        }
        drop(open);
        self.closed(closing);
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
        let ring = self.paths(id).root().ring(id, &self.master)?;
        let now = self.clock.now().0;
        self.change(actor, "recovery-kit", id, |file| {
            file.execute((&KIT_PRINTED).into(), &[id.bytes().into(), now.into()]).map(drop)
        })?;
        Ok(ring.recovery_kit())
    }

    /// Whether what was typed is the tenant's recovery kit; remembered if it is.
    pub fn confirm_recovery_kit(&self, actor: &Actor, id: TenantId, typed: &str) -> Result<bool> {
        let ring = self.paths(id).root().ring(id, &self.master)?;
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

/// Whether nobody uses a tenant, and nobody will: it is marked as closing then, so that whoever knows of it asks for it anew.
fn unused(tenant: &Arc<Tenant>) -> bool {
    let closing = &tenant.shared().closing;
    closing.store(true, Ordering::Release);
    let unused = Arc::strong_count(tenant) == 1;
    if !unused {
        closing.store(false, Ordering::Release);
    }
    unused
}

/// The copy of the newest checkpoint of the instance's own journal.
fn checkpoint_file(folder: &Path) -> PathBuf {
    folder.join("ledger").join("instance.checkpoint")
}

/// Where a tenant's files lie.
fn paths(folder: &Path, id: TenantId) -> Paths {
    Paths::of_files(folder.join("tenants").join(id.to_string()), folder.join("ledger").join(id.to_string()))
}
