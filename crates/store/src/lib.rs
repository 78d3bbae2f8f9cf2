//! A tenant's data: opened, migrated, read, written with its journal, moved, erased (design, *Data at rest*, *One way in*).
//!
//! The only crate with SQL drivers. It is synchronous and knows nothing of async, HTTP or who is calling: a [`Caller`] comes with its rights.
//! Everything that changes goes through [`Op`]; everything that is read through [`Reader`]; both run [`engine`] statements.
pub mod baseline;
pub mod checks;
mod claim;
pub mod cluster;
mod database;
pub mod engine;
pub mod erase;
mod error;
mod exclusive;
pub mod gates;
pub mod holders;
pub mod index;
pub mod index_row;
mod instance;
pub mod journal;
pub mod ledger;
pub mod logs;
mod migrate;
pub mod module;
mod modules;
mod moving;
mod op;
mod outside;
mod place;
pub mod postgres;
mod reapply;
pub mod retention;
mod rotate;
pub mod rows;
pub mod seal;
mod shared;
mod signers;
pub mod sqlite;
pub mod statements;
mod tenant;
pub mod text;
mod units;
mod writer;

use writer::State;

pub use checks::Check;
pub use claim::UniqueValue;
pub use database::Database;
pub use error::{Error, Result};
pub use exclusive::Exclusive;
pub use gates::{Disclosure, Gate};
pub use holders::Holder;
pub use instance::{Instance, InstanceSettings, TenantInfo, Whereabouts};
pub use migrate::{FORMAT, Plan, PlannedFile, STEPS, Step};
pub use moving::{FormerHalf, Goal, MovePlan, Moved, MovedTable};
pub use op::{Caller, Entry, Op};
pub use place::{Place, beside};
pub use rotate::{Rotate, Rotated, Steps};
pub use shared::{ActiveModules, Counters, ModuleRow, Paths, Reader, Shared};
pub use signers::KeyHandover;
pub use tenant::{NewTenant, Tenant};
pub use units::Unit;
pub use writer::Table;

/// Every statement of this crate that is not on keys.db or index.db, by file: for the test that prepares each on every engine.
pub const STATEMENTS: &[(&str, &[(&str, &str)])] = &[
    ("records.db", statements::ALL),
    ("records.db", holders::ALL),
    ("records.db", journal::covered::ALL),
    ("records.db", logs::ALL),
    ("keys.db", statements::on_keys::ALL),
    ("instance.db", instance::ALL),
    ("instance.db", cluster::ON_CONTROL),
    ("instance.db", cluster::ON_COPIES),
    ("instance.db", cluster::ON_LEASES),
    ("instance.db", logs::ALL),
    ("instance.db", migrate::STATEMENTS),
];

/// Lower-case hex, as certificates and plans write digests and signatures.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// SHA-256 in lower-case hex: for features, which do not see `keys`.
pub fn digest_hex(bytes: &[u8]) -> String {
    hex(&keys::sha256(&[bytes]))
}
