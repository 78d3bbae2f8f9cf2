//! `kill -9` at a random moment: this binary starts itself as a writer that tells on its output what was acknowledged, and kills it.
use crate::load::{Book, Known, rounds, run, wrongs};
use base::{Actor, RecordId};
use keys::MasterKey;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{Instance, InstanceSettings, NewTenant};
use testkit::{Dice, TempDir, TestClock};

/// Set for the process that is to be killed: the data folder.
const FOLDER: &str = "OBHUT_TEST_KILL_FOLDER";
const SEED: &str = "OBHUT_TEST_KILL_SEED";

fn open(folder: &Path) -> Instance {
    let master = MasterKey::read(&folder.join("master.key")).unwrap();
    Instance::open(&folder.join("data"), master, Arc::new(TestClock::default()), InstanceSettings::default()).unwrap()
}

/// Not a test by itself: what the child does, until it is killed.
#[test]
fn child_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let seed: u64 = std::env::var(SEED).unwrap().parse().unwrap();
    let instance = open(Path::new(&folder));
    let tenant = instance.tenant(instance.tenants()[0].id).unwrap();
    let out = std::sync::Mutex::new(std::fs::File::create(Path::new(&folder).join("acknowledged")).unwrap());
    let book = Book::default();
    run(&tenant, &book, seed, 10_000, &|id, number| {
        // One write per line: a kill between two lines is all that can happen to it. The parent hears the first part through a pipe.
        out.lock().unwrap().write_all(format!("{id} {number}\n").as_bytes()).unwrap();
        let mut pipe = std::io::stderr().lock();
        pipe.write_all(b"acknowledged\n").unwrap();
    });
}

#[test]
fn no_acknowledged_change_is_lost_by_kill_9() {
    for seed in 0..rounds() {
        let place = TempDir::new().unwrap();
        MasterKey::generate().write_new(&place.join("master.key")).unwrap();
        let new = NewTenant {
            id: keys::random_id(),
            zone: "Europe/Berlin".into(),
            marker: "test".into(),
            packs: Vec::new(),
            server: None,
        };
        open(place.path()).create_tenant(&Actor::Operator("test".into()), "Muster", &new).unwrap();

        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::kill::child_that_is_killed", "--nocapture"])
            .env(FOLDER, place.path())
            .env(SEED, seed.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Not a time but a count: so many acknowledgements are heard before the kill.
        let wait_for = 1 + Dice::new(seed).below(120);
        let heard = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .filter(|line| line == "acknowledged")
            .take(wait_for)
            .count();
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        assert_eq!(heard, wait_for, "seed {seed}: the child ended by itself");

        let book = Book::default();
        let mut told = 0;
        for line in std::fs::read_to_string(place.join("acknowledged")).unwrap().lines() {
            let (id, number) = line.split_once(' ').unwrap();
            let (id, number): (RecordId, u64) = (id.parse().unwrap(), number.parse().unwrap());
            // The next number may have been on its way.
            book.lock().unwrap().insert(id, Known { acknowledged: Some(number), asked: number + 1 });
            told += 1;
        }
        assert!(told >= wait_for);
        let instance = open(place.path());
        let tenant = instance.tenant(instance.tenants()[0].id).unwrap();
        // Records whose first change was on its way are known to nobody; they must be whole all the same.
        let mut reader = tenant.reader().unwrap();
        for (id, _) in crate::load::all_rows(&mut reader, "contact") {
            book.lock().unwrap().entry(id).or_insert(Known { acknowledged: None, asked: 1 });
        }
        drop(reader);
        let wrong = wrongs(&tenant, &book);
        assert!(wrong.is_empty(), "seed {seed}: {}", wrong.join("\n"));
    }
}
