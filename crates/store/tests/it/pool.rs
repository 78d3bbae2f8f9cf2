//! Many businesses, few connections: what rests is given up for who needs it, what took too long says so.
use crate::story::{person, put};
use base::{Actor, RecordId, TenantId};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::engine::{Connection, Sql};
use store::postgres::{Server, ServerMetrics};
use store::rows::Access;
use store::{Caller, Error, Instance, InstanceSettings, NewTenant};
use testkit::postgres::Servers;
use testkit::proxy::Proxy;
use testkit::{Business, TempDir, TestClock};

/// A server of its own, as far as limits go: behind another port of the shared one.
fn server(connections: usize) -> Server {
    let shared = Servers::shared();
    let (records, keys) = (Proxy::to(shared.records.port()), Proxy::to(shared.keys.port()));
    let limit = NonZeroUsize::new(connections).unwrap();
    Server {
        name: "main".into(),
        records: shared.records.address_through(records.port()).with_connections(limit),
        keys: shared.keys.address_through(keys.port()).with_connections(limit),
    }
}

fn business(connections: usize) -> Business {
    let settings = InstanceSettings { servers: vec![server(connections)], ..InstanceSettings::default() };
    Business::on("main", &["core"], settings)
}

/// An instance with so many businesses on a server of its own.
struct Many {
    instance: Instance,
    tenants: Vec<TenantId>,
    clock: TestClock,
    _folder: TempDir,
}

impl Many {
    fn new(count: usize, connections: usize, open: usize) -> Self {
        let (folder, clock) = (TempDir::new().unwrap(), TestClock::default());
        let settings = InstanceSettings {
            servers: vec![server(connections)],
            max_open_tenants: open,
            ..InstanceSettings::default()
        };
        let master = keys::MasterKey::generate();
        let instance = Instance::open(folder.path(), master, Arc::new(clock.clone()), settings).unwrap();
        let tenants = (0..count).map(|number| {
            let new = NewTenant {
                id: keys::random_id(),
                zone: "UTC".into(),
                marker: "test".into(),
                packs: Vec::new(),
                server: Some("main".into()),
            };
            instance.create_tenant(&Actor::Operator("test".into()), &format!("Betrieb {number}"), &new).unwrap().id
        });
        let tenants = tenants.collect();
        Self { instance, tenants, clock, _folder: folder }
    }
    fn metrics(&self) -> [ServerMetrics; 2] {
        <[ServerMetrics; 2]>::try_from(self.instance.server_metrics()).unwrap()
    }
    /// Writes and reads in one of them.
    fn use_one(&self, tenant: TenantId) {
        let tenant = self.instance.tenant(tenant).unwrap();
        let id: RecordId = keys::random_id();
        let write = move |op: &mut store::Op<'_>| put(op, "contact", id, person("Erika", "Muster")).map(drop);
        tenant.write(Caller::operator("test"), write).unwrap();
        assert!(tenant.reader().unwrap().opened(id).unwrap().is_some());
    }
    fn assert_within(&self, limit: usize) {
        for side in self.metrics() {
            assert!(side.open <= limit && side.limit == limit, "{side:?}");
        }
    }
}

impl Drop for Many {
    fn drop(&mut self) {
        for tenant in std::mem::take(&mut self.tenants) {
            self.instance.destroy_tenant(&Actor::Operator("test".into()), tenant).unwrap();
        }
    }
}

/// Connections to these businesses' databases, as the server counts them.
fn counted(many: &Many) -> usize {
    let names: Vec<String> = many.tenants.iter().map(|id| format!("'obhut_{id}_records'")).collect();
    let text = format!("SELECT count(*) FROM pg_stat_activity WHERE datname IN ({})", names.join(", "));
    Servers::shared().records.sql(&text).parse().unwrap()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        testkit::wait(Duration::from_millis(50));
    }
}

#[test]
fn businesses_that_rest_hold_no_connections_and_all_together_never_more_than_the_limit() {
    let many = Many::new(12, 6, 64);
    for tenant in &many.tenants {
        many.use_one(*tenant);
        many.assert_within(6);
    }
    assert_eq!(many.instance.open_tenants(), 12, "they stay open");
    eventually("the server has no more than the limit either", || counted(&many) <= 6);
    // All at once: they take turns.
    std::thread::scope(|scope| {
        for part in many.tenants.chunks(3) {
            let many = &many;
            scope.spawn(move || {
                for _ in 0..5 {
                    for tenant in part {
                        many.use_one(*tenant);
                    }
                    many.assert_within(6);
                }
            });
        }
    });
    // Whoever has rested for half a minute gives all of them back, and stays open.
    many.instance.close_idle();
    assert!(many.metrics().iter().all(|side| side.open > 0));
    many.clock.advance_ms(31_000);
    many.instance.close_idle();
    assert_eq!(many.metrics().map(|side| side.open), [0, 0]);
    eventually("none on the server", || counted(&many) == 0);
    assert_eq!(many.instance.open_tenants(), 12);
    many.tenants.iter().for_each(|tenant| many.use_one(*tenant));
    let [records, keys] = many.metrics();
    assert!(records.given_up > 0 && keys.given_up > 0 && records.statements > 500, "{records:?} {keys:?}");
    assert_eq!((records.lost, records.refused, keys.lost, keys.refused), (0, 0, 0, 0), "{records:?} {keys:?}");
}

/// The measure of the requirement itself; takes minutes, for the databases have to be made.
#[test]
fn a_thousand_businesses_that_rest_hold_fewer_than_fifty_connections() {
    if std::env::var_os("OBHUT_SOAK").is_none() {
        return;
    }
    let many = Many::new(1000, 48, 64);
    for tenant in &many.tenants {
        many.use_one(*tenant);
        many.assert_within(48);
    }
    eventually("at rest", || counted(&many) <= 50);
}

#[test]
fn who_needs_a_connection_waits_for_one_and_is_told_if_none_comes_back() {
    let business = business(4);
    let write = || {
        let work = |op: &mut store::Op<'_>| op.queue("probe", &serde_json::json!({}), op.now());
        business.tenant().write(business.admin(), work)
    };
    let held = |count: usize| -> Vec<_> {
        let hold = |_| {
            let mut reader = business.tenant().reader().unwrap();
            reader.hold_snapshot().unwrap();
            reader
        };
        (0..count).map(hold).collect()
    };
    let metrics = || business.instance().server_metrics().remove(0);
    let all = held(4);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            testkit::wait(Duration::from_secs(1));
            drop(all);
        });
        write().unwrap();
    });
    assert!(begun.elapsed() > Duration::from_millis(800) && metrics().waits == 1, "{:?}", metrics());
    let all = held(4);
    let refused = write();
    let Err(Error::Busy { message }) = refused else { panic!("{refused:?}") };
    assert!(message.contains("all 4 connections") && message.contains("nothing was done"), "{message}");
    assert!(metrics().refused == 1 && metrics().waited_ms >= 10_000, "{:?}", metrics());
    drop(all);
    write().unwrap();
    business.assert_sound();
}

#[test]
fn what_takes_too_long_is_ended_and_says_what_and_that_nothing_was_saved() {
    let business = business(8);
    let shared = business.tenant().shared();
    let beside = || store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    let (mut one, mut other) = (beside(), beside());
    one.begin().unwrap();
    let check = "DO $$ BEGIN IF current_setting('statement_timeout') <> '10min' OR current_setting('lock_timeout') <> '30s' OR current_setting('idle_in_transaction_session_timeout') <> '15min' THEN RAISE EXCEPTION 'limits'; END IF; END $$";
    one.script("limits of every session", check).unwrap();
    one.script("shorter", "SET LOCAL statement_timeout = 300; SET LOCAL idle_in_transaction_session_timeout = 500")
        .unwrap();
    let refused = one.script("sleep", "SELECT pg_sleep(10)");
    let Err(Error::Busy { message }) = refused else { panic!("{refused:?}") };
    assert!(
        message.contains("(sleep) took longer") && message.contains("nothing of this change was saved"),
        "{message}"
    );
    assert!(one.commit().is_err());
    one.rollback();

    one.begin().unwrap();
    one.script("lock", "LOCK TABLE meta IN ACCESS EXCLUSIVE MODE").unwrap();
    other.begin().unwrap();
    other.script("shorter", "SET LOCAL lock_timeout = 300").unwrap();
    let put = Sql { name: "put", text: "INSERT INTO meta (name, value) VALUES (?1, ?2)" };
    let refused = other.execute(put, &["probe".into(), "eins".into()]);
    let Err(Error::Busy { message }) = refused else { panic!("{refused:?}") };
    assert!(message.contains("(put) waited longer") && message.contains("for another one"), "{message}");
    other.rollback();
    one.script("shorter", "SET LOCAL idle_in_transaction_session_timeout = 300").unwrap();
    testkit::wait(Duration::from_millis(800));
    let refused = one.execute(put, &["probe".into(), "eins".into()]);
    assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
    one.rollback();
    other.execute(put, &["probe".into(), "zwei".into()]).unwrap();
    one.begin().unwrap();
    one.commit().unwrap();
    let metrics = business.instance().server_metrics().remove(0);
    assert!(metrics.timeouts >= 2 && metrics.reopened >= 1 && metrics.lost >= 1, "{metrics:?}");
}
