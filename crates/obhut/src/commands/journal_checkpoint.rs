//! `journal checkpoint`: the newest signed checkpoint (C2SP signed note). Kept elsewhere, it shows a journal that was cut or signed anew.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;
use store::{journal, sqlite};

/// What `journal checkpoint` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
    /// Write the missing copy outside the databases anew, once its loss is explained; recorded in the journal
    #[arg(long)]
    renew: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&args.of)?;
    if args.renew {
        context.bring(info.id)?;
        context.instance.renew_checkpoint(&context.caller(), info.id)?;
    }
    let tenant = context.open(info.id)?;
    let shared = tenant.shared();
    // Every journal has a first entry, the one that brought the modules in.
    let proof = journal::prove(shared.paths(), &shared.ring(), &sqlite::Settings::default(), 0, None)?;
    let document =
        json!({"tenant": info.id, "size": proof.size, "checkpoint": proof.checkpoint, "verify_key": proof.verify_key});
    out.answer(&document, |_| proof.checkpoint.clone())?;
    Ok(Exit::Done)
}
