//! The way to a database server: encrypted to one that has shown who it is, or not taken.
use crate::story::{person, put};
use base::RecordId;
use std::time::{Duration, Instant};
use store::postgres::{Address, Server, report};
use store::{Error, InstanceSettings};
use testkit::Business;
use testkit::postgres::{PostgresServer, Servers};
use testkit::proxy::Proxy;
use testkit::tls::Authority;

/// What nobody on the way may read: statements, what belongs to the sign-in, names of databases, a request to end a query.
const IN_THE_CLEAR: [&[u8]; 5] = [b"SELECT", b"INSERT INTO", b"SCRAM-SHA-256", b"obhut_", &[0x04, 0xd2, 0x16, 0x2e]];

fn contains(heard: &[u8], what: &[u8]) -> bool {
    heard.windows(what.len()).any(|window| window == what)
}

/// A business whose records go this way.
fn business(records: Address) -> Business {
    let server = Server { records, ..Servers::shared().server() };
    Business::on("main", &["core"], InstanceSettings { servers: vec![server], ..InstanceSettings::default() })
}

fn work(business: &mut Business) {
    let id: RecordId = keys::random_id();
    business
        .tenant()
        .write(business.admin(), move |op| put(op, "contact", id, person("Erika", "Muster")).map(drop))
        .unwrap();
    business.reopen();
    assert!(store::rows::Access::opened(&mut business.tenant().reader().unwrap(), id).unwrap().is_some());
    business.assert_sound();
}

/// Asks for rest and has another thread end it.
fn interrupt(business: &Business) {
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    let end = records.interrupter();
    let begun = Instant::now();
    let ended = std::thread::spawn(move || {
        testkit::wait(Duration::from_millis(300));
        end();
    });
    let refused = records.script("sleep", "SELECT pg_sleep(20)");
    assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "nobody ended it");
    ended.join().unwrap();
}

#[test]
fn nobody_on_the_way_reads_anything() {
    let authority = Authority::new("Testaussteller");
    let server = PostgresServer::start_with(&["fsync=off"], &authority.sign(&["localhost"]));
    let way = Proxy::to(server.port());
    way.listen();
    let address = PostgresServer::address_as("localhost", way.port()).with_authority(&authority.file()).unwrap();
    assert_eq!(report(&address).unwrap().encrypted.as_deref(), Some("TLSv1.3"));
    let mut encrypted = business(address);
    work(&mut encrypted);
    interrupt(&encrypted);
    let heard = way.heard();
    assert!(heard.len() > 50_000, "it went this way");
    for what in IN_THE_CLEAR {
        assert!(!contains(&heard, what), "{}", String::from_utf8_lossy(what));
    }

    // What is looked for is there to be found where the way is not encrypted.
    let way = Proxy::to(server.port());
    way.listen();
    let plain = PostgresServer::address_as("127.0.0.1", way.port());
    assert_eq!(report(&plain).unwrap().encrypted, None);
    let mut plain = business(plain);
    work(&mut plain);
    interrupt(&plain);
    let heard = way.heard();
    for what in IN_THE_CLEAR {
        assert!(contains(&heard, what), "{}", String::from_utf8_lossy(what));
    }
}

#[test]
fn a_server_that_cannot_show_who_it_is_is_refused() {
    let authority = Authority::new("Testaussteller");
    let server = PostgresServer::start_with(&["fsync=off"], &authority.sign(&["localhost"]));
    let address = |host: &str| PostgresServer::address_as(host, server.port());
    let refused = |address: Address, word: &str| match report(&address) {
        Err(Error::Input { code: "server-tls", message }) => {
            assert!(message.en.contains(word) && !message.de.is_empty(), "{message:?}");
        }
        other => panic!("{word}: {other:?}"),
    };
    report(&address("localhost").with_authority(&authority.file()).unwrap()).unwrap();
    let other = Authority::new("Testaussteller");
    refused(address("localhost").with_authority(&other.file()).unwrap(), "signed by none");
    refused(address("127.0.0.1").with_authority(&authority.file()).unwrap(), "another name");
    let plain = Servers::shared().records.address();
    report(&plain).unwrap();
    refused(plain.with_authority(&authority.file()).unwrap(), "offers no TLS");
}

/// A server moves, its certificates are signed by somebody else: what counts is what the settings say now.
#[test]
fn the_addresses_of_the_settings_count_and_not_those_of_the_day_it_was_made() {
    let shared = Servers::shared();
    let authority = Authority::new("Testaussteller");
    let server = PostgresServer::start_with(&["fsync=off"], &authority.sign(&["127.0.0.1"]));
    let mut business = business(server.address());
    let way = Proxy::to(server.port());
    way.listen();
    let records = server.address_through(way.port()).with_authority(&authority.file()).unwrap();
    business.set_servers(vec![Server { records, ..shared.server() }]);
    work(&mut business);
    // More than a look at the server, and no word of it to be read.
    assert!(way.heard().len() > 50_000, "{} bytes went this way", way.heard().len());
    assert!(!contains(&way.heard(), b"SELECT"));
}
