//! `job run NAME`: does queued work of that name now, whether it is due or not, and the hourly work that has a name of its own.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::serve::jobs::{self, Jobs};
use serde_json::json;

/// What `job run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its name, as `job list` shows it
    name: String,
    /// The business; without it, every business
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    if !Jobs::known(&args.name) {
        let names = Jobs::names().join(", ");
        return Err(Failure::not_found(
            format!("Es gibt keine Aufgabe „{}“. Vorhanden: {names}.", args.name),
            format!("There is no job “{}”. There are: {names}.", args.name),
        ));
    }
    let (mut done, mut failed) = (0, 0);
    for info in context.infos(&OfTenant { tenant: args.tenant.clone() })? {
        let tenant = context.open(info.id)?;
        let outcome = jobs::run_named(context.instance, &tenant, &args.name, &context.settings.worker)?;
        done += outcome.done;
        failed += outcome.failed;
    }
    out.answer(&json!({"name": args.name, "done": done, "failed": failed}), |lang| match lang {
        crate::output::Lang::De => format!("{}: {done} erledigt, {failed} fehlgeschlagen.\n", args.name),
        crate::output::Lang::En => format!("{}: {done} done, {failed} failed.\n", args.name),
    })?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Found })
}
