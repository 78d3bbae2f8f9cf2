//! The store with real files: stories, faults, the upgrade, what must be complete.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by failing")]

mod batch;
mod covered;
mod engines;
mod faults;
mod first_open;
mod lifecycle;
mod load;
mod logs;
mod model;
mod moves;
mod nodes;
mod outages;
mod owners;
mod pool;
mod postgres;
mod rotation;
mod statements;
mod story;
mod tls;
mod upgrade;
