//! Another login name, display name or e-mail address.
use super::create::taken;
use super::note;
use crate::account::{self, LOGIN, Profile};
use crate::error::Result;
use crate::statements;
use base::UserId;
use store::journal::covered;
use store::rows::Access;
use store::{Op, UniqueValue};

/// What is to be another; what is none stays.
#[derive(Default)]
pub struct Rename {
    /// Login name.
    pub login: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// Gives a user other names. Sessions go on and show the new ones at once. Needs `ManageUsers`; fails like `create_user`.
pub fn rename_user(op: &mut Op<'_>, id: UserId, rename: &Rename) -> Result<()> {
    let account = account::to_change(op, id)?;
    let before = account.profile(op)?;
    let after = Profile::checked(
        &op.caller().actor,
        rename.login.as_deref().unwrap_or(&before.login),
        rename.name.as_deref().unwrap_or(&before.name),
        rename.email.as_deref().or(before.email.as_deref()),
    )?;
    if after == before {
        return Ok(());
    }
    if account::by_login_now(op, &after.login)?.is_some_and(|owner| owner.rid != account.rid) {
        return Err(taken());
    }
    let mut entry = op.entry("rename-user", None, None);
    let unit = op.key(account.unit)?;
    let sealed = after.sealed(&unit, op.tenant().id(), id);
    op.change(
        &statements::USER_PROFILE,
        &[account.rid.into(), sealed.as_slice().into(), op.commit_no().into()],
        &entry,
    )?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    // The old name's hash is not given back here: keys.db commits first, and a crash between the two commits would leave the user without a
    // name to sign in with. It stays without effect, since the profile decides, until another user takes the name or this one is deleted.
    let folded = account::folded(&after.login);
    if folded != account::folded(&before.login) {
        op.claim(UniqueValue::new(LOGIN, &folded), account.rid, unit.rid);
    }
    let changes = [
        ("login", Some(before.login), Some(after.login)),
        ("name", Some(before.name), Some(after.name)),
        ("email", before.email, after.email),
    ];
    for (field, old, new) in changes {
        if old != new {
            entry.value(unit.rid, field, &old.into(), &new.into());
        }
    }
    crate::cache::forget_all(op);
    op.finish(entry, &note(id))?;
    Ok(())
}
