//! `user list`: who may sign in.
use super::{Context, Ended, OfTenant, user};
use crate::failure::Exit;
use crate::output::{Output, Table};

/// What `user list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let users = identity::list_users(&mut tenant.reader()?, &context.caller())?;
    let items: Vec<_> = users.iter().map(user::document).collect();
    out.list(&items, |lang| {
        let mut table = Table::new(match lang {
            crate::output::Lang::De => ["ANMELDENAME", "NAME", "ROLLE", "STATUS", "KENNUNG"],
            crate::output::Lang::En => ["LOGIN", "NAME", "ROLE", "STATE", "ID"],
        })
        .or(lang.pick("Noch kein Benutzer.\n", "No user yet.\n"));
        for (user, item) in users.iter().zip(&items) {
            let state = item.get("state").and_then(serde_json::Value::as_str).unwrap_or_default();
            table.row([user.login.as_str(), &user.name, user.role.code(), state, &user.id.to_string()]);
        }
        table
    })?;
    Ok(Exit::Done)
}
