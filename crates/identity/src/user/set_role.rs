//! Another role.
use super::{end_sessions, note};
use crate::account;
use crate::error::Result;
use crate::role::Role;
use crate::statements;
use base::UserId;
use store::Op;
use store::journal::covered;

/// Gives a user another role. Sessions end, since a session never outlives the rights that it began with (H-10); tokens that the user made have from now
/// on no more rights than the new role. Needs `ManageUsers`. `Conflict` (`last-administrator`) for the last one.
pub fn set_role(op: &mut Op<'_>, id: UserId, role: Role) -> Result<()> {
    let account = account::to_change(op, id)?;
    if account.role == role {
        return Ok(());
    }
    account::not_the_last_administrator(op, &account)?;
    let entry = op.entry("set-role", None, None);
    op.change(&statements::USER_ROLE, &[account.rid.into(), role.code().into(), op.commit_no().into()], &entry)?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    end_sessions(op, account.rid)?;
    let mut note = note(id);
    note.insert("from".into(), account.role.code().into());
    note.insert("to".into(), role.code().into());
    op.finish(entry, &note)?;
    Ok(())
}
