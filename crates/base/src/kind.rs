//! What kind of failure: the one thing that a caller may decide on. Each feature has its own error type; all say their kind.

/// How a failure is answered. `web` alone turns it into a status, `obhut` alone into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// There is no such thing, or the caller may not know that there is (404).
    NotFound,
    /// The caller may not (403; exit 3).
    Denied,
    /// The input breaks a rule; the error says which field (422; exit 3).
    Invalid,
    /// The state forbids it: a stale version, a final record, a hold, a dead unit (409; exit 3).
    Conflict,
    /// The version that the caller named is not the present one (412; exit 3).
    Stale,
    /// Not now: queue full, shutting down, disk full (503; exit 1). Trying again later may work.
    Busy,
    /// Stored data is damaged or cannot be read: wrong key, torn file (500; exit 4). Never answered with half of it.
    Broken,
}

/// An error that knows its kind.
pub trait Kinded: std::error::Error {
    /// How it is answered.
    fn kind(&self) -> Kind;
}
