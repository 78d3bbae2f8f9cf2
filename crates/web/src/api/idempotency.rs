//! `Idempotency-Key` on POST: the same key with the same body makes one record, whatever the network did in between.
//!
//! What is stored is a keyed hash of the key, a keyed hash of the body, and the id of the record, in the transaction that makes the record:
//! ids and neutral values only (design, *Sealed parts*). A key is remembered for a day and removed in the hour after it.
use crate::api::Client;
use crate::fail::Failure;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use base::{RecordId, Timestamp};
use store::engine::{Query, Upkeep};
use store::{Caller, Op, Tenant};

/// How long a key is remembered: a day.
const LIFE_MS: i64 = 24 * 3600 * 1000;
/// Longest key.
const MAX_LENGTH: usize = 255;

const KNOWN: Query =
    Query { name: "IDEMPOTENCY", sql: "SELECT request, created_at, answer FROM idempotency WHERE hash = ?1" };
const REMEMBER: Upkeep = Upkeep {
    name: "IDEMPOTENCY_PUT",
    sql: "INSERT INTO idempotency (hash, request, created_at, status, answer) VALUES (?1, ?2, ?3, 201, ?4) \
          ON CONFLICT (hash) DO UPDATE SET request = excluded.request, created_at = excluded.created_at, answer = excluded.answer",
};
const FORGET: Upkeep = Upkeep { name: "IDEMPOTENCY_PURGE", sql: "DELETE FROM idempotency WHERE created_at < ?1" };

/// Statements of this file, for the test that prepares every statement.
pub const ALL: &[(&str, &str)] = &[(KNOWN.name, KNOWN.sql), (REMEMBER.name, REMEMBER.sql), (FORGET.name, FORGET.sql)];

/// Removes what is older than a day; for the hourly work of each tenant.
pub fn purge_idempotency(tenant: &Tenant) -> store::Result<u64> {
    tenant.write(Caller::job("purge-idempotency"), |op| op.upkeep(&FORGET, &[op.now().plus_ms(-LIFE_MS).0.into()]))
}

/// A request's key and body, as hashes under each key of the ring, newest first: one that was remembered before a rotation began is known while it runs.
#[derive(Debug, Clone)]
pub(super) struct Once {
    hashes: Vec<([u8; 32], [u8; 32])>,
}

/// The key of a request, if it has one.
pub(super) fn of(client: &Client, module: &str, headers: &HeaderMap, body: &Bytes) -> Result<Option<Once>, Failure> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_LENGTH);
    let key = key.ok_or_else(|| Failure::bad_request("bad_idempotency_key", "Idempotency-Key"))?;
    let ring = client.tenant.shared().ring();
    // The key belongs to its caller and module: another one's is another key.
    let name = format!("{}\n{module}\n{key}", client.caller.actor);
    let keys = ring.macs().map(|(_, key)| key);
    let hashes = keys.map(|key| (key.mac("idempotency-key", name.as_bytes()), key.mac("idempotency-body", body)));
    Ok(Some(Once { hashes: hashes.collect() }))
}

impl Once {
    /// The record that the first request with this key made.
    pub fn before(&self, op: &mut Op<'_>) -> Result<Option<RecordId>, Failure> {
        for (key, hash) in &self.hashes {
            let known = op.first(&KNOWN, &[key.into()], |row| {
                Ok((row.bytes(0)?.to_vec(), Timestamp(row.int(1)?), row.text(2)?.to_owned()))
            })?;
            let Some((body, _, answer)) = known.filter(|(_, at, _)| op.now().since(*at) < LIFE_MS) else { continue };
            if body != hash {
                return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused"));
            }
            return Ok(answer.parse().ok());
        }
        Ok(None)
    }
    /// Remembers what this request made.
    pub fn made(&self, op: &mut Op<'_>, id: RecordId) -> Result<(), Failure> {
        let Some((key, body)) = self.hashes.first() else { return Ok(()) };
        let (now, id) = (op.now(), id.to_string());
        op.upkeep(&REMEMBER, &[key.into(), body.into(), now.0.into(), id.as_str().into()])?;
        Ok(())
    }
}
