//! What pages and API work with: the open instance, the clock, limits.
use crate::fail::Failure;
use base::{SharedClock, TenantId};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use store::{Instance, Tenant};
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
    /// Long work (plans, erasures, exports of a person) at a time; a further one waits.
    pub max_long_work: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tls: false, max_body_bytes: 1024 * 1024, max_batch_bytes: 16 * 1024 * 1024, max_long_work: 4 }
    }
}

/// The state of both surfaces.
pub struct App {
    pub(crate) instance: Arc<Instance>,
    pub(crate) clock: SharedClock,
    pub(crate) settings: Settings,
    pub(crate) long_work: Arc<Semaphore>,
    /// Tenants that are open: reached without opening anything. Weak, so that an idle tenant is closed all the same.
    open: RwLock<HashMap<TenantId, Weak<Tenant>>>,
}

impl App {
    /// Pages and API of an instance.
    pub fn new(instance: Arc<Instance>, clock: SharedClock, settings: Settings) -> Arc<Self> {
        let long_work = Arc::new(Semaphore::new(settings.max_long_work.max(1)));
        Arc::new(Self { instance, clock, settings, long_work, open: RwLock::new(HashMap::new()) })
    }
    /// The tenant of that id, opened if it is not.
    pub(crate) async fn tenant(self: &Arc<Self>, id: TenantId) -> Result<Arc<Tenant>, Failure> {
        if let Some(tenant) = self.open.read().get(&id).and_then(Weak::upgrade) {
            return Ok(tenant);
        }
        let app = Arc::clone(self);
        let tenant = crate::cross::long(self, move || Ok(app.instance.tenant(id)?)).await?;
        let mut open = self.open.write();
        open.retain(|_, tenant| tenant.strong_count() > 0);
        open.insert(id, Arc::downgrade(&tenant));
        Ok(tenant)
    }
}
