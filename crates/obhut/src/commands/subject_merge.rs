//! `subject merge A B`: two records of one person become one; B leads to A from now on, and an erasure reaches both.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `subject merge` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The person that stays
    kept: String,
    /// The person that becomes the other
    other: String,
    #[command(flatten)]
    of: OfTenant,
    /// Undo the merge of the second into the first
    #[arg(long)]
    undo: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let (kept, other) = (subject::id(&args.kept)?, subject::id(&args.other)?);
    let tenant = context.tenant(&args.of)?;
    if args.undo {
        privacy::unmerge(&tenant, &context.caller(), other)?;
    } else {
        privacy::merge(&tenant, &context.caller(), kept, other)?;
    }
    out.answer(&json!({"kept": kept, "other": other, "merged": !args.undo}), |lang| {
        let said = if args.undo {
            lang.pick("Wieder getrennt.", "Separate again.")
        } else {
            lang.pick("Zusammengeführt. Zurück geht es mit --undo.", "Merged. To undo it: --undo.")
        };
        format!("{said}\n")
    })?;
    Ok(Exit::Done)
}
