//! What pages and API work with: the open instance, the clock, limits.
use crate::fail::Failure;
use crate::nodes::Pool;
use base::{SharedClock, TenantId};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use store::{Instance, Tenant, TenantInfo};
use tokio::sync::Semaphore;

/// Limits of the surfaces; each has a name in the settings file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether browsers reach the pages with TLS: decides on the cookie's name and on strict transport. Plain HTTP is for loopback.
    pub tls: bool,
    /// Longest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// Longest body of a batch, in bytes.
    pub max_batch_bytes: usize,
    /// What a connection may take.
    pub connections: crate::Connections,
    /// Long work (plans, erasures, exports of a person) at a time; a further one waits.
    pub max_long_work: usize,
    /// Sign-ins at a time; a further one is sent away with 503. They have places of their own, because whoever is nobody yet may ask for them.
    pub max_sign_ins: usize,
    /// Requests at a time to businesses on database servers, each of which holds a thread while it waits for one; a further request waits.
    pub max_server_requests: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tls: false,
            max_body_bytes: 1024 * 1024,
            max_batch_bytes: 16 * 1024 * 1024,
            max_long_work: 4,
            max_sign_ins: 16,
            max_server_requests: 64,
            connections: crate::Connections::default(),
        }
    }
}

/// The state of both surfaces.
pub struct App {
    pub(crate) instance: Arc<Instance>,
    pub(crate) clock: SharedClock,
    pub(crate) settings: Settings,
    pub(crate) long_work: Arc<Semaphore>,
    pub(crate) sign_ins: Arc<Semaphore>,
    pub(crate) waiting: Arc<Semaphore>,
    /// The way to the other nodes, if there are any.
    pub(crate) nodes: Option<Arc<Pool>>,
    /// Tenants that are open: reached without opening anything. Weak, so that an idle tenant is closed all the same.
    open: RwLock<HashMap<TenantId, Open>>,
}

/// A tenant that has been opened.
struct Open {
    tenant: Weak<Tenant>,
    info: Arc<TenantInfo>,
}

/// The tenant that was opened for a request before its handler runs.
#[derive(Clone)]
pub(crate) struct Known(pub Arc<Tenant>);

/// Lets a tenant go whose closing may have waited for it: that takes time, and waits for its database.
pub(crate) fn let_go(tenant: Arc<Tenant>) {
    if !tenant.shared().is_open() {
        // Nobody waits for it: whoever ends the program does.
        drop(tokio::task::spawn_blocking(move || drop(tenant)));
    }
}

impl App {
    /// The tenant of that id that was opened for this request, or is open, or is opened now.
    pub(crate) async fn tenant_for(
        self: &Arc<Self>,
        id: TenantId,
        known: Option<&Known>,
    ) -> Result<(Arc<Tenant>, Arc<TenantInfo>), Failure> {
        match known.filter(|known| known.0.shared().id() == id) {
            Some(known) => {
                let info = self.instance.tenants().into_iter().find(|info| info.id == id);
                Ok((Arc::clone(&known.0), Arc::new(info.ok_or_else(Failure::not_found)?)))
            }
            None => self.tenant(id).await,
        }
    }
    /// Pages and API of an instance.
    pub fn new(instance: Arc<Instance>, clock: SharedClock, settings: Settings) -> Arc<Self> {
        Self::with_nodes(instance, clock, settings, None)
    }
    /// The same as one node of several, with the key pair whose certificate the others know.
    pub fn with_nodes(
        instance: Arc<Instance>,
        clock: SharedClock,
        settings: Settings,
        identity: Option<crate::Identity>,
    ) -> Arc<Self> {
        let long_work = Arc::new(Semaphore::new(settings.max_long_work.max(1)));
        let sign_ins = Arc::new(Semaphore::new(settings.max_sign_ins.max(1)));
        let waiting = Arc::new(Semaphore::new(settings.max_server_requests.max(1)));
        Arc::new(Self {
            instance,
            clock,
            settings,
            long_work,
            sign_ins,
            waiting,
            nodes: identity.map(Pool::new),
            open: RwLock::new(HashMap::new()),
        })
    }
    /// The tenant of that id with its entry in the directory, opened if it is not.
    pub(crate) async fn tenant(self: &Arc<Self>, id: TenantId) -> Result<(Arc<Tenant>, Arc<TenantInfo>), Failure> {
        if let Some(found) = self.opened(id) {
            return Ok(found);
        }
        let app = Arc::clone(self);
        let tenant = crate::cross::long(self, move || Ok(app.instance.tenant(id)?)).await?;
        let info = self.instance.tenants().into_iter().find(|info| info.id == id).ok_or_else(Failure::not_found)?;
        let info = Arc::new(info);
        let mut open = self.open.write();
        open.retain(|_, open| open.tenant.strong_count() > 0);
        open.insert(id, Open { tenant: Arc::downgrade(&tenant), info: Arc::clone(&info) });
        Ok((tenant, info))
    }

    /// Forgets ways to nodes that are gone. To be called every second where there are several.
    pub fn look_at_nodes(&self) {
        if let Some(pool) = &self.nodes {
            pool.keep(&self.instance.nodes());
        }
    }

    fn opened(&self, id: TenantId) -> Option<(Arc<Tenant>, Arc<TenantInfo>)> {
        let open = self.open.read();
        let found = open.get(&id)?;
        let tenant = found.tenant.upgrade()?;
        // One that is no longer held here is opened again, or worked on elsewhere.
        if tenant.shared().is_open() {
            return Some((tenant, Arc::clone(&found.info)));
        }
        let_go(tenant);
        None
    }
}
