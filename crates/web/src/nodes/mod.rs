//! Several nodes in front of one set of businesses: a request that reaches the wrong one is passed on to the one that holds its business.
//!
//! Nodes speak HTTP with each other over TLS, each with a key pair that it makes at its start. The others learn its certificate from the control
//! database, whose texts only who has the instance's root can write, and accept no other.
mod identity;
mod inside;
mod pass;
mod pool;

pub use identity::Identity;
pub(crate) use inside::Forwarded;
pub use inside::serve_nodes;
pub(crate) use pass::pass;
pub(crate) use pool::Pool;

use axum::http::HeaderName;

/// Which surface a request that was passed on had reached.
const SURFACE: HeaderName = HeaderName::from_static("obhut-surface");
/// The address that it came from.
const CLIENT: HeaderName = HeaderName::from_static("obhut-client");
/// In an answer: the business is not worked on here, and nothing was done.
const ELSEWHERE: HeaderName = HeaderName::from_static("obhut-elsewhere");
