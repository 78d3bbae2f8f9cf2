//! `POST /erasure-plans/{id}/perform`: performs a plan as it was made, or refuses (409) if it would differ now. Answers with the certificate.
use crate::api::Client;
use crate::cross;
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(crate) async fn send(client: Client, Path(id): Path<String>) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs(base::Permission::Privacy)?;
    let id = id.parse().map_err(|_| Failure::not_found())?;
    let (tenant, caller) = (Arc::clone(&client.tenant), client.caller.clone());
    let certificate = cross::long(&client.app, move || Ok(privacy::perform(&tenant, &caller, id)?)).await?;
    Ok(Json(certificate).into_response())
}
