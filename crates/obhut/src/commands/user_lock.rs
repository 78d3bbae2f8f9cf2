//! `user lock`: no sign-in from now on; sessions and tokens end at once (O-36). `user unlock` lifts a lock, whoever or whatever set it (H-61).
use super::{Context, Ended, OfTenant, user};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `user lock` and `user unlock` take.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login name or id
    user: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn lock(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    set(context, args, out, true)
}

pub(crate) fn unlock(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    set(context, args, out, false)
}

fn set(context: &Context<'_>, args: &Args, out: &mut Output<'_>, locked: bool) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    let user = user::find(&tenant, &caller, &args.user)?;
    tenant.write(
        caller,
        move |op| {
            if locked { identity::lock_user(op, user.id) } else { identity::unlock_user(op, user.id) }
        },
    )?;
    let state = if locked { "locked" } else { "active" };
    out.answer(&json!({"id": user.id, "login": user.login, "state": state}), |lang| {
        let said =
            if locked { lang.pick("ist gesperrt.", "is locked.") } else { lang.pick("ist entsperrt.", "is unlocked.") };
        format!("{} {said}\n", user.login)
    })?;
    Ok(Exit::Done)
}
