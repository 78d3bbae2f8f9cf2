//! Who asks for a page: the session behind its cookie. And a form: its body, sent from one of our own pages.
use crate::access::Whose;
use crate::app::App;
use crate::fail::Failure;
use crate::lang::{Lang, cookie};
use crate::layout::{Page, navigation};
use crate::query::{Pairs, encode};
use crate::who::{self, Session};
use crate::words::Words;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::TimeZone;
use std::sync::Arc;
use store::{ActiveModules, Caller, Reader, Tenant, TenantInfo};

/// Somebody who is signed in, and what he asks for.
pub(crate) struct Visit {
    pub app: Arc<App>,
    pub tenant: Arc<Tenant>,
    pub session: Session,
    pub words: Words,
    /// The business.
    pub info: Arc<TenantInfo>,
    /// The path without the query.
    pub path: String,
    /// The query.
    pub query: Pairs,
    raw_query: String,
}

impl Visit {
    /// Who, with which rights.
    pub fn caller(&self) -> &Caller {
        &self.session.caller
    }
    /// A reader of the tenant.
    pub fn reader(&self) -> Result<Reader, Failure> {
        Ok(self.tenant.reader()?)
    }
    /// The tenant's modules.
    pub fn modules(&self) -> Arc<ActiveModules> {
        self.tenant.shared().modules()
    }
    /// The tenant's zone.
    pub fn zone(&self) -> &TimeZone {
        self.tenant.shared().zone()
    }
    /// `de` or `en`.
    pub fn lang(&self) -> &'static str {
        self.words.code()
    }
    /// Path and query.
    pub fn here(&self) -> String {
        if self.raw_query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.raw_query) }
    }
    /// The frame of a page.
    pub fn page(&self, title: impl Into<String>) -> Page {
        let done = self.query.get("done").map(|done| match done {
            "created" => self.words.say("done-created"),
            "deleted" => self.words.say("done-deleted"),
            _ => self.words.say("done-saved"),
        });
        Page {
            w: self.words,
            title: title.into(),
            tenant: self.info.name.clone(),
            test: self.info.marker == "test",
            user: self.session.name.clone(),
            csrf: self.session.csrf.clone(),
            nav: navigation(&self.modules().set, &self.session.caller.grants, self.words, &self.path),
            here: self.here(),
            flash: done,
            q: String::new(),
        }
    }
}

/// The name of the session's cookie. With TLS the browser itself holds it to this host, all paths, and TLS.
pub(crate) fn session_cookie(tls: bool) -> &'static str {
    if tls { "__Host-obhut" } else { "obhut" }
}

/// A cookie that no script reads and no other site sends along; `value` empty removes it.
pub(crate) fn set_cookie(name: &str, value: &str, tls: bool, max_age_s: Option<i64>) -> HeaderValue {
    let secure = if tls { "; Secure" } else { "" };
    let age = if value.is_empty() { Some(0) } else { max_age_s };
    let age = age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Whether a form was sent from one of our own pages, as far as the browser says.
pub(crate) fn origin_is_ours(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match (text("origin"), text("host")) {
        // A page with `Referrer-Policy: no-referrer` sends `null` with its own forms.
        (None | Some("null"), _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let query = Pairs::read(parts.uri.query().unwrap_or_default()).map_err(IntoResponse::into_response)?;
        let found =
            who::of_cookie(app, cookie(&parts.headers, session_cookie(app.settings.tls)), parts.extensions.get()).await;
        let Some((tenant, info, session)) = found.map_err(IntoResponse::into_response)? else {
            let wanted = parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
            let next = if parts.method == Method::GET && wanted != "/" {
                format!("?next={}", encode(wanted))
            } else {
                String::new()
            };
            return Err(super::see(&format!("/{next}")));
        };
        Whose::is(&parts.extensions, &tenant);
        Ok(Self {
            app: Arc::clone(app),
            tenant,
            session,
            words: Words(Lang::of(&parts.headers)),
            info,
            path: parts.uri.path().to_owned(),
            query,
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

/// A form of somebody who is signed in; its token was right.
pub(crate) struct Posted {
    pub visit: Visit,
    pub form: Pairs,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let headers = parts.headers.clone();
        let form = form(Request::from_parts(parts, body), &headers).await.map_err(IntoResponse::into_response)?;
        let given = form.get("csrf").unwrap_or_default();
        if !who::same(given, &visit.session.csrf) || !origin_is_ours(&headers) {
            return Err(Failure::new(StatusCode::FORBIDDEN, "foreign-form").into_response());
        }
        Ok(Self { visit, form })
    }
}

/// Longest body of a form that somebody may send who is not signed in, in bytes.
const MAX_SMALL_FORM: usize = 4 * 1024;

/// The pairs of a small form's body: of one that anybody may send.
pub(crate) async fn small_form(request: Request, headers: &HeaderMap) -> Result<Pairs, Failure> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_SMALL_FORM)
        .await
        .map_err(|_| Failure::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
    form(Request::from_parts(parts, body.into()), headers).await
}

/// The pairs of a form's body.
pub(crate) async fn form(request: Request, headers: &HeaderMap) -> Result<Pairs, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Failure::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| Failure::of_status(rejection.status()))?;
    let text = std::str::from_utf8(&body).map_err(|_| Failure::bad_request("bad_encoding", ""))?;
    Pairs::read(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let headers =
            headers.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value))).collect();
        origin_is_ours(&headers)
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        assert!(ours(&[
            ("host", "localhost:8086"),
            ("origin", "http://localhost:8086"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(ours(&[("host", "localhost:8086")]));
        assert!(!ours(&[("host", "localhost:8086"), ("origin", "https://evil.example")]));
        assert!(!ours(&[("host", "localhost:8086"), ("origin", "null"), ("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[("host", "a"), ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn the_cookie_is_held_to_this_host() {
        assert_eq!(session_cookie(true), "__Host-obhut");
        let cookie = set_cookie("__Host-obhut", "x", true, None);
        assert_eq!(cookie.to_str().unwrap(), "__Host-obhut=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert!(set_cookie("obhut", "", false, None).to_str().unwrap().ends_with("Max-Age=0"));
    }
}
