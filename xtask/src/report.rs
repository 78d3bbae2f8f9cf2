//! What a run tells: a heading per check, what each took, and at the end what passed and what did not.
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
}

/// The checks of one run.
#[derive(Debug)]
pub(crate) struct Report {
    started: Instant,
    checks: Vec<(String, Outcome, Duration)>,
}

/// Writes to standard output. A reader that has gone away is no reason to stop checking.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

impl Report {
    /// Begins to count the time.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), checks: Vec::new() }
    }

    /// Runs one check under its heading. `work` says why it failed.
    pub(crate) fn check(&mut self, name: &str, work: impl FnOnce() -> Result<(), String>) {
        say(&format!("\n━━ {name} {}", "━".repeat(76_usize.saturating_sub(name.chars().count()))));
        let started = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(reason) => {
                say(&format!("✗ {name}: {reason}"));
                Outcome::Failed(reason)
            }
        };
        self.checks.push((name.to_owned(), outcome, started.elapsed()));
    }

    /// Prints the summary. `false` if a check failed.
    pub(crate) fn finish(self) -> bool {
        say(&format!("\n━━ Summary {}", "━".repeat(69)));
        let mut failed = 0;
        for (name, outcome, took) in &self.checks {
            let seconds = took.as_secs();
            match outcome {
                Outcome::Passed => say(&format!("✓ {name:<32} {seconds:>5} s")),
                Outcome::Failed(reason) => {
                    failed += 1;
                    say(&format!("✗ {name:<32} {seconds:>5} s  {}", reason.lines().next().unwrap_or_default()));
                }
            }
        }
        let total = self.started.elapsed().as_secs();
        say(&format!("total {} min {:02} s", total / 60, total % 60));
        say(&format!("checks: {} passed, {failed} failed", self.checks.len() - failed));
        failed == 0
    }
}

/// Runs a command with its output shown. `Err`: it could not start or said no.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} ended with {status}")),
        Err(error) => Err(format!("{name} did not start: {error}")),
    }
}
