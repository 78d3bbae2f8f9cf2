//! Servers that are slow, full, or gone and replaced by their copy: nothing acknowledged is lost, nothing is there twice, the journal verifies, and all
//! of it goes on by itself.
use crate::load::{Book, Known, run, write, wrongs};
use base::{Kind, Kinded};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::postgres::{Server, report};
use store::rows::Access;
use store::{Error, InstanceSettings};
use testkit::Business;
use testkit::postgres::{PostgresServer, Servers};
use testkit::proxy::Proxy;

fn on(server: Server) -> Business {
    Business::on("main", &["core"], InstanceSettings { servers: vec![server], ..InstanceSettings::default() })
}

fn assert_nothing_lost(business: &Business, book: &Book) {
    let wrong = wrongs(business.tenant(), book);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn acknowledged(book: &Book) -> usize {
    book.lock().unwrap().values().filter(|known| known.acknowledged.is_some()).count()
}

/// Writes a new record, and notes it if it was acknowledged.
fn take(business: &Business, book: &Book) -> store::Result<()> {
    let id = keys::random_id();
    book.lock().unwrap().insert(id, Known { acknowledged: None, asked: 1 });
    write(business.tenant(), id, 1)?;
    book.lock().unwrap().get_mut(&id).unwrap().acknowledged = Some(1);
    Ok(())
}

#[test]
fn a_server_that_answers_slowly_is_waited_for_and_one_that_does_not_is_said_so() {
    let shared = Servers::shared();
    let (records, keys) = (Proxy::to(shared.records.port()), Proxy::to(shared.keys.port()));
    let mut business = on(Server {
        records: shared.records.address_through(records.port()),
        keys: shared.keys.address_through(keys.port()),
        ..shared.server()
    });
    let book = Book::default();
    for way in [&records, &keys] {
        way.delay(Duration::from_millis(40));
    }
    run(business.tenant(), &book, 7, 6, &|_, _| {});
    assert!(acknowledged(&book) >= 4);
    // Longer than opening a connection may take: what is open goes on, what has to be opened is refused.
    records.delay(Duration::from_millis(5_500));
    let beside =
        store::beside(business.tenant().shared().paths(), &business.tenant().shared().ring(), keys::Pages::Records);
    let Err(Error::Busy { message }) = beside.map(drop) else { panic!("it answered in time") };
    assert!(message.contains("does not answer"), "{message}");
    for way in [&records, &keys] {
        way.delay(Duration::ZERO);
    }
    take(&business, &book).unwrap();
    assert_nothing_lost(&business, &book);
    business.reopen();
    assert_nothing_lost(&business, &book);
}

#[test]
fn a_full_disk_of_the_server_is_said_and_survived() {
    let shared = Servers::shared();
    let mut small = PostgresServer::start_small(&["fsync=off", "full_page_writes=off"], 160);
    let mut business = on(Server { records: small.address(), ..shared.server() });
    let book = Book::default();
    for _ in 0..20 {
        take(&business, &book).unwrap();
    }
    for round in 0..3 {
        small.fill_disk();
        let (begun, mut refused) = (Instant::now(), 0);
        while refused < 3 {
            assert!(begun.elapsed() < Duration::from_mins(1), "round {round}: the disk never got full");
            if let Err(error) = take(&business, &book) {
                assert!(matches!(error, Error::Full { .. }), "{error}");
                assert_eq!(error.kind(), Kind::Busy);
                refused += 1;
            }
        }
        let mut reader = business.tenant().reader().unwrap();
        let known = book.lock().unwrap().clone();
        for (id, _) in known.iter().filter(|(_, known)| known.acknowledged.is_some()) {
            assert!(reader.opened(*id).unwrap().is_some(), "reading goes on");
        }
        drop(reader);
        small.make_room();
        let begun = Instant::now();
        while let Err(error) = take(&business, &book) {
            assert!(begun.elapsed() < Duration::from_secs(30), "there is room again: {error}");
            testkit::wait(Duration::from_millis(50));
        }
        assert_nothing_lost(&business, &book);
    }
    business.reopen();
    assert_nothing_lost(&business, &book);
}

/// The copy is written at once with the server (`synchronous_standby_names`), so what was acknowledged is there when the server is not any more.
#[test]
fn a_copy_that_is_promoted_has_everything_that_was_acknowledged() {
    let shared = Servers::shared();
    let mut primary = PostgresServer::start(&["fsync=off", "full_page_writes=off"]);
    let copy = primary.follow(&["fsync=off", "full_page_writes=off"]);
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("SELECT pg_reload_conf()");
    let begun = Instant::now();
    while primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
        assert!(begun.elapsed() < Duration::from_secs(30), "the copy does not follow");
        testkit::wait(Duration::from_millis(50));
    }
    let way = Proxy::to(primary.port());
    let mut business = on(Server { records: primary.address_through(way.port()), ..shared.server() });
    let book = Book::default();
    for _ in 0..5 {
        take(&business, &book).unwrap();
    }

    // A copy takes no changes, and says so.
    let before = acknowledged(&book);
    let reads = Server { records: copy.address(), ..shared.server() };
    let refused = reads.provision(keys::random_id());
    let Err(Error::Busy { message }) = refused else { panic!("{refused:?}") };
    assert!(message.contains("has not been promoted"), "{message}");

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (tenant, book, stop) = (business.tenant(), &book, &stop);
        scope.spawn(move || {
            // A round ends early with the first refusal.
            for round in (11..).take_while(|_| !stop.load(Ordering::SeqCst)) {
                run(tenant, book, round, 20, &|_, _| {});
            }
        });
        testkit::wait(Duration::from_secs(2));
        primary.kill();
        copy.sql("SELECT pg_promote()");
        way.lead_to(copy.port());
        testkit::wait(Duration::from_secs(1));
        stop.store(true, Ordering::SeqCst);
    });
    assert!(acknowledged(&book) > before, "it was killed at work");
    take(&business, &book).unwrap();
    assert_nothing_lost(&business, &book);
    business.reopen();
    assert_nothing_lost(&business, &book);
    assert!(!report(&copy.address()).unwrap().follows);
}

#[test]
fn a_server_of_keys_that_follows_another_is_refused() {
    let shared = Servers::shared();
    let copy = shared.keys.follow(&["fsync=off"]);
    let refused = Server { keys: copy.address(), ..shared.server() }.check();
    let Err(Error::Input { code: "keys-server", message }) = refused else { panic!("{refused:?}") };
    assert!(message.en.contains("copy that follows another"), "{}", message.en);
}
