//! The pages on port 8086: one file for each. They work without JavaScript, hold nothing in memory, and ask the same operations as the API.
pub(crate) mod correction;
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

pub(crate) use visit::{Posted, Visit, origin_is_ours, session_cookie, set_cookie, small_form};

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

/// A path of ours: begins with one slash, and every byte is one that an encoded path has. Everything else leads home, never to another site: browsers
/// take tabs and line breaks out of an address before they read it, so that `/<tab>/other.example` is `//other.example`, and read `\` as `/`.
pub(crate) fn own_path(path: &str) -> &str {
    let good = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
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
        // Whatever byte stands between the slashes, no other site is named. What browsers strip or turn is among them.
        for byte in (0..=0x20).chain([0x7f, b'\\']) {
            for bad in [format!("/{0}/evil.example", char::from(byte)), format!("/m{0}x", char::from(byte))] {
                assert_eq!(own_path(&bad), "/", "{bad:?}");
            }
        }
    }
}
