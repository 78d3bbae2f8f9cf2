//! The program `obhut`: command line, settings, wiring, server and worker loops, demo. What it wires together are the other crates;
//! what a command does stands in `commands`, one file each.
mod bench;
mod checks;
mod cli;
mod commands;
mod demo;
mod failure;
mod help;
mod migration;
mod operator;
mod output;
mod place;
mod program;
mod serve;
mod settings;
mod socket;

use failure::Exit;
use output::{Lang, Output, Terminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// What one thread makes here another one often frees: the writer and the index, a request's thread and the runtime's next.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let fail = |failure: &failure::Failure| {
        let lang = Lang::of_environment(|name| std::env::var(name).ok());
        Output::new(&mut Terminal::default(), lang, false).fail(failure)
    };
    // Before a key is read: none of it in a core dump.
    if let Err(error) = keys::harden_process() {
        return fail(&error.into()).code().into();
    }
    log();
    let ran = catch_unwind(AssertUnwindSafe(|| program::run(std::env::args_os().collect())));
    let code = ran.unwrap_or_else(|_| fail(&program::unexpected()).code());
    debug_assert!(code <= Exit::Broken.code());
    code.into()
}

/// The program's own log goes to standard error: warnings, and what `$OBHUT_LOG` asks for. A panic is a line of it, not a page of its own.
fn log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("OBHUT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if subscriber.try_init().is_err() {
        // Somebody has set one up already; then that one is used.
    }
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "an internal error at {place}");
    }));
}
