//! Where a tenant's records and keys lie: files of the embedded engine, or databases of a server. Its index is a file here in either case.
use crate::database::Database;
use crate::moving::{FormerHalf, Goal};
use crate::postgres::{self, Databases, Server};
use crate::shared::Paths;
use crate::sqlite::{self, Mode, Settings, SqliteConnection};
use crate::{Error, Result};
use base::Timestamp;
use keys::{KeyRing, PageKey, Pages};
use serde::{Deserialize, Serialize};
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
    fn of(databases: Option<Databases>) -> Self {
        databases.map_or(Self::Embedded, |databases| Self::Postgres(Arc::new(databases)))
    }
    fn databases(&self) -> Option<Databases> {
        match self {
            Self::Embedded => None,
            Self::Postgres(databases) => Some((**databases).clone()),
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

/// What the directory says of where a tenant lies: the place that holds, and the halves of a move beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lies {
    /// The place that holds.
    pub at: Place,
    /// The half that a move has left.
    pub former: Option<FormerHalf>,
    /// Where a move is making a half, or was when the program ended.
    pub making: Option<Goal>,
    /// The node on whose disk files of it are, where there are several nodes: nobody else may hold it.
    pub home: Option<String>,
}

/// The same as the directory keeps it. Without a move it is the databases alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one at a time, for as long as it is read or written")]
enum Kept {
    Plain(Databases),
    Moved {
        at: Option<Databases>,
        former: Option<KeptFormer>,
        making: Option<Goal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<String>,
    },
}

#[derive(Serialize, Deserialize)]
struct KeptFormer {
    at: Option<Databases>,
    until: i64,
}

impl Lies {
    /// Nothing but this place.
    pub fn at(at: Place) -> Self {
        Self { at, ..Self::default() }
    }
    /// As the directory keeps it; none for files and nothing beside them.
    pub fn to_text(&self) -> Option<String> {
        let kept = match (self.at.databases(), &self.former, &self.making, &self.home) {
            (None, None, None, None) => return None,
            (Some(databases), None, None, None) => Kept::Plain(databases),
            (at, former, making, home) => {
                let kept = |former: &FormerHalf| KeptFormer { at: former.place.databases(), until: former.until.0 };
                Kept::Moved { at, former: former.as_ref().map(kept), making: making.clone(), home: home.clone() }
            }
        };
        serde_json::to_string(&kept).ok()
    }
    pub fn from_text(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let kept = serde_json::from_str(text);
        let kept =
            kept.map_err(|_| Error::damaged("instance.db", "the place of a business's databases is not readable"))?;
        Ok(match kept {
            Kept::Plain(databases) => Self::at(Place::of(Some(databases))),
            Kept::Moved { at, former, making, home } => {
                let former =
                    former.map(|former| FormerHalf { place: Place::of(former.at), until: Timestamp(former.until) });
                Self { at: Place::of(at), former, making, home }
            }
        })
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
    if let Some((control, tenant)) = &paths.control {
        // Each node's copy has a key of its own, so that one that nobody can reach any more can be closed for good.
        let key = control.index_key(*tenant, ring, || remove_index(paths))?;
        return file_with(paths, std::iter::once(&key), Pages::Index, mode, settings);
    }
    file_with(paths, ring.page_keys(Pages::Index).map(|(_, key)| key), Pages::Index, mode, settings)
}

/// Removes the index, which is made anew from the records.
pub(crate) fn remove_index(paths: &Paths) -> Result<()> {
    for name in ["index.db", "index.db-wal", "index.db-shm"] {
        let path = paths.file(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(format!("removing {}", path.display()))(error));
            }
            _ => {}
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Address;
    use zeroize::Zeroizing;

    #[test]
    fn where_a_business_lies_comes_back_as_it_was_kept() {
        let address = |port: u16| {
            Address::parse(&format!("postgres://o@127.0.0.1:{port}/x"), Zeroizing::new("geheim".into())).unwrap()
        };
        let server = Place::of(Some(Databases { server: "main".into(), records: address(1), keys: address(2) }));
        let former = |place| Some(FormerHalf { place, until: Timestamp(7) });
        for lies in [
            Lies::default(),
            Lies::at(server.clone()),
            Lies { making: Some(Goal::Embedded), ..Lies::at(server.clone()) },
            Lies { making: Some(Goal::Server("main".into())), ..Lies::default() },
            Lies { former: former(Place::Embedded), ..Lies::at(server.clone()) },
            Lies { former: former(server), ..Lies::default() },
        ] {
            assert_eq!(Lies::from_text(&lies.to_text().unwrap_or_default()).unwrap(), lies);
        }
        assert_eq!(Lies::default().to_text(), None, "files need no row");
        assert!(Lies::from_text("{\"at\": 7}").is_err());
    }
}
