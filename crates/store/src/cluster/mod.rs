//! Several nodes on one set of databases: the control database that they share, who of them holds which tenant, and how one finds out that it no longer
//! does. A node alone has none of this.
mod control;
mod copies;
mod lease;
mod node;

pub(crate) use control::Control;
pub(crate) use node::{Held, Node, Taken};

use crate::database::Database;
use crate::module::Label;
use crate::postgres::{self, Address, Server};
use crate::{Error, Result};
use keys::{KeyRing, Pages};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// Statements here, for the test that prepares every statement.
pub(crate) const ON_CONTROL: &[(&str, &str)] = control::ALL;
pub(crate) const ON_COPIES: &[(&str, &str)] = copies::ALL;
pub(crate) const ON_LEASES: &[(&str, &str)] = lease::ALL;

/// What a tenant answers that this node no longer holds.
pub(crate) fn lost() -> Error {
    Error::Busy { message: "this node no longer holds the business, and another one is taking it over".into() }
}

/// What makes this instance one node of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The control database.
    pub control: Address,
    /// What the other nodes are told of this one.
    pub about: About,
    /// How long a node that says nothing still counts as there, in milliseconds. It says something three times within it.
    pub lease_ms: u32,
}

/// What nodes know of each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its name; no two have the same.
    pub name: String,
    /// Where the others reach it: `host:port`.
    pub address: String,
    /// Its certificate for that, DER in Base64; made anew at each start.
    #[serde(default)]
    pub certificate: String,
    /// The version of the program.
    #[serde(default)]
    pub version: String,
    /// The data folder that it runs on.
    #[serde(default)]
    pub folder: String,
}

/// A running node, as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// One start of one node.
    pub id: [u8; 16],
    /// What it says of itself.
    pub about: About,
}

/// Connects to the control database, if it may hold wrapped roots.
pub(crate) fn connect(settings: &Settings, servers: &[Server], folder: &str) -> Result<Arc<Control>> {
    postgres::ensure_database(&settings.control)?;
    let control = postgres::report(&settings.control)?;
    let wrong = |de: &str, en: &str| {
        let message = Label::new(format!("Steuerungsdatenbank: {de}"), format!("Control database: {en}"));
        Err(Error::Input { code: "control-server", message })
    };
    if control.archives {
        return wrong(
            "Ihr Server archiviert sein Protokoll (archive_mode). Verpackte Wurzeln, die vernichtet sind, lägen im Archiv; schalten Sie es dort ab",
            "its server archives its write-ahead log (archive_mode). Wrapped roots that are destroyed would lie in the archive; turn it off there",
        );
    }
    if control.recycles {
        return wrong(
            "Ihr Server verwendet alte Protokolldateien wieder (wal_recycle). Verpackte Wurzeln, die vernichtet sind, lägen darin; setzen Sie dort wal_recycle = off",
            "its server uses old files of its log again (wal_recycle). Wrapped roots that are destroyed would lie in them; set wal_recycle = off there",
        );
    }
    for server in servers {
        // One that does not answer is told when it is used.
        if postgres::report(&server.records).is_ok_and(|records| records.system == control.system) {
            return wrong(
                "Sie läge auf einem Server der Datensätze oder auf einer Kopie davon. Wer diesen zurücksetzt, setzte auch zurück, was Löschungen festhält",
                "it would lie on a server of the records, or on a copy of it. Whoever puts that back would also put back what remembers erasures",
            );
        }
    }
    let bytes = data_encoding::HEXLOWER.decode(folder.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let folder = bytes.ok_or_else(|| Error::damaged("the file node in the data folder", "it is not readable"))?;
    Ok(Arc::new(Control::open(&settings.control, folder)?))
}

/// A connection for what needs no key: its texts are nobody's.
pub(crate) fn plain(address: &Address) -> Result<Database> {
    let nobody = KeyRing::create(keys::random_id());
    Ok(Database::Postgres(Box::new(postgres::open(postgres::CONTROL, address, nobody.page_key(Pages::Records))?)))
}

/// What distinguishes this data folder from every other, made once.
pub(crate) fn folder_id(folder: &Path) -> Result<String> {
    let path = folder.join("node");
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() == 32 => Ok(text.trim().to_owned()),
        // What another folder has must not be taken for this one's.
        Ok(_) => Err(Error::damaged(path.display().to_string(), "it does not name this folder; remove it")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = data_encoding::HEXLOWER.encode(&keys::random_bytes::<16>());
            crate::outside::put_file(&path, id.as_bytes())?;
            Ok(id)
        }
        Err(error) => Err(Error::io(format!("reading {}", path.display()))(error)),
    }
}
