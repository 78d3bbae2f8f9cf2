//! `GET /erasures/{id}`: the certificate of an erasure, for printing. It claims only what happened and does not name the person; before the erasure is
//! done the page shows the plan and is no certificate.
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::Visit;
use crate::{format, who};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::Timestamp;
use privacy::{Certificate, Erasure, PlanItem, REASONS};

/// Lines that hold numbers for machines.
const CODES: [&str; 3] = ["certificate-subject", "ledger-position", "signature"];

#[derive(Template)]
#[template(path = "certificate.html")]
struct CertificatePage {
    page: Page,
    id: String,
    rows: Vec<Line>,
    /// Whether it has happened: only then the page certifies anything.
    done: bool,
    erased: Vec<String>,
    kept: Vec<String>,
}

struct Line {
    label: String,
    text: String,
    /// A number for machines, set as such.
    code: bool,
}

pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    let id = id.parse().map_err(|_| Failure::not_found())?;
    let mut reader = visit.reader()?;
    let erasure = privacy::erasure(&mut reader, visit.caller(), id)?;
    let words = visit.words;
    let mut name = |actor: &str| who::name_of(&mut reader, visit.caller(), actor, words);
    let mut rows = Vec::new();
    let mut line =
        |key: &str, text: String| rows.push(Line { label: words.say(key), text, code: CODES.contains(&key) });
    line("state", words.say(&format!("case-{}", erasure.state)));
    line("certificate-subject", erasure.plan.subject.to_string());
    line("erase-reason", reason(&visit, &erasure));
    line("planned-at", moment(&visit, erasure.created_at));
    line("planned-by", name(&erasure.created_by)?);
    if let Some(approved_by) = &erasure.approved_by {
        line("approved-by", name(approved_by)?);
    }
    if let Some(certificate) = &erasure.certificate {
        performed(&visit, certificate, &mut line);
    }
    let erased = erasure.plan.goes.iter().map(|item| item.label().get(visit.lang()).to_owned());
    let kept = erasure.plan.stays.iter().map(|item| stays(&visit, item));
    let title = if erasure.certificate.is_some() { words.say("certificate") } else { words.say("erasure") };
    let (erased, kept) = (grouped(erased.collect()), grouped(kept.collect()));
    let done = erasure.certificate.is_some();
    Ok(html(&CertificatePage { page: visit.page(title), id: id.to_string(), rows, done, erased, kept }))
}

/// What happened when, in the words that the certificate promises (design, *Erasure*).
fn performed(visit: &Visit, certificate: &Certificate, line: &mut dyn FnMut(&str, String)) {
    line("keys-destroyed", moment(visit, certificate.keys_destroyed_at));
    line("ciphertext-deleted", moment(visit, certificate.ciphertext_deleted_at));
    let backups = match certificate.backups_gone_by {
        Some(by) => moment(visit, by),
        None => visit.words.say("no-backup-target"),
    };
    line("backups-overwritten", backups);
    let counts = &certificate.destroyed;
    let n = |number: usize| format::count(u64::try_from(number).unwrap_or(u64::MAX), visit.words.english());
    line("destroyed-units", n(counts.units));
    line("destroyed-records", n(counts.records));
    line("destroyed-journal", format::count(counts.journal, visit.words.english()));
    let more = certificate.mentions_incomplete.then(|| visit.words.say("mentions-incomplete"));
    line("mentions-left", [Some(n(certificate.mentions)), more].into_iter().flatten().collect::<Vec<_>>().join(" – "));
    line("ledger-position", format!("{} · {}", certificate.ledger.0, certificate.ledger.1));
    line("signature", format!("{}\n{}", certificate.signature, certificate.verify_key));
}

fn moment(visit: &Visit, at: Timestamp) -> String {
    format::moment(at, visit.zone(), visit.words.english())
}

fn reason(visit: &Visit, erasure: &Erasure) -> String {
    let found = REASONS.iter().find(|(key, _, _)| *key == erasure.reason);
    found.map_or_else(|| erasure.reason.clone(), |(_, de, en)| if visit.words.english() { *en } else { *de }.to_owned())
}

fn stays(visit: &Visit, item: &PlanItem) -> String {
    let until = item
        .until
        .map(|until| visit.words.say1("kept-until", "date", format::date(until, visit.words.english())))
        .unwrap_or_default();
    format!("{}: {until} – {} {}", item.label().get(visit.lang()), item.basis, item.reason().get(visit.lang()))
}

/// Lines that are the same once, with how often.
fn grouped(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    let mut counted: Vec<(String, usize)> = Vec::new();
    for line in lines {
        match counted.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => counted.push((line, 1)),
        }
    }
    counted.into_iter().map(|(line, count)| if count == 1 { line } else { format!("{count} × {line}") }).collect()
}
