//! `import FILE`: a table, a workbook or address cards become records. The guessed mapping is shown before anything runs; a row that cannot be
//! taken comes back with its line and reason, and the rest goes in.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use records::export::{CsvOptions, RejectsWriter};
use records::import::{Format, Reject};
use records::{ImportReport, ImportRequest, import_file};
use serde_json::json;
use std::fmt::Write as _;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// A mapping file may be so long, in bytes.
const MAX_MAP_BYTES: u64 = 1024 * 1024;
/// Rejected rows that are told; all of them go into the file of rejects.
const REJECTS_TOLD: usize = 20;
/// Rejected rows in the JSON document.
const REJECTS_LISTED: usize = 1_000;

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file: CSV (comma, semicolon, tab), xlsx or address cards
    file: PathBuf,
    #[command(flatten)]
    of: OfTenant,
    /// The module that the rows become, without a mapping file [default: contact]
    #[arg(long, value_name = "M")]
    module: Option<String>,
    /// The format [default: what the file begins with]
    #[arg(long, value_name = "FORMAT", value_parser = ["csv", "vcard", "xlsx"])]
    format: Option<String>,
    /// A mapping file: which columns become which fields, of one module or several [default: guessed from the headers]
    #[arg(long, value_name = "MAP.toml")]
    map: Option<PathBuf>,
    /// Where the data is from; every record of a person says so
    #[arg(long, value_name = "TEXT")]
    origin: String,
    /// Processing activity: what the data is for (customer-care, …)
    #[arg(long, value_name = "KEY")]
    activity: String,
    /// Read and check everything, show the mapping, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the rejected rows there as CSV, with line and reason
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// What a row that cannot be taken means: `stop` takes nothing in, `skip` the good rows
    #[arg(long, value_name = "WHAT", default_value = "skip")]
    on_error: OnError,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnError {
    /// Nothing goes in
    Stop,
    /// The good rows go in
    Skip,
}

/// Rejected rows on their way to the user.
struct Rejects {
    path: Option<PathBuf>,
    writer: Option<RejectsWriter<BufWriter<File>>>,
    listed: Vec<Reject>,
    failed: Option<std::io::Error>,
    german: bool,
}

impl Rejects {
    fn take(&mut self, columns: &[String], reject: &Reject) {
        if self.listed.len() < REJECTS_LISTED {
            self.listed.push(Reject { raw: Vec::new(), ..reject.clone() });
        }
        let Some(path) = &self.path else { return };
        if self.failed.is_some() {
            return;
        }
        let mut write = || -> std::io::Result<()> {
            let writer = match &mut self.writer {
                Some(writer) => writer,
                slot => slot.insert(RejectsWriter::new(
                    BufWriter::new(private(path)?),
                    columns,
                    self.german,
                    CsvOptions::default(),
                )?),
            };
            writer.write(reject)
        };
        self.failed = write().err();
    }
    /// Ends the file of rejects; its failure, if there was one.
    fn finish(&mut self) -> Result<(), Failure> {
        let ended = match (self.failed.take(), self.writer.take()) {
            (Some(error), _) => Err(error),
            (None, Some(writer)) => writer.finish().and_then(|mut file| std::io::Write::flush(&mut file)),
            (None, None) => Ok(()),
        };
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        ended.map_err(|error| {
            let path = path.display();
            Failure::usage(
                format!("Die abgelehnten Zeilen ließen sich nicht nach {path} schreiben: {error}. Was angenommen wurde, ist gespeichert; ein zweiter Lauf nimmt nichts doppelt auf."),
                format!("The rejected rows could not be written to {path}: {error}. What was taken is saved; a second run takes nothing twice."),
            )
        })
    }
}

/// A new file for its owner alone: it holds personal data.
fn private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let lang = out.lang();
    let request = request(context, args, lang)?;
    let tenant = context.tenant(&args.of)?;
    if let Some(guess) = records::preview(&tenant, &request)? {
        out.note(&guess.describe(true), &guess.describe(false))?;
    }
    let german = lang == Lang::De;
    let path = args.rejects.as_deref().map(|path| context.path(path));
    let mut rejects = Rejects { path, writer: None, listed: Vec::new(), failed: None, german };
    let mut shown = Ok(());
    let label = lang.pick("Zeilen", "Rows");
    let report = import_file(
        &tenant,
        &context.caller(),
        &request,
        &mut |columns, reject| rejects.take(columns, reject),
        &mut |progress| {
            if shown.is_ok() {
                shown = out.progress(label, progress.rows, 0);
            }
        },
    )?;
    rejects.finish()?;
    shown?;
    out.end_progress()?;
    let mut document = json!(report);
    if let Some(parts) = document.as_object_mut() {
        let listed = rejects.listed.iter().map(|reject| {
            let message = if german { &reject.message.de } else { &reject.message.en };
            json!({"line": reject.line, "reason": reject.reason.code(), "message": message})
        });
        parts.insert("rejects".into(), listed.collect());
    }
    out.answer(&document, |lang| told(&report, &rejects.listed, args, lang))?;
    Ok(if report.rejected == 0 { Exit::Done } else { Exit::Found })
}

fn request(context: &Context<'_>, args: &Args, lang: Lang) -> Result<ImportRequest, Failure> {
    let file = context.path(&args.file);
    let about = std::fs::metadata(&file).map_err(|error| Failure::file(&file, &error))?;
    let most = context.settings.input.max_import_mib.get().saturating_mul(1024 * 1024);
    if !about.is_file() || about.len() > most {
        let file = file.display();
        return Err(Failure::usage(
            format!(
                "{file} ist keine Datei oder größer als {most} Byte (Einstellung input.max_import_mib). Es wurde nichts verändert."
            ),
            format!(
                "{file} is no file or larger than {most} bytes (setting input.max_import_mib). Nothing was changed."
            ),
        ));
    }
    let map = match &args.map {
        None => None,
        Some(given) => {
            let path = context.path(given);
            let about = std::fs::metadata(&path).map_err(|error| Failure::file(&path, &error))?;
            if about.len() > MAX_MAP_BYTES {
                return Err(Failure::file(&path, &std::io::Error::from(std::io::ErrorKind::FileTooLarge)));
            }
            Some(std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?)
        }
    };
    Ok(ImportRequest {
        file,
        format: args.format.as_deref().and_then(Format::by_name),
        module: args.module.clone(),
        map,
        origin: args.origin.clone(),
        activity: args.activity.clone(),
        dry_run: args.dry_run,
        all_or_nothing: args.on_error == OnError::Stop,
        german: lang == Lang::De,
    })
}

// Writing to a string cannot fail.
fn told(report: &ImportReport, rejects: &[Reject], args: &Args, lang: Lang) -> String {
    let mut text = String::new();
    let counted = if report.stopped { &report.would_create } else { &report.created };
    let made: Vec<String> = counted.iter().map(|(module, count)| format!("{count} {module}")).collect();
    let made = if made.is_empty() { "0".to_owned() } else { made.join(", ") };
    let (done_de, done_en) =
        if report.stopped || report.dry_run { ("anzulegen", "to create") } else { ("angelegt", "created") };
    let _ = match lang {
        Lang::De => writeln!(
            text,
            "{} gelesen, {made} {done_de}, {} schon vorhanden, {} abgelehnt.",
            report.rows, report.duplicates, report.rejected
        ),
        Lang::En => writeln!(
            text,
            "{} read, {made} {done_en}, {} there already, {} rejected.",
            report.rows, report.duplicates, report.rejected
        ),
    };
    if report.groups > 0 {
        let _ = match lang {
            Lang::De => {
                writeln!(text, "{} davon sind Gruppen; ihre Namen sind Schlagwörter der Mitglieder.", report.groups)
            }
            Lang::En => {
                writeln!(text, "{} of them are groups; their names are categories of the members.", report.groups)
            }
        };
    }
    if !report.dropped.is_empty() {
        let list: Vec<String> = report.dropped.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let word = lang.pick("Nicht übernommen", "Not taken");
        let _ = writeln!(text, "{word}: {}.", list.join(", "));
    }
    if report.dry_run {
        let _ =
            writeln!(text, "{}", lang.pick("Probelauf: es wurde nichts gespeichert.", "Dry run: nothing was saved."));
    } else if report.stopped {
        let _ = writeln!(
            text,
            "{}",
            lang.pick("Es wurde nichts aufgenommen (--on-error stop).", "Nothing was taken in (--on-error stop).")
        );
    }
    for reject in rejects.iter().take(REJECTS_TOLD) {
        let message = if lang == Lang::De { &reject.message.de } else { &reject.message.en };
        let _ =
            writeln!(text, "  {} {}: {message} ({})", lang.pick("Zeile", "line"), reject.line, reject.reason.code());
    }
    if report.rejected > REJECTS_TOLD as u64 {
        let _ = match (lang, &args.rejects) {
            (Lang::De, None) => writeln!(text, "  … alle mit --rejects DATEI"),
            (Lang::En, None) => writeln!(text, "  … all of them with --rejects FILE"),
            (_, Some(path)) => writeln!(text, "  … {}", path.display()),
        };
    }
    let warnings = report.warnings.len();
    if warnings > 0 {
        let _ = match lang {
            Lang::De => writeln!(text, "{warnings} Hinweise zu einzelnen Angaben (mit --json alle)."),
            Lang::En => writeln!(text, "{warnings} hints about single values (all of them with --json)."),
        };
    }
    text
}
