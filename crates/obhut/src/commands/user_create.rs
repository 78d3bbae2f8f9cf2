//! `user create`: somebody who may sign in.
use super::{Context, Ended, OfTenant, password};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use identity::{NewUser, Role};
use serde_json::json;

/// What `user create` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login name
    login: String,
    #[command(flatten)]
    of: OfTenant,
    /// Name as others see it [default: the login name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// What the user may do: administrator, editor or reader
    #[arg(long, value_name = "ROLE", default_value = "editor")]
    role: String,
    /// Read the password from standard input; otherwise it is asked for, or made and printed once
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let role = Role::parse(&args.role).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        let known = known.join(", ");
        Failure::usage(
            format!("Es gibt keine Rolle „{}“: {known}.", args.role),
            format!("There is no role “{}”: {known}.", args.role),
        )
    })?;
    let tenant = context.tenant(&args.of)?;
    let password::New { password, made } = password::new(args.password_stdin, out)?;
    let name = args.name.clone().unwrap_or_else(|| args.login.clone());
    let user = NewUser { login: args.login.clone(), name, email: args.email.clone(), role, password };
    let id = tenant.write(context.caller(), move |op| identity::create_user(op, &user))?;
    let mut document = json!({"id": id, "login": args.login, "role": role});
    if let (Some(parts), Some(made)) = (document.as_object_mut(), &made) {
        parts.insert("password".into(), made.as_str().into());
    }
    out.answer(&document, |lang| {
        format!("{} „{}“: {id}\n{}", lang.pick("Benutzer", "User"), args.login, password::told(made.as_deref(), lang))
    })?;
    Ok(Exit::Done)
}
