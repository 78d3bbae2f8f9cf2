//! `job list`: queued work, with what failed and how often.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::{Output, Table};
use crate::serve::jobs;
use serde_json::json;

/// What `job list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The business; without it, every business
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let mut found = Vec::new();
    for info in context.infos(&OfTenant { tenant: args.tenant.clone() })? {
        let tenant = context.open(info.id)?;
        found.extend(jobs::all(&tenant)?.into_iter().map(|job| (info.name.clone(), job)));
    }
    let items: Vec<_> = found.iter().map(|(tenant, job)| {
        json!({"tenant": tenant, "name": job.name, "due_at": job.due_at, "attempts": job.attempts, "failed": job.failed})
    }).collect();
    out.list(&items, |lang| {
        let mut table = Table::new(match lang {
            crate::output::Lang::De => ["MANDANT", "AUFGABE", "FÄLLIG", "VERSUCHE", "FEHLER"],
            crate::output::Lang::En => ["BUSINESS", "JOB", "DUE", "ATTEMPTS", "FAILED"],
        })
        .or(lang.pick("Nichts zu tun.\n", "Nothing to do.\n"));
        for (tenant, job) in &found {
            let failed = job.failed.clone().unwrap_or_default();
            table.row([tenant.clone(), job.name.clone(), job.due_at.to_string(), job.attempts.to_string(), failed]);
        }
        table
    })?;
    Ok(Exit::Done)
}
