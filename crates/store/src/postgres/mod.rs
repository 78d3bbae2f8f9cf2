//! The engine for more than one machine: PostgreSQL, and what speaks its protocol. The only place that opens a connection to one.
//!
//! The server holds ids, numbers, ciphertext and wrapped keys. Every text is sealed before it leaves the process ([`keys::TextKey`]), so that the
//! server's files, logs, statistics and write-ahead log have none; the index stays a file here.
mod address;
mod baseline;
mod connection;
mod dialect;
mod explain;
mod live;
mod pool;
mod reseal;
mod row;
mod server;
mod way;
mod wire;

pub use address::Address;
pub use baseline::ServerBaseline;
pub(crate) use connection::PgConnection;
pub(crate) use live::Interrupt;
pub use pool::{CONNECTIONS, FEWEST_CONNECTIONS, ServerMetrics};
pub(crate) use reseal::reseal;
pub(crate) use server::ensure_database;
pub use server::{Databases, Server, ServerReport, report};

use crate::{Error, Result};

/// What a connection to the control database is called: a few for each node.
pub(crate) const CONTROL: &str = "the control database";

/// How long opening a connection may take.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(5);

fn refused(message: impl Into<String>) -> Error {
    Error::Busy { message: message.into() }
}

/// The connections to a server in figures: to that of records, then to that of keys.
pub fn metrics(server: &Server) -> [ServerMetrics; 2] {
    [pool::metrics(&server.records), pool::metrics(&server.keys)]
}

/// Closes those connections to a tenant's databases that nobody uses at the moment.
pub(crate) fn close_resting(databases: &Databases) {
    for address in [&databases.records, &databases.keys] {
        pool::of(address).close_resting(&address.database);
    }
}

/// Opens a connection to a tenant's database and checks that the key opens its texts as soon as one is read.
pub(crate) fn open(name: &'static str, address: &Address, key: &keys::PageKey) -> Result<PgConnection> {
    PgConnection::open(name, address, keys::TextKey::new(key))
}
