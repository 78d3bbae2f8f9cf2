//! The pages on port 8086: one file for each. They work without JavaScript, hold nothing in memory, and ask the same operations as the API.
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod erase;
pub(crate) mod erasure;
pub(crate) mod error;
pub(crate) mod export;
pub(crate) mod fields;
pub(crate) mod find;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod import;
pub(crate) mod language;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod record;
pub(crate) mod restriction;
pub(crate) mod sheet;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod state;
pub(crate) mod subject;
pub(crate) mod subjects;
pub(crate) mod suggest;
pub(crate) mod tokens;
pub(crate) mod users;
mod visit;

pub(crate) use visit::{Posted, Visit, form as visit_form, origin_is_ours, session_cookie, set_cookie};

use crate::fail::Failure;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::RecordId;

/// Sends the browser to another page with GET, which is how every form ends that has done something.
pub(crate) fn see(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    // A path of ours has been encoded; what could not stand in a header leads home.
    let value = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, value);
    response
}

/// The id in a path; a text that is none names nothing.
pub(crate) fn id_of(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// A path of ours: begins with one slash and has no line breaks. Everything else leads home, never to another site.
pub(crate) fn own_path(path: &str) -> &str {
    let good =
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']) && path.is_ascii();
    if good { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        assert_eq!(own_path("/m/contact?q=x"), "/m/contact?q=x");
        for bad in ["//evil.example", "https://evil.example", "/\\evil", "", "/a\r\nSet-Cookie: x", "javascript:x"] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }
}
