//! The three logs beside the journal, as an instance sees them: its own access log, and those of its tenants without opening one.
use super::{INSTANCE, Instance};
use crate::Result;
use crate::logs::{self, LogReport, Purged};
use crate::place;
use crate::sqlite::Mode;
use crate::tenant::Tenant;
use base::TenantId;
use keys::Pages;
use std::sync::Arc;

impl Instance {
    /// Logs of a tenant with a day that should have been dropped more than `grace_ms` ago, and that day as days since 1970.
    pub fn overdue_logs(&self, id: TenantId, grace_ms: i64) -> Result<Vec<(logs::Log, i64)>> {
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        let mut records = place::open(&paths, &ring, Pages::Records, Mode::Reader, &self.settings.engine)?;
        logs::overdue(&mut records, self.clock.now(), &self.settings.logs, grace_ms)
    }

    /// Verifies the day trees of a tenant's three logs beside the journal, without opening the tenant.
    pub fn verify_logs(&self, id: TenantId) -> Result<Vec<LogReport>> {
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        let mut records = place::open(&paths, &ring, Pages::Records, Mode::Reader, &self.settings.engine)?;
        records.begin_snapshot()?;
        logs::verify(&mut records, &ring.signer().verify_key(), id)
    }

    /// The same for the instance's own access log: requests that belong to no tenant.
    pub fn verify_own_logs(&self) -> Result<Vec<LogReport>> {
        let mut guard = self.directory.lock();
        let directory = &mut *guard;
        let key = directory.ring.signer().verify_key();
        logs::verify(&mut directory.file, &key, INSTANCE)
    }

    /// Notes a request that belongs to no tenant, for the instance's own access log.
    pub fn note_access(&self, access: logs::Access) {
        self.waiting.access(access);
    }

    /// Writes the lines that wait for the logs of reads and access: the instance's own and those of every open tenant. To be called every second
    /// while requests are served; a crash loses what was noted since.
    pub fn flush_logs(&self) -> Result<()> {
        let open: Vec<Arc<Tenant>> = self.open.lock().values().cloned().collect();
        let mut outcome = self.flush_own_logs();
        for tenant in open {
            outcome = tenant.flush_logs().map(drop).and(outcome);
        }
        outcome
    }

    /// Most lines that wait for one log, of the instance or of an open tenant.
    pub fn waiting_lines(&self) -> usize {
        let tenants = self.open.lock().values().map(|tenant| tenant.shared().waiting.len()).max();
        self.waiting.len().max(tenants.unwrap_or(0))
    }

    pub(super) fn flush_own_logs(&self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let taken = self.waiting.take();
        let lines = taken.clone();
        let written = self.in_directory(move |file, ring| {
            for (log, lines) in lines.lines(ring) {
                logs::append(file, ring, INSTANCE, log, lines)?;
            }
            Ok(())
        });
        if written.is_err() {
            self.waiting.put_back(taken);
        }
        written
    }

    /// Drops what has passed its time from the instance's own access log.
    pub fn purge_own_logs(&self) -> Result<Purged> {
        let (now, limits) = (self.clock.now(), self.settings.logs);
        self.in_directory(move |file, _| logs::purge(file, now, &limits))
    }
}
