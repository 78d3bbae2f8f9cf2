//! `subject find TEXT`: persons by name, address, number or id; restricted ones too, since this is for the privacy role.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::{Output, Table};
use serde_json::json;

/// What `subject find` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Words of the name, the e-mail address, the telephone number, or the id
    #[arg(required = true)]
    text: Vec<String>,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&args.of)?;
    let hits = privacy::find_subjects(&mut tenant.reader()?, &context.caller(), &args.text.join(" "))?;
    let items: Vec<_> = hits.iter().map(|hit| json!(hit)).collect();
    out.list(&items, |lang| {
        let headings = match lang {
            crate::output::Lang::De => ["KENNUNG", "NAME", "MODUL"],
            crate::output::Lang::En => ["ID", "NAME", "MODULE"],
        };
        let mut table = Table::new(headings).or(lang.pick("Niemand gefunden.\n", "Nobody was found.\n"));
        for hit in &hits {
            table.row([hit.id.to_string(), hit.title.clone(), hit.module.clone()]);
        }
        table
    })?;
    Ok(Exit::Done)
}
