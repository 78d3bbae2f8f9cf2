//! `tenant create`: a business with its own databases and keys, and its first administrator. All of it or nothing.
use super::{Context, Ended, password};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use identity::{NewUser, Role};
use serde_json::json;
use store::NewTenant;

/// What `tenant create` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The business's name, as typed at sign-in
    name: String,
    /// A pack of modules beside the core; may be repeated: workshop, realestate, training
    #[arg(long = "pack", value_name = "P")]
    packs: Vec<String>,
    /// Login name of the first administrator
    #[arg(long, value_name = "LOGIN")]
    admin: String,
    /// Read the administrator's password from standard input; otherwise it is asked for, or made and printed once
    #[arg(long)]
    password_stdin: bool,
    /// Time zone in which periods end
    #[arg(long, value_name = "ZONE", default_value = "Europe/Berlin")]
    zone: String,
    /// Put records and keys on this database server of the settings, instead of into files
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// For trying things out: marked as a test business everywhere
    #[arg(long)]
    test: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let password::New { password, made } = password::new(args.password_stdin, out)?;
    let new = NewTenant {
        id: keys::random_id(),
        zone: args.zone.clone(),
        marker: if args.test { "test" } else { "production" }.to_owned(),
        packs: args.packs.clone(),
        server: args.server.clone(),
    };
    let info = context.instance.create_tenant(&context.actor, &args.name, &new)?;
    let user = NewUser {
        login: args.admin.clone(),
        name: args.admin.clone(),
        email: None,
        role: Role::Administrator,
        password,
    };
    let entered = context.open(info.id).map_err(Failure::from).and_then(|tenant| {
        tenant.write(context.caller(), move |op| identity::create_user(op, &user)).map_err(Failure::from)
    });
    if let Err(mut failure) = entered {
        // A business that nobody can enter would only be in the way of the next attempt.
        context.instance.destroy_tenant(&context.actor, info.id)?;
        failure.text.de.push_str(" Der Mandant wurde nicht angelegt.");
        failure.text.en.push_str(" The business was not made.");
        return Err(failure);
    }
    let mut document = json!(info);
    if let Some(parts) = document.as_object_mut() {
        parts.insert("login".into(), args.admin.clone().into());
        if let Some(made) = &made {
            parts.insert("password".into(), made.as_str().into());
        }
    }
    out.answer(&document, |lang| {
        let (business, login) = (lang.pick("Mandant", "Business"), lang.pick("Anmeldename", "Login"));
        let told = password::told(made.as_deref(), lang);
        format!("{business} „{}“: {}\n{login}: {}\n{told}", info.name, info.id, args.admin)
    })?;
    out.note(
        "Drucken Sie jetzt das Wiederherstellungsblatt aus: obhut key recovery-kit",
        "Now print the recovery kit: obhut key recovery-kit",
    )?;
    Ok(Exit::Done)
}
