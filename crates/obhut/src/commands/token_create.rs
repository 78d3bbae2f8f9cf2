//! `token create`: access for a program. The token is printed once and kept nowhere.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use serde_json::json;

/// What `token create` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
    /// What it is for
    #[arg(long, value_name = "N")]
    name: String,
    /// Modules with r or rw (`contact:rw,vehicle:r`, `*:r`), further rights by name (read-history, import, export, privacy, read-sensitive, operate, manage-users, manage-modules), or admin for everything
    #[arg(long, value_name = "RIGHTS", default_value = "*:r")]
    rights: String,
    /// How long it holds: 90d, 12h, 30m, 1y, or never
    #[arg(long, value_name = "SPAN", default_value = "90d", value_parser = span)]
    expires: Span,
}

/// How long a token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Ms(i64),
    Never,
}

/// A token that is to hold longer should say never.
const MAX_SPAN_MS: i64 = 100 * 365 * 86_400_000;

fn span(text: &str) -> Result<Span, String> {
    const HELP: &str = "write a number with m, h, d, w or y (90d), or never";
    if text == "never" {
        return Ok(Span::Never);
    }
    let unit = text.chars().last().ok_or(HELP)?;
    let ms = match unit {
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        'w' => 7 * 86_400_000,
        'y' => 365 * 86_400_000,
        _ => return Err(HELP.to_owned()),
    };
    let count: i64 = text.strip_suffix(unit).and_then(|count| count.parse().ok()).ok_or(HELP)?;
    let span = count.checked_mul(ms).filter(|span| (1..=MAX_SPAN_MS).contains(span));
    span.map(Span::Ms).ok_or_else(|| HELP.to_owned())
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&args.of)?;
    let tenant = context.open(info.id)?;
    let expires = match args.expires {
        Span::Never => None,
        Span::Ms(span) => Some(context.instance.clock().now().plus_ms(span)),
    };
    let (name, rights) = (args.name.clone(), args.rights.clone());
    let (id, text) = tenant
        .write(context.caller(), move |op| identity::create_token(op, &name, &rights, expires))
        .map_err(Failure::from)?;
    let document = json!({"id": id, "token": *text, "tenant": info.id, "name": args.name, "rights": args.rights, "expires_at": expires});
    out.answer(&document, |_| format!("{}\n", *text))?;
    if !out.json() {
        out.note(
            "Das Token wird nur jetzt gezeigt; es lässt sich nicht wieder anzeigen.",
            "The token is shown only now; it cannot be shown again.",
        )?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        assert_eq!(span("90d"), Ok(Span::Ms(7_776_000_000)));
        assert_eq!(span("30m"), Ok(Span::Ms(1_800_000)));
        assert_eq!(span("never"), Ok(Span::Never));
        for text in ["", "d", "0d", "-1d", "90", "90 days", "1000y", "99999999999999999999d", "9ü"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
