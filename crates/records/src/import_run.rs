//! Taking a file in: rows become records, in batches that each commit by themselves, so that others can work meanwhile and a crash loses
//! at most the batch under way (F-070; O-06, H-84, H-109).
//!
//! A row is never doubled: each is known by its source's key, or by a keyed hash of its values, and a second import of the same file, or
//! the same after a crash, finds what is in. A row that cannot be taken is given back with its line and reason; the rest goes in.
mod make;
mod open;

use crate::import::map::EXTERNAL_ID;
use crate::import::{Entry, Format, Guess, LinkTarget, MappedRecord, Message, Reject, apply_with};
use base::Permission;
use make::{Common, Outcome, Seen, make, outcome};
use open::{Source, open};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use store::module::Map;
use store::{Caller, Error, Op, Result, Tenant};

/// Rows that share an operation.
const BATCH_ROWS: usize = 500;
/// Batches that wait for the writer or the index while the next one is read.
const BATCHES_AHEAD: usize = 3;

/// What is to be taken in, and how.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// The file.
    pub file: PathBuf,
    /// Its format; by its name and beginning, if none.
    pub format: Option<Format>,
    /// Module that the rows become, for a guessed mapping; `contact` if none.
    pub module: Option<String>,
    /// The mapping file's text; guessed from the headers, if none.
    pub map: Option<String>,
    /// Where the data is from; every record of a person says so.
    pub origin: String,
    /// Processing activity; every record of a person says so.
    pub activity: String,
    /// Reads and checks everything and writes nothing.
    pub dry_run: bool,
    /// Takes nothing in if one row cannot be taken.
    pub all_or_nothing: bool,
    /// German words in what is written into notes.
    pub german: bool,
}

/// What an import did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportReport {
    /// The format that was read.
    pub format: String,
    /// The mapping that was used, as a person reads it; empty for cards.
    pub mapping: String,
    /// Rows or cards read.
    pub rows: u64,
    /// Records made, by module; in a dry run those that would be.
    pub created: BTreeMap<String, u64>,
    /// Whether nothing was taken in because of a row that cannot be, as [`ImportRequest::all_or_nothing`] wants it.
    pub stopped: bool,
    /// Records that would have been made if it had not stopped, by module.
    pub would_create: BTreeMap<String, u64>,
    /// Rows that were in already, or twice in the file.
    pub duplicates: u64,
    /// Rows that were not taken.
    pub rejected: u64,
    /// Columns of the file, for the file of rejects.
    pub columns: Vec<String>,
    /// Cards that are a group; its name is a category of its members.
    pub groups: u64,
    /// Properties of cards that were not taken, by name.
    pub dropped: BTreeMap<String, u64>,
    /// Hints about single values: line and sentence, without the value.
    pub warnings: Vec<(u64, Message)>,
    /// Whether nothing was written.
    pub dry_run: bool,
}

/// Hints kept in a report.
const MAX_WARNINGS: usize = 1_000;

/// How far an import has come, for a progress bar.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Bytes of the file, if known.
    pub bytes: u64,
    /// Rows read so far.
    pub rows: u64,
}

/// Shows the mapping that would be guessed for a file.
pub fn preview(tenant: &Tenant, request: &ImportRequest) -> Result<Option<Guess>> {
    match open(tenant, request)? {
        Source::Table { guess, .. } => Ok(guess.map(|guess| *guess)),
        Source::Cards(_) => Ok(None),
    }
}

/// Takes a file in. `reject` sees each row that could not be taken, `progress` each batch.
pub fn run(
    tenant: &Tenant,
    caller: &Caller,
    request: &ImportRequest,
    reject: &mut dyn FnMut(&[String], &Reject),
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport> {
    caller.needs(Permission::Import)?;
    check_activity(tenant, &request.activity)?;
    if request.origin.trim().is_empty() {
        return Err(Error::input(
            "origin",
            "ein Import sagt, woher die Daten sind (--origin)",
            "an import says where the data is from (--origin)",
        ));
    }
    if request.all_or_nothing && !request.dry_run {
        let trial = ImportRequest { dry_run: true, all_or_nothing: false, ..request.clone() };
        let mut report = run(tenant, caller, &trial, reject, progress)?;
        if report.rejected > 0 {
            // Nothing went in; the rejects say why.
            report.would_create = std::mem::take(&mut report.created);
            (report.stopped, report.dry_run) = (true, false);
            return Ok(report);
        }
    }
    let run = Run {
        tenant,
        caller,
        request,
        report: ImportReport::default(),
        seen: Seen::new(),
        on_the_way: VecDeque::new(),
    };
    run.file(reject, progress)
}

fn check_activity(tenant: &Tenant, key: &str) -> Result<()> {
    let mut values = Map::new();
    values.insert("activity".into(), key.into());
    tenant.shared().modules().set.check_activity(&values).map_err(|error| Error::Fields(vec![error]))
}

/// One row on its way: line, cells for the rejects, records to make.
struct Ready {
    line: u64,
    raw: Vec<String>,
    records: Vec<MappedRecord>,
}

/// A row as the file gave it.
enum Read {
    /// One that can go to the writer, with hints about its values.
    Row(Ready, Vec<(u64, Message)>),
    /// A card that is a group of others.
    Group,
}

struct Run<'a> {
    tenant: &'a Tenant,
    caller: &'a Caller,
    request: &'a ImportRequest,
    report: ImportReport,
    /// Rows that a dry run would have made.
    seen: Seen,
    /// Batches handed to the writer, oldest first.
    on_the_way: VecDeque<Handed>,
}

/// What the rows of a batch came to, and what a dry run has seen.
type Outcomes = (Vec<Outcome>, Seen);

/// A batch in the writer's hands: what it answers, and what the rows came to.
struct Handed {
    written: Receiver<Result<()>>,
    outcomes: Arc<Mutex<Option<Outcomes>>>,
}

impl Run<'_> {
    fn file(
        mut self,
        reject: &mut dyn FnMut(&[String], &Reject),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport> {
        self.report.dry_run = self.request.dry_run;
        let bytes = std::fs::metadata(&self.request.file).map_or(0, |meta| meta.len());
        match open(self.tenant, self.request)? {
            Source::Table { reader, mapping, guess } => {
                self.report.format = "table".into();
                self.report.mapping =
                    guess.map_or_else(|| mapping.to_toml(), |guess| guess.describe(self.request.german));
                let columns = reader.headers().names().to_vec();
                self.report.columns.clone_from(&columns);
                let modules = self.tenant.shared().modules();
                let label = |module: &str, field: &str| {
                    let definition = modules.set.get(module);
                    Message::new(make::shown(definition, field, true), make::shown(definition, field, false))
                };
                let rows = reader.map(|row| {
                    let row = row?;
                    let mut hints = Vec::new();
                    let records = apply_with(&mapping, &row, &label, &mut hints)?;
                    let hints = hints.into_iter().map(|hint| (row.line, hint)).collect();
                    Ok(Read::Row(Ready { line: row.line, raw: row.values().to_vec(), records }, hints))
                });
                self.rows(rows, &columns, bytes, reject, progress)?;
            }
            Source::Cards(reader) => {
                self.report.format = "vcard".into();
                let mut dropped: BTreeMap<String, u64> = BTreeMap::new();
                let cards = reader.map(|entry| {
                    let card = match entry? {
                        Entry::Card(card) => card,
                        Entry::Group(_) => return Ok(Read::Group),
                    };
                    let mut hints: Vec<(u64, Message)> =
                        card.warnings.iter().map(|message| (card.line, message.clone())).collect();
                    for (line, name) in &card.dropped {
                        *dropped.entry(name.clone()).or_default() += 1;
                        if !OF_THE_WRITER.contains(&name.as_str()) {
                            let message =
                                Message::new(format!("{name} wird nicht übernommen"), format!("{name} is not taken"));
                            hints.push((*line, message));
                        }
                    }
                    Ok(Read::Row(card_records(*card), hints))
                });
                self.rows(cards, &[], bytes, reject, progress)?;
                self.report.dropped = dropped;
            }
        }
        Ok(self.report)
    }

    fn rows(
        &mut self,
        rows: impl Iterator<Item = Result<Read, Reject>>,
        columns: &[String],
        bytes: u64,
        reject: &mut dyn FnMut(&[String], &Reject),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        for row in rows {
            self.report.rows += 1;
            match row {
                Ok(Read::Row(ready, hints)) => {
                    let room = MAX_WARNINGS.saturating_sub(self.report.warnings.len());
                    self.report.warnings.extend(hints.into_iter().take(room));
                    batch.push(Ok(ready));
                }
                Ok(Read::Group) => self.report.groups += 1,
                // It waits for the rows before it, so that rejects come in the order of the file.
                Err(refused) => batch.push(Err(refused)),
            }
            if batch.len() == BATCH_ROWS {
                self.batch(std::mem::take(&mut batch), columns, reject)?;
                progress(Progress { bytes, rows: self.report.rows });
            }
        }
        self.batch(batch, columns, reject)?;
        while let Some(handed) = self.on_the_way.pop_front() {
            self.finish(&handed, columns, reject)?;
        }
        progress(Progress { bytes, rows: self.report.rows });
        Ok(())
    }

    fn batch(
        &mut self,
        batch: Vec<Result<Ready, Reject>>,
        columns: &[String],
        reject: &mut dyn FnMut(&[String], &Reject),
    ) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let dry_run = self.request.dry_run;
        let common =
            Common { origin: self.request.origin.trim().to_owned(), activity: self.request.activity.clone(), dry_run };
        let mut seen = std::mem::take(&mut self.seen);
        let outcomes = Arc::new(Mutex::new(None));
        let handed = Arc::clone(&outcomes);
        let (answer, written) = sync_channel(1);
        let work = move |op: &mut Op<'_>| {
            let ready: Vec<&Ready> = batch.iter().filter_map(|row| row.as_ref().ok()).collect();
            let mut try_row = |op: &mut Op<'_>, ready: &Ready| make(op, ready, &common, &mut seen);
            // What a dry run remembers of a row is not undone with it, so each of its rows is tried once.
            let made: Vec<_> = if dry_run {
                ready.iter().map(|ready| op.part(|op| try_row(op, ready))).collect()
            } else {
                op.parts(&ready, |op, ready| try_row(op, ready))
            };
            drop(ready);
            let mut made = made.into_iter();
            let outcomes: Vec<Outcome> = batch
                .into_iter()
                .filter_map(|row| match row {
                    Ok(ready) => made.next().map(|made| outcome(op, ready, made)),
                    Err(refused) => Some(Outcome::Rejected(refused)),
                })
                .collect();
            *handed.lock() = Some((outcomes, seen));
            // A dry run is a real one that is undone.
            if dry_run { Err(Error::conflict("dry-run", "nothing is written in a dry run")) } else { Ok(()) }
        };
        self.tenant.submit(self.caller.clone(), work, move |result: Result<()>| drop(answer.send(result)));
        self.on_the_way.push_back(Handed { written, outcomes });
        // A dry run waits for each batch, because the next one must know what this one would have made.
        let ahead = if dry_run { 0 } else { BATCHES_AHEAD };
        while self.on_the_way.len() > ahead
            && let Some(handed) = self.on_the_way.pop_front()
        {
            self.finish(&handed, columns, reject)?;
        }
        Ok(())
    }

    /// Waits for a batch and counts what came of it.
    fn finish(
        &mut self,
        handed: &Handed,
        columns: &[String],
        reject: &mut dyn FnMut(&[String], &Reject),
    ) -> Result<()> {
        let interrupted = || Error::Busy { message: "the import was interrupted".into() };
        match handed.written.recv().map_err(|_| interrupted())? {
            Err(Error::Conflict { code: "dry-run", .. }) if self.request.dry_run => {}
            other => other?,
        }
        let handed = handed.outcomes.lock().take();
        let (outcomes, seen) = handed.ok_or_else(interrupted)?;
        self.seen = seen;
        for outcome in outcomes {
            match outcome {
                Outcome::Made(modules) => {
                    for module in modules {
                        *self.report.created.entry(module).or_default() += 1;
                    }
                }
                Outcome::Duplicate => self.report.duplicates += 1,
                Outcome::Rejected(refused) => {
                    self.report.rejected += 1;
                    reject(columns, &refused);
                }
            }
        }
        Ok(())
    }
}

/// Properties that only the program that wrote a card needs; they are counted, and no hint is made of each.
const OF_THE_WRITER: [&str; 2] = ["REV", "PRODID"];

/// A card as records: the contact, and the organisation that it names.
fn card_records(card: crate::import::Card) -> Ready {
    let mut links = Vec::new();
    if let Some(name) = &card.organisation {
        let target = LinkTarget::Stored {
            module: "organisation".into(),
            by: "name".into(),
            value: name.clone(),
            create: true,
            id: None,
        };
        links.push(("organisation".to_owned(), target));
    }
    // A card of our own may have an identity that is not the source's key of the record.
    let key = card.uid.clone().filter(|_| card.fields.contains_key(EXTERNAL_ID));
    let raw = vec![Value::Object(card.fields.clone()).to_string()];
    let contact = MappedRecord {
        module: "contact".into(),
        alias: "contact".into(),
        id: card.id,
        key,
        values: card.fields,
        links,
    };
    Ready { line: card.line, raw, records: vec![contact] }
}
