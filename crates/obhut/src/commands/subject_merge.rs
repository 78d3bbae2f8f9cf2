//! `subject merge A B`: two records of one person become one; B leads to A from now on, and an erasure reaches both. `subject unmerge B` makes them two
//! again.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::{Lang, Output};
use serde_json::json;

/// What `subject merge` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Merge {
    /// The person that stays
    kept: String,
    /// The person that becomes the other
    other: String,
    #[command(flatten)]
    of: OfTenant,
}

/// What `subject unmerge` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Unmerge {
    /// The person that was merged into another
    other: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn merge(context: &Context<'_>, args: &Merge, out: &mut Output<'_>) -> Ended {
    let (kept, other) = (subject::id(&args.kept)?, subject::id(&args.other)?);
    let tenant = context.tenant(&args.of)?;
    privacy::merge(&tenant, &context.caller(), kept, other)?;
    out.answer(&json!({"kept": kept, "other": other, "merged": true}), |lang| match lang {
        Lang::De => format!("Zusammengeführt. Zurück geht es mit: obhut subject unmerge {other}\n"),
        Lang::En => format!("Merged. To undo it: obhut subject unmerge {other}\n"),
    })?;
    Ok(Exit::Done)
}

pub(crate) fn unmerge(context: &Context<'_>, args: &Unmerge, out: &mut Output<'_>) -> Ended {
    let other = subject::id(&args.other)?;
    let tenant = context.tenant(&args.of)?;
    privacy::unmerge(&tenant, &context.caller(), other)?;
    out.answer(&json!({"other": other, "merged": false}), |lang| {
        lang.pick("Wieder zwei Personen.\n", "Two persons again.\n").to_owned()
    })?;
    Ok(Exit::Done)
}
