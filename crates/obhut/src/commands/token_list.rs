//! `token list`: tokens with their rights; the text of none.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::{Output, Table};
use serde_json::json;

/// What `token list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let tokens = identity::list_tokens(&mut tenant.reader()?, &context.caller())?;
    let items: Vec<_> = tokens.iter().map(|token| json!(token)).collect();
    out.list(&items, |lang| {
        let mut table = Table::new(match lang {
            crate::output::Lang::De => ["NAME", "RECHTE", "LÄUFT AB", "WIDERRUFEN", "KENNUNG"],
            crate::output::Lang::En => ["NAME", "RIGHTS", "EXPIRES", "REVOKED", "ID"],
        })
        .or(lang.pick("Noch kein Token.\n", "No token yet.\n"));
        for token in &tokens {
            let moment = |at: Option<base::Timestamp>| at.map_or_else(|| "–".to_owned(), |at| at.to_string());
            table.row([
                token.name.clone(),
                token.rights.clone(),
                moment(token.expires_at),
                moment(token.revoked_at),
                token.id.to_string(),
            ]);
        }
        table
    })?;
    Ok(Exit::Done)
}
