//! Words that every crate shares: ids, the clock, kinds of failure, who is acting, permissions, findings.
//!
//! No input or output, no async, no cryptography. What stands here is a value or a trait that says what another
//! crate must provide. `base` depends on nothing of Obhut.

mod actor;
mod clock;
mod finding;
mod id;
mod kind;
mod permission;

pub use actor::Actor;
pub use clock::{Clock, SharedClock, SystemClock, Timestamp, date_in, end_of_year, hour_in, zone};
pub use finding::{Finding, Severity};
pub use id::of as id_of;
pub use id::{Id, IdError, RecordId, SubjectId, TenantId, UnitId, UserId};
pub use kind::{Kind, Kinded};
pub use permission::{Access, Grants, Permission};

/// Dates and zones of the calendar; one library for all crates.
pub use jiff::civil::Date;
pub use jiff::tz::TimeZone;
