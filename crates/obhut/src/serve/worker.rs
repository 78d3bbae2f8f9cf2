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
    /// When the next day of a tenant's logs has reached its limit, as of its last hour.
    logs_due: HashMap<TenantId, Timestamp>,
    /// When the instance's own work was done.
    own: Option<Timestamp>,
}

impl Worker {
    fn new(instance: Arc<Instance>, limits: Limits) -> Self {
        let started = instance.clock().now();
        Self { instance, limits, started, hourly: HashMap::new(), logs_due: HashMap::new(), own: None }
    }

    /// One look: the hourly work and the due jobs of the tenants whose turn it is, then closing what rests.
    ///
    /// Turns are spread over the hour, so that a thousand tenants are not opened at once after a start.
    fn look(&mut self) {
        let now = self.instance.clock().now();
        let tenants = self.instance.tenants();
        let count = i64::try_from(tenants.len()).unwrap_or(i64::MAX).max(1);
        self.hourly.retain(|id, _| tenants.iter().any(|tenant| tenant.id == *id));
        self.logs_due.retain(|id, _| tenants.iter().any(|tenant| tenant.id == *id));
        if self.own.is_none_or(|last| now.since(last) >= HOUR_MS) {
            self.own = Some(now);
            jobs::run_own(&self.instance);
        }
        for (place, tenant) in (0_i64..).zip(&tenants) {
            let first = self.started.plus_ms(HOUR_MS / count * place);
            let due = self.hourly.get(&tenant.id).map_or(first, |last| last.plus_ms(HOUR_MS));
            // Another node does it, or will when this one has lost its turn.
            if !self.instance.is_turn(tenant.id) {
                continue;
            }
            if due <= now {
                self.hourly.insert(tenant.id, now);
                self.visit(tenant.id);
            } else if self.logs_due.get(&tenant.id).is_some_and(|due| *due <= now) {
                self.purge_logs(tenant.id);
            }
        }
        self.instance.close_idle();
    }

    fn visit(&mut self, id: TenantId) {
        let visited = self.instance.tenant(id).and_then(|tenant| {
            jobs::run_regular(&self.instance, &tenant);
            jobs::run_due(&self.instance, &tenant, &self.limits)
        });
        if let Err(error) = visited {
            tracing::error!(%error, tenant = %id, "the work of tenant {id} could not be done");
        }
        self.purge_logs(id);
    }

    /// Drops what has reached its limit, and remembers when the next day does: an hour is too coarse for 48 hours.
    fn purge_logs(&mut self, id: TenantId) {
        let due = match self.instance.tenant(id) {
            Ok(tenant) => jobs::purge_logs(&tenant),
            Err(error) => Err(error.to_string()),
        };
        match due {
            Ok(Some(due)) => drop(self.logs_due.insert(id, due)),
            Ok(None) => drop(self.logs_due.remove(&id)),
            Err(error) => {
                // The next hour tries again.
                self.logs_due.remove(&id);
                tracing::error!(error, tenant = %id, "the logs of tenant {id} could not be purged");
            }
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
            let new = NewTenant {
                id: keys::random_id(),
                zone: "UTC".into(),
                marker: "test".into(),
                packs: Vec::new(),
                server: None,
            };
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

    #[test]
    fn a_line_of_the_access_log_is_dropped_when_it_reaches_its_limit_not_up_to_an_hour_later() {
        let business = testkit::Business::new(&["core"]);
        let mut worker = Worker::new(Arc::clone(business.instance()), Settings::default().worker);
        business.clock.advance_ms(11 * 60_000);
        let lines = || business.instance().verify_logs(business.id()).unwrap()[2].lines;
        business.tenant().shared().note_access(store::logs::Access {
            at: business.instance().clock().now(),
            surface: "api",
            method: "GET",
            route: "/".into(),
            status: 200,
            took_ms: 1,
            address: None,
        });
        business.instance().flush_logs().unwrap();
        // The hourly turns fall on other minutes than the limit.
        business.clock.advance_ms(47 * 3_600_000);
        worker.look();
        business.clock.advance_ms(3_600_000 - 1);
        worker.look();
        assert_eq!(lines(), 1);
        business.clock.advance_ms(1);
        worker.look();
        assert_eq!(lines(), 0);
    }

    #[test]
    fn what_a_crash_left_of_a_users_deletion_is_finished_at_opening() {
        let folder = TempDir::new().unwrap();
        let clock = TestClock::default();
        let shared: base::SharedClock = Arc::new(clock);
        let settings = Settings::default().instance();
        let master = keys::MasterKey::generate();
        master.write_new(&folder.join("key")).unwrap();
        let open = || {
            let master = keys::MasterKey::read(&folder.join("key")).unwrap();
            Instance::open(&folder.join("data"), master, Arc::clone(&shared), settings.clone()).unwrap()
        };
        let instance = open();
        let new = NewTenant {
            id: keys::random_id(),
            zone: "UTC".into(),
            marker: "test".into(),
            packs: Vec::new(),
            server: None,
        };
        instance.create_tenant(&base::Actor::Operator("test".into()), "One", &new).unwrap();
        let tenant = instance.tenant(new.id).unwrap();
        let user = identity::NewUser {
            login: "bert".into(),
            name: "Bert".into(),
            email: None,
            role: identity::Role::Reader,
            password: identity::Password::random().unwrap().0,
        };
        tenant.write(store::Caller::operator("test"), move |op| identity::create_user(op, &user)).unwrap();
        // The row is closed, the key is still there: the crash came between.
        let half = store::engine::Upkeep { name: "TEST", sql: "UPDATE user_account SET state = 'deleted'" };
        tenant.write(store::Caller::operator("test"), move |op| op.upkeep(&half, &[])).unwrap();
        drop((tenant, instance));
        let instance = open();
        let tenant = instance.tenant(new.id).unwrap();
        let left = store::engine::Query {
            name: "TEST",
            sql: "SELECT count(*) FROM user_account a JOIN unit u ON u.rid = a.unit WHERE u.state <> 2",
        };
        assert_eq!(tenant.reader().unwrap().first(&left, &[], |row| row.int(0)).unwrap(), Some(0));
    }
}
