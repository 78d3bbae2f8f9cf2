//! `POST /subjects/{id}/restriction`: restricts a person, or lifts it, with a reason of a short list (Art. 18 GDPR).
use crate::cross;
use crate::fail::Failure;
use crate::pages::{Posted, see};
use axum::extract::Path;
use axum::response::Response;
use base::{Permission, SubjectId};
use std::sync::Arc;

pub(crate) async fn send(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::Privacy)?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    let restrict = match form.get("do") {
        Some("restrict") => true,
        Some("release") => false,
        _ => return Err(Failure::bad_request("bad_state", "do")),
    };
    let reason = form.get("reason").unwrap_or_default().to_owned();
    let (tenant, caller) = (Arc::clone(&visit.tenant), visit.caller().clone());
    cross::long(&visit.app, move || {
        Ok(if restrict {
            privacy::restrict(&tenant, &caller, id, &reason)?
        } else {
            privacy::release(&tenant, &caller, id, &reason)?
        })
    })
    .await?;
    Ok(see(&format!("/subjects/{id}?done=saved")))
}
