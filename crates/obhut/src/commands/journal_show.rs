//! `journal show --record ID`: what happened to a record, newest first, with old and new value (F-080); of one that was deleted or erased, what is left. There is no such question about a
//! person who acted.
use super::{Context, Ended, OfTenant, record_id};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use records::{HistoryEntry, HistoryPage};
use serde_json::{Value, json};
use std::fmt::Write;

/// What `journal show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The record
    #[arg(long, value_name = "ID")]
    record: String,
    #[command(flatten)]
    of: OfTenant,
    /// At most so many entries
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Only entries before this number: to go on where the page before ended
    #[arg(long, value_name = "SEQ")]
    before: Option<u64>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let id = record_id(&args.record)?;
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    let mut reader = tenant.reader()?;
    let found = records::titles(&mut reader, &caller, &[id])?.remove(&id);
    let (module, title, page) = match found {
        Some((module, title)) => {
            let page = records::history(&mut reader, &caller, &module, id, args.before, args.limit)?;
            (module, Some(title), page)
        }
        None => match records::history_of_gone(&mut reader, &caller, id, args.before, args.limit) {
            Ok((module, page)) => (module, None, page),
            Err(store::Error::NotFound { .. }) => {
                let (de, en) = (format!("Es gibt keinen Datensatz {id}."), format!("There is no record {id}."));
                return Err(Failure::not_found(de, en));
            }
            Err(error) => return Err(error.into()),
        },
    };
    let gone = title.is_none();
    let document = json!({"record": id, "module": module, "gone": gone, "items": page.items.iter().map(entry).collect::<Vec<_>>(), "next": page.next});
    out.answer(&document, |lang| shown(title.as_deref(), &module, &page, lang))?;
    Ok(Exit::Done)
}

fn entry(entry: &HistoryEntry) -> Value {
    let changes: Vec<Value> = entry
        .changes
        .iter()
        .map(|change| json!({"field": change.field, "old": change.old, "new": change.new, "masked": change.masked}))
        .collect();
    json!({"seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action, "changes": changes, "erased": entry.erased})
}

fn shown(title: Option<&str>, module: &str, page: &HistoryPage, lang: Lang) -> String {
    let mut text = match (title, lang) {
        (Some(title), _) => format!("{title}\n"),
        (None, Lang::De) => {
            format!("Diesen Datensatz ({module}) gibt es nicht mehr. Geblieben ist, wer wann was getan hat:\n")
        }
        (None, Lang::En) => {
            format!("This record ({module}) is gone. What is left is who did what and when:\n")
        }
    };
    for entry in &page.items {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n#{}  {}  {}  {}", entry.seq, entry.at, entry.actor, entry.action);
        for change in &entry.changes {
            let value = |value: &Option<Value>| match value {
                None => "–".to_owned(),
                Some(Value::String(text)) => text.replace('\n', " "),
                Some(other) => other.to_string(),
            };
            let _ = if change.masked {
                writeln!(text, "    {}: {}", change.field, lang.pick("(verdeckt)", "(masked)"))
            } else {
                writeln!(text, "    {}: {} → {}", change.field, value(&change.old), value(&change.new))
            };
        }
        if entry.erased {
            let _ = writeln!(text, "    {}", lang.pick("(Werte gelöscht)", "(values erased)"));
        }
    }
    if let Some(next) = page.next {
        let _ = writeln!(text, "\n{} --before {next}", lang.pick("Weiter mit", "Go on with"));
    }
    text
}
