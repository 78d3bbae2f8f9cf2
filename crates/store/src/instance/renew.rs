//! What can be made anew beside a tenant's databases: its index, and a checkpoint's copy whose loss somebody has explained.
use super::Instance;
use crate::op::Caller;
use crate::{Error, Result};
use base::TenantId;

impl Instance {
    /// Throws a tenant's index away and makes it anew from the records. Nobody may be using the tenant meanwhile.
    pub fn rebuild_index(&self, id: TenantId) -> Result<()> {
        {
            let _opening = self.opening.lock();
            self.hold(id)?;
            self.close(id)?;
            crate::place::remove_index(&self.paths(id))?;
        }
        self.tenant(id).map(drop)
    }

    /// Writes the copy of a tenant's newest checkpoint anew, where it is missing and somebody has explained why; recorded in the journal. Without
    /// the copy the tenant does not open. `Conflict` (`copy-there`) if it is not missing: what is there is not replaced.
    pub fn renew_checkpoint(&self, caller: &Caller, id: TenantId) -> Result<()> {
        {
            let _opening = self.opening.lock();
            self.hold(id)?;
            self.close(id)?;
            let paths = self.paths(id);
            if paths.checkpoint().exists()? {
                return Err(Error::conflict("copy-there", "the copy of the checkpoint is there and is not replaced"));
            }
            let ring = paths.root().ring(id, &self.master)?;
            crate::tenant::renew_copy(&paths, &ring, &self.settings.engine)?;
        }
        self.tenant(id)?.write(caller.clone(), |op| {
            let mut entry = op.entry("renew-checkpoint", None, None);
            entry.name_units([]);
            op.finish(entry, &crate::module::Map::new()).map(drop)
        })
    }
}
