//! What lies beside the databases of tenants, in the control database: roots, ledgers, checkpoints. Nothing here is opened; whoever has the server has
//! wrapped keys and opaque ids.
use crate::database::Database;
use crate::engine::{self, Change, Connection, Query};
use crate::outside::Kind;
use crate::postgres::Address;
use crate::{Error, Result};
use base::TenantId;
use parking_lot::Mutex;
use std::collections::HashMap;

const ROOT: Query = Query { name: "ROOT", sql: "SELECT bytes FROM root WHERE tenant = ?1" };
const ROOT_PUT: Change = Change {
    name: "ROOT_PUT",
    sql: "INSERT INTO root (tenant, bytes) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET bytes = excluded.bytes",
};
const ROOT_DELETE: Change = Change { name: "ROOT_DELETE", sql: "DELETE FROM root WHERE tenant = ?1" };
const CHECKPOINT: Query = Query { name: "CHECKPOINT", sql: "SELECT bytes FROM checkpoint WHERE tenant = ?1" };
const CHECKPOINT_PUT: Change = Change {
    name: "CHECKPOINT_PUT",
    sql: "INSERT INTO checkpoint (tenant, bytes) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET bytes = excluded.bytes",
};
const CHECKPOINT_DELETE: Change = Change { name: "CHECKPOINT_DELETE", sql: "DELETE FROM checkpoint WHERE tenant = ?1" };
const LINES: Query = Query { name: "LINES", sql: "SELECT bytes FROM ledger_line WHERE tenant = ?1 ORDER BY n" };
const LINE: Query = Query { name: "LINE", sql: "SELECT bytes FROM ledger_line WHERE tenant = ?1 AND n = ?2" };
const LINE_PUT: Change =
    Change { name: "LINE_PUT", sql: "INSERT INTO ledger_line (tenant, n, bytes) VALUES (?1, ?2, ?3)" };
const LINES_DELETE: Change = Change { name: "LINES_DELETE", sql: "DELETE FROM ledger_line WHERE tenant = ?1" };

/// Statements here, for the test that prepares every statement.
pub(super) const ALL: &[(&str, &str)] = &[
    (ROOT.name, ROOT.sql),
    (ROOT_PUT.name, ROOT_PUT.sql),
    (ROOT_DELETE.name, ROOT_DELETE.sql),
    (CHECKPOINT.name, CHECKPOINT.sql),
    (CHECKPOINT_PUT.name, CHECKPOINT_PUT.sql),
    (CHECKPOINT_DELETE.name, CHECKPOINT_DELETE.sql),
    (LINES.name, LINES.sql),
    (LINE.name, LINE.sql),
    (LINE_PUT.name, LINE_PUT.sql),
    (LINES_DELETE.name, LINES_DELETE.sql),
];

/// The control database, for what is not opened there.
pub(crate) struct Control {
    address: Address,
    pub(super) database: Mutex<Database>,
    /// What distinguishes this node's folder from the others'.
    pub(super) folder: [u8; 16],
    /// Wrapped keys of the indexes here.
    pub(super) indexes: Mutex<HashMap<TenantId, Vec<u8>>>,
}

/// While it lasts no other node makes or migrates the directory. Its connection ends with it.
pub(crate) struct Alone {
    _connection: Database,
}

/// The number of the lock that [`Alone`] holds, which only has to be the same everywhere.
const ALONE: i64 = 0x06f6_2687_5740;

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Control(…)")
    }
}

impl Control {
    /// Connects to it.
    pub fn open(address: &Address, folder: [u8; 16]) -> Result<Self> {
        let database = Mutex::new(super::plain(address)?);
        Ok(Self { address: address.clone(), database, folder, indexes: Mutex::default() })
    }

    /// Waits until no other node makes or migrates the directory, and keeps them from it.
    pub fn alone(&self) -> Result<Alone> {
        let mut connection = super::plain(&self.address)?;
        // In a transaction: a connection between two questions may be given up for somebody else's.
        connection.begin()?;
        connection.script("alone", &format!("SELECT pg_advisory_xact_lock({ALONE})"))?;
        Ok(Alone { _connection: connection })
    }

    /// One of a tenant's sheets; none if it is not there.
    pub fn read(&self, tenant: TenantId, kind: Kind) -> Result<Option<Vec<u8>>> {
        let query = match kind {
            Kind::Root => &ROOT,
            Kind::Checkpoint => &CHECKPOINT,
            Kind::Ledger => &LINES,
        };
        let database = &mut *self.database.lock();
        let rows = engine::collect(database, query, &[tenant.bytes().into()], |row| Ok(row.bytes(0)?.to_vec()))?;
        Ok((!rows.is_empty()).then(|| rows.concat()))
    }

    /// Puts a root or a checkpoint.
    pub fn put(&self, tenant: TenantId, kind: Kind, bytes: &[u8]) -> Result<()> {
        let change = match kind {
            Kind::Root => &ROOT_PUT,
            Kind::Checkpoint => &CHECKPOINT_PUT,
            Kind::Ledger => return Err(Error::invalid("a ledger is only added to")),
        };
        self.database.lock().execute(change.into(), &[tenant.bytes().into(), bytes.into()]).map(drop)
    }

    /// Adds a line to a ledger. `Busy` if it has another one of that number: another node holds the tenant.
    pub fn append(&self, tenant: TenantId, n: u64, line: &[u8]) -> Result<()> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let id = tenant.bytes();
        let database = &mut *self.database.lock();
        let Err(error) = database.execute((&LINE_PUT).into(), &[id.into(), n.into(), line.into()]) else {
            return Ok(());
        };
        // The answer may have been lost and not the line.
        match engine::first(database, &LINE, &[id.into(), n.into()], |row| Ok(row.bytes(0)? == line)) {
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) => Err(Error::Busy { message: "another node has taken the tenant over".into() }),
            // What may stand there is compared when the tenant is opened again; nothing is put behind it until then.
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Takes care that nothing of a root is left that was replaced or deleted: in the table or in the server's log.
    pub fn forget_root(&self, tenant: TenantId) -> Result<()> {
        let Database::Postgres(database) = &mut *self.database.lock() else { return Ok(()) };
        let parts = database.parts_of("root", "tenant", tenant.bytes())?;
        database.forget_parts(&parts)
    }

    /// Removes everything of a tenant, its root first and for good.
    pub fn destroy(&self, tenant: TenantId) -> Result<()> {
        let id = [tenant.bytes().into()];
        let parts = match &mut *self.database.lock() {
            Database::Postgres(database) => database.parts_of("root", "tenant", tenant.bytes())?,
            Database::Sqlite(_) => Vec::new(),
        };
        let database = &mut *self.database.lock();
        database.execute((&ROOT_DELETE).into(), &id)?;
        database.execute((&super::copies::COPIES_DELETE).into(), &id)?;
        database.forget_parts(&parts)?;
        database.execute((&CHECKPOINT_DELETE).into(), &id)?;
        database.execute((&LINES_DELETE).into(), &id).map(drop)
    }
}
