//! One node of several: which tenants are worked on here, and what becomes of those that no longer are.
use super::Instance;
use crate::cluster::{Held, NodeInfo, Taken};
use crate::tenant::Tenant;
use crate::{Error, Result};
use base::TenantId;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How often another node is asked for a tenant, and how long between: fifteen seconds.
const ASKS: u32 = 150;
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_millis(100);

/// Where requests for a tenant are worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// Here, or wherever it is opened first.
    Here,
    /// At this other node.
    There(NodeInfo),
    /// Its files lie on the disk of the node of this name, which does not run.
    Missing(String),
}

impl Instance {
    /// Where a tenant is, as of the last look at the others; asks nobody.
    pub fn whereabouts(&self, id: TenantId) -> Whereabouts {
        let Some(node) = &self.node else { return Whereabouts::Here };
        if let Some(home) = self.home(id) {
            return if home == node.name() {
                Whereabouts::Here
            } else {
                node.named(&home).map_or(Whereabouts::Missing(home), Whereabouts::There)
            };
        }
        if self.opened(id).is_some() {
            return Whereabouts::Here;
        }
        node.holder(id).map_or(Whereabouts::Here, Whereabouts::There)
    }

    /// Whether this is one node of several.
    pub fn has_nodes(&self) -> bool {
        self.node.is_some()
    }
    /// Nodes that run, this one among them; none if it is alone by itself.
    pub fn nodes(&self) -> Vec<NodeInfo> {
        self.node.as_ref().map(|node| node.nodes()).unwrap_or_default()
    }
    /// This node's name, if it is one of several.
    pub fn node_name(&self) -> Option<&str> {
        self.node.as_deref().map(crate::cluster::Node::name)
    }
    /// Whether what nobody holds is this node's to do: schedules of tenants that are closed. The same answer on each node.
    pub fn is_turn(&self, id: TenantId) -> bool {
        let Some(node) = &self.node else { return true };
        match self.home(id) {
            Some(home) => home == node.name(),
            None => match self.whereabouts(id) {
                Whereabouts::Here => {
                    node.is_turn(id) || self.open.lock().get(&id).is_some_and(|tenant| tenant.shared().is_held())
                }
                _ => false,
            },
        }
    }

    /// Looks who runs and holds what, takes on what others changed in the directory, and gives back what others ask for. To be called every second.
    pub fn look_at_nodes(&self) -> Result<()> {
        let Some(node) = &self.node else { return Ok(()) };
        self.drop_lost();
        let mut outcome = self.refresh_directory();
        for id in node.wanted() {
            outcome = self.give_back(id).and(outcome);
        }
        outcome
    }

    /// Closes a tenant as soon as nobody uses it, and lets others hold it. One that is in use is asked again.
    pub fn give_back(&self, id: TenantId) -> Result<()> {
        let Some(node) = &self.node else { return Ok(()) };
        if self.moving.refuse(id).is_err() {
            return Ok(());
        }
        let _opening = self.opening.lock();
        match self.close(id) {
            Ok(()) => node.release(id),
            Err(Error::Busy { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks whoever holds a tenant to give it back: for work that must be done here. It is tried again by whoever asked.
    pub fn ask_for(&self, id: TenantId) -> Result<()> {
        match (&self.node, self.home(id)) {
            (Some(node), None) => node.want(id),
            _ => Ok(()),
        }
    }

    /// Opens a tenant here, also if another node holds it: that one is asked for it. For work that needs this node: its disk, its keys' places, its
    /// operator. `Elsewhere` if it is not given back in time.
    pub fn bring(&self, id: TenantId) -> Result<Arc<Tenant>> {
        for _ in 0..ASKS {
            match self.tenant(id) {
                Err(Error::Elsewhere { .. }) if self.home(id).is_none() => self.ask_for(id)?,
                other => return other,
            }
            std::thread::park_timeout(ASK_AGAIN);
        }
        self.tenant(id)
    }

    /// Gives everything back before the program ends, so that the others need not wait for it.
    pub fn leave(&self) {
        let Some(node) = &self.node else { return };
        self.leaving.store(true, Ordering::Release);
        let open: Vec<TenantId> = {
            let open = self.open.lock();
            // For all of them at once nothing new begins; what is under way ends meanwhile.
            open.values().for_each(|tenant| tenant.shared().closing.store(true, Ordering::Release));
            open.keys().copied().collect()
        };
        for id in open {
            // What is under way is waited for. One that does not end loses its tenant with this node's leave.
            if let Err(error) = self.give_back(id) {
                tracing::warn!(%error, tenant = %id, "a business could not be given back to the other nodes");
            }
        }
        node.leave();
    }
    /// Whether the program is ending, and whoever asks for a tenant is to ask another node.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    pub(super) fn home(&self, id: TenantId) -> Option<String> {
        self.listing(id).and_then(|tenant| tenant.home)
    }

    /// Makes this node the tenant's, or says which is. None where there is one node only, and for files, which nobody else can reach.
    pub(super) fn hold(&self, id: TenantId) -> Result<Option<Held>> {
        let Some(node) = &self.node else { return Ok(None) };
        if self.is_leaving() {
            return Err(Error::Busy { message: "this node is ending".into() });
        }
        if let Whereabouts::Missing(node) = self.whereabouts(id) {
            return Err(Error::Busy { message: format!("its files lie on the node {node}, which does not run") });
        }
        if let Some(home) = self.home(id) {
            return if home == node.name() { Ok(None) } else { Err(Error::Elsewhere { node: home }) };
        }
        match node.take(id)? {
            Taken::Here(held) => Ok(Some(held)),
            Taken::There(other) => Err(Error::Elsewhere { node: other.about.name }),
        }
    }

    /// Lets go of tenants that this node no longer holds.
    pub(super) fn drop_lost(&self) {
        let lost: Vec<Arc<Tenant>> = {
            let mut open = self.open.lock();
            let ids: Vec<_> = open.iter().filter(|(_, tenant)| !tenant.shared().is_held()).map(|(id, _)| *id).collect();
            ids.iter().filter_map(|id| open.remove(id)).collect()
        };
        drop(lost); // joins their threads, outside the lock
    }
}
