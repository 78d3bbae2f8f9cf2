//! `subject restrict ID` hides a person's data from lists, search, export and API for all but the privacy role (Art. 18 GDPR); `subject release ID`
//! lifts that again. What an erasure left restricted stays so.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::{Lang, Output};
use clap::builder::PossibleValuesParser;
use serde_json::json;

/// What `subject restrict` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Restrict {
    /// The person
    id: String,
    #[command(flatten)]
    of: OfTenant,
    /// Why
    #[arg(long, value_name = "R", default_value = "other", value_parser = keys(privacy::RESTRICTION_REASONS))]
    reason: String,
}

/// What `subject release` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// The person
    id: String,
    #[command(flatten)]
    of: OfTenant,
    /// Why
    #[arg(long, value_name = "R", default_value = "other", value_parser = keys(privacy::RELEASE_REASONS))]
    reason: String,
}

fn keys(reasons: &'static [(&str, &str, &str)]) -> PossibleValuesParser {
    reasons.iter().map(|(key, _, _)| *key).collect::<Vec<_>>().into()
}

pub(crate) fn restrict(context: &Context<'_>, args: &Restrict, out: &mut Output<'_>) -> Ended {
    let id = subject::id(&args.id)?;
    let tenant = context.tenant(&args.of)?;
    let records = privacy::restrict(&tenant, &context.caller(), id, &args.reason)?;
    out.answer(&json!({"id": id, "state": "restricted", "records": records}), |lang| match lang {
        Lang::De => format!("{records} Datensätze sind eingeschränkt.\n"),
        Lang::En => format!("{records} records are restricted.\n"),
    })?;
    Ok(Exit::Done)
}

pub(crate) fn release(context: &Context<'_>, args: &Release, out: &mut Output<'_>) -> Ended {
    let id = subject::id(&args.id)?;
    let tenant = context.tenant(&args.of)?;
    let records = privacy::release(&tenant, &context.caller(), id, &args.reason)?;
    out.answer(&json!({"id": id, "state": "live", "records": records}), |lang| match lang {
        Lang::De => format!("{records} Datensätze sind wieder sichtbar.\n"),
        Lang::En => format!("{records} records can be seen again.\n"),
    })?;
    Ok(Exit::Done)
}
