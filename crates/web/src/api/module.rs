//! `GET /modules/{m}`: one definition with the caller's rights.
use crate::api::Client;
use crate::api::modules::described;
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base::Access;

pub(crate) async fn show(client: Client, Path(module): Path<String>) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs_access(&module, Access::Read)?;
    let modules = client.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    Ok(Json(described(&client, definition)).into_response())
}
