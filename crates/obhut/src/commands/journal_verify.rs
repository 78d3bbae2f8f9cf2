//! `journal verify`: the whole log, and every live record against it; then the day trees of the three logs beside it. What differs is named, the first bad entry first, and the exit code is 1.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use base::{Finding, Kind, Kinded, Severity};
use serde_json::{Value, json};
use std::fmt::Write;
use store::TenantInfo;
use store::journal::Report;
use store::logs::{Log, LogReport};

/// What `journal verify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The business; without it, every business
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let infos = context.infos(&OfTenant { tenant: args.tenant.clone() })?;
    let total = infos.len() as u64;
    let mut items: Vec<Value> = Vec::new();
    let mut text = String::new();
    let mut sound = true;
    for (place, info) in infos.iter().enumerate() {
        out.progress(&info.name, place as u64, total)?;
        let report = verify(context, info)?;
        let logs = logs(context, info)?;
        let good = report.findings.is_empty() && logs.iter().all(|log| log.findings.is_empty());
        sound &= good;
        text.push_str(&shown(&info.name, &report, &logs, out.lang()));
        let mut item = document(&info.name, &report, &logs, good);
        if let Some(parts) = item.as_object_mut() {
            parts.insert("id".into(), json!(info.id));
        }
        items.push(item);
    }
    out.end_progress()?;
    // Without a name everything is verified, and so is who made, destroyed and re-keyed which business.
    let mut own = None;
    if args.tenant.is_none() {
        let report = context.instance.verify_own_journal()?;
        let logs = context.instance.verify_own_logs()?;
        let good = report.findings.is_empty() && logs.iter().all(|log| log.findings.is_empty());
        sound &= good;
        let name = out.lang().pick("Die Installation selbst", "The installation itself");
        text.push_str(&shown(name, &report, &logs, out.lang()));
        own = Some(document("instance", &report, &logs, good));
    }
    let whole = json!({"ok": sound, "items": items, "instance": own});
    out.answer(&whole, |_| text)?;
    Ok(if sound { Exit::Done } else { Exit::Found })
}

/// A business that cannot be opened because of damage has that as its finding: the command's errand is to find it.
fn verify(context: &Context<'_>, info: &TenantInfo) -> Result<Report, Failure> {
    let verified = context.instance.verify(info.id);
    match verified {
        Err(error @ store::Error::Damaged { .. }) if error.kind() == Kind::Broken => Ok(Report {
            from: 0,
            purged: 0,
            entries: 0,
            records: 0,
            erased_values: 0,
            checkpoint: String::new(),
            compared_with: Vec::new(),
            findings: vec![Finding {
                code: "cannot-be-opened".into(),
                severity: Severity::Error,
                place: info.name.clone(),
                message: error.to_string(),
            }],
            limits: "",
        }),
        other => Ok(other?),
    }
}

/// The other three logs. Damage that keeps them from being read is the journal's finding already.
fn logs(context: &Context<'_>, info: &TenantInfo) -> Result<Vec<LogReport>, Failure> {
    match context.instance.verify_logs(info.id) {
        Err(store::Error::Damaged { .. }) => Ok(Vec::new()),
        other => Ok(other?),
    }
}

fn document(who: &str, report: &Report, logs: &[LogReport], good: bool) -> Value {
    let mut value = json!(report);
    if let Some(parts) = value.as_object_mut() {
        parts.insert("tenant".into(), who.into());
        parts.insert("ok".into(), good.into());
        parts.insert("logs".into(), json!(logs));
    }
    value
}

fn shown(who: &str, report: &Report, logs: &[LogReport], lang: Lang) -> String {
    let verdict = if report.findings.is_empty() {
        lang.pick("in Ordnung", "verifies")
    } else {
        lang.pick("NICHT IN ORDNUNG", "DOES NOT VERIFY")
    };
    let mut text = match lang {
        Lang::De => format!(
            "{}: {verdict}. {} Einträge, {} Datensätze, {} gelöschte Werte.\n",
            who, report.entries, report.records, report.erased_values
        ),
        Lang::En => format!(
            "{}: {verdict}. {} entries, {} records, {} erased values.\n",
            who, report.entries, report.records, report.erased_values
        ),
    };
    // Writing to a string cannot fail.
    if report.purged > 0 || report.from > 0 {
        let (purged, from) = (report.purged, report.from);
        let _ = match lang {
            Lang::De => {
                writeln!(text, "  Nach Ablauf der Frist: {purged} Einträge ohne Inhalt, gelesen ab Eintrag {from}.")
            }
            Lang::En => {
                writeln!(text, "  Past their period: {purged} entries without contents, read from entry {from} on.")
            }
        };
    }
    for log in logs {
        let _ = match lang {
            Lang::De => writeln!(text, "  Protokoll {}: {} Tage, {} Zeilen", name(log.log, lang), log.days, log.lines),
            Lang::En => writeln!(text, "  log of {}: {} days, {} lines", name(log.log, lang), log.days, log.lines),
        };
    }
    for finding in report.findings.iter().chain(logs.iter().flat_map(|log| &log.findings)) {
        let _ = writeln!(text, "  {}: {} ({})", finding.place, finding.message, finding.code);
    }
    if !report.compared_with.is_empty() {
        let _ =
            writeln!(text, "  {}: {}", lang.pick("Verglichen mit", "Compared with"), report.compared_with.join(", "));
    }
    if !report.limits.is_empty() {
        let _ = writeln!(text, "  {}", report.limits);
    }
    text
}

fn name(log: Log, lang: Lang) -> &'static str {
    match log {
        Log::Reads => lang.pick("der Einsichten", "reads"),
        Log::Security => lang.pick("der Anmeldungen", "sign-ins"),
        Log::Access => lang.pick("der Zugriffe", "requests"),
    }
}
