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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use store::NewTenant;
    use testkit::{TempDir, TestClock};

    #[test]
    fn every_tenant_has_its_turn_each_hour_and_rests_between() {
        let folder = TempDir::new().unwrap();
        let clock = TestClock::default();
        let settings = Settings::default();
        let shared: base::SharedClock = Arc::new(clock.clone());
        let instance = Instance::open(folder.path(), keys::MasterKey::generate(), shared, settings.instance()).unwrap();
        let instance = Arc::new(instance);
        let actor = base::Actor::Operator("test".into());
        for name in ["One", "Two"] {
            let new = NewTenant { id: keys::random_id(), zone: "UTC".into(), marker: "test".into(), packs: Vec::new() };
            instance.create_tenant(&actor, name, &new).unwrap();
        }
        let mut worker = Worker::new(Arc::clone(&instance), settings.worker);
        let mut visited = |minutes: i64| {
            clock.advance_ms(minutes * 60_000);
            worker.look();
            worker.hourly.values().filter(|at| **at == instance.clock().now()).count()
        };
        assert_eq!(visited(0), 1, "the first at once");
        assert_eq!(visited(29), 0);
        assert_eq!(visited(1), 1, "the second in the middle of the hour");
        assert_eq!(visited(30), 1, "the first again");
        assert_eq!(visited(30), 1);
        assert_eq!(instance.open_tenants(), 1, "who has just been visited is open, the other rests");
        clock.advance_ms(11 * 60_000);
        worker.look();
        assert_eq!(instance.open_tenants(), 0);
    }
}
