//! `export`: the records of a module as a table, JSON or address cards. Passes the gate and is written down in the journal as a disclosure.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::Output;

/// What `export` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
    /// The module
    #[arg(long, value_name = "M")]
    module: String,
    /// The format
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = ["csv", "json", "vcard"])]
    format: String,
    /// Without what identifies a person: sealed fields left out, ids replaced by numbers
    #[arg(long)]
    pseudonymised: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let _ = (context, args, out, Exit::Done);
    Err(Failure::usage("", ""))
}
