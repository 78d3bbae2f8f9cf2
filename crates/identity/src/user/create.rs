//! A new user.
use super::note;
use crate::Password;
use crate::account::{self, LOGIN, Profile};
use crate::error::{Error, Result};
use crate::role::Role;
use crate::statements;
use base::{Permission, UserId};
use serde_json::Value;
use std::fmt;
use store::journal::covered;
use store::{Op, UniqueValue};

/// Who is to be made. `Debug` shows the role alone.
pub struct NewUser {
    /// What the user types at sign-in, up to 100 characters; compared without case, accents and punctuation.
    pub login: String,
    /// Display name, up to 200 characters.
    pub name: String,
    /// E-mail address (C-07). Not needed if the login name is one, or if the operator or a job makes the user.
    pub email: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// The password, hashed before the operation.
    pub password: Password,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewUser({}, …)", self.role)
    }
}

/// Makes a user. Needs `ManageUsers`. `Fields` for what breaks a rule, `Conflict` (`login-taken`) for a name that another user has.
pub fn create_user(op: &mut Op<'_>, new: &NewUser) -> Result<UserId> {
    op.caller().needs(Permission::ManageUsers)?;
    let profile = Profile::checked(&op.caller().actor, &new.login, &new.name, new.email.as_deref())?;
    if account::by_login_now(op, &profile.login)?.is_some() {
        return Err(taken());
    }
    let (rid, number) =
        op.first(&statements::USERS_MAX, &[], |row| Ok((row.int(0)? + 1, row.int(1)? + 1)))?.unwrap_or((1, 1));
    let id: UserId = op.random_id();
    let mut entry = op.entry("create-user", None, None);
    let unit = op.own_unit("record", &entry)?;
    let sealed = profile.sealed(&unit, op.tenant().id(), id);
    let params = [
        rid.into(),
        id.bytes().into(),
        unit.rid.into(),
        sealed.as_slice().into(),
        new.role.code().into(),
        new.password.phc.as_str().into(),
        number.into(),
        op.commit_no().into(),
    ];
    op.change(&statements::USER_PUT, &params, &entry)?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    op.claim(UniqueValue::new(LOGIN, &account::folded(&profile.login)), rid, unit.rid);
    entry.value(unit.rid, "login", &Value::Null, &profile.login.into());
    entry.value(unit.rid, "name", &Value::Null, &profile.name.into());
    entry.value(unit.rid, "email", &Value::Null, &profile.email.into());
    let mut note = note(id);
    note.insert("role".into(), new.role.code().into());
    op.finish(entry, &note)?;
    Ok(id)
}

pub(super) fn taken() -> Error {
    Error::conflict("login-taken", "there is a user with this login name already")
}
