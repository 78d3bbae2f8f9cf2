//! The surfaces for people and programs: pages on port 8086, REST API on port 8085 (design, *Interface*; interface.md).
//!
//! Knows HTTP, templates, languages. Decides nothing: what may be read and written is asked of `records`, `privacy` and `identity`, which
//! judge by the caller's rights. [`routes::ROUTES`] is the one list of what is served; `fail` the one place where a failure gets its status;
//! `cross` the one place where async meets the synchronous store.
mod access;
mod api;
mod app;
mod assets;
mod baseline;
mod cross;
mod explain;
mod fail;
mod form;
mod format;
mod headers;
mod icons;
mod keep;
mod lang;
mod layout;
mod list;
mod nodes;
mod pages;
mod patience;
mod query;
mod reach;
pub mod routes;
mod serve;
mod show;
mod surface;
mod who;
mod words;

#[cfg(test)]
mod tests;

/// The list that a query string asks for, as `GET /{m}` reads it; none if it is refused. Without a server, for fuzzing.
pub fn list_request(module: &str, query: &str) -> Option<records::ListRequest> {
    let pairs = query::Pairs::read(query).ok()?;
    list::read(module, &pairs, false).ok().map(|asked| asked.request)
}

pub use api::idempotency::purge_idempotency;
pub use app::{App, Settings};
pub use baseline::baseline;
pub use nodes::{Identity, serve_nodes};
pub use serve::{Connections, serve};
pub use surface::{api, pages};

/// Statements of this crate, for the test that prepares every statement on every engine.
pub const STATEMENTS: &[(&str, &str)] = api::idempotency::ALL;
