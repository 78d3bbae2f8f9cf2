//! Many threads open the first file of a process at the same moment. SQLite's own start lets the others in too early.
use std::process::Command;
use std::sync::Barrier;
use store::sqlite::{Mode, Settings, open};
use testkit::TempDir;

const CHILD: &str = "OBHUT_TEST_FIRST_OPEN";

/// Not a test by itself: a process whose first act is to open files in many threads.
#[test]
fn child_that_opens_at_once() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let ring = keys::KeyRing::create(keys::random_id());
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (folder, ring, start) = (&folder, &ring, &start);
            scope.spawn(move || {
                start.wait();
                let path = folder.join(format!("{thread}.db"));
                open(&path, ring.page_key(keys::Pages::Records), Mode::Writer, &Settings::default()).unwrap();
            });
        }
    });
}

#[test]
fn the_first_files_of_a_process_open_in_many_threads() {
    for round in 0..30 {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "first_open::child_that_opens_at_once"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "round {round}: {}", String::from_utf8_lossy(&child.stdout));
    }
}
