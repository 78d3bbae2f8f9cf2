//! A server that tenants are put on: makes a database and a role for each (O-59), and says what kind of server it is.
use super::connection::PgConnection;
use super::{Address, open};
use crate::module::Label;
use crate::{Error, Result};
use base::TenantId;
use keys::{KeyRing, Pages};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Where tenants can be put: a server for records and another for keys, each with a role that may make databases and roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What settings and commands call it.
    pub name: String,
    /// The server of records.
    pub records: Address,
    /// The server of keys: without archive, base backups or replicas that lag behind.
    pub keys: Address,
}

/// The databases of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Databases {
    /// Name of the server in the settings.
    pub server: String,
    /// Its records.
    pub records: Address,
    /// Its keys.
    pub keys: Address,
}

impl Databases {
    /// The same databases and roles on that server.
    pub(crate) fn reached(&self, server: &Server) -> Self {
        let (records, keys) = (self.records.reached(&server.records), self.keys.reached(&server.keys));
        Self { server: self.server.clone(), records, keys }
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerReport {
    /// Distinguishes one cluster from another, copies of one included.
    pub system: String,
    /// Version, as a number: 150003.
    pub version: i64,
    /// Whether write-ahead logs are archived.
    pub archives: bool,
    /// Whether old logs are used again instead of removed.
    pub recycles: bool,
    /// Whether it is a copy that follows another.
    pub follows: bool,
    /// Connections of Obhut's that the server counts, this one included, and how many it takes from all.
    pub connections: [i64; 2],
    /// What the way to it is encrypted with, as the server sees it: `TLSv1.3`. None if it is not.
    pub encrypted: Option<String>,
}

impl Server {
    /// Makes a tenant's databases, each with a role of its own that no other tenant has; both or neither.
    pub fn provision(&self, tenant: TenantId) -> Result<Databases> {
        let made = self.make(tenant);
        if made.is_err()
            && let Err(error) = self.remove_of(tenant)
        {
            tracing::debug!(%error, "what a server had made before it failed could not be removed");
        }
        made
    }

    /// The databases that a tenant has here or would have, for the role that makes them: of what was begun no other is known.
    pub(crate) fn databases_of(&self, tenant: TenantId) -> Databases {
        Databases {
            server: self.name.clone(),
            records: self.records.in_database(&database_name(tenant, "records")),
            keys: self.keys.in_database(&database_name(tenant, "keys")),
        }
    }

    /// Removes whatever this server has of a tenant: what was begun and is in no directory.
    pub(crate) fn remove_of(&self, tenant: TenantId) -> Result<()> {
        self.remove(&self.databases_of(tenant))
    }

    /// Whether an address means this server: its name, or where its records lie.
    pub(crate) fn is_meant(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) else {
            return text == self.name;
        };
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place = place.split('/').next().unwrap_or_default();
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (place, Some(5432)),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case(&self.records.host) && port == Some(self.records.port)
    }

    fn make(&self, tenant: TenantId) -> Result<Databases> {
        let make = |server: &Address, what: &'static str| -> Result<Address> {
            let name = database_name(tenant, what);
            let password = Zeroizing::new(data_encoding::HEXLOWER.encode(&keys::random_bytes::<24>()));
            let mut admin = admin(server)?;
            // Names are made of digits and letters, so nothing in them can end a quotation. The server, and whatever it logs, gets what verifies the
            // password and not the password.
            let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
            admin.script("role", &format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{verifier}'"))?;
            admin.script(
                "database",
                &format!("CREATE DATABASE \"{name}\" OWNER \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"),
            )?;
            admin.script("database", &format!("REVOKE ALL ON DATABASE \"{name}\" FROM PUBLIC"))?;
            if what == "keys" {
                // What the destruction of a key needs beside rewriting the role's own tables.
                admin.script("role", &format!("GRANT pg_checkpoint TO \"{name}\""))?;
                let mut inside = self::admin(&server.in_database(&name))?;
                inside.script("role", &format!("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO \"{name}\""))?;
            }
            Ok(server.with_database(&name, &name, password))
        };
        Ok(Databases {
            server: self.name.clone(),
            records: make(&self.records, "records")?,
            keys: make(&self.keys, "keys")?,
        })
    }

    /// Removes a tenant's databases and roles.
    pub fn remove(&self, databases: &Databases) -> Result<()> {
        for (server, address) in [(&self.records, &databases.records), (&self.keys, &databases.keys)] {
            let mut admin = admin(server)?;
            admin.script("database", &format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", address.database))?;
            // It is called like the database; the address may be that of the role that makes them.
            admin.script("role", &format!("DROP ROLE IF EXISTS \"{}\"", address.database))?;
        }
        Ok(())
    }

    /// Refuses a server of keys that would keep what is destroyed: the server of records itself, one that archives its log or uses it again, one that
    /// follows another. `Input` with the code `keys-server` or `old-server`; `Busy` if one does not answer.
    pub fn check(&self) -> Result<()> {
        self.look().map(drop)
    }

    /// The same, with what the servers of records and keys say of themselves.
    pub fn look(&self) -> Result<[ServerReport; 2]> {
        let (records, keys) = (report(&self.records)?, report(&self.keys)?);
        let name = &self.name;
        let wrong = |code, de: &str, en: &str| {
            let message =
                Label::new(format!("Datenbankserver „{name}“: {de}"), format!("Database server {name}: {en}"));
            Err(Error::Input { code, message })
        };
        if records.version.min(keys.version) < OLDEST {
            return wrong("old-server", "Er ist älter als PostgreSQL 15", "it is older than PostgreSQL 15");
        }
        if records.system == keys.system {
            return wrong(
                "keys-server",
                "Die Schlüssel lägen auf dem Server der Datensätze oder auf einer Kopie davon. Wer eine Sicherung der Datensätze hat, hätte die Schlüssel",
                "the keys would lie on the server of the records, or on a copy of it. Whoever has a backup of the records would have the keys",
            );
        }
        if keys.archives {
            return wrong(
                "keys-server",
                "Der Server der Schlüssel archiviert sein Protokoll (archive_mode). Vernichtete Schlüssel lägen im Archiv; schalten Sie es dort ab",
                "the server of the keys archives its write-ahead log (archive_mode). Destroyed keys would lie in the archive; turn it off there",
            );
        }
        if keys.recycles {
            return wrong(
                "keys-server",
                "Der Server der Schlüssel verwendet alte Protokolldateien wieder (wal_recycle). Vernichtete Schlüssel lägen darin, bis sie überschrieben werden; setzen Sie dort wal_recycle = off",
                "the server of the keys uses old files of its log again (wal_recycle). Destroyed keys would lie in them until they are overwritten; set wal_recycle = off there",
            );
        }
        if keys.follows {
            return wrong(
                "keys-server",
                "Der Server der Schlüssel ist die Kopie eines anderen",
                "the server of the keys is a copy that follows another",
            );
        }
        Ok([records, keys])
    }
}

/// PostgreSQL 15, as its servers write it.
const OLDEST: i64 = 150_000;

/// Made of digits and letters.
fn database_name(tenant: TenantId, what: &str) -> String {
    format!("obhut_{tenant}_{what}")
}

/// What a server says of itself.
pub fn report(address: &Address) -> Result<ServerReport> {
    let mut admin = admin(address)?;
    let facts = admin.facts(
        "SELECT system_identifier, current_setting('server_version_num'), current_setting('archive_mode'), current_setting('wal_recycle'), pg_is_in_recovery(), (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'obhut'), current_setting('max_connections') FROM pg_control_system()",
    )?;
    let Some([system, version, archives, recycles, follows, encrypted, ours, most]) =
        facts.into_iter().next().and_then(|row| <[String; 8]>::try_from(row).ok())
    else {
        return Err(Error::damaged(address.to_string(), "the server does not say what it is"));
    };
    Ok(ServerReport {
        system,
        version: version.parse().unwrap_or_default(),
        archives: archives != "off",
        recycles: recycles != "off",
        follows: follows == "t",
        connections: [ours, most].map(|number| number.parse().unwrap_or_default()),
        encrypted: Some(encrypted).filter(|version| !version.is_empty()),
    })
}

/// Makes the database that an address names, if its server has none of that name.
pub(crate) fn ensure_database(address: &Address) -> Result<()> {
    // No name in an address has a character that could end a quotation.
    let name = &address.database;
    let mut admin = admin(&address.in_database("postgres"))?;
    let there = |admin: &mut PgConnection| -> Result<bool> {
        Ok(!admin.facts(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?.is_empty())
    };
    if there(&mut admin)? {
        return Ok(());
    }
    let made = admin.script("database", &format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"));
    // Another node may have been quicker.
    if made.is_err() && !there(&mut admin)? {
        return made;
    }
    admin.script("database", &format!("REVOKE ALL ON DATABASE \"{name}\" FROM PUBLIC"))
}

/// A connection of the role that makes databases. It never sees a text of a tenant, so it has no key of one.
fn admin(address: &Address) -> Result<PgConnection> {
    let nobody = KeyRing::create(keys::random_id());
    open("the database server", address, nobody.page_key(Pages::Records))
}
