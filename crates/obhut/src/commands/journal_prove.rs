//! `journal prove SEQ`: a proof that a stranger checks with SHA-256 and Ed25519 alone. Always JSON: it is for a program.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::Output;
use store::{journal, sqlite};

/// What `journal prove` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The entry's number
    seq: u64,
    #[command(flatten)]
    of: OfTenant,
    /// Prove as well that the journal continues the one of that size
    #[arg(long, value_name = "SIZE")]
    from: Option<u64>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let shared = tenant.shared();
    let proof = journal::prove(shared.paths(), &shared.ring(), &sqlite::Settings::default(), args.seq, args.from)?;
    out.answer(&proof, |_| serde_json::to_string_pretty(&proof).unwrap_or_default())?;
    Ok(Exit::Done)
}
