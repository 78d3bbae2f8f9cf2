//! `key rotate WHAT`: replaces a key by a new one and destroys the old.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::{Lang, Output};
use serde_json::json;
use store::{Rotate, Rotated};

/// What `key rotate` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which key
    what: What,
    #[command(flatten)]
    of: OfTenant,
    /// The keys of the installation itself, which encrypt the list of businesses: `root` or `pages`
    #[arg(long, conflicts_with = "tenant")]
    instance: bool,
}

/// The keys that can be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// What wraps all the others; a recovery kit that was printed before opens nothing afterwards
    Root,
    /// What wraps the keys of all key units
    UnitWrap,
    /// What encrypts the pages of the databases; the business waits meanwhile
    Pages,
    /// What signs journal and ledger; the old key vouches for the new one
    Signing,
    /// What makes the keyed hashes of unique values
    Hmac,
    /// The password of the backup repository
    Backup,
    /// All of these
    All,
}

impl What {
    fn keys(self) -> &'static [Rotate] {
        match self {
            Self::Root => &[Rotate::Root],
            Self::UnitWrap => &[Rotate::UnitWrap],
            Self::Pages => &[Rotate::Pages],
            Self::Signing => &[Rotate::Signing],
            Self::Hmac => &[Rotate::Hmac],
            Self::Backup => &[Rotate::Backup],
            Self::All => &Rotate::ALL,
        }
    }
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let name = clap::ValueEnum::to_possible_value(&args.what).map_or_else(String::new, |value| value.get_name().into());
    let (whose, done) = if args.instance { own(context, args.what)? } else { of_tenant(context, args)? };
    // The root's number, or that of the only key, stands by itself: it is what is printed on a recovery kit.
    let number = done.iter().rev().find(|key| key.key == "root").or(done.first()).map(|key| key.number);
    out.answer(&json!({"tenant": whose, "what": name, "number": number, "keys": done}), |lang| {
        let line = |key: &Rotated| {
            let label = label(&key.key, lang);
            format!(
                "{}: {label}, {} {}\n",
                whose.as_deref().unwrap_or("Obhut"),
                lang.pick("Nummer", "number"),
                key.number
            )
        };
        done.iter().map(line).collect()
    })?;
    if args.what.keys().contains(&Rotate::Root) && !args.instance {
        out.note(
            "Das alte Wiederherstellungsblatt öffnet nichts mehr. Drucken Sie das neue: obhut key recovery-kit --again",
            "The old recovery kit opens nothing any more. Print the new one: obhut key recovery-kit --again",
        )?;
    }
    Ok(Exit::Done)
}

type Done = (Option<String>, Vec<Rotated>);

fn of_tenant(context: &Context<'_>, args: &Args) -> Result<Done, crate::failure::Failure> {
    let info = context.info(&args.of)?;
    let mut done = Vec::new();
    for what in args.what.keys() {
        context.bring(info.id)?;
        done.extend(context.instance.rotate(&context.actor, info.id, *what)?);
    }
    Ok((Some(info.name), done))
}

fn own(context: &Context<'_>, what: What) -> Result<Done, crate::failure::Failure> {
    let keys: &[Rotate] =
        if what == What::All { &[Rotate::Pages, Rotate::Signing, Rotate::Hmac, Rotate::Root] } else { what.keys() };
    let done = keys.iter().map(|key| context.instance.rotate_own(&context.actor, *key)).collect::<Result<_, _>>()?;
    Ok((None, done))
}

fn label(key: &str, lang: Lang) -> &str {
    match key {
        "root" => lang.pick("Wurzelschlüssel", "root key"),
        "unit-wrap" => lang.pick("Einheitenschlüssel neu verpackt", "unit keys wrapped anew"),
        "pages" | "records-pages" | "keys-pages" | "index-pages" => {
            lang.pick("Datenbankseiten neu verschlüsselt", "database pages encrypted anew")
        }
        "signing" => lang.pick("Signaturschlüssel", "signing key"),
        "mac" => lang.pick("Schlüssel der Prüfwerte", "key of the keyed hashes"),
        "backup-password" => lang.pick("Kennwort der Sicherung", "backup password"),
        other => other,
    }
}
