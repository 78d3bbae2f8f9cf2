//! The security log: sign-ins, failures, refusals. A line holds ids, a reason and the client's address as a keyed hash; never what somebody typed.
//!
//! Its days, their trees and their signatures are the store's ([`store::logs`]). The log is no journal: nothing of it can be asked by person.
use crate::error::Result;
use base::UserId;
use serde_json::json;
use store::Op;
use store::logs::{Line, Log};

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

/// Adds a line, in the commit of what it tells of.
pub(crate) fn write(
    op: &mut Op<'_>,
    event: Event,
    user: Option<UserId>,
    why: Option<&str>,
    address: Option<&str>,
) -> Result<()> {
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
    let at = op.now();
    Ok(op.log(Log::Security, vec![Line { at, body: body.to_string() }])?)
}
