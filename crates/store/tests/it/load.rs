//! A write load whose every acknowledged change is known, and what must be true of a folder that is left when it was cut short.
//!
//! A record's values all tell of the same number, in clear and sealed fields and in the journal, so that half a change shows.
use crate::story::put;
use base::RecordId;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use store::index::{ListQuery, list};
use store::rows::Access;
use store::{Caller, Tenant};
use testkit::Dice;

/// What a change says that was acknowledged, or was on its way.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Highest number that was acknowledged; none while the record's first change is on its way.
    pub acknowledged: Option<u64>,
    /// Highest number that was asked for.
    pub asked: u64,
}

/// The records of a load.
pub type Book = Arc<Mutex<BTreeMap<RecordId, Known>>>;

/// Writes `number` into a record.
pub fn write(tenant: &Tenant, id: RecordId, number: u64) -> store::Result<()> {
    let values = json!({"kind": "person", "given_name": format!("Vor{number}"), "family_name": format!("Nach{number}"),
        "external_id": format!("clear{number}"), "notes": format!("note {number} {}", "x".repeat(usize::try_from(number % 7).unwrap() * 300)),
        "origin": "load", "activity": "customer-care"});
    tenant.write(Caller::operator("load"), move |op| put(op, "contact", id, values).map(drop))
}

/// Writes with four threads until a write fails or `most` changes are acknowledged by each; every acknowledged one is in the book.
pub fn run(tenant: &Arc<Tenant>, book: &Book, seed: u64, most: u64, told: &(dyn Fn(RecordId, u64) + Sync)) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (tenant, book) = (Arc::clone(tenant), Arc::clone(book));
            scope.spawn(move || {
                let mut dice = Dice::new(seed * 4 + thread);
                let mut mine: Vec<(RecordId, u64)> = Vec::new();
                for _ in 0..most {
                    if mine.is_empty() || dice.chance(1, 3) {
                        mine.push((keys::random_id(), 0));
                    }
                    let at = dice.below(mine.len());
                    let (id, number) = (mine[at].0, mine[at].1 + 1);
                    book.lock().unwrap().entry(id).or_default().asked = number;
                    if write(&tenant, id, number).is_err() {
                        return;
                    }
                    mine[at].1 = number;
                    book.lock().unwrap().entry(id).or_default().acknowledged = Some(number);
                    told(id, number);
                }
            });
        }
    });
}

/// What is wrong with a record beside what is known of it; nothing if it is right.
fn judge(tenant: &Tenant, id: RecordId, known: &Known) -> Option<String> {
    let mut reader = tenant.reader().unwrap();
    let opened = match reader.opened(id) {
        Ok(Some(opened)) => opened,
        Ok(None) if known.acknowledged.is_none() => return None,
        Ok(None) => return Some(format!("record {id} was acknowledged and is gone")),
        Err(error) => return Some(format!("record {id}: {error}")),
    };
    let number = |text: &str| text.strip_prefix("clear")?.parse::<u64>().ok();
    let Some(clear) = opened.values["external_id"].as_str().and_then(number) else {
        return Some(format!("record {id} has no number: {:?}", opened.values));
    };
    if clear < known.acknowledged.unwrap_or(1) || clear > known.asked {
        return Some(format!(
            "record {id} is at {clear}; acknowledged {:?}, asked {}",
            known.acknowledged, known.asked
        ));
    }
    let whole = opened.values["given_name"] == format!("Vor{clear}")
        && opened.values["family_name"] == format!("Nach{clear}")
        && opened.values["notes"]
            .as_str()
            .is_some_and(|notes| notes.trim_end_matches('x').trim_end() == format!("note {clear}"));
    if !whole || opened.stored.version != i64::try_from(clear).unwrap() {
        return Some(format!("record {id} is half changed: {:?}", opened.values));
    }
    let history = store::journal::history(&mut reader, id, None, 1000).unwrap();
    let newest =
        history.steps[0].changes.iter().find(|change| change.field == "external_id").map(|change| change.new.clone());
    if history.steps.len() as u64 != clear || newest != Some(json!(format!("clear{clear}"))) {
        return Some(format!("the history of record {id} does not end at {clear}"));
    }
    None
}

/// Everything that is wrong with an opened tenant beside what is known: lost or half changes, a journal that does not verify, an index that is behind.
pub fn wrongs(tenant: &Arc<Tenant>, book: &Book) -> Vec<String> {
    let book = book.lock().unwrap().clone();
    let mut wrong: Vec<String> = book.iter().filter_map(|(id, known)| judge(tenant, *id, known)).collect();
    let shared = tenant.shared();
    match store::journal::verify(shared.paths(), &shared.ring(), &store::sqlite::Settings::default()) {
        Ok(report) => wrong.extend(report.findings.iter().map(|finding| format!("{finding:?}"))),
        Err(error) => wrong.push(error.to_string()),
    }
    let (mut stored, mut listed) = (BTreeMap::new(), BTreeMap::new());
    let mut reader = tenant.reader().unwrap();
    for record in book.keys() {
        if let Some(opened) = reader.opened(*record).unwrap() {
            stored.insert(
                *record,
                format!("{} {}", opened.values["given_name"], opened.values["family_name"]).replace('"', ""),
            );
        }
    }
    for row in all_rows(&mut reader, "contact") {
        listed.insert(row.0, row.1);
    }
    if stored != listed {
        let differing: Vec<_> = stored.iter().filter(|(id, title)| listed.get(id) != Some(title)).take(3).collect();
        wrong.push(format!("the index has {} rows, the records are {}: {differing:?}", listed.len(), stored.len()));
    }
    wrong
}

/// Id and title of every row that lists show of a module, page by page.
pub fn all_rows(reader: &mut store::Reader, module: &str) -> Vec<(RecordId, String)> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let query = ListQuery { after: after.take(), limit: 200, ..ListQuery::new(module, BTreeSet::from([0])) };
        let page = list(reader.index().unwrap(), &query).unwrap();
        rows.extend(page.rows.into_iter().map(|row| (row.id, row.title)));
        let Some(next) = page.next else { return rows };
        after = Some(next);
    }
}

/// How often a fault is tried: few times in a build, often in a soak.
pub fn rounds() -> u64 {
    if std::env::var_os("OBHUT_SOAK").is_some() { 100 } else { 10 }
}
