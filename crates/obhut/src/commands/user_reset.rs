//! `user reset`: a new password; sessions end, a lock after failed attempts is lifted (H-37).
use super::{Context, Ended, OfTenant, password, user};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `user reset` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login name or id
    user: String,
    #[command(flatten)]
    of: OfTenant,
    /// Read the password from standard input; otherwise it is asked for, or made and printed once
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    let user = user::find(&tenant, &caller, &args.user)?;
    let password::New { password, made } = password::new(args.password_stdin, out)?;
    let id = user.id;
    tenant.write(caller, move |op| identity::reset_password(op, id, &password))?;
    let mut document = json!({"id": user.id, "login": user.login});
    if let (Some(parts), Some(made)) = (document.as_object_mut(), &made) {
        parts.insert("password".into(), made.as_str().into());
    }
    out.answer(&document, |lang| {
        let said = lang.pick("hat ein neues Passwort.", "has a new password.");
        format!("{} {said}\n{}", user.login, password::told(made.as_deref(), lang))
    })?;
    Ok(Exit::Done)
}
