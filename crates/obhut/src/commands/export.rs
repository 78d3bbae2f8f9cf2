//! `export`: the records of a module as a table, JSON or address cards. Written down in the journal before the first byte leaves; restricted
//! records stay where they are, whoever asks.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use base::{Permission, RecordId};
use records::export::{CardWriter, CsvOptions, CsvWriter, JsonArrayWriter, cell_text};
use records::import::map::{EXTERNAL_ID, OWN_ADDRESS, OWN_LABEL, OWN_MORE, own_values};
use records::{ListRequest, RecordView, Wanted};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;
use store::module::{Definition, Field, FieldType};
use store::{Caller, Disclosure, Reader, Tenant};

/// Records read at a time.
const PAGE: u32 = 200;
/// Letters of a pseudonym: enough that two records of a business have different ones.
const PSEUDONYM_LETTERS: usize = 20;

/// What `export` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfTenant,
    /// The module
    #[arg(long, value_name = "M")]
    module: String,
    /// The format [default: csv, with --json json]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Without what identifies a person: personal fields left out, ids replaced by pseudonyms that only this business's key can join
    #[arg(long)]
    pseudonymised: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Json,
    Vcard,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let format = args.format.unwrap_or(if out.json() { Format::Json } else { Format::Csv });
    if out.json() && format != Format::Json {
        return Err(Failure::usage(
            "Mit --json ist das Ergebnis JSON; lassen Sie --format weg.",
            "With --json the result is JSON; leave --format out.",
        ));
    }
    if format == Format::Vcard && (args.module != "contact" || args.pseudonymised) {
        return Err(Failure::usage(
            "Adresskarten gibt es nur von Kontakten und nur mit Namen.",
            "Address cards are of contacts only, and with names only.",
        ));
    }
    let tenant = context.tenant(&args.of)?;
    let mut caller = context.caller();
    caller.needs(Permission::Export)?;
    // A restricted record is kept and not used (Art. 18 GDPR): it is in no export, not even the privacy role's.
    caller.grants.permissions.remove(&Permission::Privacy);
    let modules = tenant.shared().modules();
    let definition = modules.set.get(&args.module).ok_or_else(|| {
        Failure::not_found(
            format!("Es gibt kein Modul „{}“.", args.module),
            format!("There is no module “{}”.", args.module),
        )
    })?;
    let request = ListRequest { module: args.module.clone(), limit: PAGE, ..ListRequest::default() };
    let (total, _) = records::count(&mut tenant.reader()?, &caller, &request)?;
    write_down(&tenant, &caller, definition, format, args.pseudonymised, total)?;
    let export = Export { tenant: &tenant, caller, definition, pseudonymised: args.pseudonymised, total };
    match format {
        Format::Csv => export.csv(request, out)?,
        Format::Json => export.json(request, out)?,
        Format::Vcard => export.cards(request, out)?,
    }
    out.end_progress()?;
    Ok(Exit::Done)
}

/// The disclosure in the journal: what, how much, in which form; no value.
fn write_down(
    tenant: &Tenant,
    caller: &Caller,
    definition: &Definition,
    format: Format,
    pseudonymised: bool,
    total: u64,
) -> Result<(), Failure> {
    let mut facts = Map::new();
    facts.insert("format".into(), format!("{format:?}").to_lowercase().into());
    facts.insert("pseudonymised".into(), pseudonymised.into());
    let leaves = Disclosure {
        what: "export",
        module: Some(definition.name.clone()),
        subject: None,
        recipient: "operator",
        records: total,
        facts,
    };
    tenant.write(caller.clone(), move |op| op.disclose(&leaves))?;
    Ok(())
}

/// An export under way.
struct Export<'e> {
    tenant: &'e Tenant,
    caller: Caller,
    definition: &'e Definition,
    pseudonymised: bool,
    total: u64,
}

/// Writes a record and gives the bytes that are ready.
type Writes<'w> = dyn FnMut(Map<String, Value>, &Titles) -> io::Result<Vec<u8>> + 'w;

/// Titles of linked records by id.
type Titles = HashMap<String, String>;

impl Export<'_> {
    /// Every record as it may leave, page by page.
    fn each(&self, mut request: ListRequest, out: &mut Output<'_>, write: &mut Writes<'_>) -> Result<(), Failure> {
        let mut done = 0;
        let leaving = self.pseudonymised.then(|| {
            let fields = self.definition.fields.iter().filter(|field| self.leaves(field));
            fields.map(|field| field.name.clone()).collect::<Vec<_>>()
        });
        loop {
            let mut reader = self.tenant.reader()?;
            let page = records::list(&mut reader, &self.caller, &request)?;
            let mut views = Vec::with_capacity(page.items.len());
            for item in &page.items {
                let wanted = Wanted { fields: leaving.as_deref(), known: None };
                match records::get_part(&mut reader, &self.caller, &request.module, item.id, wanted) {
                    Ok(view) => views.push(view),
                    // Deleted between the list and here.
                    Err(store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let titles = self.titles(&mut reader, &views)?;
            drop(reader);
            // Before the page leaves, it is written down who read what is sensitive in it.
            self.tenant.flush_logs()?;
            let mut bytes = Vec::new();
            for view in &views {
                bytes.extend(write(self.leaving(view), &titles).map_err(|error| Failure::nobody_listens(&error))?);
            }
            out.raw(&bytes)?;
            done += views.len() as u64;
            out.progress(&self.definition.name, done, self.total)?;
            match page.next {
                Some(next) => request.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    fn links(&self) -> impl Iterator<Item = &str> {
        self.definition.fields.iter().filter(|field| field.kind == FieldType::Link).map(|field| field.name.as_str())
    }

    /// Titles of the records that links lead to.
    fn titles(&self, reader: &mut Reader, views: &[RecordView]) -> Result<Titles, Failure> {
        if self.pseudonymised {
            return Ok(Titles::new());
        }
        let ids =
            views.iter().flat_map(|view| self.links().filter_map(|field| view.values.get(field)).flat_map(linked));
        let ids: Vec<RecordId> = ids.filter_map(|id| id.parse().ok()).collect();
        let found = records::titles(reader, &self.caller, &ids)?;
        Ok(found.into_iter().map(|(id, (_, title))| (id.to_string(), title)).collect())
    }

    /// A record as it leaves: whole, or without what is about a person and with pseudonyms for ids, the same in every export of the business.
    fn leaving(&self, view: &RecordView) -> Map<String, Value> {
        let Value::Object(mut record) = view.to_json(None) else { return Map::new() };
        if !self.pseudonymised {
            return record;
        }
        record.remove("title");
        record.retain(|name, _| self.definition.field(name).is_none_or(|field| self.leaves(field)));
        for name in std::iter::once("id").chain(self.links()) {
            match record.get_mut(name) {
                Some(Value::Array(items)) => items.iter_mut().for_each(|id| self.hide(id)),
                Some(id) => self.hide(id),
                None => {}
            }
        }
        record
    }

    fn hide(&self, id: &mut Value) {
        if let Some(text) = id.as_str() {
            let mac = self.tenant.shared().ring().mac().mac("export pseudonym", text.as_bytes());
            *id = store::hex(&mac).chars().take(PSEUDONYM_LETTERS).collect::<String>().into();
        }
    }

    fn json(&self, request: ListRequest, out: &mut Output<'_>) -> Result<(), Failure> {
        let gathered = Gathered::default();
        let mut writer = JsonArrayWriter::new(gathered.clone()).map_err(|error| Failure::nobody_listens(&error))?;
        self.each(request, out, &mut |record, _| {
            writer.write(&Value::Object(record))?;
            Ok(gathered.take())
        })?;
        writer.finish().map_err(|error| Failure::nobody_listens(&error))?;
        out.raw(&gathered.take())
    }

    fn cards(&self, request: ListRequest, out: &mut Output<'_>) -> Result<(), Failure> {
        let gathered = Gathered::default();
        let mut writer = CardWriter::new(gathered.clone());
        self.each(request, out, &mut |record, titles| {
            let organisation = record.get("organisation").and_then(Value::as_str).and_then(|id| titles.get(id));
            writer.write(&record, organisation.map(String::as_str), None)?;
            Ok(gathered.take())
        })?;
        writer.finish().map_err(|error| Failure::nobody_listens(&error))?;
        out.raw(&gathered.take())
    }

    /// The columns: what every record has, the fields in the order of the form, and beside each link the title of what it leads to.
    /// The first address has a column for each part. `import` reads all of it again.
    fn columns(&self) -> Vec<Column> {
        let own = ["id", "version", "state", "created_at", "changed_at"];
        let mut columns: Vec<Column> = own
            .into_iter()
            .filter(|name| *name != "state" || !self.definition.states.is_empty())
            .map(|name| Column::new(name, name, Shows::Value))
            .collect();
        for field in self.definition.fields.iter().filter(|field| self.leaves(field)) {
            let name = field.name.as_str();
            if field.kind == FieldType::Address {
                let label = field.many.then_some(OWN_LABEL);
                let parts = OWN_ADDRESS.into_iter().chain(label);
                columns.extend(parts.map(|part| Column::new(&format!("{name}.{part}"), name, Shows::Part(part))));
                if field.many {
                    columns.push(Column::new(&format!("{name}.{OWN_MORE}"), name, Shows::More));
                }
                continue;
            }
            let several = field.many || field.kind == FieldType::Choices;
            columns.push(Column::new(name, name, if several { Shows::Values } else { Shows::Value }));
            if field.kind == FieldType::Link && !self.pseudonymised {
                columns.push(Column::new(&format!("{name}.title"), name, Shows::Titles));
            }
        }
        columns
    }

    /// Whether a field may leave: with pseudonyms, nothing that is sealed, and nothing by which another system knows the record.
    fn leaves(&self, field: &Field) -> bool {
        let key = field.name == EXTERNAL_ID || field.unique || field.kind == FieldType::Identifier;
        !self.pseudonymised || !field.protection.sealed() && !key
    }

    fn csv(&self, request: ListRequest, out: &mut Output<'_>) -> Result<(), Failure> {
        let gathered = Gathered::default();
        let columns = self.columns();
        let headings: Vec<&str> = columns.iter().map(|column| column.heading.as_str()).collect();
        let mut writer = CsvWriter::new(gathered.clone(), CsvOptions::default(), &headings)
            .map_err(|error| Failure::nobody_listens(&error))?;
        self.each(request, out, &mut |record, titles| {
            let cells: Vec<String> = columns.iter().map(|column| column.cell(&record, titles)).collect();
            writer.write(&cells)?;
            Ok(gathered.take())
        })?;
        writer.finish().map_err(|error| Failure::nobody_listens(&error))?;
        out.raw(&gathered.take())
    }
}

/// A column of the table.
struct Column {
    heading: String,
    field: String,
    shows: Shows,
}

/// What a column shows of its field.
#[derive(Clone, Copy)]
enum Shows {
    /// The value.
    Value,
    /// Several values.
    Values,
    /// The titles of the records that it leads to.
    Titles,
    /// A part of the (first) address.
    Part(&'static str),
    /// The addresses behind the first, as JSON.
    More,
}

impl Column {
    fn new(heading: &str, field: &str, shows: Shows) -> Self {
        Self { heading: heading.to_owned(), field: field.to_owned(), shows }
    }
    fn cell(&self, record: &Map<String, Value>, titles: &Titles) -> String {
        let Some(value) = record.get(&self.field) else { return String::new() };
        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        match self.shows {
            Shows::Value => cell_text(value),
            Shows::Values => own_values(value),
            Shows::Titles => {
                linked(value).filter_map(|id| titles.get(id)).map(String::as_str).collect::<Vec<_>>().join("; ")
            }
            Shows::Part(part) => items.first().and_then(|first| first.get(part)).map(cell_text).unwrap_or_default(),
            Shows::More => match items.split_first() {
                Some((_, more)) if !more.is_empty() => Value::from(more.to_vec()).to_string(),
                _ => String::new(),
            },
        }
    }
}

/// The ids in a link's value.
fn linked(value: &Value) -> impl Iterator<Item = &str> {
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    items.iter().filter_map(Value::as_str)
}

/// What a writer has written and nobody has taken yet.
#[derive(Clone, Default)]
struct Gathered(Rc<RefCell<Vec<u8>>>);

impl Gathered {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
