//! Real database servers for tests: from the system's packages, on free ports, in folders of their own, gone with the process that started them.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use crate::TempDir;
use crate::tls::Certificate;
use std::fs::Permissions;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::postgres::{Address, Server};
use zeroize::Zeroizing;

/// How long a server may take to be there.
const START: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The role that makes databases.
const ROLE: &str = "obhut";
/// Its password, and that of nobody else.
pub const PASSWORD: &str = "nur-fuer-tests";

/// Makes a cluster, or a copy of one that follows it, runs its server, and ends it when its own input ends: also when the process that started it was
/// killed.
const KEEPER: &str = r#"
set -e
if [ -n "$PRIMARY" ]; then
    PGPASSFILE="$FOLDER/pgpass" "$BIN/pg_basebackup" -D "$DATA" -d "$PRIMARY" -R -X stream -c fast >"$LOG" 2>&1
else
    "$BIN/initdb" -D "$DATA" ${MIB:+--waldir="$FOLDER/wal"} --username="$ROLE" --pwfile="$PASSWORD_FILE" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$LOG" 2>&1
fi
start() {
    "$BIN/postgres" -D "$DATA" -c listen_addresses=127.0.0.1 -c port="$PORT" -c unix_socket_directories= -c max_connections=300 "$@" >>"$LOG" 2>&1 &
    server=$!
}
start "$@"
while read -r word; do
    case "$word" in
    crash) kill -QUIT "$server"; wait "$server" || true ;;
    start) start "$@" ;;
    fill) dd if=/dev/zero of="$DATA/filler" bs=8k 2>/dev/null || true ;;
    room) rm -f "$DATA/filler" ;;
    esac
done
kill -INT "$server" 2>/dev/null || true
wait "$server" || true
rm -rf "$FOLDER" 2>/dev/null || true
"#;

/// Puts the cluster's folder, but not its write-ahead log, on a disk of that many MiB that nobody else sees, then goes on.
const SMALL_DISK: &str = r#"
set -e
mkdir -p "$DATA"
mount -t tmpfs -o size="$MIB"m,mode=0700 tmpfs "$DATA"
if [ "$(id -u)" = 0 ]; then chown postgres: "$DATA"; fi
exec "$@"
"#;

/// What is special about a server.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Usual,
    Tls(&'a Certificate),
    Small(u32),
    Following(u16),
}

/// A running server. Dropping it ends it and removes its folder.
pub struct PostgresServer {
    folder: TempDir,
    port: u16,
    keeper: Child,
}

impl PostgresServer {
    /// Starts one with these settings beside the usual ones.
    pub fn start(settings: &[&str]) -> Self {
        Self::begin(settings, Kind::Usual)
    }

    /// The same with TLS: the server shows this certificate to whoever asks for it.
    pub fn start_with(settings: &[&str], certificate: &Certificate) -> Self {
        Self::begin(settings, Kind::Tls(certificate))
    }

    /// The same on a disk with room for so many MiB.
    pub fn start_small(settings: &[&str], mib: u32) -> Self {
        Self::begin(settings, Kind::Small(mib))
    }

    /// Starts a copy of it that follows it.
    #[must_use]
    pub fn follow(&self, settings: &[&str]) -> Self {
        Self::begin(settings, Kind::Following(self.port))
    }

    fn begin(settings: &[&str], kind: Kind<'_>) -> Self {
        let bin = programs().expect("PostgreSQL is installed (on Debian and Ubuntu: apt-get install postgresql)");
        let folder = TempDir::new().expect("a folder for the server can be made");
        let private = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("a file of the server can be written");
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("it can be protected");
            file
        };
        let password = private("password", PASSWORD);
        private("pgpass", &format!("*:*:*:*:{PASSWORD}\n"));
        let mut own = vec!["wal_recycle=off".to_owned(), "autovacuum_naptime=5s".to_owned()];
        if let Kind::Tls(certificate) = kind {
            let (shown, key) =
                (private("server.pem", &certificate.certificate), private("server.key", &certificate.key));
            own.extend([format!("ssl_cert_file={}", shown.display()), format!("ssl_key_file={}", key.display())]);
            own.push("ssl=on".to_owned());
        }
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = free.local_addr().expect("it has a number").port();
        drop(free);
        let root = rustix::process::geteuid().is_root();
        if root {
            // The server refuses to run as root.
            let owner = Command::new("chown").args(["-R", "postgres:"]).arg(folder.path()).status();
            assert!(owner.is_ok_and(|status| status.success()), "the folder can be given to the user postgres");
        }
        let mut words: Vec<&str> = Vec::new();
        if matches!(kind, Kind::Small(_)) {
            words.push("unshare");
            words.extend(if root {
                &["--mount"][..]
            } else {
                &["--user", "--map-current-user", "--keep-caps", "--mount"]
            });
            words.extend(["sh", "-c", SMALL_DISK, "disk"]);
        }
        if root {
            words.extend(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        words.extend(["sh", "-c", KEEPER, "keeper"]);
        let (program, words) = words.split_first().expect("there is a program");
        let mut command = Command::new(program);
        command.args(words);
        for setting in own.iter().map(String::as_str).chain(settings.iter().copied()) {
            command.args(["-c", setting]);
        }
        if let Kind::Small(mib) = kind {
            command.env("MIB", mib.to_string());
        }
        let primary = match kind {
            Kind::Following(primary) => format!("host=127.0.0.1 port={primary} user={ROLE}"),
            _ => String::new(),
        };
        let keeper = command
            .current_dir(folder.path())
            .env("BIN", bin)
            .env("FOLDER", folder.path())
            .env("DATA", folder.path().join("data"))
            .env("LOG", folder.path().join("log"))
            .env("ROLE", ROLE)
            .env("PORT", port.to_string())
            .env("PRIMARY", primary)
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
        Self::address_as("127.0.0.1", port)
    }

    /// The address of a server of this kind under another name of this machine.
    pub fn address_as(host: &str, port: u16) -> Address {
        Address::parse(&format!("postgres://{ROLE}@{host}:{port}/postgres"), Zeroizing::new(PASSWORD.to_owned()))
            .expect("the address is one")
    }

    fn tell(&mut self, word: &str) {
        let input = self.keeper.stdin.as_mut().expect("the keeper listens");
        writeln!(input, "{word}").and_then(|()| input.flush()).expect("the keeper listens");
    }

    /// Ends it at once, without a checkpoint and in the middle of what it does, and starts it again after `meanwhile`.
    pub fn crash(&mut self, meanwhile: impl FnOnce()) {
        self.kill();
        meanwhile();
        self.tell("start");
        self.wait();
    }

    /// Ends it at once, and for good.
    pub fn kill(&mut self) {
        self.tell("crash");
        self.gone();
    }

    fn gone(&self) {
        let begun = Instant::now();
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            assert!(begun.elapsed() < START, "the server does not end");
            std::thread::park_timeout(LOOK_AGAIN);
        }
    }

    /// Leaves no room on its disk; only for one that has a small disk of its own.
    pub fn fill_disk(&mut self) {
        self.tell("fill");
    }

    /// Makes room again.
    pub fn make_room(&mut self) {
        self.tell("room");
    }

    /// Runs SQL there as the role that makes databases, and gives what it answers.
    pub fn sql(&self, text: &str) -> String {
        let bin = programs().expect("PostgreSQL is installed");
        let answer = Command::new(bin.join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-U",
                ROLE,
                "-d",
                "postgres",
                "-c",
                text,
            ])
            .args(["-p", &self.port.to_string()])
            .env("PGPASSWORD", PASSWORD)
            .output()
            .expect("psql starts");
        assert!(answer.status.success(), "{text}: {}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
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

    /// A control database that nobody has used yet, on the server of keys.
    pub fn control(&self) -> Address {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        self.keys.address().in_database(&format!("control_{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
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
