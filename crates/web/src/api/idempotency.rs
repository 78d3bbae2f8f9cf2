//! `Idempotency-Key` on POST: the same key with the same body makes one record, whatever the network did in between.
//!
//! What is stored is a keyed hash of the key, a keyed hash of the body, and the id of the record, in the transaction that makes the record:
//! ids and neutral values only (design, *Sealed parts*). A key is remembered for a day.
use crate::api::Client;
use crate::fail::Failure;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use base::{RecordId, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use store::Op;
use store::engine::{Query, Upkeep};

/// How long a key is remembered: a day.
const LIFE_MS: i64 = 24 * 3600 * 1000;
/// How often old keys are removed at most.
const PURGE_MS: i64 = 3600 * 1000;
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

/// A request's key and body, as hashes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Once {
    key: [u8; 32],
    body: [u8; 32],
}

/// The key of a request, if it has one.
pub(super) fn of(client: &Client, module: &str, headers: &HeaderMap, body: &Bytes) -> Result<Option<Once>, Failure> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_LENGTH);
    let key = key.ok_or_else(|| Failure::bad_request("bad_idempotency_key", "Idempotency-Key"))?;
    let ring = client.tenant.shared().ring();
    // The key belongs to its caller and module: another one's is another key.
    let name = format!("{}\n{module}\n{key}", client.caller.actor);
    Ok(Some(Once {
        key: ring.mac().mac("idempotency-key", name.as_bytes()),
        body: ring.mac().mac("idempotency-body", body),
    }))
}

impl Once {
    /// The record that the first request with this key made.
    pub fn before(&self, op: &mut Op<'_>) -> Result<Option<RecordId>, Failure> {
        let known = op.first(&KNOWN, &[(&self.key).into()], |row| {
            Ok((row.bytes(0)?.to_vec(), Timestamp(row.int(1)?), row.text(2)?.to_owned()))
        })?;
        let Some((body, at, answer)) = known.filter(|(_, at, _)| op.now().since(*at) < LIFE_MS) else {
            return Ok(None);
        };
        let _ = at;
        if body != self.body {
            return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused"));
        }
        Ok(answer.parse().ok())
    }
    /// Remembers what this request made.
    pub fn made(&self, op: &mut Op<'_>, id: RecordId) -> Result<(), Failure> {
        static PURGED_AT: AtomicI64 = AtomicI64::new(0);
        let now = op.now();
        if now.0 - PURGED_AT.load(Ordering::Relaxed) > PURGE_MS {
            PURGED_AT.store(now.0, Ordering::Relaxed);
            op.upkeep(&FORGET, &[now.plus_ms(-LIFE_MS).0.into()])?;
        }
        let id = id.to_string();
        op.upkeep(&REMEMBER, &[(&self.key).into(), (&self.body).into(), now.0.into(), id.as_str().into()])?;
        Ok(())
    }
}
