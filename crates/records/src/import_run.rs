//! Taking a file in: rows become records, in batches that each commit by themselves, so that others can work meanwhile and a crash loses
//! at most the batch under way (F-070; O-06, H-84, H-109).
//!
//! A row is never doubled: each is known by its source's key, or by a keyed hash of its values, and a second import of the same file, or
//! the same after a crash, finds what is in. A row that cannot be taken is given back with its line and reason; the rest goes in.
use crate::create::insert;
use crate::import::map::apply;
use crate::import::{
    CardReader, Entry, Format, Groups, Guess, ImportError, LinkTarget, MappedRecord, Mapping, Message, Reason, Reject,
    Row, TableReader, TargetField, detect, guess,
};
use base::{Permission, RecordId};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use store::module::{FieldError, Map};
use store::{Caller, Error, Op, Result, Tenant, UniqueValue};

/// Rows that share an operation.
const BATCH_ROWS: usize = 500;
/// Batches that wait for the writer or the index while the next one is read.
const BATCHES_AHEAD: usize = 3;

/// Rows read ahead for a guess.
const SAMPLE_ROWS: usize = 100;

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
    /// Records made, by module.
    pub created: BTreeMap<String, u64>,
    /// Rows that were in already, or twice in the file.
    pub duplicates: u64,
    /// Rows that were not taken.
    pub rejected: u64,
    /// Columns of the file, for the file of rejects.
    pub columns: Vec<String>,
    /// Hints about single values: line and sentence.
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
        return Err(Error::invalid("an import says where the data is from (origin)"));
    }
    if request.all_or_nothing && !request.dry_run {
        let trial = ImportRequest { dry_run: true, all_or_nothing: false, ..request.clone() };
        let report = run(tenant, caller, &trial, reject, progress)?;
        if report.rejected > 0 {
            return Ok(report); // nothing went in; the rejects say why
        }
    }
    let run = Run {
        tenant,
        caller,
        request,
        report: ImportReport::default(),
        seen: HashSet::new(),
        on_the_way: VecDeque::new(),
    };
    run.file(reject, progress)
}

fn check_activity(tenant: &Tenant, key: &str) -> Result<()> {
    let mut values = Map::new();
    values.insert("activity".into(), key.into());
    tenant.shared().modules().set.check_activity(&values).map_err(|error| Error::Fields(vec![error]))
}

enum Source {
    Table { reader: Box<TableReader>, mapping: Box<Mapping>, guess: Option<Box<Guess>> },
    Cards(Box<CardReader>),
}

fn unreadable(error: ImportError) -> Error {
    match error {
        ImportError::Io(error) => Error::io("reading the file")(error),
        other => Error::invalid(other.to_string()),
    }
}

fn open(tenant: &Tenant, request: &ImportRequest) -> Result<Source> {
    let name = request.file.display().to_string();
    let opened = || File::open(&request.file).map_err(Error::io(format!("opening {name}")));
    let format = if let Some(format) = request.format {
        format
    } else {
        let mut head = Vec::new();
        opened()?.take(4096).read_to_end(&mut head).map_err(Error::io(format!("reading {name}")))?;
        detect(&name, &head)
    };
    if format == Format::Vcard {
        let groups = Groups::read(opened()?).map_err(unreadable)?;
        let reader = CardReader::open(opened()?, request.german).map_err(unreadable)?.with_groups(groups);
        return Ok(Source::Cards(Box::new(reader)));
    }
    let given = request.map.as_deref().map(Mapping::parse).transpose().map_err(unreadable)?;
    let options = given.as_ref().map(|mapping| mapping.table.clone()).unwrap_or_default();
    let table = || -> Result<TableReader> {
        let file = opened()?;
        let reader = if format == Format::Xlsx {
            TableReader::open_workbook(std::io::BufReader::new(file), &options)
        } else {
            TableReader::open(file, &options)
        };
        reader.map_err(unreadable)
    };
    let reader = Box::new(table()?);
    if let Some(mapping) = given {
        mapping.check(reader.headers()).map_err(unreadable)?;
        return Ok(Source::Table { reader, mapping: Box::new(mapping), guess: None });
    }
    let module = request.module.as_deref().unwrap_or("contact");
    // Some rows read ahead settle what the headers leave open: the order of day and month, what separates several values.
    let samples: Vec<Row> = table()?.filter_map(Result::ok).take(SAMPLE_ROWS).collect();
    let guessed = guess(module, reader.headers(), &targets(tenant, module)?, &samples, reader.separator());
    if guessed.is_empty() {
        let message = format!(
            "none of the columns was recognised for {module} ({}); write a mapping file and name it with --map",
            reader.headers().names().join(", ")
        );
        return Err(Error::invalid(message));
    }
    Ok(Source::Table { reader, mapping: Box::new(guessed.mapping.clone()), guess: Some(Box::new(guessed)) })
}

/// The fields of a module as the guess wants them.
fn targets(tenant: &Tenant, module: &str) -> Result<Vec<TargetField>> {
    let modules = tenant.shared().modules();
    let definition = modules.set.get(module).ok_or_else(|| Error::not_found(format!("module {module}")))?;
    Ok(definition
        .fields
        .iter()
        .map(|field| TargetField {
            name: field.name.clone(),
            label_de: field.label.de.clone(),
            label_en: field.label.en.clone(),
            kind: field.kind.name().to_owned(),
            many: field.many,
            choices: field
                .choices
                .iter()
                .map(|choice| (choice.key.clone(), choice.label.de.clone(), choice.label.en.clone()))
                .collect(),
            to: field.to.clone(),
        })
        .collect())
}

/// One row on its way: line, cells for the rejects, records to make.
struct Ready {
    line: u64,
    raw: Vec<String>,
    records: Vec<MappedRecord>,
}

enum Outcome {
    Made(Vec<String>),
    Duplicate,
    Rejected(Reject),
}

struct Run<'a> {
    tenant: &'a Tenant,
    caller: &'a Caller,
    request: &'a ImportRequest,
    report: ImportReport,
    /// Keys that a dry run would have made.
    seen: HashSet<UniqueValue>,
    /// Batches handed to the writer, oldest first.
    on_the_way: VecDeque<Handed>,
}

/// What the rows of a batch came to, and the keys that a dry run has seen.
type Outcomes = (Vec<Outcome>, HashSet<UniqueValue>);

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
                let rows = reader.map(|row| match row {
                    Ok(row) => {
                        let records = apply(&mapping, &row)?;
                        Ok((Ready { line: row.line, raw: row.values().to_vec(), records }, Vec::new()))
                    }
                    Err(reject) => Err(reject),
                });
                self.rows(rows, &columns, bytes, reject, progress)?;
            }
            Source::Cards(reader) => {
                self.report.format = "vcard".into();
                let cards = reader.filter_map(|entry| match entry {
                    Ok(Entry::Card(card)) => {
                        let warnings = card.warnings.iter().map(|message| (card.line, message.clone())).collect();
                        Some(Ok((card_records(*card), warnings)))
                    }
                    Ok(Entry::Group(_)) => None, // its name is a category of its members
                    Err(reject) => Some(Err(reject)),
                });
                self.rows(cards, &[], bytes, reject, progress)?;
            }
        }
        Ok(self.report)
    }

    fn rows(
        &mut self,
        rows: impl Iterator<Item = Result<(Ready, Vec<(u64, Message)>), Reject>>,
        columns: &[String],
        bytes: u64,
        reject: &mut dyn FnMut(&[String], &Reject),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        for row in rows {
            self.report.rows += 1;
            match row {
                Ok((ready, warnings)) => {
                    let room = MAX_WARNINGS.saturating_sub(self.report.warnings.len());
                    self.report.warnings.extend(warnings.into_iter().take(room));
                    batch.push(ready);
                }
                Err(refused) => {
                    self.report.rejected += 1;
                    reject(columns, &refused);
                }
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
        batch: Vec<Ready>,
        columns: &[String],
        reject: &mut dyn FnMut(&[String], &Reject),
    ) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let (origin, activity) = (self.request.origin.trim().to_owned(), self.request.activity.clone());
        let dry_run = self.request.dry_run;
        let mut seen = std::mem::take(&mut self.seen);
        let outcomes = Arc::new(Mutex::new(None));
        let handed = Arc::clone(&outcomes);
        let (answer, written) = sync_channel(1);
        let work = move |op: &mut Op<'_>| {
            let mut try_row =
                |op: &mut Op<'_>, ready: &Ready| make(op, &ready.records, &origin, &activity, dry_run, &mut seen);
            // What a dry run remembers of a row is not undone with it, so each of its rows is tried once.
            let made = if dry_run {
                batch.iter().map(|ready| op.part(|op| try_row(op, ready))).collect()
            } else {
                op.parts(&batch, try_row)
            };
            let outcomes: Vec<Outcome> =
                batch.into_iter().zip(made).map(|(ready, made)| outcome(ready, made)).collect();
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

/// A card as records: the contact, and the organisation that it names.
fn card_records(card: crate::import::Card) -> Ready {
    let mut links = Vec::new();
    if let Some(name) = &card.organisation {
        let target =
            LinkTarget::Stored { module: "organisation".into(), by: "name".into(), value: name.clone(), create: true };
        links.push(("organisation".to_owned(), target));
    }
    let key = card.uid.clone();
    let raw = vec![Value::Object(card.fields.clone()).to_string()];
    let contact = MappedRecord { module: "contact".into(), alias: "contact".into(), key, values: card.fields, links };
    Ready { line: card.line, raw, records: vec![contact] }
}

fn outcome(ready: Ready, made: Result<Vec<String>>) -> Outcome {
    let Ready { line, raw, .. } = ready;
    match made {
        Ok(modules) if modules.is_empty() => Outcome::Duplicate,
        Ok(modules) => Outcome::Made(modules),
        Err(error) => {
            let (reason, message) = explain(&error);
            Outcome::Rejected(Reject::new(line, reason, message, raw))
        }
    }
}

fn explain(error: &Error) -> (Reason, Message) {
    match error {
        Error::Fields(errors) => {
            let join = |text: &dyn Fn(&FieldError) -> String| errors.iter().map(text).collect::<Vec<_>>().join("; ");
            let de = join(&|error| format!("{}: {}", error.field, error.message.de));
            let en = join(&|error| format!("{}: {}", error.field, error.message.en));
            let missing = errors.iter().all(|error| error.code.starts_with("required"));
            (if missing { Reason::Missing } else { Reason::Value }, Message::new(de, en))
        }
        other => (Reason::Value, Message::new(other.to_string(), other.to_string())),
    }
}

/// Makes the records of a row, all or none; gives their modules, none if all were in already.
fn make(
    op: &mut Op<'_>,
    records: &[MappedRecord],
    origin: &str,
    activity: &str,
    dry_run: bool,
    seen: &mut HashSet<UniqueValue>,
) -> Result<Vec<String>> {
    let mut ids: Vec<Option<RecordId>> = Vec::with_capacity(records.len());
    let mut made = Vec::new();
    for record in records {
        let key = row_key(record);
        if let Some(id) = known(op, &key)? {
            ids.push(Some(id));
            continue;
        }
        if dry_run && !seen.insert(key.clone()) {
            ids.push(None);
            continue;
        }
        let mut values = record.values.clone();
        for (field, target) in &record.links {
            let id = match target {
                LinkTarget::Row(place) => ids.get(*place).copied().flatten(),
                LinkTarget::Stored { module, by, value, create } => {
                    let found = linked(op, module, by, value, *create, origin, activity, &mut made)?;
                    let key = key_of(module, by, value);
                    if found.is_none() && !(dry_run && seen.contains(&key)) {
                        return Err(missing_link(field, module));
                    }
                    found
                }
            };
            if let Some(id) = id {
                values.insert(field.clone(), id.to_string().into());
            }
        }
        provenance(op, &record.module, &mut values, origin, activity);
        let written = insert(op, &record.module, values, true)?;
        op.remember_external(&key, &written)?;
        if dry_run && let Some(key) = &record.key {
            seen.insert(key_of(&record.module, "external_id", key));
        }
        ids.push(Some(written.stored.id));
        made.push(record.module.clone());
    }
    Ok(made)
}

/// Every record of a person says where it is from and what it is for.
fn provenance(op: &Op<'_>, module: &str, values: &mut Map, origin: &str, activity: &str) {
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(module) else { return };
    for (name, value) in [("origin", origin), ("activity", activity)] {
        if definition.field(name).is_some() {
            values.entry(name).or_insert_with(|| value.into());
        }
    }
}

fn row_key(record: &MappedRecord) -> UniqueValue {
    match &record.key {
        Some(key) => key_of(&record.module, "external_id", key),
        None => key_of(&record.module, "row", &Value::Object(record.values.clone()).to_string()),
    }
}

fn key_of(module: &str, by: &str, value: &str) -> UniqueValue {
    let value = if by == "external_id" || by == "row" { value.to_owned() } else { store::text::fold(value) };
    UniqueValue::new(&format!("import.{module}.{by}"), &value)
}

fn known(op: &mut Op<'_>, key: &UniqueValue) -> Result<Option<RecordId>> {
    let rid = op.external(key)?;
    let Some(rid) = rid else { return Ok(None) };
    Ok(store::rows::Access::stored_rid(op, rid)?.map(|stored| stored.id))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one link of one row; a struct for a single caller would hide them"
)]
fn linked(
    op: &mut Op<'_>,
    module: &str,
    by: &str,
    value: &str,
    create: bool,
    origin: &str,
    activity: &str,
    made: &mut Vec<String>,
) -> Result<Option<RecordId>> {
    let key = key_of(module, by, value);
    // A link leads only to what the caller may see; that there is something else is not told either.
    if let Some(id) = known(op, &key)?
        && let Some(stored) = store::rows::Access::stored(op, id)?
        && op.caller().may_see(module, stored.scope, stored.restricted)
    {
        return Ok(Some(id));
    }
    if let Some(id) = stored_before(op, module, by, value)? {
        return Ok(Some(id));
    }
    if !create {
        return Ok(None);
    }
    let mut values = Map::new();
    values.insert(by.to_owned(), value.into());
    provenance(op, module, &mut values, origin, activity);
    let written = insert(op, module, values, true)?;
    op.remember_external(&key, &written)?;
    made.push(module.to_owned());
    Ok(Some(written.stored.id))
}

/// A record that was there before any import: by the index, which knows what was committed.
fn stored_before(op: &mut Op<'_>, module: &str, by: &str, value: &str) -> Result<Option<RecordId>> {
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(module) else { return Ok(None) };
    let caller = op.caller();
    if !caller.grants.allows(module, base::Access::Read) || !crate::view::may_see(definition, by, caller) {
        return Ok(None);
    }
    let Some(field) = definition.field(by).filter(|field| field.indexed()) else { return Ok(None) };
    let Some(key) = store::index_row::key(field.kind, &Value::from(value)) else { return Ok(None) };
    let mut query = store::index::ListQuery::new(module, op.caller().grants.scopes.clone());
    query.filters.push(store::index::Filter { column: by.to_owned(), test: store::index::Test::Eq(key) });
    query.limit = 1;
    let mut reader = op.tenant().reader()?;
    let page = store::index::list(reader.index()?, &query)?;
    Ok(page.rows.into_iter().next().map(|row| row.id))
}

fn missing_link(field: &str, module: &str) -> Error {
    Error::Fields(vec![FieldError {
        field: field.to_owned(),
        code: "link_missing".into(),
        message: store::module::Label::new(
            format!("In „{module}“ gibt es den Datensatz nicht, auf den diese Zeile verweist."),
            format!("The record of “{module}” that this row names does not exist."),
        ),
    }])
}
