//! One open connection: the socket, what drives it, and what was prepared on it.
use super::explain::explain;
use super::pool::{Permit, Pool};
use super::way::{self, Way};
use super::{Address, CONNECT, CONTROL, refused};
use crate::{Error, Result};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{CancelToken, Client, Config, Statement};

/// Turns of the runtime until what has arrived on a socket is known: one to see that it has, one to read it.
const LOOKS: usize = 2;
/// Packets without an answer for so long mean that the way to the server is broken; and a way on which nothing was heard for so long is tried.
const UNANSWERED: Duration = Duration::from_secs(20);
/// A statement may take so long. What reads a whole table is read while it is worked on, which counts.
pub(super) const STATEMENT: Duration = Duration::from_mins(10);
/// A statement may wait so long for another's lock.
pub(super) const LOCK: Duration = Duration::from_secs(30);
/// A transaction may rest so long between two statements; then its server gives up what it holds.
const RESTING: Duration = Duration::from_mins(15);
/// The same two on the control database.
const CONTROL_WAITS: Duration = Duration::from_secs(3);
/// What writes whole tables anew may take so long: migrations, the destruction of keys.
pub(super) const LONG_STATEMENT: Duration = Duration::from_hours(6);

/// Settings of every session.
fn options(name: &str) -> String {
    // A node that stops in the middle of a change of the directory must not keep the others from theirs.
    let (lock, resting) = if name == CONTROL { (CONTROL_WAITS, CONTROL_WAITS) } else { (LOCK, RESTING) };
    let all = [
        // A commit that was confirmed is on the server's disk, whatever its default says.
        "synchronous_commit=on".to_owned(),
        "client_min_messages=error".to_owned(),
        "standard_conforming_strings=on".to_owned(),
        // Every statement has its index, and a plan that was made while a table was empty must not read all of it once it is full.
        "plan_cache_mode=force_generic_plan".to_owned(),
        "enable_seqscan=off".to_owned(),
        "enable_hashjoin=off".to_owned(),
        "enable_mergejoin=off".to_owned(),
        "enable_material=off".to_owned(),
        "jit=off".to_owned(),
        format!("statement_timeout={}", STATEMENT.as_millis()),
        format!("lock_timeout={}", lock.as_millis()),
        format!("idle_in_transaction_session_timeout={}", resting.as_millis()),
    ];
    all.map(|option| format!("-c {option}")).join(" ")
}

/// What ends the present query of a connection, whichever socket it has at the moment.
#[derive(Default)]
pub(super) struct Ending {
    now: Mutex<Option<(CancelToken, Way)>>,
    /// Whether it was asked for, so that nobody takes it for a statement that took too long.
    asked: AtomicBool,
}

impl Ending {
    /// Whether it was asked for since this was last asked.
    pub fn was_asked(&self) -> bool {
        self.asked.swap(false, Ordering::AcqRel)
    }
}

/// Ends what a connection is doing at the moment.
pub struct Interrupt(pub(super) Arc<Ending>);

impl Interrupt {
    /// Asks the server to; does not wait for it.
    pub fn interrupt(&self) {
        let Some((token, way)) = self.0.now.lock().clone() else { return };
        self.0.asked.store(true, Ordering::Release);
        let cancel = move || {
            if let Ok(runtime) = Builder::new_current_thread().enable_all().build()
                && let Err(error) = runtime.block_on(way.cancel(token))
            {
                tracing::debug!(%error, "a query could not be ended");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("interrupt".into()).spawn(cancel) {
            tracing::debug!(%error, "a query could not be ended");
        }
    }
}

/// An open connection. Dropping it closes it.
pub(super) struct Live {
    /// Drives the connection while somebody waits for it, on their own thread. None only while it is being dropped.
    runtime: Option<Runtime>,
    pub client: Arc<Client>,
    pub statements: HashMap<&'static str, Statement>,
    /// Last, so that its place is given back when it is closed.
    _permit: Permit,
}

impl Live {
    pub fn open(name: &'static str, address: &Address, pool: &Arc<Pool>, ending: &Ending) -> Result<Self> {
        let permit = pool.enter(name == CONTROL)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::io("starting a connection"))?;
        let (client, way) = connect(&runtime, name, address)?;
        pool.counted.opened.fetch_add(1, Ordering::Relaxed);
        *ending.now.lock() = Some((client.cancel_token(), way));
        Ok(Self { runtime: Some(runtime), client: Arc::new(client), statements: HashMap::new(), _permit: permit })
    }

    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            // It is there until `drop`, which borrows all of it.
            None => unreachable!("a connection that is being dropped is not used"),
        }
    }

    /// Whether it is gone, as far as is known without looking.
    pub fn is_known_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether it is gone.
    pub fn is_closed(&self) -> bool {
        // Nobody has looked at the socket since the last question.
        for _ in 0..LOOKS {
            self.wait(tokio::task::yield_now());
        }
        self.client.is_closed()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not where waiting is forbidden: the server notices the closed socket by itself.
            runtime.shutdown_background();
        }
    }
}

fn connect(runtime: &Runtime, name: &'static str, address: &Address) -> Result<(Client, Way)> {
    let way = Way::to(address)?;
    let mut config = Config::new();
    config
        .host(&address.host)
        .port(address.port)
        .dbname(&address.database)
        .user(&address.user)
        .password(address.password())
        .application_name("obhut")
        .connect_timeout(CONNECT)
        .tcp_user_timeout(UNANSWERED)
        .keepalives_idle(UNANSWERED)
        .options(options(name));
    let opened = runtime.block_on(async {
        // The limit of the driver ends with the connection of the socket; what is agreed on there must come to an end as well.
        tokio::time::timeout(CONNECT * 2, way.clone().connect(&mut config)).await
    });
    let silent = || refused(format!("{name}: the database server {}:{} does not answer", address.host, address.port));
    match opened {
        Ok(Ok(client)) => Ok((client, way)),
        Ok(Err(error)) if error.as_db_error().is_some() => Err(explain(name, "connect", &error, false).0),
        Ok(Err(error)) => Err(way::explain(address, &error).unwrap_or_else(silent)),
        Err(_) => Err(silent()),
    }
}
