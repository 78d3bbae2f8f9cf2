//! Import of contacts (goal 4,000 a second at 100,000, 3,000 over 1,000,000), against raw rows of 300 bytes with one index, 1,000 a transaction.
use super::business::{Business, Result, per_second};
use super::figure::{Figure, Goal, median};
use std::path::Path;
use std::time::Instant;
use store::baseline::Baseline;

/// Runs of the baseline; the middle counts. The import itself is one run over all records, in ten parts.
const RUNS: u64 = 3;

/// The figure of a business that was just filled, and the baseline file, which has as many rows.
pub(super) fn measure(business: &Business, folder: &Path) -> Result<(Vec<Figure>, Baseline)> {
    let at = business.records();
    let mut raw = Baseline::create(folder)?;
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        raw.bulk(at / RUNS)?;
        rates.push(per_second(at / RUNS, begun.elapsed()));
    }
    let baseline = Some((median(rates), "raw rows, 1,000 a commit"));
    let goal = Goal::AtLeast(if at <= 100_000 { 4_000.0 } else { 3_000.0 });
    let slowest = business.rates.iter().copied().fold(f64::INFINITY, f64::min);
    let figures = vec![
        Figure::new(format!("import-contacts-over-{at}"), (business.rate, "1/s"), baseline, goal),
        Figure::new(format!("import-contacts-slowest-tenth-of-{at}"), (slowest, "1/s"), baseline, Goal::None),
    ];
    Ok((figures, raw))
}
