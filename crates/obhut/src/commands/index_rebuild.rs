//! `index rebuild`: the index behind lists and search anew, from the records. Nothing else is touched.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `index rebuild` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&args.of)?;
    context.bring(info.id)?;
    context.instance.rebuild_index(info.id)?;
    out.answer(&json!({"tenant": info.id, "rebuilt": true}), |lang| {
        format!("{}: {}\n", info.name, lang.pick("der Index ist neu aufgebaut.", "the index is rebuilt."))
    })?;
    Ok(Exit::Done)
}
