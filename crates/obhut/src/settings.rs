//! Settings: one file of named limits, every one with a default, so that a program without a file runs. An unknown key is an error:
//! a limit that was misspelt and never held would be worse than none.
mod servers;

pub(crate) use servers::{Cluster, DatabaseServer};

use crate::failure::Failure;
use serde::Deserialize;
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::Path;
use store::postgres::Server;

/// A settings file may be so long.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What `--config FILE` may say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Address on which `serve` listens, unless `--listen` says otherwise.
    pub listen: IpAddr,
    /// How far every port is shifted, unless `--port-offset` says otherwise.
    pub port_offset: u16,
    /// Open tenants.
    pub tenants: Tenants,
    /// Work beside the requests.
    pub worker: Worker,
    /// The local socket through which commands come.
    pub socket: Socket,
    /// What a command may take in.
    pub input: Input,
    /// Pages and REST API.
    pub web: Web,
    /// Lists and search.
    pub lists: Lists,
    /// How long the logs beside the journal are kept.
    pub logs: Logs,
    /// When the data is of an older version.
    pub migration: Migration,
    /// When a business is moved to another place.
    pub moving: Moving,
    /// Database servers on which businesses can be put.
    pub server: Vec<DatabaseServer>,
    /// What makes this one node of several.
    pub cluster: Option<Cluster>,
    /// The same with their passwords read.
    #[serde(skip)]
    servers: Vec<Server>,
    #[serde(skip)]
    nodes: Option<store::cluster::Settings>,
}

/// Open tenants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tenants {
    /// Open at a time.
    pub max_open: NonZeroU32,
    /// A tenant that nobody used for so many minutes is closed.
    pub idle_minutes: NonZeroU32,
}

/// Work beside the requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Worker {
    /// Seconds between two looks for due jobs.
    pub tick_seconds: NonZeroU32,
    /// Jobs of one tenant in one look.
    pub jobs_per_tick: NonZeroU32,
    /// A job that failed so often is given up and stays in `job list`.
    pub max_attempts: NonZeroU32,
}

/// The local socket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Socket {
    /// Commands at a time; a further one is told to try again.
    pub max_commands: NonZeroU32,
    /// Seconds that a client may keep the server waiting.
    pub patience_seconds: NonZeroU32,
}

/// What a command may take in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Input {
    /// Size of a file to import, in MiB.
    pub max_import_mib: NonZeroU64,
}

/// Pages and REST API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Web {
    /// Longest body of a request, in KiB.
    pub max_body_kib: NonZeroU32,
    /// Longest body of a batch, in MiB.
    pub max_batch_mib: NonZeroU32,
    /// Plans, erasures and exports of a person at a time; a further one waits.
    pub max_long_work: NonZeroU32,
    /// Sign-ins at a time; a further one is sent away for a moment.
    pub max_sign_ins: NonZeroU32,
    /// Requests at a time to businesses on database servers; a further one waits.
    pub max_server_requests: NonZeroU32,
    /// Connections of pages and of the API at a time; a further one waits.
    pub max_connections: NonZeroU32,
    /// Longest head of a request, in KiB; 8 at least.
    pub max_head_kib: NonZeroU32,
    /// Seconds that a client may take for the head of a request, and may rest between two.
    pub head_seconds: NonZeroU32,
    /// Seconds in which a body must come, and one more for every 16 KiB of it; an answer must be taken on within the same time.
    pub body_seconds: NonZeroU32,
}

/// Lists and search.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Lists {
    /// Index rows that one list may read; a filter that needs more is refused, with the one that helps.
    pub max_rows_read: NonZeroU32,
}

impl Default for Lists {
    fn default() -> Self {
        Self { max_rows_read: limit(store::index::DEFAULT_ROW_BUDGET) }
    }
}

/// How long the logs beside the journal are kept: a day of them is dropped whole when its first line is so old.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Logs {
    /// Reads of sensitive fields.
    pub reads_days: NonZeroU32,
    /// Sign-ins, failures, refusals.
    pub security_days: NonZeroU32,
    /// Requests; more than 48 is refused.
    pub access_hours: NonZeroU32,
}

/// When the data is of an older version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Migration {
    /// Days for which the copy that is made before is kept.
    pub keep_copy_days: NonZeroU32,
}

/// When a business is moved to another place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Moving {
    /// Days for which the half is kept that the move has left, unless its end is approved before.
    pub keep_half_days: NonZeroU32,
}

impl Default for Moving {
    fn default() -> Self {
        Self { keep_half_days: limit(14) }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            port_offset: 0,
            tenants: Tenants::default(),
            worker: Worker::default(),
            socket: Socket::default(),
            input: Input::default(),
            web: Web::default(),
            lists: Lists::default(),
            logs: Logs::default(),
            migration: Migration::default(),
            moving: Moving::default(),
            server: Vec::new(),
            cluster: None,
            nodes: None,
            servers: Vec::new(),
        }
    }
}
impl Default for Tenants {
    fn default() -> Self {
        Self { max_open: limit(64), idle_minutes: limit(10) }
    }
}
impl Default for Worker {
    fn default() -> Self {
        Self { tick_seconds: limit(1), jobs_per_tick: limit(100), max_attempts: limit(8) }
    }
}
impl Default for Socket {
    fn default() -> Self {
        Self { max_commands: limit(8), patience_seconds: limit(30) }
    }
}
impl Default for Input {
    fn default() -> Self {
        Self { max_import_mib: NonZeroU64::new(4096).unwrap_or(NonZeroU64::MIN) }
    }
}

impl Default for Migration {
    fn default() -> Self {
        Self { keep_copy_days: limit(14) }
    }
}
impl Default for Logs {
    fn default() -> Self {
        Self { reads_days: limit(365), security_days: limit(90), access_hours: limit(48) }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self {
            max_body_kib: limit(1024),
            max_batch_mib: limit(16),
            max_long_work: limit(4),
            max_sign_ins: limit(16),
            max_server_requests: limit(64),
            max_connections: limit(1024),
            max_head_kib: limit(32),
            head_seconds: limit(15),
            body_seconds: limit(30),
        }
    }
}

const fn limit(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

impl Settings {
    /// Reads the file, or takes the defaults without one.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let about = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
        if about.len() > MAX_FILE_BYTES {
            let path = path.display();
            return Err(Failure::usage(
                format!("{path} ist größer als {MAX_FILE_BYTES} Byte und sicher keine Datei mit Einstellungen."),
                format!("{path} is larger than {MAX_FILE_BYTES} bytes and surely no file of settings."),
            ));
        }
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        let read = toml::from_str(&text).map_err(|error| error.to_string());
        read.and_then(Self::possible).map_err(|error| {
            let path = path.display();
            let error = error.trim_end();
            Failure::usage(
                format!("Die Einstellungen in {path} sind nicht zu verstehen; es wurde nichts gestartet.\n{error}"),
                format!("The settings in {path} cannot be understood; nothing was started.\n{error}"),
            )
        })
    }

    /// Refuses what no limit may be.
    fn possible(mut self) -> Result<Self, String> {
        let most = store::logs::Limits::ACCESS_MAX_MS / store::logs::HOUR_MS;
        if i64::from(self.logs.access_hours.get()) > most {
            return Err(format!("logs.access_hours: the access log is kept for {most} hours at most"));
        }
        self.servers = self.server.iter().map(DatabaseServer::read).collect::<Result<_, _>>()?;
        self.nodes = self.cluster.as_ref().map(Cluster::read).transpose()?;
        let mut names: Vec<&str> = self.server.iter().map(|server| server.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(format!("server: the name {} stands twice", twice.concat()));
        }
        Ok(self)
    }

    /// The same, as the store wants them.
    pub(crate) fn instance(&self) -> store::InstanceSettings {
        store::InstanceSettings {
            max_open_tenants: usize::try_from(self.tenants.max_open.get()).unwrap_or(usize::MAX),
            idle_ms: i64::from(self.tenants.idle_minutes.get()) * 60_000,
            logs: store::logs::Limits {
                reads_ms: i64::from(self.logs.reads_days.get()) * store::logs::DAY_MS,
                security_ms: i64::from(self.logs.security_days.get()) * store::logs::DAY_MS,
                access_ms: i64::from(self.logs.access_hours.get()) * store::logs::HOUR_MS,
            },
            on_open: vec![identity::reapply_at_opening, |tenant| {
                // What identity cannot finish now is finished in the hourly work; a business must open all the same.
                identity::finish_deletions(tenant)
                    .map(drop)
                    .map_err(|error| store::Error::Busy { message: error.to_string() })
            }],
            row_budget: self.lists.max_rows_read.get(),
            copy_ms: i64::from(self.migration.keep_copy_days.get()) * store::logs::DAY_MS,
            servers: self.servers.clone(),
            half_ms: i64::from(self.moving.keep_half_days.get()) * store::logs::DAY_MS,
            ..store::InstanceSettings::default()
        }
    }

    /// The same for an instance by itself.
    pub(crate) fn alone(&self) -> Self {
        Self { cluster: None, nodes: None, ..self.clone() }
    }

    /// What makes this one node of several.
    pub(crate) fn nodes(&self) -> Option<store::cluster::Settings> {
        self.nodes.clone()
    }

    /// The database servers, with what opens them.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The limits of pages and API, as `web` wants them.
    pub(crate) fn web(&self) -> web::Settings {
        let size =
            |count: NonZeroU32, unit: usize| usize::try_from(count.get()).unwrap_or(usize::MAX).saturating_mul(unit);
        web::Settings {
            tls: false,
            max_body_bytes: size(self.web.max_body_kib, 1024),
            max_batch_bytes: size(self.web.max_batch_mib, 1024 * 1024),
            max_long_work: size(self.web.max_long_work, 1),
            max_sign_ins: size(self.web.max_sign_ins, 1),
            max_server_requests: size(self.web.max_server_requests, 1),
            connections: web::Connections {
                max: size(self.web.max_connections, 1),
                head_ms: u64::from(self.web.head_seconds.get()) * 1_000,
                body_ms: u64::from(self.web.body_seconds.get()) * 1_000,
                max_head_bytes: size(self.web.max_head_kib, 1024),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    fn read(text: &str) -> Result<Settings, Failure> {
        let folder = testkit::TempDir::new().unwrap();
        let path = folder.join("obhut.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(Some(&path))
    }

    #[test]
    fn what_is_not_named_has_its_default() {
        assert_eq!(read("").unwrap(), Settings::default());
        let settings = read("port_offset = 7\n[tenants]\nmax_open = 3").unwrap();
        assert_eq!(
            (settings.port_offset, settings.tenants.max_open.get(), settings.tenants.idle_minutes.get()),
            (7, 3, 10)
        );
        assert_eq!(settings.instance().max_open_tenants, 3);
    }

    #[test]
    fn the_page_names_every_limit_with_its_default() {
        let page = include_str!("../../../docs/settings.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert_eq!(read(example).unwrap(), Settings::default());
        // Every section and name, counted: one that is missing on the page would have its default all the same.
        let named = example.lines().filter(|line| line.contains(" = ")).count();
        assert_eq!(named, 2 + 2 + 3 + 2 + 1 + 9 + 1 + 3 + 1 + 1);
        for (place, line) in example.lines().enumerate().filter(|(_, line)| line.contains(" = ")) {
            let name = line.split(" = ").next().unwrap();
            let misspelt = example
                .lines()
                .enumerate()
                .map(|(at, line)| if at == place { line.replacen(name, "nothing", 1) } else { line.to_owned() });
            assert!(read(&misspelt.collect::<Vec<_>>().join("\n")).is_err(), "{name}");
        }
    }

    #[test]
    fn a_database_server_needs_password_files_that_nobody_else_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = testkit::TempDir::new().unwrap();
        let password = folder.join("password");
        std::fs::write(&password, "geheim\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&password, std::fs::Permissions::from_mode(mode)).unwrap();
        let section = |keys: &str| {
            let file = password.display();
            format!(
                "[[server]]\nname = \"main\"\nrecords = \"postgres://obhut@127.0.0.1\"\nrecords_password_file = \"{file}\"\nkeys = \"{keys}\"\nkeys_password_file = \"{file}\"\n"
            )
        };
        let good = section("postgres://obhut@127.0.0.1:5433");
        mode(0o600);
        let settings = read(&good).unwrap();
        let [server] = settings.servers() else { panic!("one server") };
        assert_eq!((server.name.as_str(), server.records.port, server.keys.port), ("main", 5432, 5433));
        assert!(!format!("{settings:?}").contains("geheim"), "no password is shown");
        for wrong in [
            section("postgres://obhut:geheim@127.0.0.1"),
            section("localhost"),
            format!("{good}{good}"),
            good.replace("records_password_file", "record_password_file"),
            format!("{good}connections = 3\n"),
        ] {
            assert!(!read(&wrong).unwrap_err().text.en.contains("geheim"));
        }
        // Whose certificates count is looked at before anything is started.
        let authority = testkit::tls::Authority::new("Testaussteller");
        let with = |file: &Path| format!("{good}keys_authority_file = \"{}\"\n", file.display());
        let settings = read(&with(&authority.file())).unwrap();
        let [server] = settings.servers() else { panic!("one server") };
        assert_eq!(
            (&server.records.authority, server.keys.authority.as_deref()),
            (&None, Some(authority.file().as_path()))
        );
        for wrong in [&password, Path::new("/none")] {
            assert!(read(&with(wrong)).unwrap_err().text.en.contains("no file with certificates"));
        }
        mode(0o640);
        assert!(read(&good).unwrap_err().text.en.contains("can be read by others"));
    }

    #[test]
    fn a_misspelt_or_impossible_limit_is_refused_and_named() {
        for (text, named) in [
            ("prot_offset = 7", "prot_offset"),
            ("[tenants]\nmax_open = 0", "max_open"),
            ("[worker", "line 1"),
            ("[logs]\naccess_hours = 49", "access_hours"),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.text.en.contains(named), "{}", failure.text.en);
        }
        assert_eq!(Settings::read(Some(Path::new("/none"))).unwrap_err().exit, Exit::Usage);
    }
}
