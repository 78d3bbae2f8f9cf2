//! The connections of an instance to its database servers: what rests gives them back, what happened is counted.
use super::Instance;
use crate::place::Place;
use crate::postgres::{self, ServerMetrics};
use std::sync::atomic::Ordering;

/// A business that was not used for so long gives back its connections to database servers; it stays open, and the next use opens them again.
pub const REST_MS: i64 = 30_000;

impl Instance {
    /// The connections to the database servers of the settings, in figures: for each the server of records, then that of keys.
    pub fn server_metrics(&self) -> Vec<ServerMetrics> {
        self.settings.servers.iter().flat_map(postgres::metrics).collect()
    }

    /// Closes the connections of businesses that rest.
    pub(super) fn rest_idle(&self) {
        let before = self.clock.now().plus_ms(-REST_MS).0;
        for tenant in self.open.lock().values() {
            let shared = tenant.shared();
            if let Place::Postgres(databases) = &shared.paths.place
                && shared.used_at.load(Ordering::Relaxed) < before
            {
                postgres::close_resting(databases);
            }
        }
    }
}
