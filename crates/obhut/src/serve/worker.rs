//! The worker: looks for due work, tenant by tenant, and closes tenants that nobody uses. Driven by the clock: each look is a function of the
//! present moment, so tests advance a clock and look again.
use super::jobs;
use crate::failure::Failure;
use crate::settings::Worker as Limits;
use base::{TenantId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::Instance;

const HOUR_MS: i64 = 3_600_000;

/// Looks at every tick until `stopping` completes; the look under way is finished.
pub(super) async fn run(
    instance: Arc<Instance>,
    limits: Limits,
    stopping: impl Future<Output = ()> + Send,
) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(Duration::from_secs(u64::from(limits.tick_seconds.get())));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut worker = Worker::new(instance, limits);
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            _ = ticks.tick() => {}
        }
        let looked = tokio::task::spawn_blocking(move || {
            worker.look();
            worker
        });
        worker = looked.await.map_err(|_| crate::program::unexpected())?;
    }
}

/// What the worker remembers between two looks.
struct Worker {
    instance: Arc<Instance>,
    limits: Limits,
    started: Timestamp,
    /// When each tenant had its hourly work.
    hourly: HashMap<TenantId, Timestamp>,
}

impl Worker {
    fn new(instance: Arc<Instance>, limits: Limits) -> Self {
        let started = instance.clock().now();
        Self { instance, limits, started, hourly: HashMap::new() }
    }

    /// One look: the hourly work and the due jobs of the tenants whose turn it is, then closing what rests.
    ///
    /// Turns are spread over the hour, so that a thousand tenants are not opened at once after a start.
    fn look(&mut self) {
        let now = self.instance.clock().now();
        let tenants = self.instance.tenants();
        let count = i64::try_from(tenants.len()).unwrap_or(i64::MAX).max(1);
        self.hourly.retain(|id, _| tenants.iter().any(|tenant| tenant.id == *id));
        for (place, tenant) in (0_i64..).zip(&tenants) {
            let first = self.started.plus_ms(HOUR_MS / count * place);
            let due = self.hourly.get(&tenant.id).map_or(first, |last| last.plus_ms(HOUR_MS));
            if due > now {
                continue;
            }
            self.hourly.insert(tenant.id, now);
            self.visit(tenant.id);
        }
        self.instance.close_idle();
    }

    fn visit(&self, id: TenantId) {
        let visited = self.instance.tenant(id).and_then(|tenant| {
            jobs::run_hourly(&tenant);
            jobs::run_due(&tenant, &self.limits)
        });
        if let Err(error) = visited {
            tracing::error!(%error, tenant = %id, "the work of tenant {id} could not be done");
        }
    }
}
