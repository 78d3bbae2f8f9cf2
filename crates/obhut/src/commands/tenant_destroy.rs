//! `tenant destroy T`: the business's root key first, so that nothing of it opens any more, here or in a backup; then its files.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::{Output, Question};
use serde_json::json;

/// What `tenant destroy` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its name or id
    tenant: String,
    /// The business's name once more, in place of typing it at the prompt
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&OfTenant { tenant: Some(args.tenant.clone()) })?;
    let typed = if args.confirm.is_some() {
        args.confirm.clone()
    } else {
        out.note(
                &format!("„{}“ und alles darin wird vernichtet, auch in Sicherungen: ohne die Schlüssel lässt sich nichts mehr öffnen. Das lässt sich nicht zurücknehmen.", info.name),
                &format!("“{}” and everything in it will be destroyed, in backups too: without the keys nothing can be opened any more. This cannot be undone.", info.name),
            )?;
        out.ask(&Question::Line(
            out.lang().pick("Name des Mandanten zur Bestätigung: ", "Name of the business to confirm: ").to_owned(),
        ))?
    };
    if typed.as_deref().map(str::trim) != Some(info.name.as_str()) {
        return Err(Failure::refused(
            "not-confirmed",
            format!("Nicht bestätigt: es wurde nichts vernichtet. Zum Vernichten: --confirm \"{}\"", info.name),
            format!("Not confirmed: nothing was destroyed. To destroy it: --confirm \"{}\"", info.name),
        ));
    }
    context.bring(info.id)?;
    context.instance.destroy_tenant(&context.actor, info.id)?;
    out.answer(&json!({"destroyed": info.id, "name": info.name}), |lang| match lang {
        crate::output::Lang::De => format!("„{}“ ist vernichtet.\n", info.name),
        crate::output::Lang::En => format!("“{}” is destroyed.\n", info.name),
    })?;
    Ok(Exit::Done)
}
