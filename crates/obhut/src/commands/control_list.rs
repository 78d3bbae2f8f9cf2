//! `control list`: the controls that can be run, each with what it says when it holds.
use super::{Context, Ended};
use crate::failure::Exit;
use crate::output::{Lang, Output, Table};
use serde_json::{Value, json};
use store::checks::About;

/// What `control list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context<'_>, _: &Args, out: &mut Output<'_>) -> Ended {
    let code = out.lang().code();
    let checks = context.instance.checks();
    let about = |about| match about {
        About::Tenant => "tenant",
        About::Instance => "instance",
    };
    let items: Vec<Value> = checks
        .iter()
        .map(|check| {
            let statement = check.statement();
            json!({"id": check.id(), "about": about(check.about()), "statement": statement.get(code)})
        })
        .collect();
    out.list(&items, |lang| {
        let mut table = Table::new(match lang {
            Lang::De => ["KONTROLLE", "AUSSAGE"],
            Lang::En => ["CONTROL", "STATEMENT"],
        });
        for check in &checks {
            table.row([check.id().to_owned(), check.statement().get(code).to_owned()]);
        }
        table
    })?;
    Ok(Exit::Done)
}
