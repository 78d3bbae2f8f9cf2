//! `GET /subjects/{id}/export`: the copy for the person. Every one is journaled.
use crate::api::Client;
use crate::cross;
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base::SubjectId;
use std::sync::Arc;

pub(crate) async fn show(client: Client, Path(id): Path<String>) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs(base::Permission::Privacy)?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    let (tenant, caller) = (Arc::clone(&client.tenant), client.caller.clone());
    let document = cross::long(&client.app, move || Ok(privacy::export(&tenant, &caller, id)?)).await?;
    Ok(Json(document).into_response())
}
