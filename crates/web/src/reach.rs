//! Where a request is worked on: at which node, and on which thread.
//!
//! What lies in files answers within microseconds and is read on the runtime's own threads ([`crate::cross`]); a business on a database server is waited
//! for over the network at every question, so its requests have threads of their own, a bounded number at a time.
use crate::app::App;
use crate::fail::Failure;
use crate::lang::{Lang, cookie};
use crate::nodes;
use crate::pages::session_cookie;
use crate::query::Pairs;
use crate::surface::{refused_api, refused_page};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::TenantId;
use std::sync::Arc;

/// Longest form of a sign-in that is looked at.
const MAX_SIGN_IN: usize = 64 * 1024;

/// Around the pages.
pub(crate) async fn pages(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if !app.instance.has_nodes() {
        let id = of_session(&app, request.headers());
        return layer(&app, id, request, next).await;
    }
    let lang = Lang::of(request.headers());
    let (request, id) = match of_session(&app, request.headers()) {
        // Whoever signs in has no session yet, or one of another business.
        _ if request.method() == Method::POST && request.uri().path() == "/sign-in" => signing_in(&app, request).await,
        id => (request, id),
    };
    match id {
        Some(id) => refused_page(&app, lang, nodes::pass(&app, "pages", id, request, next).await),
        None => apart(&app, next.run(request)).await,
    }
}

/// Around the API.
pub(crate) async fn api(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if !app.instance.has_nodes() {
        let id = of_token(request.headers());
        return layer(&app, id, request, next).await;
    }
    let (lang, reading) = (Lang::accepted(request.headers()), request.method().is_safe());
    match of_token(request.headers()) {
        Some(id) => refused_api(&app, lang, reading, nodes::pass(&app, "api", id, request, next).await),
        None => apart(&app, next.run(request)).await,
    }
}

/// Where there is one node.
async fn layer(app: &Arc<App>, id: Option<TenantId>, request: Request, next: Next) -> Response {
    match id {
        Some(id) if app.instance.is_on_a_server(id) => apart(app, next.run(request)).await,
        _ => next.run(request).await,
    }
}

/// The tenant that the session of a page's request names, whether it is one or not.
fn of_session(app: &App, headers: &HeaderMap) -> Option<TenantId> {
    cookie(headers, session_cookie(app.settings.tls)).and_then(identity::session_tenant)
}

/// The tenant that the token of a program's request names, whether it is one or not.
fn of_token(headers: &HeaderMap) -> Option<TenantId> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    identity::tenant_of(value.split_once(' ')?.1.trim())
}

/// The business that somebody signs in to, by the name in the form.
async fn signing_in(app: &Arc<App>, request: Request) -> (Request, Option<TenantId>) {
    let (parts, body) = request.into_parts();
    // A longer form is refused where forms are read.
    let bytes = axum::body::to_bytes(body, MAX_SIGN_IN).await.unwrap_or_default();
    let form = std::str::from_utf8(&bytes).ok().and_then(|text| Pairs::read(text).ok());
    let name = form.and_then(|form| form.get("tenant").map(str::to_owned)).unwrap_or_default();
    let id = crate::who::business(app, &name).await.map(|info| info.id);
    (Request::from_parts(parts, Body::from(bytes)), id)
}

/// Answers on a thread that may wait.
pub(crate) async fn apart(app: &Arc<App>, answer: impl Future<Output = Response> + Send + 'static) -> Response {
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
