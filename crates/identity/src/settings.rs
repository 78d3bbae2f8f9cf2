//! The limits of this crate, each with a name. They become settings of the tenant with the complete identity rules; until then they are fixed.

/// The limits. Spans are in milliseconds unless their name says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Settings;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl Settings {
    /// A session ends so long after the sign-in, however busy it is (H-11).
    pub const SESSION_LIFE_MS: i64 = 12 * HOUR_MS;
    /// A session ends when it was not used for so long (H-12).
    pub const SESSION_IDLE_MS: i64 = 30 * MINUTE_MS;
    /// The last use of a session is written down at most this often; a restart may cost an idle session so much of its time.
    pub const SEEN_EVERY_MS: i64 = MINUTE_MS;
    /// Sessions that one user may have at a time; the oldest ends for a further one.
    pub const SESSIONS_PER_USER: i64 = 20;

    /// Failed attempts in a row that have no consequence; the next one locks the account (H-57, H-58).
    pub const FAILURES_ALLOWED: i64 = 3;
    /// How long such a lock lasts, unless somebody lifts it (H-59 to H-61).
    pub const LOCK_MS: i64 = 15 * MINUTE_MS;

    /// Characters that a password has at least (H-28).
    pub const PASSWORD_MIN: usize = 10;
    /// Characters that a password has at most.
    pub const PASSWORD_MAX: usize = 128;
    /// Password hashes that may wait for their turn, over all tenants; more are answered with `Busy`. Each takes 19 MiB while it runs.
    pub const HASHES_WAITING: usize = 64;

    /// Characters of a login name.
    pub const LOGIN_MAX: usize = 100;
    /// Characters of a display name.
    pub const NAME_MAX: usize = 200;
    /// Characters of an e-mail address (RFC 5321).
    pub const EMAIL_MAX: usize = 254;
    /// A token is listed for so long after it was revoked or expired; then its name is destroyed.
    pub const TOKEN_KEPT_MS: i64 = 30 * 24 * HOUR_MS;
    /// Characters of a token's name.
    pub const TOKEN_NAME_MAX: usize = 100;
    /// Characters of a token's rights.
    pub const RIGHTS_MAX: usize = 2_000;
    /// Users and tokens that a list shows.
    pub const LIST_MAX: i64 = 10_000;

    /// Sessions, and tokens, that one open tenant keeps in memory; when there are more it starts anew.
    pub const CACHED: usize = 10_000;
}
