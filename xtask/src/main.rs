//! The workbench: `cargo xtask test` runs every check of this repository; the README's test command and CI's are this one.
//!
//! Nothing is checked here that could be a Rust test. This program sets up what tests need and calls the tools in order.

mod browser;
mod checks;
mod fuzz;
mod report;
mod tools;
mod workspace;

use anyhow::{Context as _, Result, bail};
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  test             format, lints, licences, unit and integration tests, the browser walk
  soak             the same, with the crash and power-cut tests at their full length, the fuzz targets,
                   and the bench at 1,000,000 records
  fuzz [SECONDS]   the fuzz targets, each for so long (60)
  screenshots DIR  the browser walk alone; leaves the pictures in DIR

Missing tools are installed from the system's packages as root or with a sudo that asks no password;
otherwise the command to type is printed, and the checks that could not run count as failed.
";

/// How long each fuzz target runs in a soak.
const SOAK_SECONDS: u32 = 120;

fn main() -> ExitCode {
    if let Some(compiled) = fuzz::wrapper() {
        return if compiled { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::say(&format!("xtask: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Runs the command; `false` if a check failed.
fn run() -> Result<bool> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let directory = arguments.next().map(PathBuf::from);
    if arguments.next().is_some() {
        bail!("too many arguments\n\n{HELP}");
    }
    let workspace = Workspace::find()?;
    let mut report = Report::start();
    match (command.as_deref(), directory) {
        (Some("test"), None) => checks::all(&workspace, &mut report, checks::Length::Short),
        (Some("soak"), None) => {
            checks::all(&workspace, &mut report, checks::Length::Long);
            fuzz::all(&workspace, &mut report, SOAK_SECONDS);
            checks::bench(&workspace, &mut report);
        }
        (Some("fuzz"), seconds) => {
            let seconds = seconds.as_deref().and_then(|text| text.to_str()).map_or(Ok(60), str::parse);
            fuzz::all(&workspace, &mut report, seconds.context("how many seconds?")?);
        }
        (Some("screenshots"), Some(directory)) => {
            let directory = std::path::absolute(directory).context("the folder for the pictures")?;
            let tools = tools::find_or_install(&mut report);
            browser::walk(&workspace, &tools, &mut report, &directory);
        }
        (Some("screenshots"), None) => bail!("which folder?\n\n{HELP}"),
        (None | Some("help" | "--help" | "-h"), None) => {
            report::say(HELP);
            return Ok(true);
        }
        (Some(other), _) => bail!("no command {other}\n\n{HELP}"),
        (None, Some(_)) => bail!("{HELP}"),
    }
    Ok(report.finish())
}
