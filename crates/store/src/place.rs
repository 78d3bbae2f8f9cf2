//! Where a tenant's records and keys lie: files of the embedded engine, or databases of a server. Its index is a file here in either case.
use crate::database::Database;
use crate::postgres::{self, Databases, Server};
use crate::shared::Paths;
use crate::sqlite::{self, Mode, Settings, SqliteConnection};
use crate::{Error, Result};
use keys::{KeyRing, PageKey, Pages};
use std::sync::Arc;

/// Where a tenant's records and keys lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// In files of its folder.
    #[default]
    Embedded,
    /// In two databases of servers.
    Postgres(Arc<Databases>),
}

/// For lists: the server's name and nothing of how to get in.
impl serde::Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.server().unwrap_or("embedded").serialize(serializer)
    }
}

impl Place {
    /// As the directory keeps it; empty for files of an instance that has one node.
    pub(crate) fn to_text(&self, home: Option<&str>) -> String {
        match self {
            Self::Embedded => home.map_or_else(String::new, |home| serde_json::json!({"node": home}).to_string()),
            Self::Postgres(databases) => serde_json::to_string(&**databases).unwrap_or_default(),
        }
    }
    /// The place, and the node on whose disk it is if that was said.
    pub(crate) fn from_text(text: &str) -> Result<(Self, Option<String>)> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Written {
            Node { node: String },
            Databases(Databases),
        }
        if text.is_empty() {
            return Ok((Self::Embedded, None));
        }
        match serde_json::from_str(text) {
            Ok(Written::Node { node }) => Ok((Self::Embedded, Some(node))),
            Ok(Written::Databases(databases)) => Ok((Self::Postgres(Arc::new(databases)), None)),
            Err(_) => Err(Error::damaged("instance.db", "the place of a business's databases is not readable")),
        }
    }
    /// The server's name in the settings; none for files.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Embedded => None,
            Self::Postgres(databases) => Some(&databases.server),
        }
    }
    /// The same at the addresses that the settings name now: a server may have moved, or its certificates be signed by somebody else.
    #[must_use]
    pub fn reached(self, servers: &[Server]) -> Self {
        match self {
            Self::Postgres(databases) => match servers.iter().find(|server| server.name == databases.server) {
                Some(server) => Self::Postgres(Arc::new(databases.reached(server))),
                None => Self::Postgres(databases),
            },
            Self::Embedded => Self::Embedded,
        }
    }
    /// Whether it lies on a server.
    pub const fn is_remote(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// Opens one of the tenant's databases.
pub(crate) fn open(paths: &Paths, ring: &KeyRing, pages: Pages, mode: Mode, settings: &Settings) -> Result<Database> {
    let Place::Postgres(databases) = &paths.place else {
        // More than one key only while a rotation is under way: a crash may have left the file under either.
        let keys = ring.page_keys(pages).map(|(_, key)| key);
        return file_with(paths, keys, pages, mode, settings).map(Database::Sqlite);
    };
    let (name, address) = match pages {
        Pages::Records => ("records.db", &databases.records),
        Pages::Keys => ("keys.db", &databases.keys),
        Pages::Index => return Err(Error::invalid("the index is a file")),
    };
    Ok(Database::Postgres(Box::new(postgres::open(name, address, ring.page_key(pages))?)))
}

/// Opens one of a tenant's databases beside the tenant: for tests and benchmarks, which do there what an operator could.
pub fn beside(paths: &Paths, ring: &KeyRing, pages: Pages) -> Result<Database> {
    open(paths, ring, pages, Mode::Writer, &Settings::default())
}

/// Opens the index, which is a file wherever the rest lies.
pub(crate) fn open_index(paths: &Paths, ring: &KeyRing, mode: Mode, settings: &Settings) -> Result<SqliteConnection> {
    file_with(paths, ring.page_keys(Pages::Index).map(|(_, key)| key), Pages::Index, mode, settings)
}

/// Opens a file with the first of some keys that opens it. The engine writes a line of its own about each that does not.
pub(crate) fn file_with<'k>(
    paths: &Paths,
    keys: impl Iterator<Item = &'k PageKey>,
    pages: Pages,
    mode: Mode,
    settings: &Settings,
) -> Result<SqliteConnection> {
    let name = match pages {
        Pages::Records => "records.db",
        Pages::Keys => "keys.db",
        Pages::Index => "index.db",
    };
    let mut refused = None;
    for key in keys {
        match sqlite::open(&paths.file(name), key, mode, settings) {
            Ok(opened) => return Ok(SqliteConnection::new(name, opened)),
            Err(error @ Error::Damaged { .. }) => drop(refused.get_or_insert(error)),
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| Error::damaged(name, "there is no key for it")))
}
