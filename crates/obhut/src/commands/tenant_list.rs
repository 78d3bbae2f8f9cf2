//! `tenant list`: the businesses of this instance. None is opened for it.
use super::{Context, Ended};
use crate::failure::Exit;
use crate::output::{Output, Table};
use serde_json::json;

/// What `tenant list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context<'_>, _: &Args, out: &mut Output<'_>) -> Ended {
    let all = context.instance.tenants();
    let items: Vec<_> = all.iter().map(|tenant| json!(tenant)).collect();
    out.list(&items, |lang| {
        let mut table = Table::new(match lang {
            crate::output::Lang::De => ["NAME", "KENNUNG", "ART", "PAKETE", "ANGELEGT"],
            crate::output::Lang::En => ["NAME", "ID", "MARKER", "PACKS", "CREATED"],
        })
        .or(lang.pick("Noch kein Mandant.\n", "No business yet.\n"));
        for tenant in &all {
            let packs = tenant.packs.join(" ");
            table.row([
                tenant.name.clone(),
                tenant.id.to_string(),
                tenant.marker.clone(),
                packs,
                tenant.created_at.to_string(),
            ]);
        }
        table
    })?;
    Ok(Exit::Done)
}
