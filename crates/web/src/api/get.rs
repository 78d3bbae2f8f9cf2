//! `GET /{m}/{id}`: one record. The cheapest route: no other thread, nothing opened that is not needed.
use crate::api::{Client, etag, id_of};
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) async fn show(
    client: Client,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = client.query(&["fields"])?;
    let view = records::get(&mut client.reader()?, &client.caller, &module, id_of(&id)?)?;
    let tag = etag(view.version);
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let fields = match query.get("fields") {
        Some(text) => Some(super::list::fields(&client, &module, text)?),
        None => None,
    };
    Ok(([(header::ETAG, tag)], Json(view.to_json(fields.as_deref()))).into_response())
}
