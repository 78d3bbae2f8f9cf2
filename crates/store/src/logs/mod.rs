//! The three logs beside the journal: reads of sensitive fields, security, access. None flows into another, each has its own period.
//!
//! Each log is a Merkle tree per day (UTC, so that a day's borders do not move with a tenant's zone). The day's size and root are signed with every
//! addition, so that a changed, removed or added line is found ([`verify`]); a day is dropped whole ([`purge`]) when its first line has reached the
//! log's limit, so that no line is ever older, and what is left still verifies. Lines hold ids, neutral words, numbers and keyed hashes; never a
//! value, a query, an address in the clear or what somebody typed.
mod append;
mod note;
mod purge;
mod read;
mod resign;
mod verify;
mod waiting;

pub use note::{sensitive_among, sensitive_read};
pub use purge::Purged;
pub use read::{MAX_LINES, lines};
pub use verify::LogReport;
pub use waiting::{Access, SensitiveRead};

pub(crate) use append::append;
pub(crate) use purge::purge;
pub(crate) use resign::sign_days_anew;
pub(crate) use verify::{overdue, verify};
pub(crate) use waiting::{Taken, Waiting};

use crate::op::Op;
use crate::{Error, Result};
use base::{TenantId, Timestamp};
use keys::merkle::Frontier;

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// Who read which record's sensitive fields, when and for which purpose.
    Reads,
    /// Sign-ins, failures, refusals.
    Security,
    /// Requests: method, route, status, duration.
    Access,
}

impl Log {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Reads, Self::Security, Self::Access];

    /// Its number in the tables.
    const fn number(self) -> i64 {
        match self {
            Self::Reads => 1,
            Self::Security => 2,
            Self::Access => 3,
        }
    }
    /// Its name in signed notes and findings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Security => "security",
            Self::Access => "access",
        }
    }
}

/// How old a line of each log may become, in milliseconds; a setting each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Reads of sensitive fields.
    pub reads_ms: i64,
    /// Security.
    pub security_ms: i64,
    /// Access; never more than 48 hours (T-42).
    pub access_ms: i64,
}

/// An hour in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// A day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Limits {
    /// The longest that a line of the access log may live (T-42).
    pub const ACCESS_MAX_MS: i64 = 48 * HOUR_MS;

    /// The limit of one log. That of the access log is 48 hours whatever the setting says.
    pub const fn of(&self, log: Log) -> i64 {
        match log {
            Log::Reads => self.reads_ms,
            Log::Security => self.security_ms,
            Log::Access if self.access_ms > Self::ACCESS_MAX_MS => Self::ACCESS_MAX_MS,
            Log::Access => self.access_ms,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { reads_ms: 365 * DAY_MS, security_ms: 90 * DAY_MS, access_ms: Self::ACCESS_MAX_MS }
    }
}

/// A line: when, and what as a JSON object of ids and neutral values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    pub body: String,
}

impl Op<'_> {
    /// Adds lines to a log, in this operation's commit.
    pub fn log(&mut self, log: Log, lines: Vec<Line>) -> Result<()> {
        self.state.changed = true;
        let ring = self.shared.ring();
        append(&mut self.state.records, &ring, self.shared.id(), log, lines)
    }
}

/// An address as a log may keep it: the same address gives the same text, and no text gives an address.
pub fn address_hash(ring: &keys::KeyRing, address: &str) -> String {
    let mac = ring.mac().mac("client-address", address.as_bytes());
    // 128 bits tell addresses apart; written like every other opaque id.
    let (half, _) = mac.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    base::UserId::from_bytes(*half).to_string()
}

/// Days since 1970 in UTC.
const fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// What a leaf covers: the time and the line.
fn leaf(at: Timestamp, body: &str) -> [u8; 32] {
    keys::merkle::leaf_hash(&[at.0.to_be_bytes().as_slice(), body.as_bytes()].concat())
}

/// The name under which a day is signed. It binds tenant, log and day: a day cannot be put in another's place.
fn origin(owner: TenantId, log: Log, day: i64) -> String {
    format!("obhut/{owner}/{}/{day}", log.name())
}

fn frontier(size: i64, roots: &[u8]) -> Result<Frontier> {
    let (roots, rest) = roots.as_chunks::<32>();
    let whole = u64::try_from(size).ok().filter(|_| rest.is_empty());
    whole.and_then(|size| Frontier::from_parts(size, roots.to_vec())).ok_or_else(|| {
        Error::damaged("records.db", "the tree of a day of a log is not readable; see `obhut journal verify`")
    })
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

macro_rules! statements {
    ($($kind:ident $name:ident = $sql:literal;)*) => {
        $(const $name: crate::engine::$kind = crate::engine::$kind { name: stringify!($name), sql: $sql };)*
        /// Statements of this folder, for the test that prepares every statement; on records.db and instance.db alike.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}

statements! {
    Query LOG_DAY = "SELECT size, frontier, note FROM log_day WHERE log = ?1 AND day = ?2";
    Query LOG_DAYS = "SELECT day, size, note FROM log_day WHERE log = ?1 ORDER BY day";
    Query LOG_DAY_BEFORE = "SELECT coalesce(max(day), -1) FROM log_day WHERE log = ?1 AND day < ?2";
    Query LOG_LINES = "SELECT seq, at, body FROM log_line WHERE log = ?1 AND day = ?2 ORDER BY seq";
    Query LOG_TAIL = "SELECT at, body FROM log_line WHERE log = ?1 ORDER BY day DESC, seq DESC";
    Query LOG_STRAYS = "SELECT DISTINCT day FROM log_line WHERE log = ?1 AND day NOT IN (SELECT day FROM log_day WHERE log = ?1) ORDER BY day";
    Query LOG_FIRST = "SELECT min(at) FROM log_line WHERE log = ?1 AND day = ?2";
    Query LOG_DAYS_UNTIL = "SELECT day FROM log_day WHERE log = ?1 AND day <= ?2 UNION SELECT DISTINCT day FROM log_line WHERE log = ?1 AND day <= ?2 ORDER BY 1";
    Query LOG_DAY_AFTER = "SELECT min(day) FROM log_day WHERE log = ?1 AND day > ?2";
    Upkeep LOG_LINE_PUT = "INSERT INTO log_line (log, day, seq, at, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    Upkeep LOG_DAY_PUT = "INSERT INTO log_day (log, day, size, frontier, note) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (log, day) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, note = excluded.note";
    Upkeep LOG_DAY_NOTE = "UPDATE log_day SET note = ?3 WHERE log = ?1 AND day = ?2";
    Upkeep LOG_LINES_DROP = "DELETE FROM log_line WHERE log = ?1 AND day = ?2";
    Upkeep LOG_DAY_DROP = "DELETE FROM log_day WHERE log = ?1 AND day = ?2";
}
