//! `DELETE /{m}/{id}`: destroys one record and its key units. 409 with reasons where the law or an open request keeps it.
use crate::api::{Client, id_of, if_match};
use crate::fail::Failure;
use crate::{cross, keep};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Access;
use std::sync::Arc;

pub(crate) async fn send(
    client: Client,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs_access(&module, Access::Write)?;
    let (id, version) = (id_of(&id)?, if_match(&headers)?);
    let (tenant, caller) = (Arc::clone(&client.tenant), client.caller.clone());
    let done = cross::long(&client.app, move || Ok(records::delete(&tenant, &caller, &module, id, version)?)).await;
    match done {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(mut failure) => {
            if failure.status == StatusCode::CONFLICT {
                failure.reasons = keep::holds(&mut client.reader()?, id)?;
            }
            Err(failure)
        }
    }
}
