//! Several `obhut serve` on one set of databases: one that dies is replaced, one that stood still cannot do anything, and a restart of one after the
//! other loses no request.
use crate::bed::{Bed, Server};
use rustix::process::Signal;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::TempDir;
use testkit::postgres::{PASSWORD, Servers};

/// A node that died is replaced within this time.
const REPLACED: Duration = Duration::from_secs(10);

/// Nodes with a control database and a master key of their own, each with its folder.
struct Nodes {
    folder: TempDir,
    control: String,
}

impl Nodes {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let password = folder.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
        keys::MasterKey::generate().write_new(&folder.join("master.key")).unwrap();
        Self { folder, control: Servers::shared().control().to_string() }
    }

    fn settings(&self, name: &str) -> PathBuf {
        let servers = Servers::shared();
        let password = self.folder.join("password");
        let password = password.display();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "[[server]]\nname = \"main\"\nrecords = \"{}\"\nrecords_password_file = \"{password}\"\nkeys = \"{}\"\nkeys_password_file = \"{password}\"\n\n[cluster]\nname = \"{name}\"\ncontrol = \"{}\"\ncontrol_password_file = \"{password}\"\nlisten = \"127.0.0.1:{port}\"\n",
            servers.records.address(),
            servers.keys.address(),
            self.control,
        );
        let path = self.folder.join(format!("{name}.toml"));
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obhut"));
        command.env_clear().env("LANG", "C.UTF-8").env("TMPDIR", self.folder.path());
        command.env("OBHUT_DATA", self.folder.join(name)).env("OBHUT_MASTER_KEY_FILE", self.folder.join("master.key"));
        command
            .current_dir(self.folder.path())
            .arg("--json")
            .arg("--config")
            .arg(self.folder.join(format!("{name}.toml")));
        command.args(words);
        command
    }

    fn serve(&self, name: &str) -> Server {
        self.settings(name);
        Server::start(self.command(name, &["serve"]))
    }

    /// Runs a command at a node; it must succeed.
    #[track_caller]
    fn run(&self, name: &str, words: &[&str], input: &str) -> Value {
        let path = self.folder.join("input");
        std::fs::write(&path, input).unwrap();
        let output = self.command(name, words).stdin(std::fs::File::open(path).unwrap()).output().unwrap();
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{words:?}: {said} {complained}");
        serde_json::from_str(&said).unwrap_or(Value::Null)
    }

    /// A business with a token for everything.
    fn business(&self, at: &str) -> String {
        let made = [
            "tenant",
            "create",
            "Werkstatt",
            "--server",
            "main",
            "--pack",
            "workshop",
            "--admin",
            "anna",
            "--password-stdin",
        ];
        self.run(at, &made, "lang genug und 1 Ziffer\n");
        let token = self.run(at, &["token", "create", "--name", "test", "--rights", "contact:rw"], "");
        token["token"].as_str().unwrap_or_else(|| panic!("{token}")).to_owned()
    }
}

fn contact(number: usize) -> String {
    format!(r#"{{"given_name":"Nr","family_name":"Fall{number}","origin":"Messe","activity":"customer-care"}}"#)
}

fn count(server: &Server, token: &str) -> u64 {
    let (status, body) = server.get("api", "/api/v1/contact?count=true&limit=1", Some(token));
    assert_eq!(status, 200, "{body}");
    let page: Value = serde_json::from_str(&body).unwrap();
    page["count"].as_u64().or_else(|| page["total"].as_u64()).unwrap_or_else(|| panic!("{page}"))
}

#[test]
fn a_node_that_dies_in_the_middle_of_a_walk_is_replaced() {
    let nodes = Nodes::new();
    let (a, b, c) = (nodes.serve("a"), nodes.serve("b"), nodes.serve("c"));
    let token = nodes.business("b");
    // Every node answers, whoever holds the business.
    for (number, server) in [&a, &b, &c].into_iter().enumerate() {
        server.post("/api/v1/contact", &token, &contact(number), 201);
    }
    assert_eq!((count(&a, &token), count(&b, &token), count(&c, &token)), (3, 3, 3));
    // Signed in at one, at work at the others.
    let cookie = a.sign_in("Werkstatt", "anna", "lang genug und 1 Ziffer");
    for server in [&b, &c, &a] {
        let (status, page) = server.page("/m/contact", &cookie);
        assert!(status == 200 && page.contains("Fall1"), "{status} {page}");
    }
    // b holds it, as the commands were run there.
    drop(b);
    let begun = Instant::now();
    let (status, page) = c.page("/m/contact", &cookie);
    let took = begun.elapsed();
    assert!(status == 200 && page.contains("Fall2"), "{status} {page}");
    assert!(took < REPLACED, "it took {took:?}");
    a.post("/api/v1/contact", &token, &contact(3), 201);
    assert_eq!((count(&a, &token), count(&c, &token)), (4, 4));
    let report = nodes.run("a", &["journal", "verify"], "");
    assert_eq!(report["findings"].as_array().map(Vec::len).unwrap_or_default(), 0, "{report}");
    // It comes back at once: nobody has to wait for what it was.
    let b = nodes.serve("b");
    assert_eq!(count(&b, &token), 4);
}

#[test]
fn a_node_that_stood_still_answers_nothing_that_is_old() {
    let nodes = Nodes::new();
    let (a, b) = (nodes.serve("a"), nodes.serve("b"));
    let token = nodes.business("a");
    a.post("/api/v1/contact", &token, &contact(0), 201);
    assert_eq!(count(&b, &token), 1);
    a.signal(Signal::STOP);
    let begun = Instant::now();
    assert_eq!(count(&b, &token), 1);
    assert!(begun.elapsed() < REPLACED, "{:?}", begun.elapsed());
    b.post("/api/v1/contact", &token, &contact(1), 201);
    // A question that waits at a while it stands still is answered when it goes on, and not from what it had.
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| count(&a, &token));
        b.post("/api/v1/contact", &token, &contact(2), 201);
        a.signal(Signal::CONT);
        assert_eq!(asked.join().unwrap(), 3);
    });
    a.post("/api/v1/contact", &token, &contact(3), 201);
    assert_eq!((count(&a, &token), count(&b, &token)), (4, 4));
}

/// Says that it is over, however it ends.
struct Done<'d>(&'d AtomicBool);
impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_restart_of_one_after_the_other_loses_no_request() {
    let nodes = Nodes::new();
    let mut running = vec![("a", nodes.serve("a")), ("b", nodes.serve("b")), ("c", nodes.serve("c"))];
    let token = nodes.business("a");
    for _ in 0..running.len() {
        let (name, stopping) = running.remove(0);
        let (done, written) = (AtomicBool::new(false), AtomicUsize::new(0));
        let before = count(&running[0].1, &token);
        let fresh = std::thread::scope(|scope| {
            // Also if something fails here: the others would wait for ever.
            let _done = Done(&done);
            for (_, server) in &running {
                let (done, written, token) = (&done, &written, &token);
                scope.spawn(move || {
                    let _others = Done(done);
                    while !done.load(Ordering::Relaxed) {
                        let number = written.load(Ordering::Relaxed);
                        server.post("/api/v1/contact", token, &contact(number), 201);
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let reach = |number: usize| {
                while written.load(Ordering::Relaxed) < number && !done.load(Ordering::Relaxed) {
                    std::thread::park_timeout(Duration::from_millis(5));
                }
            };
            reach(10);
            let (code, said) = stopping.stop(Signal::TERM);
            assert_eq!(code, 0, "{said}");
            reach(written.load(Ordering::Relaxed) + 10);
            nodes.serve(name)
        });
        let after = count(&fresh, &token);
        assert_eq!(after - before, u64::try_from(written.load(Ordering::Relaxed)).unwrap(), "after {name}");
        running.push((name, fresh));
    }
}

#[test]
fn settings_of_a_node_are_looked_at_before_anything_is_started() {
    let bed = Bed::new();
    for (wrong, named) in [
        ("[cluster]\nname = \"a\"", "control"),
        (
            "[cluster]\nname = \"a b\"\ncontrol = \"postgres://o@127.0.0.1/x\"\ncontrol_password_file = \"none\"\nlisten = \"127.0.0.1:1\"",
            "cluster.name",
        ),
        (
            "[cluster]\nname = \"a\"\ncontrol = \"postgres://o@127.0.0.1/x\"\ncontrol_password_file = \"none\"\nlisten = \"0.0.0.0:1\"",
            "cluster.address",
        ),
        (
            "[cluster]\nname = \"a\"\ncontrol = \"postgres://o@127.0.0.1/x\"\ncontrol_password_file = \"none\"\nlisten = \"127.0.0.1:1\"\nlease_seconds = 1",
            "lease_seconds",
        ),
    ] {
        bed.file("obhut.toml", wrong);
        let ran = bed.run(&["--config", "obhut.toml", "serve"]).ends(2);
        assert!(ran.stderr.contains(named), "{}", ran.stderr);
    }
}
