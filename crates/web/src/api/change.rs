//! `PATCH /{m}/{id}`: a merge patch (RFC 7396). `If-Match` refuses a stale version with 412.
use crate::api::{Client, PATCH, id_of, if_match, object, record};
use crate::cross;
use crate::fail::Failure;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base::Access;

pub(crate) async fn send(
    client: Client,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs_access(&module, Access::Write)?;
    let (id, version) = (id_of(&id)?, if_match(&headers)?);
    let patch = object(&headers, &body, PATCH)?;
    let view =
        cross::write(&client.tenant, client.caller.clone(), move |op| records::change(op, &module, id, patch, version))
            .await?;
    records::note_answer(client.tenant.shared(), &client.caller, &view)?;
    Ok(record(StatusCode::OK, &view))
}
