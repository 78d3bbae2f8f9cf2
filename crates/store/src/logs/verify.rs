//! Verifying the day trees of the three logs: every line stands where its signed tree has it, no day is missing between two others.
use super::append::BEFORE;
use super::{LOG_DAYS, LOG_LINES, LOG_STRAYS, Limits, Log, leaf, origin};
use crate::Result;
use crate::engine::{self, Connection};
use base::{Finding, Severity, TenantId, Timestamp};
use keys::VerifyKey;
use keys::merkle::Frontier;

/// What the verification of one log read and found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct LogReport {
    /// Which log.
    pub log: Log,
    /// Days read.
    pub days: u64,
    /// Lines read.
    pub lines: u64,
    /// What is wrong; empty if everything verifies. At most 100.
    pub findings: Vec<Finding>,
}

/// Findings that are kept of one log; a destroyed file would give millions.
const MAX_FINDINGS: usize = 100;

impl LogReport {
    fn find(&mut self, code: &str, day: i64, message: &str) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                code: code.into(),
                severity: Severity::Error,
                place: format!("log {}, day {}", self.log.name(), date(day)),
                message: message.into(),
            });
        }
    }
}

/// A day as a date.
fn date(day: i64) -> String {
    let text = Timestamp(day.saturating_mul(super::DAY_MS)).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Verifies all three logs of a file. What it cannot see: the last days of a log cut off whole, and an older state of a day put back with its older
/// signature; both take somebody who holds the keys of the file, and the journal notices when the whole file is put back.
pub(crate) fn verify(file: &mut dyn Connection, key: &VerifyKey, owner: TenantId) -> Result<Vec<LogReport>> {
    let mut reports = Vec::with_capacity(Log::ALL.len());
    for log in Log::ALL {
        let mut report = LogReport { log, days: 0, lines: 0, findings: Vec::new() };
        let days = engine::collect(file, &LOG_DAYS, &[log.number().into()], |row| {
            Ok((row.int(0)?, row.int(1)?, row.text(2)?.to_owned()))
        })?;
        let mut previous = None;
        for (day, size, note) in days {
            verify_day(file, key, &mut report, (owner, log, day, size), &note, previous)?;
            previous = Some(day);
        }
        for day in engine::collect(file, &LOG_STRAYS, &[log.number().into()], |row| row.int(0))? {
            report.find("log-day-unknown", day, "lines lie here that belong to no signed day");
        }
        reports.push(report);
    }
    Ok(reports)
}

fn verify_day(
    file: &mut dyn Connection,
    key: &VerifyKey,
    report: &mut LogReport,
    (owner, log, day, size): (TenantId, Log, i64, i64),
    note: &str,
    previous: Option<i64>,
) -> Result<()> {
    report.days += 1;
    let mut tree = Frontier::new();
    let mut gap = None;
    file.query((&LOG_LINES).into(), &[log.number().into(), day.into()], &mut |row| {
        if row.int(0)? != super::signed(tree.size()) && gap.is_none() {
            gap = Some(tree.size());
        }
        tree.push(leaf(Timestamp(row.int(1)?), row.text(2)?));
        Ok(true)
    })?;
    report.lines += tree.size();
    let Ok(signed) = keys::note::verify(note, key) else {
        report.find("log-unsigned", day, "the signature over this day does not hold");
        return Ok(());
    };
    if signed.origin != origin(owner, log, day) || super::signed(signed.size) != size {
        report.find("log-unsigned", day, "the signature is that of another day or of another state of it");
        return Ok(());
    }
    if let Some(gap) = gap {
        report.find("log-line-missing", day, &format!("line {gap} is missing"));
    } else if tree.size() < signed.size {
        report.find(
            "log-line-missing",
            day,
            &format!("it was signed with {} lines and has {}", signed.size, tree.size()),
        );
    } else if tree.size() > signed.size {
        report.find(
            "log-line-added",
            day,
            &format!("it was signed with {} lines and has {}", signed.size, tree.size()),
        );
    } else if tree.root() != signed.root {
        report.find("log-line-changed", day, "a line is not the one that was signed");
    }
    let before = signed.extensions.iter().find_map(|line| line.strip_prefix(BEFORE)).and_then(|day| day.parse().ok());
    // The first day that is left may name one that was dropped by age; every later one names its neighbour.
    if let (Some(before), Some(previous)) = (before, previous)
        && previous != before
    {
        report.find("log-day-missing", day, &format!("the day before it, {}, is missing", date(before)));
    }
    Ok(())
}

/// Days with a line older than its log's limit by more than `grace_ms`: a log older than its limit must not exist.
pub(crate) fn overdue(
    file: &mut dyn Connection,
    now: Timestamp,
    limits: &Limits,
    grace_ms: i64,
) -> Result<Vec<(Log, i64)>> {
    let mut found = Vec::new();
    for log in Log::ALL {
        let oldest = now.plus_ms(-limits.of(log).saturating_add(grace_ms));
        let last = oldest.0.div_euclid(super::DAY_MS);
        for day in engine::collect(file, &super::LOG_DAYS_UNTIL, &[log.number().into(), last.into()], |row| row.int(0))?
        {
            let first =
                engine::first(file, &super::LOG_FIRST, &[log.number().into(), day.into()], |row| row.opt_int(0))?;
            if first.flatten().is_some_and(|first| first < oldest.0) {
                found.push((log, day));
            }
        }
    }
    Ok(found)
}
