//! Locking and unlocking.
use super::{end_sessions, note};
use crate::account::{self, Account, UserState};
use crate::error::Result;
use crate::statements;
use base::UserId;
use store::Op;
use store::journal::covered;
use store::ledger::{Line, What};

/// Locks a user: no sign-in, every session ends, the tokens that the user made are refused (O-36). Needs `ManageUsers`. `Conflict`
/// (`last-administrator`) for the last one. Locking twice changes nothing.
pub fn lock_user(op: &mut Op<'_>, id: UserId) -> Result<()> {
    let account = account::to_change(op, id)?;
    if account.state == UserState::Locked {
        return Ok(());
    }
    account::not_the_last_administrator(op, &account)?;
    lock(op, &account)
}

/// The lock itself.
pub(crate) fn lock(op: &mut Op<'_>, account: &Account) -> Result<()> {
    let id = account.id;
    let entry = op.entry("lock-user", None, None);
    op.change(
        &statements::USER_STATE,
        &[account.rid.into(), UserState::Locked.code().into(), op.commit_no().into()],
        &entry,
    )?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    end_sessions(op, account.rid)?;
    op.finish(entry, &note(id))?;
    // A backup from before must not let the user in again. If the commit fails now, the ledger names one lock too many, which harms nobody.
    let line = Line { case: Some(format!("user/{id}")), ..Line::new(op.now(), What::UserLocked) };
    op.tenant().with_ledger(|ledger, ring| ledger.append(ring, line))?;
    Ok(())
}

/// Lifts a lock: one that somebody set, and one that failed attempts have set (H-61). Needs `ManageUsers`.
pub fn unlock_user(op: &mut Op<'_>, id: UserId) -> Result<()> {
    let account = account::to_change(op, id)?;
    let was_locked = account.state == UserState::Locked;
    let entry = op.entry("unlock-user", None, None);
    op.change(
        &statements::USER_STATE,
        &[account.rid.into(), UserState::Active.code().into(), op.commit_no().into()],
        &entry,
    )?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    crate::cache::forget_all(op);
    op.finish(entry, &note(id))?;
    if was_locked {
        // After the commit: a restore that finds the lock and not this line keeps the user out, which can be mended; the other way round cannot.
        let line = Line { case: Some(format!("user/{id}")), ..Line::new(op.now(), What::UserUnlocked) };
        let shared = std::sync::Arc::clone(op.tenant());
        op.after_commit(move || {
            if let Err(error) = shared.with_ledger(|ledger, ring| ledger.append(ring, line)) {
                tracing::error!(%error, "the ledger has no line of a lock that was lifted; a restore would lock the user again");
            }
        });
    }
    Ok(())
}
