//! `key recovery-kit`: prints once, on paper, what restores a business without this host; and checks what was typed back from it.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::{Output, Question};
use serde_json::{Value, json};

/// A typed kit may be so long, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// What `key recovery-kit` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The business; without it, every business
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
    /// Read a kit that was typed back from standard input, and say whether it is right
    #[arg(long, conflicts_with = "again")]
    confirm: bool,
    /// Print it once more, because the paper was lost or the root key rotated; written down in the journal
    #[arg(long)]
    again: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let of = OfTenant { tenant: args.tenant.clone() };
    if args.confirm { confirm(context, &of, out) } else { print(context, &of, args.again, out) }
}

fn print(context: &Context<'_>, of: &OfTenant, again: bool, out: &mut Output<'_>) -> Ended {
    let mut items: Vec<Value> = Vec::new();
    let mut text = String::new();
    for info in context.infos(of)? {
        let kit = context.instance.recovery_kit(&context.actor, info.id, again)?;
        for part in [&info.name, "\n", &kit.text(), "\n"] {
            text.push_str(part);
        }
        items.push(json!({"tenant": info.name, "id": info.id, "root": kit.root_number(), "kit": *kit.text()}));
    }
    out.answer(&json!({"items": items}), |_| text)?;
    out.note(
        "Bewahren Sie das Blatt außerhalb dieses Rechners auf, und tippen Sie es einmal zurück: obhut key recovery-kit --confirm",
        "Keep the paper away from this machine, and type it back once: obhut key recovery-kit --confirm",
    )?;
    Ok(Exit::Done)
}

fn confirm(context: &Context<'_>, of: &OfTenant, out: &mut Output<'_>) -> Ended {
    let typed = out.ask(&Question::Input(MAX_BYTES))?.unwrap_or_default();
    // The kit itself says whose it is; naming the business is only a further check.
    let tenant = keys::Kit::parse(&typed)?.tenant();
    let info = context.instance.find(&tenant.to_string()).filter(|info| {
        of.tenant.as_deref().is_none_or(|name| context.instance.find(name).is_some_and(|named| named.id == info.id))
    });
    let right = match &info {
        Some(info) => context.instance.confirm_recovery_kit(&context.actor, info.id, &typed)?,
        None => false,
    };
    if !right {
        return Err(Failure::new(
            Exit::Found,
            "kit-differs",
            "Das ist nicht das Wiederherstellungsblatt dieses Mandanten, wie es jetzt gilt. Es wurde nichts verändert.",
            "This is not the recovery kit of this business as it is now. Nothing was changed.",
        ));
    }
    let name = info.map(|info| info.name).unwrap_or_default();
    out.answer(&json!({"tenant": name, "confirmed": true}), |lang| {
        format!("{} {name}\n", lang.pick("Richtig. Bestätigt für", "Right. Confirmed for"))
    })?;
    Ok(Exit::Done)
}
