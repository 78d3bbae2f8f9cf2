//! Several nodes on one set of databases: one of them holds a business, the others take over when it is gone, and it cannot do anything any more.
use crate::story::{person, put};
use base::{Actor, RecordId, TenantId};
use keys::MasterKey;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::cluster::{About, Settings};
use store::engine::{Connection, Sql};
use store::postgres::Address;
use store::rows::Access;
use store::{Caller, Error, Instance, InstanceSettings, NewTenant, Tenant, Whereabouts};
use testkit::postgres::{PostgresServer, Servers};
use testkit::silence::Silence;
use testkit::{TempDir, TestClock};

/// So long may what others do take to be noticed.
const SOON: Duration = Duration::from_secs(20);

/// Nodes that share a control database and a master key, each with a folder of its own.
struct Nodes {
    folder: TempDir,
    control: Address,
}

impl Nodes {
    fn new() -> Self {
        Self::on(Servers::shared().control())
    }
    fn on(control: Address) -> Self {
        let folder = TempDir::new().unwrap();
        MasterKey::generate().write_new(&folder.join("master.key")).unwrap();
        Self { folder, control }
    }
    fn start(&self, name: &str) -> store::Result<Arc<Instance>> {
        self.start_with(name, &self.control, TestClock::default())
    }
    fn start_with(&self, name: &str, control: &Address, clock: TestClock) -> store::Result<Arc<Instance>> {
        let about = About { name: name.into(), address: format!("{name}.example:1"), ..About::default() };
        let cluster = Settings { control: control.clone(), about, lease_ms: 2_000 };
        let servers = vec![Servers::shared().server()];
        let settings = InstanceSettings { servers, cluster: Some(cluster), ..InstanceSettings::default() };
        let master = MasterKey::read(&self.folder.join("master.key")).unwrap();
        Instance::open(&self.folder.join(name), master, Arc::new(clock), settings).map(Arc::new)
    }
}

fn make(instance: &Instance, name: &str, server: Option<&str>) -> TenantId {
    let new = NewTenant {
        id: keys::random_id(),
        zone: "Europe/Berlin".into(),
        marker: "test".into(),
        packs: Vec::new(),
        server: server.map(str::to_owned),
    };
    instance.create_tenant(&Actor::Operator("test".into()), name, &new).unwrap().id
}
fn write(tenant: &Tenant, id: RecordId, family: &'static str) -> store::Result<()> {
    tenant.write(Caller::operator("test"), move |op| put(op, "contact", id, person("Erika", family)).map(drop))
}
fn read(tenant: &Arc<Tenant>, id: RecordId) -> store::Result<String> {
    let opened = tenant.reader()?.opened(id)?.unwrap();
    Ok(opened.values["family_name"].as_str().unwrap().to_owned())
}
fn eventually(what: &str, happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < SOON, "{what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
fn sound(instance: &Instance, id: TenantId) {
    let report = instance.verify(id).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let own = instance.verify_own_journal().unwrap();
    assert!(own.findings.is_empty(), "{:?}", own.findings);
}

#[test]
fn one_node_holds_a_business_and_gives_it_back() {
    let nodes = Nodes::new();
    let (a, b) = (nodes.start("a").unwrap(), nodes.start("b").unwrap());
    let id = make(&a, "Muster", Some("main"));
    let person = keys::random_id();
    write(&a.tenant(id).unwrap(), person, "Eins").unwrap();
    assert_eq!(b.find("muster").unwrap().id, id, "b learns of it when it is asked for");
    let Err(Error::Elsewhere { node }) = b.tenant(id).map(drop) else { panic!("two nodes hold it") };
    assert_eq!(node, "a");
    assert!(matches!(b.whereabouts(id), Whereabouts::There(node) if node.about.address == "a.example:1"));
    assert_eq!(a.whereabouts(id), Whereabouts::Here);
    // Work that must be done at b: it asks, a gives back when it looks, b has it with all that was written.
    b.ask_for(id).unwrap();
    eventually("a gives it back", || {
        a.look_at_nodes().unwrap();
        b.tenant(id).is_ok()
    });
    assert_eq!(read(&b.tenant(id).unwrap(), person).unwrap(), "Eins");
    write(&b.tenant(id).unwrap(), person, "Zwei").unwrap();
    assert!(matches!(a.tenant(id).map(drop), Err(Error::Elsewhere { node }) if node == "b"));
    // An orderly end leaves nothing to wait for.
    b.leave();
    assert_eq!(read(&a.tenant(id).unwrap(), person).unwrap(), "Zwei");
    sound(&a, id);
}

#[test]
fn the_directory_is_one() {
    let nodes = Nodes::new();
    let (a, b) = (nodes.start("a").unwrap(), nodes.start("b").unwrap());
    let first = make(&a, "Erste", Some("main"));
    let second = make(&b, "Zweite", Some("main"));
    a.look_at_nodes().unwrap();
    let names: Vec<String> = a.tenants().into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["Erste", "Zweite"]);
    let new = NewTenant {
        id: keys::random_id(),
        zone: "UTC".into(),
        marker: "test".into(),
        packs: Vec::new(),
        server: Some("main".into()),
    };
    let twice = b.create_tenant(&Actor::Operator("test".into()), "erste", &new);
    assert!(matches!(twice, Err(Error::Conflict { code: "duplicate", .. })), "{twice:?}");
    a.destroy_tenant(&Actor::Operator("test".into()), second).unwrap();
    b.look_at_nodes().unwrap();
    assert_eq!(b.tenants().len(), 1);
    sound(&b, first);
    // The journal of the directory goes on from wherever it was changed last, also after a start.
    drop(b);
    let b = nodes.start("b").unwrap();
    make(&b, "Dritte", Some("main"));
    sound(&b, first);
    a.look_at_nodes().unwrap();
    make(&a, "Vierte", Some("main"));
    sound(&a, first);
}

#[test]
fn a_name_is_one_nodes() {
    let nodes = Nodes::new();
    let _a = nodes.start("a").unwrap();
    let other = TempDir::new().unwrap();
    let about = About { name: "a".into(), ..About::default() };
    let cluster = Settings { control: nodes.control.clone(), about, lease_ms: 2_000 };
    let settings = InstanceSettings { cluster: Some(cluster), ..InstanceSettings::default() };
    let master = MasterKey::read(&nodes.folder.join("master.key")).unwrap();
    let twice = Instance::open(other.path(), master, Arc::new(TestClock::default()), settings);
    assert!(matches!(twice.map(drop), Err(Error::Conflict { code: "node-name", .. })));
}

#[test]
fn files_are_worked_on_where_they_lie() {
    let nodes = Nodes::new();
    let (a, b) = (nodes.start("a").unwrap(), nodes.start("b").unwrap());
    let id = make(&a, "Auf Platte", None);
    write(&a.tenant(id).unwrap(), keys::random_id(), "Eins").unwrap();
    b.look_at_nodes().unwrap();
    assert!(matches!(b.whereabouts(id), Whereabouts::There(node) if node.about.name == "a"));
    assert!(matches!(b.tenant(id).map(drop), Err(Error::Elsewhere { node }) if node == "a"));
    drop(a);
    eventually("b notices that a is gone", || b.whereabouts(id) == Whereabouts::Missing("a".into()));
    let Err(error) = b.tenant(id) else { panic!("b has no files of it") };
    assert!(error.to_string().contains("the node a"), "{error}");
    let a = nodes.start("a").unwrap();
    sound(&a, id);
}

/// The way from a node to the control database is cut: it counts for nothing after its time, the other takes over, and the first can neither write nor
/// answer when it is back, until it has taken the business again.
#[test]
fn a_node_that_comes_back_late_can_neither_write_nor_answer() {
    let nodes = Nodes::new();
    let way = Silence::to(Servers::shared().keys.port());
    let through = Servers::shared().keys.address_through(way.port()).in_database(&nodes.control.database);
    // Their clocks differ by a minute; nothing depends on them.
    let late = TestClock::default();
    late.advance_ms(60_000);
    let a = nodes.start_with("a", &through, late).unwrap();
    let b = nodes.start("b").unwrap();
    let id = make(&a, "Muster", Some("main"));
    let person = keys::random_id();
    let at_a = a.tenant(id).unwrap();
    write(&at_a, person, "Eins").unwrap();
    b.look_at_nodes().unwrap();
    way.begin();
    let begun = Instant::now();
    eventually("b takes over", || b.tenant(id).is_ok());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let at_b = b.tenant(id).unwrap();
    assert_eq!(read(&at_b, person).unwrap(), "Eins");
    write(&at_b, person, "Zwei").unwrap();
    // Its ways to the databases of the business are whole, and its time has passed.
    assert!(!at_a.shared().is_held());
    assert!(write(&at_a, person, "Drei").is_err());
    assert!(read(&at_a, person).is_err(), "what it has is of before");
    way.end();
    eventually("a is a node again", || {
        a.nodes().iter().any(|node| node.about.name == "a") && a.look_at_nodes().is_ok()
    });
    assert!(write(&at_a, person, "Drei").is_err(), "not with what it held before");
    assert!(matches!(a.tenant(id).map(drop), Err(Error::Elsewhere { node }) if node == "b"));
    assert_eq!(read(&at_b, person).unwrap(), "Zwei");
    drop((at_a, at_b));
    sound(&b, id);
}

#[test]
fn a_copy_on_a_node_that_does_not_run_is_closed_within_the_hour() {
    let nodes = Nodes::new();
    let (a, b) = (nodes.start("a").unwrap(), nodes.start("b").unwrap());
    let id = make(&a, "Muster", Some("main"));
    write(&a.tenant(id).unwrap(), keys::random_id(), "Eins").unwrap();
    eventually("b has a copy", || {
        b.look_at_nodes().unwrap();
        b.keep_warm().unwrap();
        b.warm_to(id).is_some()
    });
    assert_eq!(a.revoke_copies_of_the_gone(id).unwrap(), 0, "b runs");
    drop(b);
    eventually("b is gone", || a.nodes().len() == 1);
    assert_eq!(a.revoke_copies_of_the_gone(id).unwrap(), 1);
    assert_eq!(a.revoke_copies_of_the_gone(id).unwrap(), 0);
}

/// A key that was on its way while its node stood still arrives after another one has taken over: it is refused by the server itself.
#[test]
fn a_key_that_comes_late_is_refused() {
    let business = testkit::Business::on_server(&["core"], InstanceSettings::default());
    let shared = Arc::clone(business.tenant().shared());
    write(business.tenant(), keys::random_id(), "Eins").unwrap();
    // Somebody else takes over beside it, without a word.
    let mut beside = store::beside(shared.paths(), &shared.ring(), keys::Pages::Keys).unwrap();
    let next = 1_000_i64.to_be_bytes();
    let sql = Sql { name: "taken over", text: "UPDATE key SET wrapped = ?1 WHERE rid = -2" };
    assert_eq!(beside.execute(sql, &[next.as_slice().into()]).unwrap(), 1);
    let late = (0..200).find_map(|_| write(business.tenant(), keys::random_id(), "Zwei").err());
    assert!(matches!(late, Some(Error::Conflict { code: "fenced", .. })), "{late:?}");
}

#[test]
fn a_control_database_that_keeps_what_is_destroyed_is_refused() {
    let archives = PostgresServer::start(&["archive_mode=on", "archive_command=true"]);
    for address in [archives.address(), Servers::shared().records.address()] {
        let nodes = Nodes::on(address.in_database("control"));
        let refused = nodes.start("a").map(drop);
        assert!(matches!(refused, Err(Error::Input { code: "control-server", .. })), "{refused:?}");
    }
}

/// The index of a business is kept ready on one more node, and an erasure closes what that one has: also if it does not run.
#[test]
fn an_index_is_kept_ready_and_an_erasure_reaches_it() {
    let nodes = Nodes::new();
    let (a, b) = (nodes.start("a").unwrap(), nodes.start("b").unwrap());
    let id = make(&a, "Muster", Some("main"));
    let (kept, gone): (RecordId, RecordId) = (keys::random_id(), keys::random_id());
    let at_a = a.tenant(id).unwrap();
    write(&at_a, kept, "Bleibt").unwrap();
    write(&at_a, gone, "Geht").unwrap();
    let copy = nodes.folder.join("b").join("tenants").join(id.to_string()).join("index.db");
    let ready = || {
        b.look_at_nodes().unwrap();
        b.keep_warm().unwrap();
        b.warm_to(id) == Some(a.verify(id).unwrap().entries)
    };
    eventually("b has all of it", ready);
    // b ends; what it has lies on its disk, where nobody can ask it for anything.
    drop(b);
    let before = std::fs::read(&copy).unwrap();
    let units = at_a.write(Caller::operator("test"), move |op| {
        let subject = op.subject(gone.cast())?.unwrap();
        op.units_of_subject(subject.rid)
    });
    let units = units.unwrap().into_iter().map(|unit| unit.id).collect();
    crate::moves::story::erase_units(&at_a, gone, units);
    // It comes back: its copy has no key any more and is made anew.
    let b = nodes.start("b").unwrap();
    let ready = || {
        b.look_at_nodes().unwrap();
        b.keep_warm().unwrap();
        b.warm_to(id) == Some(a.verify(id).unwrap().entries)
    };
    eventually("b has all that is left", ready);
    drop(at_a);
    a.leave();
    let at_b = b.tenant(id).unwrap();
    assert_eq!(read(&at_b, kept).unwrap(), "Bleibt");
    drop(at_b);
    // Whoever has the old bytes opens them with nothing that there is.
    b.give_back(id).unwrap();
    std::fs::write(&copy, before).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", copy.display()));
    }
    assert!(matches!(b.tenant(id).map(drop), Err(Error::Damaged { .. })));
    b.rebuild_index(id).unwrap();
    sound(&b, id);
}
