//! Erasing a person with 1,000 records (goal: at most twice the time that it takes among 10,000), against deleting as many raw rows.
use super::business::{Business, Result};
use super::data;
use super::figure::{Figure, Goal, median};
use records::BatchItem;
use std::time::Instant;
use store::baseline::Baseline;

/// Records of the person: the contact and what refers to it.
const RECORDS: u64 = 1_000;
const RUNS: u64 = 3;

/// Milliseconds from the plan to the certificate, the middle of several persons.
pub(super) fn time(business: &Business) -> Result<f64> {
    let mut times = Vec::new();
    for turn in 0..RUNS {
        // The numbers go on behind those of the contacts, so that no name, address or number is the same by chance.
        let number = business.records() * (turn + 2) + 1;
        let person = business
            .tenant
            .write(business.caller.clone(), move |op| records::create(op, "contact", data::contact(number)))?;
        let contact = person.id.to_string();
        for half in 0..2 {
            let count = if half == 0 { RECORDS / 2 } else { RECORDS - RECORDS / 2 - 1 };
            let items: Vec<BatchItem> = (0..count)
                .map(|place| BatchItem { id: None, if_version: None, values: data::interaction(&contact, place) })
                .collect();
            let results =
                business.tenant.write(business.caller.clone(), move |op| records::batch(op, "interaction", &items))?;
            for result in results {
                result?;
            }
        }
        let begun = Instant::now();
        let plan = privacy::plan(&business.tenant, &business.caller, person.id.cast(), "request")?;
        privacy::perform(&business.tenant, &business.caller, plan.id)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(times))
}

/// The figure at this size: among 10,000 beside raw deletion, above it beside the time among 10,000.
pub(super) fn figure(
    business: &Business,
    time: f64,
    among_10_000: Option<f64>,
    raw: &mut Baseline,
) -> Result<Vec<Figure>> {
    let begun = Instant::now();
    raw.delete(RECORDS)?;
    let raw_ms = begun.elapsed().as_secs_f64() * 1e3;
    let name = format!("erase-person-with-1000-at-{}", business.records());
    Ok(match among_10_000 {
        Some(small) => vec![
            Figure::new(name.clone(), (time, "ms"), Some((small, "among 10,000")), Goal::RatioAtMost(2.0)),
            Figure::new(name + "-against-raw", (time, "ms"), Some((raw_ms, "1,000 raw rows deleted")), Goal::None),
        ],
        None => vec![Figure::new(name, (time, "ms"), Some((raw_ms, "1,000 raw rows deleted")), Goal::None)],
    })
}
