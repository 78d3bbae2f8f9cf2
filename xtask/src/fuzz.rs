//! Fuzzing: the targets of `tests/fuzz`, built with counters in our own crates, each run for a while.
//!
//! LLVM's counters come with the ordinary compiler; they are switched on for the crates of this workspace alone, through cargo's wrapper for
//! them, so that every library stays as it was built for the tests. What a run found is kept in `target/fuzz` and goes in first the next time.
use crate::report::{Report, run, say};
use crate::workspace::Workspace;
use std::process::Command;

/// Set for the wrapper: this program is called by cargo in the compiler's place.
const WRAPPER: &str = "OBHUT_FUZZ_WRAPPER";

/// What makes the compiler count the branches that a run takes, as LLVM's documentation of its coverage sanitizer has it.
const COUNTERS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// The targets, with the folders that they start from and the longest input worth trying.
const TARGETS: &[(&str, &[&str], u32)] = &[
    ("table", &["crates/records/tests-data/northwind"], 8_192),
    ("cards", &["crates/records/tests-data/vcards"], 8_192),
    ("mapping", &["crates/records/tests-data/mappings"], 4_096),
    ("module", &["packs/core", "packs/workshop", "packs/realestate", "packs/training"], 8_192),
    ("list", &["tests/fuzz/seeds/list"], 512),
];

/// When cargo calls this program in the compiler's place: compiles as it was told, with the counters. `None` if this is no such call.
pub(crate) fn wrapper() -> Option<bool> {
    std::env::var_os(WRAPPER)?;
    let mut arguments = std::env::args_os().skip(1);
    let mut compiler = Command::new(arguments.next()?);
    compiler.args(arguments).args(COUNTERS);
    Some(compiler.status().is_ok_and(|status| status.success()))
}

/// Builds the targets and runs each for so many seconds.
pub(crate) fn all(workspace: &Workspace, report: &mut Report, seconds: u32) {
    report.check("Fuzz targets", || {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        // A copy, because building may replace the program that is running.
        let wrapper = workspace.target().join("fuzz").join("wrapper");
        let folder = workspace.target().join("fuzz");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::copy(own, &wrapper))
            .map_err(|error| error.to_string())?;
        let mut build = workspace.cargo(&["build", "-p", "obhut-fuzz", "--bins"]);
        run(build.env("RUSTC_WORKSPACE_WRAPPER", wrapper).env(WRAPPER, "1"))
    });
    for (name, seeds, longest) in TARGETS {
        report.check(&format!("Fuzz {name}, {seconds} s"), || target(workspace, name, seeds, *longest, seconds));
    }
}

fn target(workspace: &Workspace, name: &str, seeds: &[&str], longest: u32, seconds: u32) -> Result<(), String> {
    let folder = workspace.target().join("fuzz").join(name);
    let found = folder.join("found");
    std::fs::create_dir_all(&found).map_err(|error| error.to_string())?;
    let mut command = Command::new(workspace.target().join("debug").join(format!("fuzz-{name}")));
    command.arg(&found).args(seeds.iter().map(|seeds| workspace.root().join(seeds)).filter(|seeds| seeds.is_dir()));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={longest}"));
    command.arg(format!("-artifact_prefix={}/", folder.display()));
    // One input may not take a second: who sends it could hold a thread.
    command.args(["-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]);
    let result = run(command.current_dir(&folder));
    if result.is_err() {
        say(&format!("the input that broke it lies in {}", folder.display()));
    }
    result
}
