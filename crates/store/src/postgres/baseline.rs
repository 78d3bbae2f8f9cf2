//! What the same server costs without Obhut, so that every figure of `obhut bench --engine postgres` has something beside it that was measured on
//! the same machine, in the same minute. Used by the benchmark only.
use super::connection::PgConnection;
use super::open;
use super::server::{Databases, Server};
use crate::Result;
use crate::baseline::{BULK_ROWS, ROW_BYTES};
use crate::engine::{Connection, Param, Sql};
use keys::{KeyRing, Pages};
use std::fmt::Write;
use std::sync::LazyLock;

const ONE: Sql = Sql { name: "BASELINE_ONE", text: "INSERT INTO single (rid, body) VALUES (?1, ?2)" };
const READ: Sql = Sql { name: "BASELINE_READ", text: "SELECT body FROM bulk WHERE rid = ?1" };

/// The insertion of [`BULK_ROWS`] rows at once.
static MANY: LazyLock<String> = LazyLock::new(|| {
    let mut text = "INSERT INTO bulk (rid, k, body) VALUES ".to_owned();
    for row in 0..BULK_ROWS {
        let at = row * 3;
        let comma = if row == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}(?{}, ?{}, ?{})", at + 1, at + 2, at + 3);
    }
    text
});

/// A database with two tables of 300-byte rows: `single` without, `bulk` with one index over 16 random bytes. Gone when dropped.
pub struct ServerBaseline {
    server: Server,
    databases: Databases,
    connection: PgConnection,
    payload: [u8; ROW_BYTES],
    rows: i64,
}

impl ServerBaseline {
    /// Makes it on the server of records.
    pub fn create(server: &Server) -> Result<Self> {
        let id = keys::random_id();
        let databases = server.provision(id)?;
        let ring = KeyRing::create(id);
        let mut connection = open("the baseline", &databases.records, ring.page_key(Pages::Records))?;
        connection.script(
            "baseline",
            "CREATE TABLE single (rid BIGINT PRIMARY KEY, body BYTEA NOT NULL);
             CREATE TABLE bulk (rid BIGINT PRIMARY KEY, k BYTEA NOT NULL, body BYTEA NOT NULL);
             CREATE INDEX bulk_by_k ON bulk (k);",
        )?;
        let payload = keys::random_bytes();
        Ok(Self { server: server.clone(), databases, connection, payload, rows: 0 })
    }

    /// Commits so many rows, one after another, each confirmed before the next is sent.
    pub fn one_by_one(&mut self, rows: u64) -> Result<()> {
        for _ in 0..rows {
            self.rows += 1;
            self.connection.execute(ONE, &[self.rows.into(), (&self.payload).into()])?;
        }
        Ok(())
    }

    /// Adds rows with their index, [`BULK_ROWS`] in one statement and one commit, so many times. Gives how many.
    pub fn bulk(&mut self, times: u64) -> Result<u64> {
        for _ in 0..times {
            let ids: Vec<base::RecordId> = (0..BULK_ROWS).map(|_| keys::random_id()).collect();
            let mut params: Vec<Param<'_>> = Vec::new();
            for id in &ids {
                self.rows += 1;
                params.extend([Param::Int(self.rows), id.bytes().into(), (&self.payload).into()]);
            }
            self.connection.execute(Sql { name: "BASELINE_MANY", text: &MANY }, &params)?;
        }
        Ok(times * BULK_ROWS)
    }

    /// Reads one row by number. Gives the bytes read.
    pub fn point(&mut self, rid: i64) -> Result<usize> {
        let mut bytes = 0;
        self.connection.query(READ, &[rid.into()], &mut |row| {
            bytes += row.bytes(0)?.len();
            Ok(true)
        })?;
        Ok(bytes)
    }
}

impl Drop for ServerBaseline {
    fn drop(&mut self) {
        if let Err(error) = self.server.remove(&self.databases) {
            tracing::warn!(%error, "the baseline's database could not be removed");
        }
    }
}
