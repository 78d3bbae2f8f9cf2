//! This node among the others: it says that it is there, learns who else is and what each holds, and knows without asking whether it still counts.
use super::lease::{self, NodeId, View};
use super::{NodeInfo, Settings};
use crate::database::Database;
use crate::postgres;
use crate::{Error, Result};
use base::TenantId;
use keys::PageKey;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A node says this many times within its lease that it is there, and looks who else is.
const LOOKS: u32 = 5;
/// So much of a lease, in hundredths, is not counted on: clocks of machines run at slightly other speeds.
const NOT_COUNTED: i64 = 10;

/// This node. It ends its leases when it is dropped.
pub(crate) struct Node {
    inner: Arc<Inner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Inner {
    settings: Settings,
    control: Mutex<Database>,
    /// The present start: another one after it was declared gone.
    present: RwLock<Arc<Start>>,
    view: RwLock<View>,
    stop: Mutex<bool>,
    woken: Condvar,
}

/// From joining to being declared gone.
struct Start {
    id: NodeId,
    /// Counts as there until then, by the clock of [`moment`]. The others count for longer.
    until: AtomicI64,
}

/// That a tenant is held, since one start of this node.
#[derive(Clone)]
pub(crate) struct Held(Arc<Start>);

/// What became of an attempt to hold a tenant.
pub(crate) enum Taken {
    /// It is held here.
    Here(Held),
    /// Another node holds it.
    There(NodeInfo),
}

impl Held {
    /// Whether it certainly still is. No question to anybody.
    pub fn holds(&self) -> bool {
        moment() < self.0.until.load(Ordering::Acquire)
    }
}

/// Milliseconds since the machine started, those included in which it slept. A process that was stopped finds them gone by.
fn moment() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}

impl Node {
    /// Joins the others. `key`: the key of the directory's texts, so that only who has the instance's root can say that he is a node.
    pub fn start(settings: &Settings, key: &PageKey, folder: String) -> Result<Arc<Self>> {
        let mut control = Database::Postgres(Box::new(postgres::open(postgres::CONTROL, &settings.control, key)?));
        let mut settings = settings.clone();
        settings.about.folder = folder;
        let start = join(&mut control, &settings)?;
        let view = lease::look(&mut control, &start.id)?;
        let inner = Arc::new(Inner {
            settings,
            control: Mutex::new(control),
            present: RwLock::new(Arc::new(start)),
            view: RwLock::new(view),
            stop: Mutex::new(false),
            woken: Condvar::new(),
        });
        let worker = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("leases".into())
            .spawn(move || worker.run())
            .map_err(Error::io("starting the thread that says that this node is there"))?;
        Ok(Arc::new(Self { inner, thread: Mutex::new(Some(thread)) }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.inner.settings.about.name
    }
    /// Nodes that run, this one among them.
    pub fn nodes(&self) -> Vec<NodeInfo> {
        self.inner.view.read().nodes.clone()
    }
    /// Which other node held a tenant when last looked; none for this one and for nobody.
    pub fn holder(&self, tenant: TenantId) -> Option<NodeInfo> {
        let own = self.inner.present.read().id;
        let view = self.inner.view.read();
        let holder = view.holders.get(&tenant).filter(|holder| **holder != own)?;
        view.nodes.iter().find(|node| node.id == *holder).cloned()
    }
    /// The running node of that name, if it is another.
    pub fn named(&self, name: &str) -> Option<NodeInfo> {
        let other = |node: &&NodeInfo| node.about.name == name && name != self.name();
        self.inner.view.read().nodes.iter().find(other).cloned()
    }
    /// Which of the nodes that run is to do what nobody holds: the same answer on each of them.
    pub fn is_turn(&self, tenant: TenantId) -> bool {
        let own = self.inner.present.read().id;
        let view = self.inner.view.read();
        view.nodes.iter().max_by_key(|node| weight(node, tenant)).is_none_or(|node| node.id == own)
    }
    /// Tenants that other nodes hold and whose index this one is to keep ready: for each the same one of the nodes that do not hold it.
    pub fn to_keep_warm(&self) -> Vec<TenantId> {
        let own = self.inner.present.read().id;
        let view = self.inner.view.read();
        let held = view.holders.iter().filter(|(_, holder)| **holder != own);
        let chosen = held.filter(|(tenant, holder)| {
            let others = view.nodes.iter().filter(|node| node.id != **holder);
            others.max_by_key(|node| weight(node, **tenant)).is_some_and(|node| node.id == own)
        });
        chosen.map(|(tenant, _)| *tenant).collect()
    }
    /// Tenants that other nodes hold.
    pub fn held_by_others(&self) -> Vec<TenantId> {
        let own = self.inner.present.read().id;
        let view = self.inner.view.read();
        view.holders.iter().filter(|(_, holder)| **holder != own).map(|(tenant, _)| *tenant).collect()
    }
    /// Tenants of this node that another asks for.
    pub fn wanted(&self) -> Vec<TenantId> {
        self.inner.view.read().wanted.clone()
    }
    /// Takes a tenant, unless another node holds it.
    pub fn take(&self, tenant: TenantId) -> Result<Taken> {
        let start = Arc::clone(&self.inner.present.read());
        let control = &mut *self.inner.control()?;
        let Some(holder) = lease::take(control, &start.id, tenant)? else {
            let held = Held(start);
            self.inner.view.write().holders.insert(tenant, held.0.id);
            // Our time may have passed while we asked.
            if held.holds() {
                return Ok(Taken::Here(held));
            }
            return Err(Error::Busy { message: "this node has lost its connection to the control database".into() });
        };
        let view = lease::look(control, &start.id)?;
        let found = view.nodes.iter().find(|node| node.id == holder).cloned();
        *self.inner.view.write() = view;
        let gone = || Error::Busy { message: "the node that held this tenant has just gone".into() };
        found.map(Taken::There).ok_or_else(gone)
    }

    /// Gives a tenant back.
    pub fn release(&self, tenant: TenantId) -> Result<()> {
        let own = self.inner.present.read().id;
        lease::release(&mut *self.inner.control()?, &own, tenant)?;
        self.inner.view.write().holders.remove(&tenant);
        Ok(())
    }

    /// Asks another node to give a tenant back.
    pub fn want(&self, tenant: TenantId) -> Result<()> {
        let own = self.inner.present.read().id;
        lease::want(&mut *self.inner.control()?, &own, tenant)
    }

    /// Gives everything back. What is held afterwards counts for nothing.
    pub fn leave(&self) {
        *self.inner.stop.lock() = true;
        self.inner.woken.notify_all();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            if thread.join().is_err() {
                tracing::error!("the thread that says that this node is there had failed");
            }
            let start = Arc::clone(&self.inner.present.read());
            start.until.store(0, Ordering::Release);
            if let Err(error) = lease::leave(&mut self.inner.control.lock(), &start.id) {
                tracing::warn!(%error, "this node could not take its leave; the others notice when its time has passed");
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Spreads tenants over nodes; it stays with a node over its starts.
fn weight(node: &NodeInfo, tenant: TenantId) -> [u8; 32] {
    keys::sha256(&[node.about.folder.as_bytes(), tenant.bytes()])
}

/// Joins under a new id.
fn join(control: &mut Database, settings: &Settings) -> Result<Start> {
    let id = keys::random_bytes();
    let asked = moment();
    lease::join(control, &id, &settings.about, i64::from(settings.lease_ms))?;
    Ok(Start { id, until: AtomicI64::new(asked + counted(settings)) })
}

/// How long after asking a lease is counted on here.
fn counted(settings: &Settings) -> i64 {
    i64::from(settings.lease_ms) * (100 - NOT_COUNTED) / 100
}

impl Inner {
    /// The connection, unless whoever has it waits for a server that does not answer: requests must not wait with it.
    fn control(&self) -> Result<MutexGuard<'_, Database>> {
        let lease = Duration::from_millis(u64::from(self.settings.lease_ms));
        self.control.try_lock_for(lease).ok_or_else(|| Error::Busy {
            message: "the control database does not answer, and without it this node must not take a business".into(),
        })
    }

    fn run(&self) {
        let between = Duration::from_millis(u64::from(self.settings.lease_ms / LOOKS));
        loop {
            {
                let mut stop = self.stop.lock();
                if !*stop {
                    self.woken.wait_for(&mut stop, between);
                }
                if *stop {
                    return;
                }
            }
            if let Err(error) = self.stay() {
                tracing::warn!(%error, "the control database does not answer; what this node holds is given up if that goes on");
            }
        }
    }

    fn stay(&self) -> Result<()> {
        let start = Arc::clone(&self.present.read());
        let control = &mut *self.control.lock();
        let asked = moment();
        if lease::stay(control, &start.id, i64::from(self.settings.lease_ms))? {
            start.until.fetch_max(asked + counted(&self.settings), Ordering::AcqRel);
        } else {
            // Declared gone, or about to be: what was held is nobody's or another's. Begin anew with nothing.
            start.until.store(0, Ordering::Release);
            tracing::warn!("this node was not heard of for too long; others may have taken what it held");
            lease::leave(control, &start.id)?;
            let fresh = join(control, &self.settings)?;
            *self.present.write() = Arc::new(fresh);
        }
        let own = self.present.read().id;
        let view = lease::look(control, &own)?;
        *self.view.write() = view;
        Ok(())
    }
}
