//! `subject export ID`: the copy for the person (Art. 15, 20 GDPR). Always JSON; written down in the journal as a disclosure.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::Output;

/// What `subject export` takes.
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
    let document = privacy::export(&tenant, &context.caller(), id)?;
    out.answer(&document, |_| serde_json::to_string_pretty(&document).unwrap_or_default())?;
    Ok(Exit::Done)
}
