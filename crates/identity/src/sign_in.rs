//! Signing in with business, user and password: one answer for every failure, in the same time (O-35 to O-37, H-65).
//!
//! The stages: who has the name (from a reader), the password (in the caller's thread, outside the writer), then one operation that looks again at the user's
//! state, counts a failure or begins the session, and writes the security log. An unknown name goes through all of them.
use crate::account::{self, Account, UserState, UserView};
use crate::error::{Error, Result};
use crate::security_log::{self, Event};
use crate::{Settings, cache, secret, slots, statements};
use base::{Timestamp, UserId};
use std::fmt;
use store::journal::covered;
use store::module::Map;
use store::{Caller, Op, Tenant};
use zeroize::Zeroizing;

/// A session that has begun.
pub struct SignedIn {
    /// What the session's cookie holds; shown once and kept nowhere.
    pub token: Zeroizing<String>,
    /// Who has signed in.
    pub user: UserView,
    /// What every form of this session must carry.
    pub csrf: String,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedIn({}, …)", self.user.id)
    }
}

/// Signs a user in. `address`: the client's, kept as keyed hash in the security log.
///
/// `Refused` for an unknown name, a wrong password, a locked user; `Busy` when too many sign in at once. The fourth failure in a row locks the
/// account for 15 minutes (H-57, H-58), without a word about it to whoever tries.
pub fn sign_in(tenant: &Tenant, login: &str, password: &str, address: Option<&str>) -> Result<SignedIn> {
    let shared = tenant.shared();
    let found = account::by_login(&mut tenant.reader()?, login)?;
    let verified = verify(found.as_ref(), password)?;
    let (token, hash) = secret::new_session(shared.id());
    let csrf: UserId = keys::random_id();
    let attempt = Attempt {
        account: found.as_ref().map(|account| account.rid),
        right: verified.right,
        checked: found.map(|account| account.password).unwrap_or_default(),
        better: verified.better,
        session: hash,
        csrf: *csrf.bytes(),
        address: address.map(|address| store::logs::address_hash(&shared.ring(), address)),
    };
    match tenant.write(Caller::job("sign-in"), move |op| settle(op, &attempt))? {
        Some(user) => Ok(SignedIn { token, user, csrf: csrf.to_string() }),
        None => Err(Error::Refused),
    }
}

struct Verified {
    right: bool,
    /// A stronger hash of the password, where the stored one is weaker than today's.
    better: Option<String>,
}

/// Costs the same whoever was found.
fn verify(found: Option<&Account>, password: &str) -> Result<Verified> {
    let _slot = slots::take()?;
    let Some(stored) = found.map(|account| account.password.as_str()).filter(|phc| !phc.is_empty()) else {
        keys::password::verify_nothing(password);
        return Ok(Verified { right: false, better: None });
    };
    let right = keys::password::verify(password, stored);
    let better = (right && keys::password::needs_upgrade(stored)).then(|| keys::password::hash(password));
    Ok(Verified { right, better })
}

struct Attempt {
    account: Option<i64>,
    right: bool,
    /// The hash that the password was compared with.
    checked: String,
    better: Option<String>,
    session: [u8; 32],
    csrf: [u8; 16],
    address: Option<String>,
}

/// The last stage. A refusal is a result and no error: its count and its log line are to be committed.
fn settle(op: &mut Op<'_>, attempt: &Attempt) -> Result<Option<UserView>> {
    let account = match attempt.account {
        Some(rid) => account::by_rid(op, rid)?,
        None => None,
    };
    let address = attempt.address.as_deref();
    let Some(account) = account else {
        security_log::write(op, Event::SignInRefused, None, Some("unknown"), address)?;
        return Ok(None);
    };
    let now = op.now();
    let refused = match account.state {
        UserState::Active if account.locked_until > now => Some("too-many-failures"),
        // The password was set anew while the old one was being compared.
        UserState::Active if account.password != attempt.checked => Some("changed"),
        UserState::Active if !attempt.right => Some("password"),
        UserState::Active => None,
        UserState::Locked | UserState::Deleted => Some("locked"),
    };
    let Some(why) = refused else {
        let user = begin(op, &account, attempt)?;
        security_log::write(op, Event::SignIn, Some(account.id), None, address)?;
        return Ok(Some(user));
    };
    security_log::write(op, Event::SignInRefused, Some(account.id), Some(why), address)?;
    if why == "password" {
        // A lock that has ended has its count behind it.
        let before = if account.locked_until == Timestamp(0) { account.failed } else { 0 };
        if count_failure(op, account.rid, before)? {
            security_log::write(op, Event::AccountLocked, Some(account.id), None, address)?;
        }
    }
    Ok(None)
}

/// Counts one failure more; whether it locks the account.
fn count_failure(op: &mut Op<'_>, account: i64, before: i64) -> Result<bool> {
    let failed = before.saturating_add(1);
    let locks = failed > Settings::FAILURES_ALLOWED;
    let until = if locks { op.now().plus_ms(Settings::LOCK_MS).0 } else { 0 };
    op.upkeep(&statements::USER_FAILED, &[account.into(), failed.into(), until.into()])?;
    Ok(locks)
}

fn begin(op: &mut Op<'_>, account: &Account, attempt: &Attempt) -> Result<UserView> {
    op.upkeep(&statements::USER_FAILED, &[account.rid.into(), 0.into(), 0.into()])?;
    if let Some(better) = &attempt.better {
        let entry = op.entry("rehash-password", None, None);
        op.change(
            &statements::USER_PASSWORD,
            &[account.rid.into(), better.as_str().into(), op.commit_no().into()],
            &entry,
        )?;
        op.cover(&entry, &covered::USER, account.id.bytes())?;
        let mut note = Map::new();
        note.insert("user".into(), account.id.to_string().into());
        op.finish(entry, &note)?;
    }
    let now = op.now();
    op.upkeep(
        &statements::SESSION_PUT,
        &[(&attempt.session).into(), account.rid.into(), now.0.into(), (&attempt.csrf).into()],
    )?;
    let ended =
        op.upkeep(&statements::SESSIONS_END_OLDEST, &[account.rid.into(), Settings::SESSIONS_PER_USER.into()])?;
    if ended > 0 {
        cache::forget_all(op);
    }
    account.view(op)
}
