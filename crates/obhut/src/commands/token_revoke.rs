//! `token revoke`: holds from the moment it is answered, and in a restored backup too.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use base::UserId;
use serde_json::json;

/// What `token revoke` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The token's id or name
    token: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    let tokens = identity::list_tokens(&mut tenant.reader()?, &caller)?;
    let meant: Vec<(UserId, &str)> = tokens
        .iter()
        .filter(|token| token.id.to_string() == args.token || (token.name == args.token && token.revoked_at.is_none()))
        .map(|token| (token.id, token.name.as_str()))
        .collect();
    let &[(id, name)] = meant.as_slice() else {
        let asked = &args.token;
        return Err(if meant.is_empty() {
            Failure::not_found(format!("Es gibt kein Token „{asked}“."), format!("There is no token “{asked}”."))
        } else {
            Failure::usage(
                format!(
                    "Mehrere Token heißen „{asked}“; nennen Sie die Kennung (obhut token list). Es wurde keines widerrufen."
                ),
                format!("Several tokens are called “{asked}”; say the id (obhut token list). None was revoked."),
            )
        });
    };
    tenant.write(caller, move |op| identity::revoke_token(op, id))?;
    out.answer(&json!({"id": id, "revoked": true}), |lang| {
        format!("{name} {}\n", lang.pick("ist widerrufen.", "is revoked."))
    })?;
    Ok(Exit::Done)
}
