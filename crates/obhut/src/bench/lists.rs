//! Lists of 50 and full-text search (goals: 99 of 100 within 25 ms and 50 ms), against reading 50 raw rows by number.
use super::business::{Business, Result};
use super::data::{self, Dice};
use super::figure::{Figure, Goal, median, p99};
use records::ListRequest;
use std::time::Instant;
use store::baseline::Baseline;

/// Requests of one kind in one run.
const TURNS: u64 = 200;
/// Runs; the middle 99th percentile counts.
const RUNS: usize = 3;
/// Rows of a page.
const LIMIT: u32 = 50;
const LIST_MS: f64 = 25.0;
const SEARCH_MS: f64 = 50.0;

/// Milliseconds of one call.
fn timed<T>(call: impl FnOnce() -> Result<T>) -> Result<f64> {
    let begun = Instant::now();
    call()?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// The middle 99th percentile of several runs.
fn percentile(mut call: impl FnMut(u64) -> Result<()>) -> Result<f64> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let times = (0..TURNS).map(|turn| timed(|| call(turn))).collect::<Result<Vec<_>>>()?;
        runs.push(p99(times));
    }
    Ok(median(runs))
}

/// What 50 raw rows cost, read by number.
fn points(raw: &mut Baseline) -> Result<f64> {
    let mut dice = Dice::new(2);
    let rows = raw.rows();
    percentile(|_| {
        let rids: Vec<u64> = (0..LIMIT).map(|_| 1 + dice.roll(rows)).collect();
        raw.points(&rids)?;
        Ok(())
    })
}

/// Which share of the contacts a filter leaves, and the filter.
type Narrowed<'n> = (&'n str, fn(&mut Dice) -> Vec<(String, String, String)>);

fn filter(field: &str, operator: &str, value: impl Into<String>) -> Vec<(String, String, String)> {
    vec![(field.to_owned(), operator.to_owned(), value.into())]
}

const FILTERS: [Narrowed<'_>; 3] = [
    ("all", |_| Vec::new()),
    ("10%", |_| filter("groups", "eq", "supplier")),
    ("0.01%", |dice| filter("family_name", "eq", data::family(dice.roll(data::FAMILIES)))),
];
/// Title, a date, a number (of the customer).
const SORTS: [(&str, &str); 3] = [("title", "title"), ("date", "birthday"), ("number", "external_id")];

pub(super) fn lists(business: &Business, raw: &mut Baseline) -> Result<Vec<Figure>> {
    let at = business.records();
    let baseline = points(raw)?;
    let mut figures = Vec::new();
    let mut reader = business.tenant.reader()?;
    for (share, filters) in FILTERS {
        for (sorted, column) in SORTS {
            let mut dice = Dice::new(3);
            let value = percentile(|turn| {
                let request = ListRequest {
                    module: "contact".into(),
                    filters: filters(&mut dice),
                    sort: vec![(column.to_owned(), turn % 2 == 1)],
                    limit: LIMIT,
                    ..ListRequest::default()
                };
                records::list(&mut reader, &business.caller, &request)?;
                Ok(())
            })?;
            let name = format!("list-50-of-{share}-by-{sorted}-at-{at}");
            figures.push(Figure::new(name, (value, "ms"), Some((baseline, "50 raw rows")), Goal::AtMost(LIST_MS)));
        }
    }
    figures.extend(too_broad(business)?);
    Ok(figures)
}

/// A request that would read more index rows than the budget is refused and told which filter helps. At small sizes nothing is that broad.
fn too_broad(business: &Business) -> Result<Option<Figure>> {
    let mut reader = business.tenant.reader()?;
    let request = ListRequest {
        module: "contact".into(),
        // Hardly any contact has no e-mail address, and the index is asked in the order of titles: nothing is found until all is read.
        filters: [
            filter("kind", "eq", "institution"),
            filter("family_name", "prefix", "nau"),
            filter("given_name", "eq", "Niemand"),
        ]
        .concat(),
        sort: vec![("title".to_owned(), false)],
        limit: LIMIT,
        ..ListRequest::default()
    };
    let broad = ListRequest {
        filters: filter("kind", "ne", "person"),
        q: None,
        sort: vec![("birthday".to_owned(), false)],
        ..request.clone()
    };
    let mut refused = Vec::new();
    for request in [request, broad] {
        let begun = Instant::now();
        if let Err(error) = records::list(&mut reader, &business.caller, &request) {
            tracing::info!(%error, "a list that is too broad was refused");
            match &error {
                store::Error::Index(store::index::Error::TooBroad { helpful }) if !helpful.is_empty() => {
                    refused.push(begun.elapsed().as_secs_f64() * 1e3);
                }
                _ => return Err(error.into()),
            }
        }
    }
    let slowest = refused.into_iter().reduce(f64::max);
    Ok(slowest.map(|slowest| {
        Figure::new(
            format!("list-too-broad-refused-at-{}", business.records()),
            (slowest, "ms"),
            None,
            Goal::AtMost(LIST_MS),
        )
    }))
}

/// What is searched for, and how it is typed.
type Typed<'t> = (&'t str, fn(&mut Dice) -> String);

const SEARCHES: [Typed<'_>; 4] = [
    ("rare-word", |dice| format!("{} ", data::family(dice.roll(data::FAMILIES)))),
    ("word-in-8%", |dice| format!("{} ", data::city(dice))),
    ("two-words", |dice| format!("{} {} ", data::given(dice), data::city(dice))),
    ("two-letters", |dice| data::family(dice.roll(data::FAMILIES)).chars().take(2).collect()),
];

pub(super) fn searches(business: &Business, raw: &mut Baseline) -> Result<Vec<Figure>> {
    let at = business.records();
    let baseline = points(raw)?;
    let mut reader = business.tenant.reader()?;
    let mut figures = Vec::new();
    for (kind, typed) in SEARCHES {
        let mut dice = Dice::new(5);
        let value = percentile(|_| {
            records::search(&mut reader, &business.caller, &typed(&mut dice), LIMIT)?;
            Ok(())
        })?;
        let name = format!("search-{kind}-at-{at}");
        figures.push(Figure::new(name, (value, "ms"), Some((baseline, "50 raw rows")), Goal::AtMost(SEARCH_MS)));
    }
    Ok(figures)
}
