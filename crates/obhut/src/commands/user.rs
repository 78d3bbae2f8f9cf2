//! What the `user` commands share: finding whom the operator means, and saying it in JSON.
use crate::failure::Failure;
use base::UserId;
use identity::UserView;
use serde_json::{Value, json};
use store::{Caller, Tenant};

/// The user of that login name or id.
pub(crate) fn find(tenant: &Tenant, caller: &Caller, named: &str) -> Result<UserView, Failure> {
    let mut reader = tenant.reader()?;
    let by_id = match named.parse::<UserId>() {
        Ok(id) => identity::user(&mut reader, caller, id)?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(user) => Some(user),
        None => identity::find_user(&mut reader, caller, named)?,
    };
    found.ok_or_else(|| {
        Failure::not_found(format!("Es gibt keinen Benutzer „{named}“."), format!("There is no user “{named}”."))
    })
}

/// A user as scripts read one.
pub(crate) fn document(user: &UserView) -> Value {
    json!(user)
}
