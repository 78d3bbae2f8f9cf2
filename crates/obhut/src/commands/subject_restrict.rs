//! `subject restrict ID`: hides a person's data from lists, search, export and API for all but the privacy role (Art. 18 GDPR).
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `subject restrict` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The person
    id: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let id = subject::id(&args.id)?;
    let tenant = context.tenant(&args.of)?;
    let records = privacy::restrict(&tenant, &context.caller(), id)?;
    out.answer(&json!({"id": id, "state": "restricted", "records": records}), |lang| match lang {
        crate::output::Lang::De => format!("{records} Datensätze sind eingeschränkt.\n"),
        crate::output::Lang::En => format!("{records} records are restricted.\n"),
    })?;
    Ok(Exit::Done)
}
