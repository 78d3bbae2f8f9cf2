//! Where a request is worked on. What lies in files answers within microseconds and is read on the runtime's own threads ([`crate::cross`]); a business
//! on a database server is waited for over the network at every question, so its requests have threads of their own, a bounded number at a time.
use crate::app::App;
use crate::fail::Failure;
use crate::lang::cookie;
use crate::pages::session_cookie;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::TenantId;
use std::sync::Arc;

/// Runs a request on the thread that fits the tenant it names.
pub(crate) async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match tenant_of(&app, request.headers()) {
        Some(id) if app.instance.is_on_a_server(id) => apart(&app, next.run(request)).await,
        _ => next.run(request).await,
    }
}

/// The tenant that a request's token or cookie names, whether it is one or not.
fn tenant_of(app: &App, headers: &HeaderMap) -> Option<TenantId> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match bearer.and_then(|value| value.split_once(' ')) {
        Some((_, token)) => identity::tenant_of(token.trim()),
        None => cookie(headers, session_cookie(app.settings.tls)).and_then(identity::session_tenant),
    }
}

/// Answers on a thread that may wait.
async fn apart(app: &Arc<App>, answer: impl Future<Output = Response> + Send + 'static) -> Response {
    let Ok(place) = Arc::clone(&app.waiting).acquire_owned().await else {
        return Failure::of_status(StatusCode::SERVICE_UNAVAILABLE).into_response();
    };
    // Not the runtime's way to wait for it: a thread that drives the runtime must not wait for a connection.
    let done = tokio::task::spawn_blocking(move || {
        let response = futures_executor::block_on(answer);
        drop(place);
        response
    });
    done.await.unwrap_or_else(|_| Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response())
}
