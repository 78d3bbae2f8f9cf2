//! `serve`: the instance with its pages, its REST API, its local socket and its worker, until it is asked to end.
//!
//! Plain HTTP is served on the loopback address only: any other one is refused, since passwords and records would cross the network for
//! everyone to read. A reverse proxy on the same machine brings the TLS.
pub(crate) mod flush;
pub(crate) mod jobs;
mod nodes;
mod ports;
mod signals;
mod worker;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::settings::Settings;
use crate::socket::server::{self, Served};
use base::SharedClock;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::Instance;
use tokio::sync::watch;

pub(crate) use nodes::Inside;
pub(crate) use ports::Ports;
pub(crate) use signals::Signals;

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDR")]
    listen: Option<IpAddr>,
    /// Shifts all ports: pages 8086, REST API 8085
    #[arg(long, value_name = "N")]
    port_offset: Option<u16>,
}

/// Takes the ports before anything is opened: an address in use is the most frequent mistake, and the cheapest to find.
pub(crate) fn ports(listen: Option<IpAddr>, offset: Option<u16>, settings: &Settings) -> Result<Ports, Failure> {
    Ports::take(listen.unwrap_or(settings.listen), offset.unwrap_or(settings.port_offset))
}

impl Args {
    /// The ports that these arguments name.
    pub(crate) fn ports(&self, settings: &Settings) -> Result<Ports, Failure> {
        ports(self.listen, self.port_offset, settings)
    }
}

#[expect(clippy::too_many_arguments, reason = "called twice; each value is at hand under its own name")]
/// Serves until the process is asked to end; `ready` is called once everything listens.
pub(crate) fn run(
    instance: Arc<Instance>,
    clock: &SharedClock,
    settings: &Settings,
    ports: Ports,
    inside: Option<Inside>,
    signals: Signals,
    out: &mut Output<'_>,
    ready: impl FnOnce(&Ports, &mut Output<'_>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    match instance.check_servers() {
        // A server of keys that keeps what is destroyed: no erasure would hold.
        Err(error @ store::Error::Input { .. }) => return Err(error.into()),
        // Businesses that lie elsewhere are served all the same.
        Err(error) => tracing::warn!(%error, "a database server could not be looked at"),
        Ok(()) => {}
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("obhut").build().map_err(|error| {
            Failure::system("Der Server ließ sich nicht starten", "The server could not be started", &error)
        })?;
    // The last to let it go is this thread: closing it may wait for a database server.
    let kept = Arc::clone(&instance);
    let served = runtime.block_on(serve(instance, clock, settings, ports, inside, signals, out, ready));
    // Requests have ended by now; what still blocks a thread is given up when the process ends.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    drop(kept);
    served.map(|()| Exit::Done)
}

#[expect(clippy::too_many_arguments, reason = "called once, from run")]
async fn serve(
    instance: Arc<Instance>,
    clock: &SharedClock,
    settings: &Settings,
    ports: Ports,
    inside: Option<Inside>,
    mut signals: Signals,
    out: &mut Output<'_>,
    ready: impl FnOnce(&Ports, &mut Output<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::system("Der Server ließ sich nicht starten", "The server could not be started", &error)
    };
    let (pages, api) = ports.listeners().map_err(failed)?;
    // What had begun to be erased is gone before anything is served. A business that cannot be opened keeps nobody else from being served.
    let all = Arc::clone(&instance);
    let finished = tokio::task::spawn_blocking(move || finish(&all));
    finished.await.map_err(|_| crate::program::unexpected())?;
    let limits = settings.web().connections;
    let (identity, inside) = inside.map(Inside::parts).transpose().map_err(failed)?.unzip();
    let app = web::App::with_nodes(Arc::clone(&instance), Arc::clone(clock), settings.web(), identity);
    let stopping = Arc::new(AtomicBool::new(false));
    let (stop, stopped) = watch::channel(false);
    let wait = |mut stopped: watch::Receiver<bool>| async move {
        // An error means that the sender is gone, which is a stop as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let commands =
        Served { instance: Arc::clone(&instance), settings: settings.clone(), stopping: Arc::clone(&stopping) };
    let commands = server::listen(Arc::new(commands), wait(stopped.clone()))?;
    let tasks = [
        tokio::spawn(commands),
        tokio::spawn(http(web::serve(pages, web::pages(Arc::clone(&app)), limits, wait(stopped.clone())))),
        tokio::spawn(http(web::serve(api, web::api(Arc::clone(&app)), limits, wait(stopped.clone())))),
        tokio::spawn(worker::run(Arc::clone(&instance), settings.worker.clone(), wait(stopped.clone()))),
        tokio::spawn(flush::run(Arc::clone(&instance), wait(stopped))),
    ];
    let (stop_inside, stopped_inside) = watch::channel(false);
    let nodes = inside.map(|inside| {
        let listening = web::serve_nodes(inside, Arc::clone(&app), wait(stopped_inside.clone()));
        let looking = nodes::look(Arc::clone(&instance), Arc::clone(&app), wait(stopped_inside.clone()));
        let warming = nodes::keep_warm(Arc::clone(&instance), wait(stopped_inside.clone()));
        [tokio::spawn(http(listening)), tokio::spawn(looking), tokio::spawn(warming)]
    });
    drop(app);
    let told = ready(&ports, out);
    if told.is_ok() {
        signals.wait().await;
    }
    stopping.store(true, Ordering::Release);
    // An error means that everything has ended by itself.
    let _ = stop.send(true);
    let mut outcome = told;
    for task in tasks {
        let ended = task.await.unwrap_or_else(|_| Err(crate::program::unexpected()));
        outcome = outcome.and(ended);
    }
    if let Some(tasks) = nodes {
        nodes::leave(&instance).await;
        // An error means that both have ended by themselves.
        let _ = stop_inside.send(true);
        for task in tasks {
            outcome = outcome.and(task.await.unwrap_or_else(|_| Err(crate::program::unexpected())));
        }
    }
    outcome
}

/// Opens what an erasure had begun in.
fn finish(instance: &Instance) {
    for id in instance.unfinished() {
        if instance.is_turn(id)
            && let Err(error) = instance.tenant(id)
        {
            tracing::error!(tenant = %id, %error, "an erasure that had begun could not be finished; the business cannot be opened");
        }
    }
}

async fn http(serving: impl Future<Output = std::io::Result<()>>) -> Result<(), Failure> {
    serving.await.map_err(|error| Failure::system("Der Server ist ausgefallen", "The server failed", &error))
}
