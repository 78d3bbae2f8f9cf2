//! `POST /subjects/{id}/erasure-plans`: makes and stores a plan: what goes, what stays until when and why, mentions.
use crate::api::{Client, JSON, object};
use crate::cross;
use crate::fail::Failure;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::SubjectId;
use std::sync::Arc;
use store::module::Map;

pub(crate) async fn send(
    client: Client,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs(base::Permission::Privacy)?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    // Without a body what is missing is the reason, not a type of content.
    let input = if body.is_empty() { Map::new() } else { object(&headers, &body, JSON)? };
    if let Some(unknown) = input.keys().find(|key| *key != "reason") {
        return Err(Failure::invalid(unknown, "unknown_parameter"));
    }
    let reason =
        input.get("reason").and_then(serde_json::Value::as_str).map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason.ok_or_else(|| Failure::invalid("reason", "required"))?.to_owned();
    let (tenant, caller) = (Arc::clone(&client.tenant), client.caller.clone());
    let plan = cross::long(&client.app, move || Ok(privacy::plan(&tenant, &caller, id, &reason)?)).await?;
    Ok((StatusCode::CREATED, Json(plan)).into_response())
}
