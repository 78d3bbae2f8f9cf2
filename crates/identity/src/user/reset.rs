//! Another password, set by somebody who manages users.
use super::{end_sessions, note};
use crate::Password;
use crate::account;
use crate::error::Result;
use crate::statements;
use base::UserId;
use store::Op;
use store::journal::covered;

/// Sets a password, ends every session, and lifts a lock that failed attempts have set (H-37). Needs `ManageUsers`. The journal says that it was set, never what it is.
pub fn reset_password(op: &mut Op<'_>, id: UserId, password: &Password) -> Result<()> {
    let account = account::to_change(op, id)?;
    let entry = op.entry("reset-password", None, None);
    op.change(
        &statements::USER_PASSWORD,
        &[account.rid.into(), password.phc.as_str().into(), op.commit_no().into()],
        &entry,
    )?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    end_sessions(op, account.rid)?;
    op.finish(entry, &note(id))?;
    Ok(())
}
