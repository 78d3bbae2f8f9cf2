//! `POST /subjects/{id}/export`: the copy for the person, as a file (Art. 15, 20 GDPR). A form, because it is written into the journal.
use crate::cross;
use crate::fail::Failure;
use crate::pages::Posted;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::SubjectId;
use std::sync::Arc;

pub(crate) async fn send(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let visit = posted.visit;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    let (tenant, caller) = (Arc::clone(&visit.tenant), visit.caller().clone());
    let document = cross::long(&visit.app, move || Ok(privacy::export(&tenant, &caller, id)?)).await?;
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"obhut-{id}.json\"")),
    ];
    Ok((headers, text).into_response())
}
