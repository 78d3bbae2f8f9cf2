//! `user lock`: no sign-in from now on; sessions and tokens end at once (O-36).
use super::{Context, Ended, OfTenant, user};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `user lock` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login name or id
    user: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    let user = user::find(&tenant, &caller, &args.user)?;
    tenant.write(caller, move |op| identity::lock_user(op, user.id))?;
    out.answer(&json!({"id": user.id, "login": user.login, "state": "locked"}), |lang| {
        format!("{} {}\n", user.login, lang.pick("ist gesperrt.", "is locked."))
    })?;
    Ok(Exit::Done)
}
