//! The person's side of the data: what is held, until when and why; plan, approval and certificate of an erasure; restriction; merging
//! (F-110, F-112, F-084; ).
//!
//! Knows no HTTP and no user interface. Everything that is destroyed goes through [`store::erase`], which walks the holders.
mod erasure;
mod find;
mod held;
mod mentions;
mod merge;
mod plan;
mod restrict;
mod show;
pub mod statements;

pub use erasure::{Certificate, Erasure, erasure, erasures, perform};
pub use find::{SubjectHit, find_subjects};
pub use mentions::{MAX_MENTIONS, Mention, Mentions};
pub use merge::{merge, unmerge};
pub use plan::{ErasureId, Plan, PlanItem, PlanRecord, REASONS, draft, plan, plan_as_shown, reason_key};
pub use restrict::{RELEASE_REASONS, RESTRICTION_REASONS, release, restrict};
pub use show::{SubjectRecord, SubjectUnit, SubjectView, export, subject};
