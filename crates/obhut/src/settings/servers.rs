//! Database servers, and what makes this one node of several.
use serde::Deserialize;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use store::cluster::About;
use store::postgres::{Address, CONNECTIONS, FEWEST_CONNECTIONS, Server};
use zeroize::Zeroizing;

/// A server for records and another for keys. The roles may make databases and roles; passwords stand in files of their own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseServer {
    /// What commands call it.
    pub name: String,
    /// `postgres://role@host:5432`: the server of records.
    pub records: String,
    /// File with the role's password there.
    pub records_password_file: PathBuf,
    /// File with certificates (PEM) that the server's must be signed by; without it those that the machine trusts, and on this machine no TLS.
    pub records_authority_file: Option<PathBuf>,
    /// The server of keys: another cluster, which keeps no write-ahead logs and no base backups.
    pub keys: String,
    /// File with the role's password there.
    pub keys_password_file: PathBuf,
    /// The same for the server of keys.
    pub keys_authority_file: Option<PathBuf>,
    /// Connections to each of the two at a time, all businesses together.
    pub connections: Option<NonZeroU32>,
}

impl DatabaseServer {
    pub(super) fn read(&self) -> Result<Server, String> {
        let most = self.connections.map_or(CONNECTIONS.get(), |most| usize::try_from(most.get()).unwrap_or(usize::MAX));
        let most = NonZeroUsize::new(most).filter(|most| most.get() >= FEWEST_CONNECTIONS);
        let most = most
            .ok_or_else(|| format!("server.connections: fewer than {FEWEST_CONNECTIONS} would wait for each other"))?;
        let address = |text: &str, file: &Path, authority: Option<&Path>| {
            address_of(text, file, authority).map(|address| address.with_connections(most))
        };
        Ok(Server {
            name: self.name.clone(),
            records: address(&self.records, &self.records_password_file, self.records_authority_file.as_deref())?,
            keys: address(&self.keys, &self.keys_password_file, self.keys_authority_file.as_deref())?,
        })
    }
}

/// One node of several on the same database servers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cluster {
    /// What this node is called; no two have the same name.
    pub name: String,
    /// `postgres://role@host:5432/database`: the control database that all nodes share. It is made if it is not there. Its server is none of records, and keeps
    /// no write-ahead logs and no base backups, like one of keys.
    pub control: String,
    /// File with the role's password there.
    pub control_password_file: PathBuf,
    /// File with certificates (PEM) that the server's must be signed by; without it those that the machine trusts, and on this machine no TLS.
    pub control_authority_file: Option<PathBuf>,
    /// Where this node listens for the others, always with TLS.
    pub listen: SocketAddr,
    /// Where the others reach it, if that is not where it listens: `host:port`.
    pub address: Option<String>,
    /// Seconds after which a node that says nothing counts as gone.
    pub lease_seconds: Option<NonZeroU32>,
}

/// What a lease may be: shorter, and a slow moment of a server costs a node everything that it holds; longer, and a dead one is not replaced within the ten
/// seconds that a request waits.
const LEASE_SECONDS: std::ops::RangeInclusive<u32> = 2..=8;
/// A dead node is replaced within ten seconds.
const LEASE_DEFAULT: u32 = 5;

impl Cluster {
    pub(super) fn read(&self) -> Result<store::cluster::Settings, String> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if self.name.is_empty() || self.name.len() > 60 || !self.name.chars().all(plain) {
            return Err("cluster.name: 1 to 60 letters, digits, hyphens, underscores, full stops".into());
        }
        let lease = self.lease_seconds.map_or(LEASE_DEFAULT, NonZeroU32::get);
        if !LEASE_SECONDS.contains(&lease) {
            return Err(format!("cluster.lease_seconds: from {} to {}", LEASE_SECONDS.start(), LEASE_SECONDS.end()));
        }
        let address = self.address.clone().unwrap_or_else(|| self.listen.to_string());
        if self.address.is_none() && self.listen.ip().is_unspecified() {
            return Err(
                "cluster.address: where the others reach this node must be said, since it listens everywhere".into()
            );
        }
        Ok(store::cluster::Settings {
            control: address_of(&self.control, &self.control_password_file, self.control_authority_file.as_deref())?,
            about: About {
                name: self.name.clone(),
                address,
                version: env!("CARGO_PKG_VERSION").into(),
                ..About::default()
            },
            lease_ms: lease * 1_000,
        })
    }
}

/// A database's address with the password from its file, which nobody else may read.
fn address_of(text: &str, file: &Path, authority: Option<&Path>) -> Result<Address, String> {
    let private = keys::file_mode_is_private(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if !private {
        return Err(format!("{} can be read by others; chmod 600 it", file.display()));
    }
    let password = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let password = Zeroizing::new(password);
    let address = Address::parse(text, Zeroizing::new(password.trim_end_matches(['\r', '\n']).to_owned()));
    let address = address.and_then(|address| match authority {
        Some(file) => address.with_authority(file),
        None => Ok(address),
    });
    address.map_err(|error| error.to_string())
}
