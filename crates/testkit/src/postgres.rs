//! Real database servers for tests: from the system's packages, on free ports, in folders of their own, gone with the process that started them.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use crate::TempDir;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use store::postgres::{Address, Server};
use zeroize::Zeroizing;

/// How long a server may take to be there.
const START: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The role that makes databases.
const ROLE: &str = "obhut";
/// Its password.
pub const PASSWORD: &str = "nur-fuer-tests";

/// Makes a cluster, runs its server, and ends it when its own input ends: also when the process that started it was killed.
const KEEPER: &str = r#"
set -e
"$BIN/initdb" -D "$DATA" --username="$ROLE" --pwfile="$PASSWORD_FILE" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$LOG" 2>&1
start() {
    "$BIN/postgres" -D "$DATA" -c listen_addresses=127.0.0.1 -c port="$PORT" -c unix_socket_directories= -c max_connections=300 "$@" >>"$LOG" 2>&1 &
    server=$!
}
start "$@"
while read -r word; do
    case "$word" in
    crash) kill -QUIT "$server"; wait "$server" || true ;;
    start) start "$@" ;;
    esac
done
kill -INT "$server" 2>/dev/null || true
wait "$server" || true
rm -rf "$FOLDER"
"#;

/// A running server. Dropping it ends it and removes its folder.
pub struct PostgresServer {
    folder: TempDir,
    port: u16,
    keeper: Child,
}

impl PostgresServer {
    /// Starts one with these settings beside the usual ones.
    pub fn start(settings: &[&str]) -> Self {
        let bin = programs().expect("PostgreSQL is installed (on Debian and Ubuntu: apt-get install postgresql)");
        let folder = TempDir::new().expect("a folder for the server can be made");
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("the password can be written");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = free.local_addr().expect("it has a number").port();
        drop(free);
        let mut command = if rustix::process::geteuid().is_root() {
            // The server refuses to run as root.
            let owner = Command::new("chown").args(["-R", "postgres:"]).arg(folder.path()).status();
            assert!(owner.is_ok_and(|status| status.success()), "the folder can be given to the user postgres");
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh", "-c", KEEPER, "keeper"]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", KEEPER, "keeper"]);
            command
        };
        for setting in ["wal_recycle=off", "autovacuum_naptime=5s"].iter().chain(settings) {
            command.args(["-c", setting]);
        }
        let keeper = command
            .current_dir(folder.path())
            .env("BIN", bin)
            .env("FOLDER", folder.path())
            .env("DATA", folder.path().join("data"))
            .env("LOG", folder.path().join("log"))
            .env("ROLE", ROLE)
            .env("PORT", port.to_string())
            .env("PASSWORD_FILE", &password)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server's keeper starts");
        let server = Self { folder, port, keeper };
        server.wait();
        server
    }

    fn wait(&self) {
        let begun = Instant::now();
        while let Err(error) = store::postgres::report(&self.address()) {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < START, "the server did not come up: {error}\n{log}");
            std::thread::park_timeout(LOOK_AGAIN);
        }
    }

    /// Its address, for the role that makes databases.
    pub fn address(&self) -> Address {
        self.address_through(self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address behind something that listens on another port.
    pub fn address_through(&self, port: u16) -> Address {
        Address::parse(&format!("postgres://{ROLE}@127.0.0.1:{port}/postgres"), Zeroizing::new(PASSWORD.to_owned()))
            .expect("the address is one")
    }

    fn tell(&mut self, word: &str) {
        let input = self.keeper.stdin.as_mut().expect("the keeper listens");
        writeln!(input, "{word}").and_then(|()| input.flush()).expect("the keeper listens");
    }

    /// Ends it at once, without a checkpoint and in the middle of what it does, and starts it again after `meanwhile`.
    pub fn crash(&mut self, meanwhile: impl FnOnce()) {
        self.tell("crash");
        let begun = Instant::now();
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            assert!(begun.elapsed() < START, "the server does not end");
            std::thread::park_timeout(LOOK_AGAIN);
        }
        meanwhile();
        self.tell("start");
        self.wait();
    }

    /// Everything that it has on its disk: tables, logs, statistics.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its input ends.
        if let Some(mut input) = self.keeper.stdin.take() {
            let _ = input.flush();
        }
        let _ = self.keeper.wait();
    }
}

/// Where the programs of the newest version are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    let mut there: Vec<PathBuf> =
        folders.filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists()).collect();
    there.sort();
    there.pop()
}

/// Two servers, one for records and one for keys, shared by the tests of a process. Their commits need not outlive a power cut.
pub struct Servers {
    /// For records.
    pub records: PostgresServer,
    /// For keys.
    pub keys: PostgresServer,
}

impl Servers {
    /// Starts both at once. With `durable`, commits are on the disk when they are confirmed.
    pub fn start(durable: bool) -> Self {
        let settings: &[&str] = if durable { &[] } else { &["fsync=off", "full_page_writes=off"] };
        std::thread::scope(|scope| {
            let records = scope.spawn(|| PostgresServer::start(settings));
            let keys = PostgresServer::start(settings);
            Self { records: records.join().expect("the server of records starts"), keys }
        })
    }

    /// As settings name them.
    pub fn server(&self) -> Server {
        Server { name: "main".into(), records: self.records.address(), keys: self.keys.address() }
    }

    /// Those of this process, started when they are first asked for.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Servers> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(false))
    }
}

/// Runs a script on a database of a server, as whoever has the host could.
pub fn run(address: &Address, script: &str) {
    let done = Command::new(programs().expect("PostgreSQL is installed").join("psql"))
        .args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", &address.host, "-p", &address.port.to_string()])
        .args(["-U", &address.user, "-d", &address.database, "-c", script])
        .env("PGPASSWORD", PASSWORD)
        .output()
        .expect("psql runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Whether tests are to put their businesses on a server: `OBHUT_TEST_STORE=postgres`.
pub fn wanted() -> bool {
    std::env::var("OBHUT_TEST_STORE").is_ok_and(|engine| engine == "postgres")
}
