//! Sessions: asked on every request of the pages, answered from memory. They end 12 hours after the sign-in, or after 30 minutes without use (H-11, H-12).
use crate::account::{self, UserState, UserView};
use crate::cache::{self, Cache, CachedSession};
use crate::error::{Result, damaged};
use crate::security_log::{self, Event};
use crate::{Settings, secret, statements};
use base::{Actor, Timestamp, UserId};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Caller, Op, Reader, Tenant};

/// A session that holds now.
#[derive(Clone)]
pub struct SessionInfo {
    /// Who acts, with which rights.
    pub caller: Caller,
    /// The user.
    pub user: UserView,
    /// What every form of this session must carry.
    pub csrf: String,
    /// When it ends if it is not used again.
    pub expires: Timestamp,
}

impl fmt::Debug for SessionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionInfo({}, …)", self.user.id)
    }
}

/// The session of that cookie, which counts as a use of it; none if it is no session of this tenant or has ended.
///
/// The first use within a minute is written down, without waiting for it.
pub fn session(tenant: &Tenant, cookie: &str) -> Result<Option<SessionInfo>> {
    let shared = tenant.shared();
    let Some(hash) = secret::session_hash(shared.id(), cookie) else { return Ok(None) };
    let cache = shared.extension::<Cache>();
    let found = if let Some(found) = cache.session(&hash) {
        found
    } else {
        let generation = cache.generation();
        let Some(read) = load(&mut tenant.reader()?, &hash)? else { return Ok(None) };
        cache.keep_session(generation, hash, read)
    };
    let now = shared.clock().now();
    let seen = Timestamp(found.seen_at.load(Ordering::Relaxed));
    if now >= ends(found.created_at, seen) {
        tenant.submit(Caller::job("session"), move |op| end(op, hash), |_: Result<bool>| ());
        return Ok(None);
    }
    let seen = Timestamp(found.seen_at.fetch_max(now.0, Ordering::Relaxed).max(now.0));
    write_down(tenant, &found, hash, now);
    Ok(Some(SessionInfo {
        caller: Caller { actor: Actor::User(found.user.id), grants: found.grants.clone(), purpose: None },
        user: found.user.clone(),
        csrf: found.csrf.clone(),
        expires: ends(found.created_at, seen),
    }))
}

/// Ends a session. A cookie that is none, or of an ended session, is no error.
pub fn sign_out(tenant: &Tenant, cookie: &str) -> Result<()> {
    let Some(hash) = secret::session_hash(tenant.shared().id(), cookie) else { return Ok(()) };
    tenant.write(Caller::job("sign-out"), move |op| {
        let account = op.first(&statements::SESSION, &[(&hash).into()], |row| row.int(0))?;
        let Some(account) = account else { return Ok(()) };
        let user = account::by_rid(op, account)?.map(|account| account.id);
        end(op, hash)?;
        security_log::write(op, Event::SignOut, user, None, None)
    })
}

/// Drops sessions whose time is over; how many. To be run at least hourly.
pub fn purge_sessions(op: &mut Op<'_>, now: Timestamp) -> Result<u64> {
    // The last use may be newer than what is written down, by less than this.
    let idle = Settings::SESSION_IDLE_MS + Settings::SEEN_EVERY_MS;
    let params = [now.plus_ms(-Settings::SESSION_LIFE_MS).0.into(), now.plus_ms(-idle).0.into()];
    Ok(op.upkeep(&statements::SESSIONS_END_EXPIRED, &params)?)
}

fn ends(created_at: Timestamp, seen_at: Timestamp) -> Timestamp {
    created_at.plus_ms(Settings::SESSION_LIFE_MS).min(seen_at.plus_ms(Settings::SESSION_IDLE_MS))
}

fn end(op: &mut Op<'_>, hash: [u8; 32]) -> Result<bool> {
    let ended = op.upkeep(&statements::SESSION_END, &[(&hash).into()])?;
    cache::forget_session(op, hash);
    Ok(ended > 0)
}

/// Writes the last use down, at most once a minute: a restart must not end the session of somebody who works.
fn write_down(tenant: &Tenant, found: &Arc<CachedSession>, hash: [u8; 32], now: Timestamp) {
    let written = found.written_at.load(Ordering::Relaxed);
    if now.since(Timestamp(written)) < Settings::SEEN_EVERY_MS {
        return;
    }
    // Of requests that come at once, one writes.
    if found.written_at.compare_exchange(written, now.0, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    let work = move |op: &mut Op<'_>| -> Result<u64> {
        Ok(op.upkeep(&statements::SESSION_SEEN, &[(&hash).into(), now.0.into()])?)
    };
    tenant.submit(Caller::job("session"), work, |written| {
        if let Err(error) = written {
            tracing::warn!(%error, "the last use of a session could not be written down");
        }
    });
}

fn load(reader: &mut Reader, hash: &[u8; 32]) -> Result<Option<CachedSession>> {
    let found = reader.first(&statements::SESSION, &[hash.into()], |row| {
        let csrf = UserId::from_slice(row.bytes(3)?).map_err(|_| damaged("a session is not readable"))?;
        Ok((row.int(0)?, row.int(1)?, row.int(2)?, csrf))
    })?;
    let Some((account, created_at, seen_at, csrf)) = found else { return Ok(None) };
    let account = account::by_rid(reader, account)?.filter(|account| account.state == UserState::Active);
    let Some(account) = account else { return Ok(None) };
    let user = account.view(reader)?;
    Ok(Some(CachedSession {
        user,
        grants: account.role.grants(),
        csrf: csrf.to_string(),
        created_at: Timestamp(created_at),
        seen_at: AtomicI64::new(seen_at),
        written_at: AtomicI64::new(seen_at),
    }))
}
