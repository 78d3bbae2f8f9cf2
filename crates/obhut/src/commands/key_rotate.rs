//! `key rotate WHAT`: replaces a key by a new one.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `key rotate` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which key: `root` wraps all the others; after it a recovery kit that was printed before opens nothing
    what: What,
    #[command(flatten)]
    of: OfTenant,
}

/// The keys that can be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The root of a business's keys
    Root,
    /// The key that wraps the keys of all key units
    UnitWrap,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&args.of)?;
    if args.what == What::UnitWrap {
        let number = context.instance.rotate_unit_wrap(&context.actor, info.id)?;
        out.answer(&json!({"tenant": info.name, "what": "unit-wrap", "number": number}), |lang| {
            format!(
                "{}: {} {number}\n",
                info.name,
                lang.pick("Einheitenschlüssel neu verpackt, Nummer", "unit keys wrapped anew, number")
            )
        })?;
        return Ok(Exit::Done);
    }
    let number = context.instance.rotate_root(&context.actor, info.id)?;
    out.answer(&json!({"tenant": info.name, "what": "root", "number": number}), |lang| {
        format!("{}: {} {number}\n", info.name, lang.pick("Wurzelschlüssel", "root key"))
    })?;
    out.note(
        "Das alte Wiederherstellungsblatt öffnet nichts mehr. Drucken Sie das neue: obhut key recovery-kit --again",
        "The old recovery kit opens nothing any more. Print the new one: obhut key recovery-kit --again",
    )?;
    Ok(Exit::Done)
}
