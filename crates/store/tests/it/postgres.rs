//! What holds only where the databases lie on a server.
use crate::story::{person, put};
use base::RecordId;
use store::engine::{Connection, Query, Sql};
use store::postgres::{Server, report};
use store::rows::Access;
use store::{Error, InstanceSettings, Rotate};
use testkit::Business;
use testkit::postgres::{PostgresServer, Servers};
use testkit::proxy::{Cut, Proxy};

fn business() -> Business {
    Business::on_server(&["workshop"], InstanceSettings::default())
}

/// Writes a person of that name, anew or again.
fn write(business: &Business, id: RecordId, family: &'static str) -> store::Result<()> {
    business.tenant().write(business.admin(), move |op| put(op, "contact", id, person("Erika", family)).map(drop))
}
fn create(business: &Business, family: &'static str) -> RecordId {
    let id = keys::random_id();
    write(business, id, family).unwrap();
    id
}
fn read(business: &Business, id: RecordId) -> String {
    let mut reader = business.tenant().reader().unwrap();
    reader.opened(id).unwrap().unwrap().values["family_name"].as_str().unwrap().to_owned()
}

#[test]
fn a_business_on_a_server_is_made_opened_and_verified() {
    let mut business = business();
    business.assert_sound();
    business.reopen();
    business.assert_sound();
    let folder = business.tenant().shared().paths().folder.clone();
    assert!(!folder.join("records.db").exists() && !folder.join("keys.db").exists());
    assert!(folder.join("index.db").exists());
}

#[test]
fn every_text_is_sealed_anew_when_the_key_changes() {
    let mut business = business();
    let person = create(&business, "Vorher");
    for what in [Rotate::Pages, Rotate::UnitWrap, Rotate::Hmac, Rotate::Signing, Rotate::Root, Rotate::Pages] {
        business.rotate(what);
        assert_eq!(read(&business, person), "Vorher", "{what}");
        business.assert_sound();
    }
    write(&business, person, "Nachher").unwrap();
    business.reopen();
    assert_eq!(read(&business, person), "Nachher");
    business.assert_sound();
}

/// O-59: what opens one business's databases opens no other's.
#[test]
fn o59_each_business_has_databases_and_roles_of_its_own() {
    let (one, other) = (business(), business());
    let place = |business: &Business| business.tenant().shared().paths().place.clone();
    let (store::Place::Postgres(one), store::Place::Postgres(other)) = (place(&one), place(&other)) else {
        panic!("they lie on a server");
    };
    assert_ne!(one.records.database, other.records.database);
    assert_ne!(one.records.user, other.records.user);
    for (mine, theirs) in [(&one.records, &other.records), (&one.keys, &other.keys)] {
        assert!(report(mine).is_ok() || matches!(report(mine), Err(Error::Denied { .. })), "it opens its own");
        let refused = report(&mine.in_database(&theirs.database));
        assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    }
}

const LATE: Query = Query { name: "LATE", sql: "SELECT rid FROM job WHERE name = ?1" };

#[test]
fn whoever_opens_it_later_writes_and_the_one_before_is_fenced() {
    let business = business();
    create(&business, "Erste");
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    records.script("another node takes over", "UPDATE head SET fence = fence + 1").unwrap();
    let caller = business.admin();
    let refused: store::Result<()> =
        business.tenant().write(caller, |op| op.queue("late", &serde_json::json!({}), op.now()));
    assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
    let mut late = 0;
    records
        .query((&LATE).into(), &["late".into()], &mut |_| {
            late += 1;
            Ok(true)
        })
        .unwrap();
    assert_eq!(late, 0, "nothing of a fenced commit is there");
}

#[test]
fn a_server_that_would_keep_destroyed_keys_is_refused() {
    let servers = Servers::shared();
    servers.server().check().unwrap();
    let code = |server: Server| match server.check() {
        Err(Error::Input { code, message }) => (code, message.en),
        other => panic!("{other:?}"),
    };
    let same = Server { keys: servers.records.address(), ..servers.server() };
    let (refused, message) = code(same);
    assert!(refused == "keys-server" && message.contains("server of the records"), "{message}");
    for (setting, word) in [("archive_mode=on", "archive_mode"), ("wal_recycle=on", "wal_recycle")] {
        let keeping = PostgresServer::start(&["fsync=off", setting]);
        let (refused, message) = code(Server { keys: keeping.address(), ..servers.server() });
        assert!(refused == "keys-server" && message.contains(word), "{message}");
    }
}

#[test]
fn without_its_server_nothing_is_said_to_be_saved_and_with_it_all_goes_on() {
    let mut servers = Servers::start(false);
    let settings = InstanceSettings { servers: vec![servers.server()], ..InstanceSettings::default() };
    let business = Business::on("main", &["core"], settings);
    let person = create(&business, "Vorher");
    servers.records.crash(|| {
        let caller = business.admin();
        let refused: store::Result<()> =
            business.tenant().write(caller, |op| op.queue("lost", &serde_json::json!({}), op.now()));
        let Err(Error::Busy { message }) = refused else { panic!("{refused:?}") };
        assert!(message.contains("lost") || message.contains("does not answer"), "{message}");
    });
    assert_eq!(read(&business, person), "Vorher");
    write(&business, person, "Nachher").unwrap();
    assert_eq!(read(&business, person), "Nachher");
    business.assert_sound();
}

/// A commit whose answer is lost is asked after: it is neither lost nor done twice.
#[test]
fn a_commit_whose_answer_was_lost_is_neither_lost_nor_doubled() {
    let servers = Servers::shared();
    let way = Proxy::to(servers.records.port());
    let server = Server { records: servers.records.address_through(way.port()), ..servers.server() };
    let business =
        Business::on("main", &["core"], InstanceSettings { servers: vec![server], ..InstanceSettings::default() });
    let person = create(&business, "Anfang");
    let entries = |business: &Business| business.verify().entries;

    let before = entries(&business);
    way.cut_next(Cut::AfterCommit);
    write(&business, person, "Bestätigt").unwrap();
    assert_eq!((way.cuts(), read(&business, person).as_str()), (1, "Bestätigt"));
    assert_eq!(entries(&business), before + 1, "once");

    way.cut_next(Cut::BeforeCommit);
    let refused = write(&business, person, "Verloren");
    assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
    assert_eq!((way.cuts(), read(&business, person).as_str()), (2, "Bestätigt"));
    assert_eq!(entries(&business), before + 1);

    write(&business, person, "Danach").unwrap();
    assert_eq!(read(&business, person), "Danach");
    business.assert_sound();
}

#[test]
fn a_business_that_cannot_be_made_leaves_nothing_on_a_server() {
    let servers = Servers::shared();
    let nowhere = Server { keys: servers.keys.address_through(1), ..servers.server() };
    let id: base::TenantId = keys::random_id();
    assert!(matches!(nowhere.provision(id), Err(Error::Busy { .. })));
    let left = report(&servers.records.address().in_database(&format!("obhut_{id}_records")));
    assert!(matches!(left, Err(Error::NotFound { .. })), "{left:?}");
    let made = servers.server().provision(id).unwrap();
    servers.server().remove(&made).unwrap();
}

#[test]
fn what_failed_in_a_transaction_is_never_said_to_be_saved() {
    const TWICE: &str = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
    let business = business();
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    let put = |records: &mut store::Database| {
        records.execute(Sql { name: "put", text: TWICE }, &["probe".into(), "eins".into()])
    };
    records.begin().unwrap();
    put(&mut records).unwrap();
    assert!(matches!(put(&mut records), Err(Error::Conflict { code: "duplicate", .. })));
    assert!(records.commit().is_err(), "the server has undone it");
    records.rollback();
    records.begin().unwrap();
    put(&mut records).unwrap();
    records.savepoint().unwrap();
    assert!(put(&mut records).is_err());
    records.undo().unwrap();
    records.commit().unwrap();
}

#[test]
fn a_connection_that_broke_between_two_questions_is_opened_again() {
    let way = Proxy::to(Servers::shared().records.port());
    let servers = Servers::shared();
    let server = Server { records: servers.records.address_through(way.port()), ..servers.server() };
    let business =
        Business::on("main", &["core"], InstanceSettings { servers: vec![server], ..InstanceSettings::default() });
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    way.cut_next(Cut::BeforeCommit);
    records.begin().unwrap();
    assert!(records.commit().is_err());
    records.rollback();
    assert!(records.tables().unwrap().contains(&"record".to_owned()));
}
