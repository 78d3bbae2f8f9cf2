//! The REST API on port 8085 (interface.md): one file for each route. JSON in and out; the bearer token names the tenant.
pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod changes;
mod client;
pub(crate) mod correction;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod history;
pub mod idempotency;
pub(crate) mod list;
pub(crate) mod module;
pub(crate) mod modules;
pub(crate) mod openapi;
pub(crate) mod perform;
pub(crate) mod plan;
pub(crate) mod subject;
pub(crate) mod subject_export;

pub(crate) use client::Client;

use crate::fail::Failure;
use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::RecordId;
use records::RecordView;
use serde_json::Value;
use store::module::Map;

/// The id in a path; a text that is none names nothing.
pub(crate) fn id_of(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// A record as an answer, with its version as `ETag`.
pub(crate) fn record(status: StatusCode, view: &RecordView) -> Response {
    let mut response = (status, Json(view.to_json(None))).into_response();
    response.headers_mut().insert(header::ETAG, etag(view.version));
    response
}

/// The version as a strong `ETag`.
pub(crate) fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that `If-Match` names. `*` and none are no condition; a weak or unknown tag matches no version.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Failure> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match tag.and_then(|tag| tag.parse().ok()) {
        Some(version) => Ok(Some(version)),
        None => Err(Failure::of_status(StatusCode::PRECONDITION_FAILED)),
    }
}

/// The JSON object of a body of one of these types.
pub(crate) fn object(headers: &HeaderMap, body: &Bytes, kinds: &[&str]) -> Result<Map, Failure> {
    match json(headers, body, kinds)? {
        Value::Object(map) => Ok(map),
        _ => Err(Failure::bad_request("not_an_object", "")),
    }
}

/// The JSON of a body.
pub(crate) fn json(headers: &HeaderMap, body: &Bytes, kinds: &[&str]) -> Result<Value, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !kinds.contains(&kind.as_str()) {
        return Err(Failure::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    // Where in the text a mistake is may be said; the text itself is not repeated.
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("{}:{}", error.line(), error.column());
        Failure::bad_request("bad_json", "")
            .with_detail(store::module::Label::new(format!("Zeile:Spalte {place}"), format!("line:column {place}")))
    })
}

/// What a body of a new record may be.
pub(crate) const JSON: &[&str] = &["application/json"];
/// What a patch may be.
pub(crate) const PATCH: &[&str] = &["application/merge-patch+json", "application/json"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let condition = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_static(text));
            if_match(&headers).ok()
        };
        assert_eq!(condition("\"7\""), Some(Some(7)));
        assert_eq!(condition("*"), Some(None));
        for bad in ["7", "W/\"7\"", "\"x\"", "\"1\", \"2\""] {
            assert_eq!(condition(bad), None, "{bad}");
        }
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn a_body_must_say_that_it_is_json() {
        let mut headers = HeaderMap::new();
        let body = Bytes::from_static(b"{\"a\":1}");
        assert_eq!(object(&headers, &body, JSON).unwrap_err().status.as_u16(), 415);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        assert!(object(&headers, &body, JSON).is_ok());
        assert_eq!(object(&headers, &Bytes::from_static(b"[]"), JSON).unwrap_err().status.as_u16(), 400);
        assert_eq!(object(&headers, &Bytes::from_static(b"{"), JSON).unwrap_err().code, "bad_json");
    }
}
