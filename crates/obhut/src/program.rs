//! The program from its arguments to its exit code: which command runs here, which inside the server that holds the data folder.
use crate::checks::MasterKeyApart;
use crate::cli::{Cli, Command, Module, Tenant};
use crate::commands::{self, Context, doctor, module_check, module_list, module_show};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output, Terminal};
use crate::settings::Settings;
use crate::{bench, demo, help, migration, operator, place, serve, socket};
use base::{Actor, SharedClock, SystemClock};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Instance;

/// Runs what was typed; gives the exit code.
pub(crate) fn run(words: Vec<OsString>) -> u8 {
    let lang = Lang::of_environment(|name| std::env::var(name).ok());
    let typed = help::asked(&words).unwrap_or(lang);
    let parsed = help::localised(Cli::command(), typed).try_get_matches_from(&words);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return misused(&error, &words),
    };
    let lang = cli.lang.unwrap_or(lang);
    let mut terminal = Terminal::default();
    match start(&cli, words, lang, &mut terminal) {
        Ok(code) => code,
        Err(failure) => Output::new(&mut terminal, lang, cli.json).fail(&failure).code(),
    }
}

/// Help and version go to standard output and are no failure; everything else is one of usage, which scripts read as JSON.
fn misused(error: &clap::Error, words: &[OsString]) -> u8 {
    let asked_for = !error.use_stderr();
    if !asked_for && words.iter().any(|word| word == "--json") {
        let text = error.render().to_string();
        let failure = Failure::usage(text.trim_end(), text.trim_end());
        return Output::new(&mut Terminal::default(), Lang::En, true).fail(&failure).code();
    }
    // Nothing is left to do if not even that can be written.
    let _ = error.print();
    if asked_for { Exit::Done.code() } else { Exit::Usage.code() }
}

/// What a person reads when the program itself is wrong.
pub(crate) fn unexpected() -> Failure {
    Failure::new(
        Exit::Broken,
        "unexpected",
        "In Obhut ist ein Fehler aufgetreten, mit dem niemand gerechnet hat. Was bestätigt war, ist gespeichert; der Befehl wurde abgebrochen. Bitte melden Sie ihn mit dem Protokoll (OBHUT_LOG=debug).",
        "Something went wrong in Obhut that nobody had expected. What was confirmed is saved; the command was broken off. Please report it with the log (OBHUT_LOG=debug).",
    )
}

fn start(cli: &Cli, words: Vec<OsString>, lang: Lang, terminal: &mut Terminal) -> Result<u8, Failure> {
    let settings = Settings::read(cli.config.as_deref())?;
    let cwd = std::env::current_dir().map_err(|error| Failure::file(Path::new("."), &error))?;
    let folder = cwd.join(cli.data.clone().unwrap_or_else(|| PathBuf::from("obhut-data")));
    let mut out = Output::new(terminal, lang, cli.json);
    let done = match &cli.command {
        Command::Demo(args) => demo::run(args, &settings, &cwd, &mut out)?,
        Command::Serve(args) => served(args, &folder, &settings, &mut out)?,
        Command::Bench(args) => bench::run(args, &folder, &settings, &mut out)?,
        Command::Doctor(args) => doctor::run(args, &folder, &settings, &mut out)?,
        Command::Module(Module::Check(args)) => module_check::run(&cwd, args, &mut out)?,
        Command::Module(Module::List(args)) if args.tenant.is_none() => module_list::shipped(&mut out)?,
        Command::Module(Module::Show(args)) if args.tenant.is_none() => module_show::shipped(args, &mut out)?,
        command => return on_data(command, words, &folder, &settings, cwd, terminal, lang, cli.json),
    };
    Ok(done.code())
}

#[expect(clippy::too_many_arguments, reason = "called once; each value is at hand under its own name")]
fn on_data(
    command: &Command,
    words: Vec<OsString>,
    folder: &Path,
    settings: &Settings,
    cwd: PathBuf,
    terminal: &mut Terminal,
    lang: Lang,
    json: bool,
) -> Result<u8, Failure> {
    if let Some(server) = socket::client::connect(folder) {
        return socket::client::run(server, arguments(words)?, &cwd, lang, terminal);
    }
    let makes = matches!(command, Command::Tenant(Tenant::Create(_)));
    if !makes && settings.cluster.is_none() && !place::has_data(folder) {
        let shown = folder.display();
        return Err(Failure::usage(
            format!(
                "In {shown} liegen keine Daten von Obhut. Nennen Sie den Ordner mit --data, oder legen Sie einen Mandanten an: obhut tenant create NAME --admin LOGIN"
            ),
            format!(
                "There is no data of Obhut in {shown}. Name the folder with --data, or make a business: obhut tenant create NAME --admin LOGIN"
            ),
        ));
    }
    let clock: SharedClock = Arc::new(SystemClock);
    let mut out = Output::new(terminal, lang, json);
    let instance = match open(folder, &clock, settings, &mut out) {
        Ok(instance) => instance,
        // A server may have started this moment.
        Err(failure) if failure.code == "in-use" => match socket::client::connect(folder) {
            Some(server) => return socket::client::run(server, arguments(words)?, &cwd, lang, terminal),
            None => return Err(failure),
        },
        Err(failure) => return Err(failure),
    };
    let context = Context { instance: &instance, settings, actor: Actor::Operator(operator::own_name()), cwd };
    Ok(commands::run(&context, command, &mut out)?.code())
}

/// Opens the data folder, or makes it.
pub(crate) fn open(
    folder: &Path,
    clock: &SharedClock,
    settings: &Settings,
    out: &mut Output<'_>,
) -> Result<Arc<Instance>, Failure> {
    let wanted = store::InstanceSettings { cluster: settings.nodes(), ..settings.instance() };
    open_with(folder, clock, settings, wanted, out)
}

fn open_with(
    folder: &Path,
    clock: &SharedClock,
    settings: &Settings,
    mut wanted: store::InstanceSettings,
    out: &mut Output<'_>,
) -> Result<Arc<Instance>, Failure> {
    let key = place::KeyPlace::find(folder, |name| std::env::var_os(name));
    let master = key.read_or_make(folder, out)?;
    wanted.checks.push(Arc::new(MasterKeyApart::of(&key)));
    // What goes wrong here goes wrong again at opening, and is told there.
    let plan = Instance::migration_plan(folder, &master, &wanted).ok().flatten();
    if let Some(plan) = &plan {
        migration::announce(plan, settings.migration.keep_copy_days.get(), out)?;
    }
    let instance = Instance::open(folder, master, Arc::clone(clock), wanted)?;
    if plan.is_some() {
        out.note("Die Daten sind jetzt auf dem Stand dieser Version.", "The data is of this version now.")?;
    }
    Ok(Arc::new(instance))
}

fn served(args: &serve::Args, folder: &Path, settings: &Settings, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let ports = args.ports(settings)?;
    let signals = serve::Signals::start()?;
    let clock: SharedClock = Arc::new(SystemClock);
    let inside = serve::Inside::take(settings)?;
    let mut wanted = store::InstanceSettings { cluster: settings.nodes(), ..settings.instance() };
    if let (Some(cluster), Some(inside)) = (&mut wanted.cluster, &inside) {
        cluster.about.certificate = inside.certificate();
    }
    let instance = open_with(folder, &clock, settings, wanted, out)?;
    serve::run(instance, &clock, settings, ports, inside, signals, out, |ports, out| {
        let (pages, api) = (ports.pages_url(), ports.api_url());
        out.answer(&serde_json::json!({"pages": pages, "api": api}), |lang| {
            format!(
                "{}: {pages}\nREST-API: {api}\n{}\n",
                lang.pick("Seiten", "Pages"),
                lang.pick("Beenden mit Strg+C.", "Ctrl+C ends it.")
            )
        })
    })
}

/// The arguments as text, to be sent.
fn arguments(words: Vec<OsString>) -> Result<Vec<String>, Failure> {
    let text = words.into_iter().skip(1).map(OsString::into_string).collect::<Result<Vec<_>, _>>();
    text.map_err(|_| {
        Failure::usage(
            "Ein Wort des Befehls ist kein UTF-8; so lässt er sich nicht an den Server weitergeben.",
            "A word of the command is not UTF-8; it cannot be passed on to the server like this.",
        )
    })
}
