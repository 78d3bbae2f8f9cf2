//! The integration tests: one binary, one file per story.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what helps a test fails the test, as the test itself does"
)]

mod bed;
mod cli;
mod controls;
mod corrections;
mod demo;
mod erasure;
mod ghost;
mod house;
mod import;
mod migration;
mod moves;
mod nodes;
mod owners;
mod put_back;
mod records;
mod rights;
mod round_trip;
mod statements;
mod tampering;
