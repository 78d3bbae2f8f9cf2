//! The server's side: takes one command per connection and runs it as if it had been typed there.
use super::frame::{Frame, Request};
use super::place;
use crate::cli::Cli;
use crate::commands::{self, Context};
use crate::failure::{Exit, Failure};
use crate::operator;
use crate::output::{Lang, Output, Progress, Question, Surface};
use crate::settings::Settings;
use base::Actor;
use clap::Parser;
use std::io;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::Instance;
use tokio::sync::Semaphore;

/// A user may think so long about a question.
const ANSWER_PATIENCE: Duration = Duration::from_mins(10);

/// A pause after a connection that could not be taken: out of file handles, another command's end frees some.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What commands from the socket run on.
pub(crate) struct Served {
    /// The data folder, open.
    pub instance: Arc<Instance>,
    /// The limits.
    pub settings: Settings,
    /// Set when the server is to end: long commands end between two steps.
    pub stopping: Arc<AtomicBool>,
}

/// Opens the socket, and takes commands until `stopping` completes; then waits for those that run.
pub(crate) fn listen(
    served: Arc<Served>,
    stopping: impl Future<Output = ()> + Send,
) -> Result<impl Future<Output = Result<(), Failure>> + Send, Failure> {
    let unusable = |error: io::Error| {
        Failure::system("Der lokale Socket ließ sich nicht öffnen", "The local socket could not be opened", &error)
    };
    let listener = place::listen(served.instance.folder()).map_err(unusable)?;
    listener.set_nonblocking(true).map_err(unusable)?;
    let listener = tokio::net::UnixListener::from_std(listener).map_err(unusable)?;
    Ok(take(served, listener, stopping))
}

async fn take(
    served: Arc<Served>,
    listener: tokio::net::UnixListener,
    stopping: impl Future<Output = ()> + Send,
) -> Result<(), Failure> {
    let most = served.settings.socket.max_commands.get();
    let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
    tokio::pin!(stopping);
    loop {
        let accepted = tokio::select! {
            () = &mut stopping => break,
            accepted = listener.accept() => accepted,
        };
        let client = accepted
            .and_then(|(client, _)| client.into_std())
            .and_then(|client| client.set_nonblocking(false).map(|()| client));
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(%error, "a command could not be taken from the local socket");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let place = Arc::clone(&places).try_acquire_owned();
        let served = Arc::clone(&served);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = command(&served, client, place.is_ok()) {
                tracing::debug!(%error, "a client of the local socket went away");
            }
            drop((served, place)); // in this order: who waits for the place may take the instance apart
        });
    }
    drop(listener);
    if let Err(error) = std::fs::remove_file(place::path(served.instance.folder())) {
        tracing::debug!(%error, "the local socket was gone already");
    }
    // Whoever still runs a command ends it at the next step; nobody else comes.
    drop(places.acquire_many(most).await);
    Ok(())
}

/// One connection.
fn command(served: &Served, client: UnixStream, has_place: bool) -> io::Result<()> {
    let patience = Duration::from_secs(u64::from(served.settings.socket.patience_seconds.get()));
    client.set_read_timeout(Some(patience))?;
    client.set_write_timeout(Some(patience))?;
    let peer = rustix::net::sockopt::socket_peercred(&client)?;
    let own = rustix::process::geteuid();
    let mut remote = Remote { client, patience, stopping: Arc::clone(&served.stopping) };
    if peer.uid != own && !peer.uid.is_root() {
        return Frame::Exit(Exit::Refused.code()).write(&mut remote.client);
    }
    let Some(Frame::Request(request)) = Frame::read(&mut remote.client)? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let exit = if has_place {
        let who = operator::name_of(peer.uid.as_raw());
        let ran = catch_unwind(AssertUnwindSafe(|| run(served, &request, &who, &mut remote)));
        ran.unwrap_or_else(|_| Output::new(&mut remote, request.lang, false).fail(&crate::program::unexpected()))
    } else {
        Output::new(&mut remote, request.lang, false).fail(&Failure::new(
            Exit::Found,
            "busy",
            "Der Server führt gerade zu viele Befehle aus. Versuchen Sie es gleich noch einmal.",
            "The server is running too many commands. Try again in a moment.",
        ))
    };
    Frame::Exit(exit.code()).write(&mut remote.client)
}

fn run(served: &Served, request: &Request, who: &str, remote: &mut Remote) -> Exit {
    let words = std::iter::once("obhut").chain(request.argv.iter().map(String::as_str));
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) if request.version == env!("CARGO_PKG_VERSION") => cli,
        _ => return Output::new(remote, request.lang, false).fail(&other_version(&request.version, request.lang)),
    };
    let mut out = Output::new(remote, request.lang, cli.json);
    let cwd = PathBuf::from(&request.cwd);
    if !Path::new(&cwd).is_absolute() {
        return out.fail(&Failure::usage(
            "Der Ordner, in dem Sie stehen, ist nicht bekannt.",
            "The folder that you are in is not known.",
        ));
    }
    let context =
        Context { instance: &served.instance, settings: &served.settings, actor: Actor::Operator(who.to_owned()), cwd };
    match commands::run(&context, &cli.command, &mut out) {
        Ok(exit) => exit,
        Err(failure) => out.fail(&failure),
    }
}

fn other_version(theirs: &str, _: Lang) -> Failure {
    let ours = env!("CARGO_PKG_VERSION");
    Failure::usage(
        format!(
            "Der Server hat Fassung {ours}, dieser Befehl {theirs}. Es wurde nichts verändert. Starten Sie den Server neu, oder nehmen Sie dasselbe Programm."
        ),
        format!(
            "The server has version {ours}, this command {theirs}. Nothing was changed. Restart the server, or use the same program."
        ),
    )
}

/// The surface at the other end of the connection.
struct Remote {
    client: UnixStream,
    patience: Duration,
    stopping: Arc<AtomicBool>,
}

impl Surface for Remote {
    fn result(&mut self, bytes: &[u8]) -> io::Result<()> {
        Frame::Result(bytes.to_vec()).write(&mut self.client)
    }
    fn message(&mut self, text: &str) -> io::Result<()> {
        Frame::Message(text.to_owned()).write(&mut self.client)
    }
    fn progress(&mut self, progress: &Progress) -> io::Result<()> {
        if self.stopping.load(Ordering::Acquire) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the server is being stopped"));
        }
        Frame::Progress(progress.clone()).write(&mut self.client)
    }
    fn end_progress(&mut self) -> io::Result<()> {
        Frame::EndProgress.write(&mut self.client)
    }
    fn ask(&mut self, question: &Question) -> io::Result<Option<String>> {
        Frame::Ask(question.clone()).write(&mut self.client)?;
        self.client.set_read_timeout(Some(ANSWER_PATIENCE))?;
        let answer = Frame::read(&mut self.client)?;
        self.client.set_read_timeout(Some(self.patience))?;
        match answer {
            Some(Frame::Answer(answer)) => Ok(answer),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}
