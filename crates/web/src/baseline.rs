//! An empty handler on the same server: what a request costs before Obhut does anything. `obhut bench` measures beside it; nothing serves it.
use axum::Router;
use axum::routing::get;

/// Answers `GET /` with nothing, with no layer around it.
pub fn baseline() -> Router {
    Router::new().route("/", get(|| async { "" }))
}
