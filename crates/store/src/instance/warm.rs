//! The index of a tenant that another node holds, kept ready here: whoever takes over need not make it from all records first.
use super::Instance;
use crate::cluster::{Control, Node};
use crate::index::Index;
use crate::ledger::Ledger;
use crate::place;
use crate::shared::{Limited, Shared};
use crate::sqlite::Mode;
use crate::tenant::{Head, zone_of};
use crate::{Result, index_row, migrate, modules};
use base::TenantId;
use keys::Pages;
use parking_lot::{Condvar, Mutex};
use std::collections::HashMap;
use std::sync::Arc;

/// What is kept ready on this node.
#[derive(Default)]
pub(super) struct Warm {
    /// Up to which entry of each journal.
    sizes: Mutex<HashMap<TenantId, u64>>,
    /// The tenant whose index is being worked on.
    busy: Mutex<Option<TenantId>>,
    done: Condvar,
}

impl Warm {
    /// Waits until nobody follows this tenant: it is about to be opened.
    pub fn wait_for(&self, id: TenantId) {
        let mut busy = self.busy.lock();
        self.done.wait_while(&mut busy, |busy| *busy == Some(id));
    }
}

/// Says that a tenant is no longer followed, however that ended.
struct Following<'w>(&'w Warm);

impl Drop for Following<'_> {
    fn drop(&mut self) {
        *self.0.busy.lock() = None;
        self.0.done.notify_all();
    }
}

impl Instance {
    /// Brings the indexes that are kept ready on this node up to what the others have committed. To be called every few seconds; the first time with a
    /// large tenant takes as long as making its index. Gives how many were behind.
    pub fn keep_warm(&self) -> Result<usize> {
        let (Some(node), Some(control)) = (&self.node, &self.control) else { return Ok(0) };
        let wanted = node.to_keep_warm();
        self.warm.sizes.lock().retain(|id, _| wanted.contains(id));
        self.drop_unneeded(node, control, &wanted)?;
        let mut behind = 0;
        for id in wanted {
            if self.is_leaving() || self.home(id).is_some() {
                continue;
            }
            // The copy of the checkpoint is written within a second of the commit: no question to the tenant's own database for those that rest.
            let newest = control.read(id, crate::outside::Kind::Checkpoint)?.and_then(|note| size_of(&note));
            if newest.is_none() || self.warm.sizes.lock().get(&id).copied() == newest {
                continue;
            }
            behind += 1;
            match self.follow(node, id) {
                Ok(Some(size)) => drop(self.warm.sizes.lock().insert(id, size)),
                Ok(None) => {}
                // Whoever takes over makes it then.
                Err(error) => tracing::warn!(%error, tenant = %id, "an index could not be kept ready"),
            }
        }
        Ok(behind)
    }

    /// Removes copies of what another node holds and a third one keeps ready.
    fn drop_unneeded(&self, node: &Node, control: &Control, wanted: &[TenantId]) -> Result<()> {
        for id in node.held_by_others() {
            let paths = self.paths(id);
            if wanted.contains(&id) || !paths.file("index.db").exists() {
                continue;
            }
            let _opening = self.opening.lock();
            if node.holder(id).is_some() && !self.open.lock().contains_key(&id) {
                control.revoke_own_copy(id)?;
                place::remove_index(&paths)?;
            }
        }
        Ok(())
    }

    /// Destroys the keys of copies of a tenant's index on nodes that do not run: nobody knows what becomes of their disks. For the node that holds it.
    pub fn revoke_copies_of_the_gone(&self, id: TenantId) -> Result<usize> {
        let (Some(node), Some(control)) = (&self.node, &self.control) else { return Ok(0) };
        let running: Vec<Vec<u8>> = node
            .nodes()
            .iter()
            .filter_map(|node| data_encoding::HEXLOWER.decode(node.about.folder.as_bytes()).ok())
            .collect();
        control.revoke_copies_but(id, &running)
    }

    fn follow(&self, node: &Node, id: TenantId) -> Result<Option<u64>> {
        let _following = {
            let _opening = self.opening.lock();
            // It may have come here meanwhile.
            if self.open.lock().contains_key(&id) || node.holder(id).is_none() {
                return Ok(None);
            }
            *self.warm.busy.lock() = Some(id);
            Following(&self.warm)
        };
        let (paths, engine) = (self.paths(id), &self.settings.engine);
        std::fs::create_dir_all(&paths.folder)
            .map_err(crate::Error::io(format!("creating {}", paths.folder.display())))?;
        if let Some((control, id)) = &paths.control {
            // Whoever holds it may have closed the copy here.
            control.look_again(*id);
        }
        let ring = paths.root().ring(id, &self.master)?;
        let mut records = place::open(&paths, &ring, Pages::Records, Mode::Reader, engine)?;
        migrate::check(&mut records, "records.db")?;
        let ledger = Ledger::read(&paths.ledger(), &ring)?;
        let head = Head::read(&mut records)?;
        let (zone, modules) = (zone_of(&mut records)?, modules::load(&mut records)?);
        drop(records);
        let mut index = Index::open(place::open_index(&paths, &ring, Mode::Rebuildable, engine)?.into_raw())?;
        // Its keys are remembered for this once: an erasure there has to be one here.
        let shared = Arc::new(Shared::new(
            id,
            paths,
            ring,
            Arc::clone(&self.clock),
            zone,
            modules,
            ledger,
            engine.clone(),
            Vec::new(),
            Vec::new(),
            Limited::default(),
            None,
        ));
        index_row::ensure_modules(&mut index, &shared.modules())?;
        index_row::catch_up(&shared, &mut index, i64::try_from(head.size).unwrap_or(i64::MAX))?;
        Ok(Some(head.size))
    }

    /// Up to which entry of its journal a tenant's index is kept ready here.
    pub fn warm_to(&self, id: TenantId) -> Option<u64> {
        self.warm.sizes.lock().get(&id).copied()
    }
}

/// The size that a checkpoint names. Only to see whether something is new: what is taken on is read from the journal itself.
fn size_of(note: &[u8]) -> Option<u64> {
    std::str::from_utf8(note).ok()?.lines().nth(1)?.parse().ok()
}
