//! `GET /{m}/{id}`: one record. The cheapest route: no other thread, nothing opened that is not needed.
use crate::api::{Client, etag, id_of};
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) async fn show(
    client: Client,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = client.query(&["fields"])?;
    let fields = match query.get("fields") {
        Some(text) => Some(super::list::fields(&client, &module, text)?),
        None => None,
    };
    let known = version_of(headers.get(header::IF_NONE_MATCH));
    let wanted = records::Wanted { fields: fields.as_deref(), known };
    let view = records::get_part(&mut client.reader()?, &client.caller, &module, id_of(&id)?, wanted)?;
    let tag = etag(view.version);
    if known == Some(view.version) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], Json(view.to_json(fields.as_deref()))).into_response())
}

/// The version that the client has, from `If-None-Match`.
fn version_of(tag: Option<&HeaderValue>) -> Option<i64> {
    tag?.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
