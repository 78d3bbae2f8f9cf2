//! `bench`: measures this machine, each figure beside its raw baseline taken in the same run (issue: *What it must reach*).
//!
//! Everything is made by the bench itself in a throwaway folder on the file system of the data folder: contacts from their number alone, so that
//! two runs have the same. Each figure is the middle of several runs. [`figure`] is the shape that scripts rely on; one file per group of figures.
mod business;
mod changes;
mod data;
mod erasures;
mod figure;
mod get;
mod import;
mod lists;
mod machine;
mod server;
mod start;
mod verify;

use crate::failure::{Exit, Failure};
use crate::output::{Output, Table};
use crate::settings::Settings;
use business::{Business, Result, Scratch, Trouble};
use figure::Figure;
use machine::Machine;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::postgres::Server;

/// The size that every other one is compared with.
const SMALL: u64 = 10_000;

/// What `bench` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Records of the large business; 10,000 are always measured beside it
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=20_000_000))]
    records: u64,
    /// Businesses that the instance starts with; 0 leaves that figure out
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    tenants: u64,
    /// What is measured: files, or the first database server of the settings
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t = Engine::Embedded)]
    engine: Engine,
    /// Only these groups of figures, separated by commas; the import comes before each
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    only: Vec<Group>,
    /// Opens a folder that `bench` made, says how long it took, and ends
    #[arg(long, value_name = "DIR", hide = true)]
    start_only: Option<PathBuf>,
}

/// Where records and keys lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    /// In files
    Embedded,
    /// On a database server
    Postgres,
}

/// Figures that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    /// Opening an instance with many tenants
    Start,
    /// Contacts a second
    Import,
    /// Durable single changes
    Changes,
    /// One record over HTTP
    Get,
    /// Lists of 50
    Lists,
    /// Full-text search
    Search,
    /// The journal with the live records
    Verify,
    /// A person with 1,000 records
    Erase,
}

impl Args {
    fn wants(&self, group: Group) -> bool {
        self.only.is_empty() || self.only.contains(&group)
    }
}

/// Measures below the folder in which the data folder lies.
pub(crate) fn run(args: &Args, place: &Path, settings: &Settings, out: &mut Output<'_>) -> Result<Exit, Failure> {
    if let Some(folder) = &args.start_only {
        let started = start::child(folder).map_err(|error| failed(&error))?;
        out.raw(serde_json::to_string(&started).unwrap_or_default().as_bytes())?;
        return Ok(Exit::Done);
    }
    let server = match (args.engine, settings.servers()) {
        (Engine::Embedded, _) => None,
        (Engine::Postgres, [server, ..]) => Some(server),
        (Engine::Postgres, []) => {
            return Err(Failure::usage(
                "In den Einstellungen (--config) steht kein Datenbankserver: docs/scaling.md.",
                "The settings (--config) name no database server: docs/scaling.md.",
            ));
        }
    };
    let (machine, figures) = measure(args, place, server, out).map_err(|error| failed(&error))?;
    out.end_progress()?;
    let document = serde_json::json!({"machine": machine, "figures": figures});
    out.answer(&document, |_| text(&machine, &figures))?;
    Ok(Exit::Done)
}

fn failed(error: &Trouble) -> Failure {
    Failure::system("Die Messung ist abgebrochen", "The measurement broke off", error)
}

/// For a person: the machine, a row for each figure, how many goals are reached. Technical, and in English as the figures' names are.
fn text(machine: &Machine, figures: &[Figure]) -> String {
    let mut table = Table::new(["FIGURE", "VALUE", "BASELINE", "RATIO", "GOAL", ""]);
    for figure in figures {
        table.row(figure.cells());
    }
    let (met, all) = (
        figures.iter().filter(|figure| figure.met == Some(true)).count(),
        figures.iter().filter(|figure| figure.met.is_some()).count(),
    );
    format!("{}\n{table}\n{met} of {all} goals met.\n", machine.text())
}

/// Says where the bench is.
struct Steps<'o, 's> {
    out: &'o mut Output<'s>,
    begun: Instant,
}

impl Steps<'_, '_> {
    fn at(&mut self, label: &str, done: u64, total: u64) -> Result<()> {
        tracing::info!(label, done, total, seconds = self.begun.elapsed().as_secs(), "bench");
        self.out.progress(label, done, total).map_err(|failure| failure.text.en.into())
    }
}

fn measure(args: &Args, place: &Path, server: Option<&Server>, out: &mut Output<'_>) -> Result<(Machine, Vec<Figure>)> {
    let scratch = Scratch::beside(place)?;
    let mut machine = Machine::read(scratch.path());
    let mut steps = Steps { out, begun: Instant::now() };
    let mut figures = Vec::new();
    if let Some(server) = server {
        let figures = server::measure(server, args.records, scratch.path(), &mut |label, done| {
            steps.at(label, done, args.records)
        })?;
        machine.load = [machine.load.first().copied().unwrap_or_default(), machine::load()];
        return Ok((machine, figures));
    }
    if args.tenants > 0 && args.wants(Group::Start) {
        steps.at("tenants", 0, args.tenants)?;
        let total = args.tenants;
        figures.extend(start::measure(&scratch.path().join("start"), total, &mut |done| {
            steps.at("tenants", done, total)
        })?);
    }
    let mut small_erasure = None;
    let mut sizes = vec![SMALL.min(args.records), args.records];
    sizes.dedup();
    for size in sizes {
        let folder = scratch.path().join(size.to_string());
        let (more, erasure) = at_size(args, size, &folder, small_erasure, &mut steps)?;
        figures.extend(more);
        small_erasure = erasure;
        std::fs::remove_dir_all(&folder)?;
    }
    machine.load = [machine.load.first().copied().unwrap_or_default(), machine::load()];
    Ok((machine, figures))
}

/// All figures of one size; also how long an erasure took there.
fn at_size(
    args: &Args,
    size: u64,
    folder: &Path,
    small_erasure: Option<f64>,
    steps: &mut Steps<'_, '_>,
) -> Result<(Vec<Figure>, Option<f64>)> {
    for name in ["import", "changes"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let mut business = Business::create(&folder.join("data"))?;
    business.fill(size, &mut |done| steps.at("import", done, size))?;
    let (mut figures, mut raw) = import::measure(&business, &folder.join("import"))?;
    if args.wants(Group::Changes) {
        steps.at("changes", 0, 0)?;
        figures.extend(changes::measure(&business, &folder.join("changes"))?);
    }
    if args.wants(Group::Get) {
        steps.at("GET", 0, 0)?;
        figures.extend(get::measure(&business)?);
    }
    if args.wants(Group::Lists) {
        steps.at("lists", 0, 0)?;
        figures.extend(lists::lists(&business, &mut raw)?);
    }
    if args.wants(Group::Search) {
        steps.at("search", 0, 0)?;
        figures.extend(lists::searches(&business, &mut raw)?);
    }
    if args.wants(Group::Verify) {
        steps.at("verify", 0, 0)?;
        figures.extend(verify::measure(&business, &mut raw)?);
    }
    if !args.wants(Group::Erase) {
        return Ok((figures, None));
    }
    steps.at("erase", 0, 0)?;
    let erasure = erasures::time(&business)?;
    figures.extend(erasures::figure(&business, erasure, small_erasure, &mut raw)?);
    Ok((figures, Some(erasure)))
}
