//! `user delete`: nothing of the person is left but a number (X-24, H-97 to H-100). Open work passes to a successor.
use super::{Context, Ended, OfTenant, user};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `user delete` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login name or id
    user: String,
    #[command(flatten)]
    of: OfTenant,
    /// Login name or id of who takes over open work
    #[arg(long, value_name = "LOGIN")]
    successor: String,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    let user = user::find(&tenant, &caller, &args.user)?;
    let successor = user::find(&tenant, &caller, &args.successor)?;
    identity::delete_user(&tenant, &caller, user.id, successor.id)?;
    out.answer(&json!({"id": user.id, "deleted": true, "number": user.number, "successor": successor.id}), |lang| {
        match lang {
            crate::output::Lang::De => {
                format!("Gelöscht. Im Protokoll steht künftig „gelöschter Benutzer {}“.\n", user.number)
            }
            crate::output::Lang::En => {
                format!("Deleted. The journal says “deleted user {}” from now on.\n", user.number)
            }
        }
    })?;
    Ok(Exit::Done)
}
