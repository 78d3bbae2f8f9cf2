//! The journal with the comparison of live records, on one thread (goal: 100,000 entries a second a core), against hashing raw rows of 300 bytes; beside it
//! what the command `journal verify` does in all: with every key and, on a second thread, every page.
use super::business::{Business, Result, per_second};
use super::figure::{Figure, Goal, median};
use std::time::Instant;
use store::baseline::Baseline;
use store::{journal, sqlite};

const RUNS: usize = 3;

pub(super) fn measure(business: &Business, raw: &mut Baseline) -> Result<Vec<Figure>> {
    let shared = business.tenant.shared();
    let (mut rates, mut rows, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let count = raw.scan()?;
        rows.push(per_second(count, begun.elapsed()));
        let begun = Instant::now();
        let report = journal::entries(shared.paths(), &shared.ring(), &sqlite::Settings::default())?;
        rates.push(per_second(report.entries, begun.elapsed()));
        let begun = Instant::now();
        let report = journal::verify(shared.paths(), &shared.ring(), &sqlite::Settings::default())?;
        whole.push(per_second(report.entries, begun.elapsed()));
        if let Some(finding) = report.findings.first() {
            return Err(
                format!("the bench's own journal does not verify: {}: {}", finding.place, finding.message).into()
            );
        }
    }
    let baseline = Some((median(rows), "raw rows read and hashed"));
    let at = business.records();
    let name = format!("journal-verify-per-core-at-{at}");
    Ok(vec![
        Figure::new(name, (median(rates), "entries/s"), baseline, Goal::AtLeast(100_000.0)),
        Figure::new(
            format!("journal-verify-with-keys-and-pages-at-{at}"),
            (median(whole), "entries/s"),
            baseline,
            Goal::None,
        ),
    ])
}
