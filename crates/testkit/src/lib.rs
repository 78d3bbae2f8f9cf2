//! What tests of several crates share: a clock that advances, a seeded dice, folders that go away, a file system that
//! loses its power. Never part of the program.

mod business;
mod clock;
mod dice;
pub mod forensic;
pub mod postgres;
pub mod powercut;
pub mod proxy;
pub mod silence;
mod temp;
pub mod tls;

pub use business::Business;
pub use clock::{TestClock, wait};
pub use dice::Dice;
pub use powercut::PowerCut;
pub use temp::TempDir;
