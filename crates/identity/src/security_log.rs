//! The security log: sign-ins, failures, refusals. A line holds ids, a reason and the client's address as a keyed hash; never what somebody typed.
//!
//! Each day is a tree of its own and is dropped whole. The log is no journal: nothing of it can be asked by person.
use crate::Settings;
use crate::error::{Result, damaged};
use crate::statements;
use base::{Timestamp, UserId};
use keys::merkle::{Frontier, leaf_hash};
use serde_json::json;
use store::Op;

const SECURITY: i64 = 2;
const ACCESS: i64 = 3;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    SignIn,
    SignInRefused,
    AccountLocked,
    SignOut,
}

impl Event {
    const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignInRefused => "sign-in-refused",
            Self::AccountLocked => "account-locked",
            Self::SignOut => "sign-out",
        }
    }
}

/// The client's address as it may be kept: the same address gives the same text, and no text gives an address.
pub(crate) fn address_hash(ring: &keys::KeyRing, address: &str) -> String {
    let mac = ring.mac().mac("client-address", address.as_bytes());
    // 128 bits tell addresses apart; written like every other opaque id.
    let (half, _) = mac.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    UserId::from_bytes(*half).to_string()
}

/// Adds a line to today's tree.
pub(crate) fn write(
    op: &mut Op<'_>,
    event: Event,
    user: Option<UserId>,
    why: Option<&str>,
    address: Option<&str>,
) -> Result<()> {
    let now = op.now();
    let mut body = json!({ "event": event.code() });
    for (name, value) in [
        ("user", user.map(|id| id.to_string())),
        ("why", why.map(str::to_owned)),
        ("address", address.map(str::to_owned)),
    ] {
        if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
            body.insert(name.into(), value.into());
        }
    }
    let body = body.to_string();
    let day = day(now);
    let stored = op
        .first(&statements::LOG_DAY, &[SECURITY.into(), day.into()], |row| Ok((row.int(0)?, row.bytes(1)?.to_vec())))?;
    let mut tree = match stored {
        Some((size, roots)) => {
            frontier(size, &roots).ok_or_else(|| damaged("a day of the security log is not readable"))?
        }
        None => Frontier::new(),
    };
    let seq = signed(tree.size());
    tree.push(leaf_hash(&leaf(now, &body)));
    op.upkeep(
        &statements::LOG_LINE_PUT,
        &[SECURITY.into(), day.into(), seq.into(), now.0.into(), body.as_str().into()],
    )?;
    let roots = tree.roots().concat();
    op.upkeep(
        &statements::LOG_DAY_PUT,
        &[SECURITY.into(), day.into(), signed(tree.size()).into(), roots.as_slice().into()],
    )?;
    Ok(())
}

/// Drops what is older than its time: lines of the access log by age (48 hours), days of the security log whole (90 days). Gives the number of lines.
/// To be run at least hourly.
pub fn purge_logs(op: &mut Op<'_>, now: Timestamp) -> Result<u64> {
    let before = now.plus_ms(-Settings::ACCESS_LOG_MS);
    let mut dropped =
        op.upkeep(&statements::LOG_LINES_DROP_OLD, &[ACCESS.into(), day(before).into(), before.0.into()])?;
    op.upkeep(&statements::LOG_DAYS_DROP, &[ACCESS.into(), day(before).into()])?;
    let first_kept = day(now).saturating_sub(Settings::SECURITY_LOG_DAYS);
    dropped += op.upkeep(&statements::LOG_LINES_DROP_DAYS, &[SECURITY.into(), first_kept.into()])?;
    op.upkeep(&statements::LOG_DAYS_DROP, &[SECURITY.into(), first_kept.into()])?;
    Ok(dropped)
}

/// What a leaf covers: the time and the line.
fn leaf(at: Timestamp, body: &str) -> Vec<u8> {
    [at.0.to_be_bytes().as_slice(), body.as_bytes()].concat()
}

/// Days since 1970 in UTC: a day's tree must not change its borders with the tenant's zone.
fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

fn frontier(size: i64, roots: &[u8]) -> Option<Frontier> {
    let (roots, rest) = roots.as_chunks::<32>();
    rest.is_empty().then_some(())?;
    Frontier::from_parts(u64::try_from(size).ok()?, roots.to_vec())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
