//! `journal verify` with the comparison of live records (goal: 100,000 entries a second a core), against hashing raw rows of 300 bytes.
use super::business::{Business, Result, per_second};
use super::figure::{Figure, Goal, median};
use std::time::Instant;
use store::baseline::Baseline;
use store::{journal, sqlite};

const RUNS: usize = 3;

pub(super) fn measure(business: &Business, raw: &mut Baseline) -> Result<Vec<Figure>> {
    let shared = business.tenant.shared();
    let (mut rates, mut rows) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let count = raw.scan()?;
        rows.push(per_second(count, begun.elapsed()));
        let begun = Instant::now();
        let report = journal::verify(shared.paths(), &shared.ring(), &sqlite::Settings::default())?;
        rates.push(per_second(report.entries, begun.elapsed()) / THREADS);
        if let Some(finding) = report.findings.first() {
            return Err(
                format!("the bench's own journal does not verify: {}: {}", finding.place, finding.message).into()
            );
        }
    }
    let baseline = Some((median(rows), "raw rows read and hashed"));
    Ok(vec![Figure::new(
        format!("journal-verify-per-core-at-{}", business.records()),
        (median(rates), "entries/s"),
        baseline,
        Goal::AtLeast(100_000.0),
    )])
}

/// Cores that a verification keeps busy: the figure is per core.
const THREADS: f64 = 1.0;
