//! `tenant move T --to …`: plan, show, agree, move; the half that is left is kept until it is approved that it goes, or until its end date.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use serde_json::json;
use std::fmt::Write;
use store::{MovePlan, Moved};

/// What `tenant move` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its name or id
    tenant: String,
    /// Where to: `embedded` for files, or a database server of the settings by name or address (postgres://HOST:PORT of its records)
    #[arg(long, value_name = "PLACE", required_unless_present = "approve")]
    to: Option<String>,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    plan: bool,
    /// Perform it without asking
    #[arg(long)]
    yes: bool,
    /// All is well where it lies now: remove the half that the last move has left
    #[arg(long, conflicts_with_all = ["to", "plan", "yes"])]
    approve: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&OfTenant { tenant: Some(args.tenant.clone()) })?;
    let Some(to) = &args.to else {
        context.bring(info.id)?;
        let former = context.instance.approve_move(&context.actor, info.id)?;
        let place = json!(former.place);
        out.answer(&json!({"removed": place, "tenant": info.id}), |lang| {
            let place = place.as_str().unwrap_or_default();
            match lang {
                Lang::De => format!("Die frühere Hälfte von „{}“ ({place}) ist entfernt.\n", info.name),
                Lang::En => format!("The former half of “{}” ({place}) is removed.\n", info.name),
            }
        })?;
        return Ok(Exit::Done);
    };
    let goal = context.instance.goal(to)?;
    if args.plan || !args.yes {
        context.bring(info.id)?;
        let plan = context.instance.move_plan(info.id, &goal)?;
        if args.plan {
            out.answer(&json!(plan), |lang| page(&plan, lang))?;
            return Ok(Exit::Done);
        }
        out.note(&page(&plan, Lang::De), &page(&plan, Lang::En))?;
        if !out.agrees("Umziehen? [j/N]", "Move it? [y/N]")? {
            return Err(Failure::refused(
                "not-confirmed",
                "Nicht bestätigt: es wurde nichts bewegt. Ohne Rückfrage: --yes",
                "Not confirmed: nothing was moved. Without being asked: --yes",
            ));
        }
    }
    let moved = context.instance.move_tenant(&context.actor, info.id, &goal)?;
    out.answer(&json!(moved), |lang| told(&info.name, &moved, lang))?;
    Ok(Exit::Done)
}

// Writing to a string cannot fail.
fn page(plan: &MovePlan, lang: Lang) -> String {
    let mut text = match lang {
        Lang::De => format!("Umzug von „{}“: {} → {}\n", plan.name, plan.from, plan.to),
        Lang::En => format!("Move of “{}”: {} → {}\n", plan.name, plan.from, plan.to),
    };
    let rows: u64 = plan.tables.iter().map(|table| table.rows).sum();
    let kib = plan.bytes.div_ceil(1024);
    let _ = match lang {
        Lang::De => writeln!(text, "{rows} Zeilen, etwa {kib} KiB:"),
        Lang::En => writeln!(text, "{rows} rows, about {kib} KiB:"),
    };
    for table in plan.tables.iter().filter(|table| table.rows > 0) {
        let _ = writeln!(text, "  {:16}{:>12}", table.name, table.rows);
    }
    let days = plan.kept_days;
    let _ = match lang {
        Lang::De => writeln!(
            text,
            "Während kopiert wird, geht die Arbeit weiter. Danach ist der Mandant kurz geschlossen: was sich geändert hat, wird nachgetragen, beide Hälften werden verglichen. Weichen sie ab, bleibt alles, wo es ist.\nDie alte Hälfte wird {days} Tage aufbewahrt; Löschungen gelten auch in ihr. Früher entfernen: obhut tenant move T --approve"
        ),
        Lang::En => writeln!(
            text,
            "While it is copied, work goes on. Then the business is closed for a moment: what has changed is brought over, both halves are compared. If they differ, everything stays where it is.\nThe old half is kept for {days} days; erasures reach it too. To remove it earlier: obhut tenant move T --approve"
        ),
    };
    text
}

fn told(name: &str, moved: &Moved, lang: Lang) -> String {
    let seconds = |ms: i64| format!("{}.{:03}", ms / 1_000, ms % 1_000);
    let (from, to, rows, entries) = (&moved.from, &moved.to, moved.rows, moved.entries);
    let (beside, frozen, until) = (seconds(moved.beside_ms), seconds(moved.frozen_ms), moved.kept_until);
    match lang {
        Lang::De => format!(
            "„{name}“ liegt jetzt hier: {to}. {rows} Zeilen und {entries} Einträge des Protokolls sind auf beiden Seiten gleich.\nKopiert und geprüft in {beside} s, geschlossen für {frozen} s.\nDie alte Hälfte ({from}) wird bis {until} aufbewahrt. Wenn alles stimmt: obhut tenant move T --approve\n"
        ),
        Lang::En => format!(
            "“{name}” lies here now: {to}. {rows} rows and {entries} entries of the journal are the same on both sides.\nCopied and checked in {beside} s, closed for {frozen} s.\nThe old half ({from}) is kept until {until}. When all is well: obhut tenant move T --approve\n"
        ),
    }
}
