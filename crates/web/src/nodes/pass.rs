//! Finds the node that holds a request's business and has the request worked on there: here, or by passing it on.
//!
//! What is certain not to have reached another node is tried again, wherever the business is by then; what only reads is tried again in any case. What may
//! have changed something and has no answer is not: whoever sent it is told that nobody knows.
use super::pool::Sent;
use super::{CLIENT, ELSEWHERE, Forwarded, SURFACE};
use crate::app::{App, Known};
use crate::fail::Failure;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::TenantId;
use std::sync::Arc;
use std::time::Duration;
use store::cluster::NodeInfo;
use store::{Tenant, Whereabouts};
use tokio::time::Instant;

/// So long is a node looked for that holds the business. One that died is replaced within this time.
const LOOK_FOR: Duration = Duration::from_secs(10);
/// What one node has made the others know within this time: each looks twice a second.
const KNOWN_WITHIN: Duration = Duration::from_millis(700);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Headers that belong to one connection (RFC 9110, 7.6.1).
const OF_ONE_CONNECTION: [HeaderName; 6] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    HeaderName::from_static("keep-alive"),
];

/// A request that can be worked on more than once.
struct Asked {
    parts: Parts,
    body: Bytes,
    /// Whether doing it twice is doing it once.
    again: bool,
}

impl Asked {
    fn request(&self) -> Request {
        Request::from_parts(self.parts.clone(), Body::from(self.body.clone()))
    }
}

/// Answers a request about a business, wherever it is worked on.
pub(crate) async fn pass(
    app: &Arc<App>,
    surface: &'static str,
    id: TenantId,
    request: Request,
    next: Next,
) -> Response {
    if !forwarded_here(&request) && !is_known(app, id).await {
        // Nothing is kept in memory for somebody who names what is not there.
        return crate::reach::apart(app, next.run(request)).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, app.settings.max_batch_bytes).await else {
        return Failure::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let again = parts.method.is_safe() || is_kept(surface, &parts);
    let asked = Asked { parts, body, again };
    let forwarded = asked.parts.extensions.get::<Forwarded>().is_some();
    let until = Instant::now() + LOOK_FOR;
    loop {
        let here = match app.instance.whereabouts(id) {
            Whereabouts::There(node) if !forwarded => match there(app, surface, id, &node, &asked).await {
                Ok(response) => return response,
                Err(Some(failure)) => return failure.into_response(),
                Err(None) => false,
            },
            Whereabouts::There(_) => return elsewhere(),
            Whereabouts::Here if forwarded && app.instance.is_leaving() => return elsewhere(),
            Whereabouts::Here | Whereabouts::Missing(_) => true,
        };
        if here {
            match app.tenant(id).await {
                // Another node was quicker.
                Err(failure) if failure.code == "elsewhere" => {
                    if forwarded {
                        return elsewhere();
                    }
                }
                Err(_) if forwarded && app.instance.is_leaving() => return elsewhere(),
                Err(failure) if failure.status == StatusCode::SERVICE_UNAVAILABLE && Instant::now() < until => {}
                // A business that is not there, or does not open, is the handlers' to word.
                opened => match at_home(app, opened.ok().map(|(tenant, _)| tenant), &asked, next.clone()).await {
                    Ok(response) => return response,
                    Err(Some(failure)) => return failure.into_response(),
                    Err(None) => {}
                },
            }
        }
        if Instant::now() >= until {
            return Failure::of_status(StatusCode::SERVICE_UNAVAILABLE).into_response();
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Whether a request that comes twice is done once: the creation of a record with a key that is remembered with it.
fn is_kept(surface: &str, parts: &Parts) -> bool {
    let path = parts.uri.path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let creates = parts.method == Method::POST && path.trim_matches('/').split('/').count() == 1;
    surface == "api" && creates && parts.headers.contains_key("idempotency-key")
}

/// Whether there is such a business. One that another node has just made is known here a moment later.
async fn is_known(app: &Arc<App>, id: TenantId) -> bool {
    if app.instance.knows(id) {
        return true;
    }
    let instance = Arc::clone(&app.instance);
    if tokio::task::spawn_blocking(move || instance.look_for(id)).await.unwrap_or(false) {
        return true;
    }
    tokio::time::sleep(KNOWN_WITHIN).await;
    app.instance.knows(id)
}

fn forwarded_here(request: &Request) -> bool {
    request.extensions().get::<Forwarded>().is_some()
}

/// For the node that passed the request on: it looks again.
fn elsewhere() -> Response {
    let mut response = StatusCode::MISDIRECTED_REQUEST.into_response();
    response.headers_mut().insert(ELSEWHERE, HeaderValue::from_static("1"));
    response
}

fn unknown() -> Failure {
    Failure::new(StatusCode::GATEWAY_TIMEOUT, "unknown-outcome")
}

/// Works on it here. What a node says that may have lost the business meanwhile is not passed to anybody.
async fn at_home(
    app: &Arc<App>,
    tenant: Option<Arc<Tenant>>,
    asked: &Asked,
    next: Next,
) -> Result<Response, Option<Failure>> {
    let mut request = asked.request();
    // The handlers work with the one that was opened for them: to ask for it again might mean to wait until they have ended.
    if let Some(tenant) = &tenant {
        request.extensions_mut().insert(Known(Arc::clone(tenant)));
    }
    let response = crate::reach::apart(app, next.run(request)).await;
    let Some(tenant) = tenant else { return Ok(response) };
    let held = tenant.shared().is_held();
    crate::app::let_go(tenant);
    if held { Ok(response) } else { Err((!asked.again).then(unknown)) }
}

/// Has it worked on there. None: it is worth looking again.
async fn there(
    app: &Arc<App>,
    surface: &'static str,
    id: TenantId,
    node: &NodeInfo,
    asked: &Asked,
) -> Result<Response, Option<Failure>> {
    let Some(pool) = &app.nodes else { return Err(Some(Failure::of_status(StatusCode::SERVICE_UNAVAILABLE))) };
    let mut request = asked.request();
    let client = crate::serve::address(&request);
    lead(request.headers_mut(), surface, client.as_deref(), asked.body.len());
    let sending = pool.send(node, request);
    tokio::pin!(sending);
    let sent = loop {
        tokio::select! {
            sent = &mut sending => break sent,
            // A node that stands still says nothing for as long as it likes. When it is replaced, it is not waited for any more.
            () = tokio::time::sleep(LOOK_AGAIN) => {
                if app.instance.whereabouts(id) != Whereabouts::There(node.clone()) {
                    break Sent::Unknown;
                }
            }
        }
    };
    match sent {
        Sent::Answered(response) if response.headers().contains_key(&ELSEWHERE) => Err(None),
        Sent::Answered(response) => {
            let mut response = response.map(Body::new);
            strip(response.headers_mut());
            Ok(response)
        }
        Sent::Unsent => Err(None),
        Sent::Unknown => Err((!asked.again).then(unknown)),
    }
}

/// The headers of a request that is passed on. What somebody outside says of himself does not count.
fn lead(headers: &mut HeaderMap, surface: &'static str, client: Option<&str>, length: usize) {
    strip(headers);
    for own in [CLIENT, SURFACE, ELSEWHERE] {
        headers.remove(own);
    }
    headers.insert(SURFACE, HeaderValue::from_static(surface));
    headers.extend(client.and_then(|client| HeaderValue::from_str(client).ok()).map(|client| (CLIENT, client)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
}

/// Takes away what belongs to one connection.
fn strip(headers: &mut HeaderMap) {
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_outside_says_where_he_comes_from() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("obhut-client", "6.6.6.6"),
            ("obhut-client", "7.7.7.7"),
            ("obhut-surface", "api"),
            ("obhut-elsewhere", "1"),
            ("connection", "close"),
            ("transfer-encoding", "chunked"),
            ("accept", "text/html"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        lead(&mut headers, "pages", Some("192.0.2.1"), 3);
        let all: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let expected = [
            ("accept", "text/html"),
            ("content-length", "3"),
            ("obhut-client", "192.0.2.1"),
            ("obhut-surface", "pages"),
        ];
        assert_eq!(all.iter().copied().collect::<std::collections::BTreeSet<_>>(), expected.into());
        assert_eq!(all.len(), expected.len());
    }

    #[test]
    fn only_what_is_remembered_is_tried_again() {
        let kept = |surface, method, path: &str, key: bool| {
            let mut request = axum::http::Request::builder().method(method).uri(path);
            if key {
                request = request.header("idempotency-key", "a");
            }
            is_kept(surface, &request.body(()).unwrap().into_parts().0)
        };
        assert!(kept("api", "POST", "/api/v1/contact", true) && kept("api", "POST", "/contact", true));
        for (surface, method, path, key) in [
            ("api", "POST", "/api/v1/contact", false),
            ("api", "POST", "/api/v1/contact/batch", true),
            ("api", "PATCH", "/api/v1/contact", true),
            ("pages", "POST", "/sign-in", true),
        ] {
            assert!(!kept(surface, method, path, key), "{method} {path}");
        }
    }
}
