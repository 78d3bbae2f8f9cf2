//! Durable single changes, 64 callers at once, against raw commits of one row one after another (goal 0.8 × at 10,000 records, 0.3 × at 1,000,000).
use super::business::{Business, Result, per_second};
use super::data::{self, Dice};
use super::figure::{Figure, Goal, median};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use store::baseline::Baseline;

/// Callers that each wait for their change before they send the next.
pub(super) const CALLERS: u64 = 64;
/// Runs; an odd number, the middle counts.
pub(super) const RUNS: u64 = 5;
/// How long one run lasts, and one of the baseline.
pub(super) const RUN: Duration = Duration::from_millis(1_500);
/// Rows of the baseline between two looks at the clock.
const RAW_ROWS: u64 = 100;

pub(super) fn measure(business: &Business, folder: &Path) -> Result<Vec<Figure>> {
    let mut raw = Baseline::create(folder)?;
    let mut dice = Dice::new(1);
    run(business, &mut dice, RUN / 2, CALLERS)?;
    let counters = business.tenant.shared().counters();
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let before = (
        counters.syncs.load(Ordering::Relaxed),
        counters.batches.load(Ordering::Relaxed),
        counters.operations.load(Ordering::Relaxed),
    );
    for _ in 0..RUNS {
        // Side by side, because a shared disk is not equally quick at all times: each run has its own baseline.
        theirs.push(commits(&mut raw)?);
        ours.push(run(business, &mut dice, RUN, CALLERS)?);
        ratios.push(ours.last().copied().unwrap_or_default() / theirs.last().copied().unwrap_or(1.0));
    }
    let since =
        |counter: &std::sync::atomic::AtomicU64, before: u64| counter.load(Ordering::Relaxed).saturating_sub(before);
    let (syncs, batches) = (since(&counters.syncs, before.0), since(&counters.batches, before.1).max(1));
    let operations = since(&counters.operations, before.2);
    let at = business.records();
    let goal = Goal::RatioAtLeast(if at <= 10_000 { 0.8 } else { 0.3 });
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
    let share = |count: u64| count as f64 / batches as f64;
    Ok(vec![
        Figure::new(
            format!("durable-changes-64-at-{at}"),
            (median(ours), "1/s"),
            Some((median(theirs), "raw commits of one row")),
            goal,
        )
        .with_ratio(median(ratios)),
        Figure::new(format!("syncs-per-batch-at-{at}"), (share(syncs), "1"), None, Goal::None),
        Figure::new(format!("changes-per-batch-at-{at}"), (share(operations), "1"), None, Goal::None),
    ])
}

fn commits(raw: &mut Baseline) -> Result<f64> {
    let started = Instant::now();
    let mut rows = 0;
    while started.elapsed() < RUN {
        raw.one_by_one(RAW_ROWS)?;
        rows += RAW_ROWS;
    }
    Ok(per_second(rows, started.elapsed()))
}

/// Changes of random contacts: every second one gets another family name (title, sort key, full text), the others another salutation.
pub(super) fn run(business: &Business, dice: &mut Dice, time: Duration, callers: u64) -> Result<f64> {
    let (answer, answers) = channel();
    let mut begin = |number: u64| -> Result<()> {
        let id = business.contact(dice)?;
        let patch = if number.is_multiple_of(2) {
            serde_json::json!({"family_name": data::family(dice.roll(data::FAMILIES))})
        } else {
            serde_json::json!({"salutation": format!("Anrede {}", dice.roll(1_000_000))})
        };
        let patch = data::object(patch);
        let answer = answer.clone();
        business.tenant.submit(
            business.caller.clone(),
            move |op| records::change(op, "contact", id, patch, None).map(drop),
            move |result: store::Result<()>| drop(answer.send(result)),
        );
        Ok(())
    };
    let started = Instant::now();
    let mut sent = 0;
    let mut done = 0;
    while sent < callers {
        begin(sent)?;
        sent += 1;
    }
    while done < sent {
        answers.recv().map_err(|_| "the tenant was closed")??;
        done += 1;
        if started.elapsed() < time {
            begin(sent)?;
            sent += 1;
        }
    }
    Ok(per_second(done, started.elapsed()))
}
