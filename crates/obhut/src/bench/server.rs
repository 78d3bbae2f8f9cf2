//! The same on a database server (`--engine postgres`), each figure beside what that server does without Obhut.
use super::business::{Business, Result, per_second};
use super::changes::{self, RUN, RUNS};
use super::data::Dice;
use super::figure::{Figure, Goal, median, p99};
use super::lists;
use std::path::Path;
use std::time::Instant;
use store::baseline::Baseline;
use store::postgres::{Server, ServerBaseline};

/// Businesses that are changed side by side.
const SIDE_BY_SIDE: u64 = 8;
/// Rows of the baseline between two looks at the clock, and statements of 1,000 rows.
const RAW_ROWS: u64 = 50;
const RAW_STATEMENTS: u64 = 20;
/// Records read by their id, in one run.
const READS: u64 = 500;
/// How much slower than the embedded engine a list may be.
const LIST_RATIO: f64 = 2.0;
const READ_MS: f64 = 10.0;

/// All figures at that size. Says where it is.
pub(super) fn measure(
    server: &Server,
    records: u64,
    folder: &Path,
    at: &mut dyn FnMut(&str, u64) -> Result<()>,
) -> Result<Vec<Figure>> {
    server.check()?;
    let mut raw = ServerBaseline::create(server)?;
    let mut figures = Vec::new();
    at("import", 0)?;
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        let rows = raw.bulk(RAW_STATEMENTS)?;
        rates.push(per_second(rows, begun.elapsed()));
    }
    let mut business = Business::create_on(&folder.join("large"), Some(server))?;
    business.fill(records, &mut |done| at("import", done))?;
    figures.push(Figure::new(
        format!("server-import-contacts-over-{records}"),
        (business.rate, "1/s"),
        Some((median(rates), "raw rows, 1,000 a statement")),
        Goal::RatioAtLeast(0.15),
    ));
    at("changes", 0)?;
    figures.push(side_by_side(&[&business], &mut raw, format!("server-durable-changes-64-at-{records}"), 0.4)?);
    at("reads", 0)?;
    figures.push(reads(&business, &mut raw)?);
    at("lists", 0)?;
    figures.extend(beside_embedded(&business, records, folder, at)?);
    business.destroy()?;
    at("side by side", 0)?;
    let several = (0..SIDE_BY_SIDE)
        .map(|number| {
            let mut business = Business::create_on(&folder.join(number.to_string()), Some(server))?;
            business.fill(records.min(super::SMALL) / SIDE_BY_SIDE, &mut |_| Ok(()))?;
            Ok(business)
        })
        .collect::<Result<Vec<_>>>()?;
    let all: Vec<&Business> = several.iter().collect();
    figures.push(side_by_side(&all, &mut raw, format!("server-durable-changes-64-of-{SIDE_BY_SIDE}-businesses"), 0.6)?);
    several.into_iter().try_for_each(Business::destroy)?;
    Ok(figures)
}

/// Durable changes of several businesses at once, 64 callers in all.
fn side_by_side(businesses: &[&Business], raw: &mut ServerBaseline, name: String, goal: f64) -> Result<Figure> {
    let callers = changes::CALLERS / businesses.len().max(1) as u64;
    let together = |run: u64, time| -> Result<f64> {
        std::thread::scope(|scope| {
            let started: Vec<_> = businesses
                .iter()
                .zip(1..)
                .map(|(business, number)| {
                    scope.spawn(move || changes::run(business, &mut Dice::new(run * 100 + number), time, callers))
                })
                .collect();
            started.into_iter().map(|one| one.join().map_err(|_| "a thread of the bench failed")?).sum()
        })
    };
    together(0, RUN / 2)?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=RUNS {
        let begun = Instant::now();
        let mut rows = 0;
        while begun.elapsed() < RUN {
            raw.one_by_one(RAW_ROWS)?;
            rows += RAW_ROWS;
        }
        let their = per_second(rows, begun.elapsed());
        let our = together(run, RUN)?;
        ours.push(our);
        theirs.push(their);
        ratios.push(our / their);
    }
    let baseline = Some((median(theirs), "raw commits of one row, one connection"));
    Ok(Figure::new(name, (median(ours), "1/s"), baseline, Goal::RatioAtLeast(goal)).with_ratio(median(ratios)))
}

/// One record by its id, opened, as pages and API read it.
fn reads(business: &Business, raw: &mut ServerBaseline) -> Result<Figure> {
    let mut dice = Dice::new(5);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for _ in 0..READS {
            let begun = Instant::now();
            raw.point(1 + i64::try_from(dice.roll(RAW_STATEMENTS * 1_000))?)?;
            their.push(begun.elapsed().as_secs_f64() * 1e3);
            let id = business.contact(&mut dice)?;
            let begun = Instant::now();
            records::get(&mut business.tenant.reader()?, &business.caller, "contact", id)?;
            our.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        ours.push(p99(our));
        theirs.push(p99(their));
    }
    let baseline = Some((median(theirs), "one raw row by number"));
    let name = format!("server-read-by-id-at-{}", business.records());
    Ok(Figure::new(name, (median(ours), "ms"), baseline, Goal::AtMost(READ_MS)))
}

/// Lists and searches, beside the same of a business in files.
fn beside_embedded(
    business: &Business,
    records: u64,
    folder: &Path,
    at: &mut dyn FnMut(&str, u64) -> Result<()>,
) -> Result<Vec<Figure>> {
    let files = folder.join("files");
    std::fs::create_dir_all(&files)?;
    let mut raw = Baseline::create(&files)?;
    raw.bulk(records)?;
    let mut embedded = Business::create(&files.join("data"))?;
    embedded.fill(records, &mut |done| at("in files", done))?;
    let mut measured = |business: &Business| -> Result<Vec<Figure>> {
        let mut figures = lists::lists(business, &mut raw)?;
        figures.extend(lists::searches(business, &mut raw)?);
        Ok(figures)
    };
    let theirs = measured(&embedded)?;
    let ours = measured(business)?;
    let pairs = ours.into_iter().zip(theirs).filter(|(our, their)| our.name == their.name);
    Ok(pairs
        .map(|(our, their)| {
            let baseline = Some((their.value, "the same in files"));
            Figure::new(format!("server-{}", our.name), (our.value, our.unit), baseline, Goal::RatioAtMost(LIST_RATIO))
        })
        .collect())
}
