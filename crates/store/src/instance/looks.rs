//! What can be looked at without changing anything: checks, the ledger, holders, what a migration would do. And what a migration leaves behind.
use super::{INSTANCE, Instance, InstanceSettings, paths};
use crate::Result;
use crate::migrate::{self, Plan};
use crate::place;
use crate::sqlite::Mode;
use base::TenantId;
use keys::{KeyRing, MasterKey, Pages};
use std::path::Path;
use std::sync::Arc;

impl Instance {
    /// Every check: the store's own and those of the features.
    pub fn checks(&self) -> Vec<Arc<dyn crate::Check>> {
        crate::checks::builtin().into_iter().chain(self.settings.checks.iter().cloned()).collect()
    }

    /// Verifies a tenant's ledger: chain and every signature; [`Error::Damaged`] names the first line that is wrong.
    pub fn verify_ledger(&self, id: TenantId) -> Result<()> {
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        crate::ledger::Ledger::read(&paths.ledger(), &ring).map(drop)
    }

    /// Tables and folders of a tenant that no holder covers, and of which no reason is known why none is needed. Must be none.
    pub fn uncovered(&self, id: TenantId) -> Result<Vec<String>> {
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        let open = |pages| place::open(&paths, &ring, pages, Mode::Reader, &self.settings.engine);
        let (mut records, mut keys) = (open(Pages::Records)?, open(Pages::Keys)?);
        let holders: Vec<_> = crate::holders::builtin().into_iter().chain(self.settings.holders.clone()).collect();
        crate::holders::uncovered(&holders, &mut [("records.db", &mut records), ("keys.db", &mut keys)], &paths.folder)
    }

    /// What opening the folder will migrate first; none if nothing is old, or nothing is there. Changes nothing.
    pub fn migration_plan(folder: &Path, master: &MasterKey, settings: &InstanceSettings) -> Result<Option<Plan>> {
        let root = folder.join("instance.root");
        if !root.exists() || !folder.join("instance.db").exists() {
            return Ok(None);
        }
        let ring = KeyRing::read(&root, INSTANCE, master)?;
        let mut file = migrate::look(folder, &ring, &settings.engine)?;
        Plan::of_instance(folder, &mut file, master, &settings.engine, |id| paths(folder, id))
    }

    /// Deletes the instance's own copies made before a migration whose time is over; gives how many.
    pub fn expire_copies(&self) -> Result<usize> {
        migrate::expire_copies(&self.folder, self.clock.now())
    }
}
