//! `subject release ID`: lifts a restriction; what an erasure left restricted stays so.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `subject release` takes.
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
    let records = privacy::release(&tenant, &context.caller(), id)?;
    out.answer(&json!({"id": id, "state": "live", "records": records}), |lang| match lang {
        crate::output::Lang::De => format!("{records} Datensätze sind wieder sichtbar.\n"),
        crate::output::Lang::En => format!("{records} records can be seen again.\n"),
    })?;
    Ok(Exit::Done)
}
