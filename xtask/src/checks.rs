//! Every check, in the order of how soon it can fail.
use crate::browser;
use crate::report::{Report, run, say};
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// How long the tests that can run for any time do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// For every change.
    Short,
    /// 100 kills, 100 power cuts: the tests read `OBHUT_SOAK`.
    Long,
}

/// Runs all. A failure does not stop the checks after it: one run shows everything that is wrong.
pub(crate) fn all(workspace: &Workspace, report: &mut Report, length: Length) {
    let tools = tools::find_or_install(report);
    report.check("Format", || run(&mut workspace.cargo(&["fmt", "--all", "--check"])));
    report.check("Lints", || {
        run(&mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
    });
    report.check("Licences, wrappers, sources", || licences(workspace, &tools));
    report.check("Unit and integration tests", || {
        let mut command = workspace.cargo(&["test", "--workspace", "--no-fail-fast"]);
        if length == Length::Long {
            command.env("OBHUT_SOAK", "1");
        }
        run(&mut command)
    });
    report.check("The same on a database server", || on_server(workspace, &tools, length));
    browser::walk(workspace, &tools, report, &workspace.target().join("screenshots"));
}

/// Tests that make businesses of their own make them on PostgreSQL this time. Left out is what has no business, or one that must lie in files.
const IN_FILES_ONLY: &[&str] =
    &["house::", "faults::", "upgrade::", "rotation::", "demo::", "cli::", "help::", "migration::"];
/// What names the engine itself has run already.
const ON_BOTH: &[&str] = &["nodes::", "moves::", "outages::", "engines::", "pool::", "tls::"];
/// Takes minutes where every erasure writes tables anew; the long run has it.
const LONG_ON_A_SERVER: &str = "f112_nothing_is_left_among_many_people";

fn on_server(workspace: &Workspace, tools: &Tools, length: Length) -> Result<(), String> {
    if let Some(missing) = tools.missing_for(&["postgres"]) {
        return Err(missing);
    }
    let mut arguments = vec!["test", "--no-fail-fast", "-p", "obhut-store", "-p", "obhut", "--test", "it", "--"];
    let long = (length == Length::Short).then_some(LONG_ON_A_SERVER);
    arguments.extend(IN_FILES_ONLY.iter().chain(ON_BOTH).copied().chain(long).flat_map(|name| ["--skip", name]));
    run(workspace.cargo(&arguments).env("OBHUT_TEST_STORE", "postgres"))?;
    // Pages and API: their unit tests need no business, so only the stories run again.
    let surfaces = ["test", "--no-fail-fast", "-p", "obhut-web", "--lib", "--", "tests::"];
    run(workspace.cargo(&surfaces).env("OBHUT_TEST_STORE", "postgres"))
}

/// The figures at 1,000,000 records. That some goal is not met is no failure here: docs/performance.md says which, and by how much.
pub(crate) fn bench(workspace: &Workspace, report: &mut Report) {
    report.check("Bench at 1,000,000 records", || {
        let arguments = ["run", "--release", "-p", "obhut", "--", "bench", "--records", "1000000"];
        run(&mut workspace.cargo(&arguments))
    });
}

/// `cargo deny` after deny.toml, built once into the target folder.
fn licences(workspace: &Workspace, tools: &Tools) -> Result<(), String> {
    // Older and newer ones read deny.toml differently.
    const VERSION: &str = "0.20.2";
    let home = workspace.target().join("tools/cargo-deny").join(VERSION);
    let program = home.join("bin/cargo-deny");
    if !program.exists() {
        if let Some(missing) = tools.missing_for(&["cc"]) {
            return Err(missing);
        }
        say(&format!("cargo-deny {VERSION} is not here yet; building it once (about two minutes)"));
        let mut install =
            workspace.cargo(&["install", "--quiet", "--locked", "--debug", "--version", VERSION, "--root"]);
        // Built beside, not among, what cargo keeps for the workspace: its dependencies share nothing with ours.
        run(install.arg(&home).arg("cargo-deny").env("CARGO_TARGET_DIR", home.join("build")))?;
        // Three quarters of a gigabyte that nobody needs again; a leftover is no failure.
        let _ = std::fs::remove_dir_all(home.join("build"));
    }
    let mut command = std::process::Command::new(program);
    run(command.args(["deny", "check", "licenses", "bans", "sources"]).current_dir(workspace.root()))
}
