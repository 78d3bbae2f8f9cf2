//! Where a database lies and who may open it.
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// One database of a server, with its own role.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// The role's password.
    password: Secret,
    /// Certificates (PEM) that the server's must be signed by; without it the system's, and on this machine no TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<PathBuf>,
    /// Connections to the server at a time, if the settings name a number. It is not kept with a business: what the settings say now counts.
    #[serde(skip)]
    pub(super) connections: Option<NonZeroUsize>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Secret(Zeroizing<String>);

impl Address {
    /// Reads `postgres://user@host:port/database`. A password in it is refused: it would stand in settings, arguments and their histories.
    pub fn parse(text: &str, password: Zeroizing<String>) -> Result<Self> {
        // What was given is not repeated: it may be a password in the wrong place.
        let wrong = |what: &str| {
            Error::invalid(format!(
                "the address of a database server looks like postgres://role@host:5432/database: {what}"
            ))
        };
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or_else(|| wrong("it does not begin with postgres://"))?;
        let (login, place) = rest.rsplit_once('@').ok_or_else(|| wrong("the role is missing"))?;
        if login.contains(':') {
            return Err(Error::invalid(
                "a database address must not contain a password; put it into a file and name that file",
            ));
        }
        let (server, database) = place.split_once('/').unwrap_or((place, "postgres"));
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong("the port is no number"))?)
            }
            _ => (server, 5432),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if [login, host, database].iter().any(|part| part.is_empty() || part.contains(['\'', '\\', '"', '?'])) {
            return Err(wrong("a part of it is empty or has a character that no name has"));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            database: database.to_owned(),
            user: login.to_owned(),
            password: Secret(password),
            authority: None,
            connections: None,
        })
    }

    /// The same server, another database and role.
    #[must_use]
    pub fn with_database(&self, database: &str, user: &str, password: Zeroizing<String>) -> Self {
        Self { database: database.to_owned(), user: user.to_owned(), password: Secret(password), ..self.clone() }
    }

    /// Another database of the same server, for the same role.
    #[must_use]
    pub fn in_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The same database and role, on the server of that address.
    pub(super) fn reached(&self, server: &Self) -> Self {
        Self {
            database: self.database.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            ..server.clone()
        }
    }

    /// The same, where only a server counts whose certificate is signed by one of those in this file. The file is looked at.
    pub fn with_authority(self, file: &Path) -> Result<Self> {
        super::way::authority(file)?;
        // Stored with the business, which may be opened from another folder.
        let file = std::path::absolute(file).map_err(Error::io(format!("finding {}", file.display())))?;
        Ok(Self { authority: Some(file), ..self })
    }

    /// The same with a limit for the connections of this process to the server, all databases together.
    #[must_use]
    pub fn with_connections(self, most: NonZeroUsize) -> Self {
        Self { connections: Some(most), ..self }
    }

    /// Whether nothing leaves the machine on the way there.
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    pub(super) fn password(&self) -> &str {
        &self.password.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address> {
        Address::parse(text, Zeroizing::new("geheim".into()))
    }

    #[test]
    fn an_address_is_read_and_never_shows_its_password() {
        let address = parse("postgres://obhut@db.example.org:5433/records").unwrap();
        assert_eq!(
            (address.host.as_str(), address.port, address.database.as_str()),
            ("db.example.org", 5433, "records")
        );
        assert!(!address.is_local());
        assert!(!format!("{address:?} {address}").contains("geheim"));
        let local = parse("postgresql://obhut@[::1]").unwrap();
        assert_eq!((local.host.as_str(), local.port, local.database.as_str()), ("::1", 5432, "postgres"));
        assert!(local.is_local());
    }

    #[test]
    fn a_password_in_an_address_is_refused() {
        let error = parse("postgres://obhut:hier@localhost/x").unwrap_err().to_string();
        assert!(error.contains("must not contain a password") && !error.contains("hier@"), "{error}");
        for wrong in
            ["", "mysql://a@b/c", "postgres://localhost/x", "postgres://a@b:c/d", "postgres://@b/c", "postgres://a@/c"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
