//! Connections to one server are few: a limit for all businesses together. What rests between two questions is kept open for the next one, and
//! given up for whoever needs a connection more: the one that rested longest first.
use super::Address;
use super::live::Live;
use crate::{Error, Result};
use parking_lot::{Condvar, Mutex};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections to a server at a time, unless the settings say otherwise.
pub const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(48).expect("it is not zero");
/// A change holds one on each server while it reads on another; with fewer, two of them would wait for each other.
pub const FEWEST_CONNECTIONS: usize = 4;
/// How long one waits for a connection when all are at work.
const WAIT: Duration = Duration::from_secs(10);

/// The connections of this process to one server.
pub(super) struct Pool {
    host: String,
    port: u16,
    places: Mutex<Places>,
    back: Condvar,
    pub counted: Counted,
}

struct Places {
    limit: usize,
    open: usize,
    /// Connections between two questions, by the number of whoever asked.
    resting: HashMap<u64, Resting>,
    /// Turns by which they are told apart: the smallest has rested longest.
    turn: u64,
}

struct Resting {
    live: Live,
    database: String,
    turn: u64,
}

/// What has happened since the program was started.
#[derive(Default)]
pub(super) struct Counted {
    pub opened: AtomicU64,
    pub reopened: AtomicU64,
    pub given_up: AtomicU64,
    pub waits: AtomicU64,
    pub waited_us: AtomicU64,
    pub refused: AtomicU64,
    pub statements: AtomicU64,
    pub timeouts: AtomicU64,
    pub lost: AtomicU64,
}

/// The connections to one server, in figures. Counters go up from the start of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerMetrics {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Connections that there may be at a time.
    pub limit: usize,
    /// Connections that there are.
    pub open: usize,
    /// Those of them that nobody uses at the moment.
    pub resting: usize,
    /// Connections that were opened.
    pub opened: u64,
    /// Those of them that took the place of a broken one.
    pub reopened: u64,
    /// Connections that were closed because they rested, or because somebody else needed the place.
    pub given_up: u64,
    /// Times that somebody waited for a place.
    pub waits: u64,
    /// How long all of them waited, in milliseconds.
    pub waited_ms: u64,
    /// Times that somebody waited in vain.
    pub refused: u64,
    /// Statements that were sent.
    pub statements: u64,
    /// Statements that ran out of time, or waited too long for a lock.
    pub timeouts: u64,
    /// Connections that broke while they were used.
    pub lost: u64,
}

/// Every server that this process has spoken to. As many as the settings name, and those that businesses were made on.
static POOLS: Mutex<BTreeMap<(String, u16), Arc<Pool>>> = Mutex::new(BTreeMap::new());

/// The pool of that server. The limit that an address names holds from then on.
pub(super) fn of(address: &Address) -> Arc<Pool> {
    let mut pools = POOLS.lock();
    let pool = pools.entry((address.host.clone(), address.port)).or_insert_with(|| Arc::new(Pool::new(address)));
    if let Some(limit) = address.connections {
        pool.places.lock().limit = limit.get();
    }
    Arc::clone(pool)
}

/// The connections to that server, in figures.
pub(super) fn metrics(address: &Address) -> ServerMetrics {
    of(address).metrics()
}

/// One of a server's connections, counted until it is dropped.
pub(super) struct Permit(Arc<Pool>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.places.lock().open -= 1;
        self.0.back.notify_one();
    }
}

impl Pool {
    fn new(address: &Address) -> Self {
        let places = Places { limit: CONNECTIONS.get(), open: 0, resting: HashMap::new(), turn: 0 };
        Self {
            host: address.host.clone(),
            port: address.port,
            places: Mutex::new(places),
            back: Condvar::new(),
            counted: Counted::default(),
        }
    }

    /// A place for one more connection. `reserved`: the few of the control database, without which a node would lose everything that it holds, wait for none.
    /// When all are taken, one that rests is closed for it; when none rests, one that comes back is waited for.
    pub fn enter(self: &Arc<Self>, reserved: bool) -> Result<Permit> {
        let begun = Instant::now();
        let mut waited = false;
        let mut places = self.places.lock();
        loop {
            if reserved || places.open < places.limit {
                places.open += 1;
                drop(places);
                if waited {
                    self.waited(begun);
                }
                return Ok(Permit(Arc::clone(self)));
            }
            let longest = places.resting.iter().min_by_key(|(_, resting)| resting.turn).map(|(number, _)| *number);
            if let Some(resting) = longest.and_then(|number| places.resting.remove(&number)) {
                // Closing it gives its place back, which needs the lock.
                drop(places);
                self.close([resting]);
                places = self.places.lock();
                continue;
            }
            if !waited {
                waited = true;
                self.counted.waits.fetch_add(1, Ordering::Relaxed);
            }
            if self.back.wait_until(&mut places, begun + WAIT).timed_out() {
                let limit = places.limit;
                drop(places);
                self.waited(begun);
                self.counted.refused.fetch_add(1, Ordering::Relaxed);
                return Err(Error::Busy {
                    message: format!(
                        "all {limit} connections to the database server {}:{} were at work for {} seconds (`connections` in the settings); nothing was done",
                        self.host,
                        self.port,
                        WAIT.as_secs()
                    ),
                });
            }
        }
    }

    fn waited(&self, begun: Instant) {
        let us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counted.waited_us.fetch_add(us, Ordering::Relaxed);
    }

    fn close(&self, resting: impl IntoIterator<Item = Resting>) {
        for one in resting {
            self.counted.given_up.fetch_add(1, Ordering::Relaxed);
            drop(one.live);
        }
    }

    /// Leaves a connection between two questions: whoever left it takes it up again by this number, unless somebody needed its place.
    pub fn rest(&self, number: u64, database: &str, live: Live) {
        let mut places = self.places.lock();
        places.turn += 1;
        let resting = Resting { live, database: database.to_owned(), turn: places.turn };
        let before = places.resting.insert(number, resting);
        drop(places);
        drop(before);
        // Whoever waits may take its place.
        self.back.notify_one();
    }

    /// Takes a connection up again.
    pub fn take_up(&self, number: u64) -> Option<Live> {
        self.places.lock().resting.remove(&number).map(|resting| resting.live)
    }

    /// Closes what rests of a database.
    pub fn close_resting(&self, database: &str) {
        let mut places = self.places.lock();
        let numbers: Vec<u64> = places
            .resting
            .iter()
            .filter(|(_, resting)| resting.database == database)
            .map(|(number, _)| *number)
            .collect();
        let closing: Vec<Resting> = numbers.iter().filter_map(|number| places.resting.remove(number)).collect();
        drop(places);
        self.close(closing);
    }

    fn metrics(&self) -> ServerMetrics {
        let (limit, open, resting) = {
            let places = self.places.lock();
            (places.limit, places.open, places.resting.len())
        };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counted = &self.counted;
        ServerMetrics {
            host: self.host.clone(),
            port: self.port,
            limit,
            open,
            resting,
            opened: count(&counted.opened),
            reopened: count(&counted.reopened),
            given_up: count(&counted.given_up),
            waits: count(&counted.waits),
            waited_ms: count(&counted.waited_us) / 1000,
            refused: count(&counted.refused),
            statements: count(&counted.statements),
            timeouts: count(&counted.timeouts),
            lost: count(&counted.lost),
        }
    }
}

/// A number under which a connection rests.
pub(super) fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
