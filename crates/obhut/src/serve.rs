//! `serve`: the instance with its pages, its REST API, its local socket and its worker, until it is asked to end.
//!
//! Plain HTTP is served on the loopback address only: any other one is refused, since passwords and records would cross the network for
//! everyone to read. A reverse proxy on the same machine brings the TLS.
pub(crate) mod flush;
pub(crate) mod jobs;
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

/// Serves until the process is asked to end; `ready` is called once everything listens.
pub(crate) fn run(
    instance: Arc<Instance>,
    clock: &SharedClock,
    settings: &Settings,
    ports: Ports,
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
    let served = runtime.block_on(serve(instance, clock, settings, ports, signals, out, ready));
    // Requests have ended by now; what still blocks a thread is given up when the process ends.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    served.map(|()| Exit::Done)
}

async fn serve(
    instance: Arc<Instance>,
    clock: &SharedClock,
    settings: &Settings,
    ports: Ports,
    mut signals: Signals,
    out: &mut Output<'_>,
    ready: impl FnOnce(&Ports, &mut Output<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::system("Der Server ließ sich nicht starten", "The server could not be started", &error)
    };
    let (pages, api) = ports.listeners().map_err(failed)?;
    // What had begun to be erased is gone before anything is served. A business that cannot be opened keeps nobody else from being served.
    for id in instance.unfinished() {
        if let Err(error) = instance.tenant(id) {
            tracing::error!(tenant = %id, %error, "an erasure that had begun could not be finished; the business cannot be opened");
        }
    }
    let limits = settings.web().connections;
    let app = web::App::new(Arc::clone(&instance), Arc::clone(clock), settings.web());
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
    outcome
}

async fn http(serving: impl Future<Output = std::io::Result<()>>) -> Result<(), Failure> {
    serving.await.map_err(|error| Failure::system("Der Server ist ausgefallen", "The server failed", &error))
}
