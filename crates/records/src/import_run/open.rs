//! Opening a file for an import: its format, its head line, and the mapping, given or guessed; and whether the mapping fits the modules.
use super::ImportRequest;
use crate::import::map::{EXTERNAL_ID, LinkRule};
use crate::import::{
    CardReader, Format, Groups, Guess, ImportError, Mapping, Row, TableOptions, TableReader, TargetField, Unsupported,
    detect, guess, is_json,
};
use std::fs::File;
use std::io::Read;
use store::module::{Definition, FieldType};
use store::{Error, Result, Tenant};

/// Rows read ahead for a guess.
const SAMPLE_ROWS: usize = 100;
/// Lines that may stand above a head line and are found out: a title, the first line of DATEV.
const MAX_LINES_ABOVE: u32 = 5;
/// Bytes of the file that tell its format.
const HEAD_BYTES: u64 = 4096;

/// The file, ready to be read.
pub(super) enum Source {
    /// Rows of a table and how they become records; with what the guess made of each column.
    Table { reader: Box<TableReader>, mapping: Box<Mapping>, guess: Option<Box<Guess>> },
    /// Address cards.
    Cards(Box<CardReader>),
}

/// An error of the file or the mapping as the caller says it.
fn unreadable(error: ImportError) -> Error {
    let code = if error.is_mapping() { "mapping" } else { "file" };
    match error {
        ImportError::Io(error) => Error::io("reading the file")(error),
        other => {
            let message = other.sentence();
            Error::input(code, message.de, message.en)
        }
    }
}

/// Opens the file; a mapping that names what the file or the business does not have is refused before the first row.
pub(super) fn open(tenant: &Tenant, request: &ImportRequest) -> Result<Source> {
    let name = request.file.display().to_string();
    let opened = || File::open(&request.file).map_err(Error::io(format!("opening {name}")));
    let mut head = Vec::new();
    opened()?.take(HEAD_BYTES).read_to_end(&mut head).map_err(Error::io(format!("reading {name}")))?;
    let format = request.format.unwrap_or_else(|| detect(&name, &head));
    if format == Format::Vcard {
        let groups = Groups::read(opened()?).map_err(unreadable)?;
        let reader = CardReader::open(opened()?, request.german).map_err(unreadable)?.with_groups(groups);
        return Ok(Source::Cards(Box::new(reader)));
    }
    if format == Format::Csv && is_json(&head) {
        return Err(unreadable(ImportError::Unsupported(Unsupported::Json)));
    }
    let table = |options: &TableOptions| -> Result<TableReader> {
        let file = opened()?;
        let reader = if format == Format::Xlsx {
            TableReader::open_workbook(std::io::BufReader::new(file), options)
        } else {
            TableReader::open(file, options)
        };
        reader.map_err(unreadable)
    };
    if let Some(mapping) = request.map.as_deref().map(Mapping::parse).transpose().map_err(unreadable)? {
        check_fields(tenant, &mapping)?;
        let reader = Box::new(table(&mapping.table)?);
        mapping.check(reader.headers()).map_err(unreadable)?;
        return Ok(Source::Table { reader, mapping: Box::new(mapping), guess: None });
    }
    let module = request.module.as_deref().unwrap_or("contact");
    let guessed = guess_table(module, &targets(tenant, module)?, &table)?;
    let reader = Box::new(table(&guessed.mapping.table)?);
    if guessed.is_empty() {
        let columns = reader.headers().names().join(", ");
        return Err(Error::input(
            "columns",
            format!(
                "keine der Spalten wurde für {module} erkannt ({columns}); schreiben Sie eine Zuordnungsdatei und nennen Sie sie mit --map"
            ),
            format!(
                "none of the columns was recognised for {module} ({columns}); write a mapping file and name it with --map"
            ),
        ));
    }
    Ok(Source::Table { reader, mapping: Box::new(guessed.mapping.clone()), guess: Some(Box::new(guessed)) })
}

/// The guess with the head line that explains the table best: usually its first line; below a title or a line of another program where
/// that one explains nothing.
fn guess_table(
    module: &str,
    targets: &[TargetField],
    table: &dyn Fn(&TableOptions) -> Result<TableReader>,
) -> Result<Guess> {
    let mut first = None;
    let mut best: Option<(usize, Guess)> = None;
    for skip_lines in 0..=MAX_LINES_ABOVE {
        let options = TableOptions { skip_lines, ..TableOptions::default() };
        let reader = match table(&options) {
            Ok(reader) => reader,
            Err(error) if skip_lines == 0 => return Err(error),
            Err(_) => break,
        };
        let (headers, separator) = (std::sync::Arc::clone(reader.headers()), reader.separator());
        // Some rows read ahead settle what the headers leave open: the order of day and month, what separates several values.
        let rows: Vec<_> = reader.take(SAMPLE_ROWS).collect();
        let read = rows.len();
        let samples: Vec<Row> = rows.into_iter().filter_map(std::result::Result::ok).collect();
        let mut guessed = guess(module, &headers, targets, &samples, separator);
        guessed.mapping.table.skip_lines = skip_lines;
        let used = guessed.columns.len() - guessed.unused().count();
        let lone = headers.names().len() == 1;
        let fits = read == 0 || samples.len() * 2 > read;
        if skip_lines == 0 && !guessed.is_empty() && fits && !lone && !foreign_head(headers.names()) {
            return Ok(guessed);
        }
        let more = !guessed.is_empty() && fits && best.as_ref().is_none_or(|(known, _)| used > *known);
        if skip_lines == 0 {
            first = Some(guessed.clone());
        }
        if more && !foreign_head(headers.names()) {
            best = Some((used, guessed));
        }
    }
    let best = best.map(|(_, guess)| guess).or(first);
    best.ok_or_else(|| unreadable(ImportError::Empty))
}

/// The first line of DATEV's formats: it describes the file, the head line stands below.
fn foreign_head(names: &[String]) -> bool {
    names.first().is_some_and(|name| matches!(name.as_str(), "EXTF" | "DTVF"))
}

/// The fields of a module as the guess wants them.
fn targets(tenant: &Tenant, module: &str) -> Result<Vec<TargetField>> {
    let modules = tenant.shared().modules();
    let definition = modules.set.get(module).ok_or_else(|| Error::not_found(format!("module {module}")))?;
    Ok(TargetField::all_of(definition))
}

/// Refuses a mapping that names a module or a field that does not exist, with all that is wrong in one sentence.
fn check_fields(tenant: &Tenant, mapping: &Mapping) -> Result<()> {
    let modules = tenant.shared().modules();
    let (mut de, mut en) = (Vec::new(), Vec::new());
    for record in &mapping.records {
        let Some(definition) = modules.set.get(&record.module) else {
            de.push(format!("es gibt kein Modul „{}“", record.module));
            en.push(format!("there is no module \"{}\"", record.module));
            continue;
        };
        for (field, _) in &record.fields {
            if !(definition.field(field).is_some() || field == "state" && !definition.states.is_empty()) {
                de.push(format!("„{}“ hat kein Feld „{field}“", record.module));
                en.push(format!("\"{}\" has no field \"{field}\"", record.module));
            }
        }
        for (field, link) in &record.links {
            if definition.field(field).is_none_or(|field| field.kind != FieldType::Link) {
                de.push(format!("„{}“ hat keine Verknüpfung „{field}“", record.module));
                en.push(format!("\"{}\" has no link \"{field}\"", record.module));
            }
            if let LinkRule::Stored { module, by, .. } = link {
                let target: Option<&Definition> = modules.set.get(module);
                // By the source's key a record is known whether or not it has a field for it.
                if target.is_none_or(|target| target.field(by).is_none() && by != EXTERNAL_ID) {
                    de.push(format!("„{module}“ mit einem Feld „{by}“ gibt es nicht (Verknüpfung „{field}“)"));
                    en.push(format!("there is no \"{module}\" with a field \"{by}\" (link \"{field}\")"));
                }
            }
        }
    }
    if de.is_empty() {
        return Ok(());
    }
    Err(Error::input("mapping", format!("Zuordnungsdatei: {}", de.join("; ")), format!("mapping: {}", en.join("; "))))
}
