//! A new token.
use super::{name_data, note};
use crate::error::{Error, Result};
use crate::{Settings, rights, secret, statements};
use base::{Permission, Timestamp, UserId};
use serde_json::Value;
use store::Op;
use store::journal::covered;
use zeroize::Zeroizing;

/// Makes a token and gives its id and its text, which is shown once and kept nowhere. Needs `ManageUsers`.
///
/// `rights`: `contact:rw,vehicle:r`, `*:rw`, `admin`, further rights by name; never more than the caller has. `expires` none: until it is
/// revoked. `Fields` for what breaks a rule, `NotFound` for a module that the tenant does not have, `Denied` for rights beyond the caller's.
pub fn create_token(
    op: &mut Op<'_>,
    name: &str,
    rights: &str,
    expires: Option<Timestamp>,
) -> Result<(UserId, Zeroizing<String>)> {
    op.caller().needs(Permission::ManageUsers)?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > Settings::TOKEN_NAME_MAX || name.chars().any(char::is_control) {
        let de = "Der Name des Zugangstokens hat 1 bis 100 Zeichen.";
        return Err(Error::field("name", "name", de, "a token's name has 1 to 100 characters"));
    }
    if expires.is_some_and(|at| at <= op.now()) {
        return Err(Error::field(
            "expires",
            "past",
            "Der Ablauf liegt in der Vergangenheit.",
            "this moment has passed",
        ));
    }
    let modules = op.tenant().modules();
    let rights = rights::text(&rights::asked(rights, &op.caller().grants, &modules.set)?);
    let tenant = op.tenant().id();
    let id: UserId = op.random_id();
    let (text, hash) = secret::new_token(tenant);
    let rid = op.first(&statements::TOKENS_MAX, &[], |row| row.int(0))?.unwrap_or(0) + 1;
    let made_by = op.caller().actor.to_string();
    let mut entry = op.entry("create-token", None, None);
    let unit = op.own_unit("record", &entry)?;
    let sealed = unit.key.seal(unit.id, name.as_bytes(), &name_data(tenant, id));
    let params = [
        rid.into(),
        id.bytes().into(),
        (&hash).into(),
        unit.rid.into(),
        sealed.as_slice().into(),
        rights.as_str().into(),
        made_by.as_str().into(),
        op.now().0.into(),
        expires.map_or(0, |at| at.0).into(),
        op.commit_no().into(),
    ];
    op.change(&statements::TOKEN_PUT, &params, &entry)?;
    op.cover(&entry, &covered::TOKEN, id.bytes())?;
    entry.value(unit.rid, "name", &Value::Null, &name.into());
    let mut note = note(id);
    note.insert("rights".into(), rights.into());
    note.insert("expires_at".into(), expires.map(|at| at.to_string()).into());
    op.finish(entry, &note)?;
    Ok((id, text))
}
