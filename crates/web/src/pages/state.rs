//! `POST /m/{module}/{id}/state`: the next state. What it needs and is missing is said in the form.
use crate::cross;
use crate::fail::Failure;
use crate::form::{self, Action};
use crate::pages::sheet::{self, About};
use crate::pages::{Posted, id_of, see};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::Access;
use store::module::Map;

pub(crate) async fn send(Path((module, id)): Path<(String, String)>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs_access(&module, Access::Write)?;
    let id = id_of(&id)?;
    let version: i64 = form
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::bad_request("bad_version", "version"))?;
    let state = form.filled("state").ok_or_else(|| Failure::bad_request("bad_state", "state"))?;
    let patch: Map = [("state".to_owned(), state.into())].into_iter().collect();
    let name = module.clone();
    let done = cross::write(&visit.tenant, visit.caller().clone(), move |op| {
        records::change(op, &name, id, patch, Some(version))
    })
    .await;
    let Err(failure) = done else { return Ok(see(&format!("/m/{module}/{id}?done=saved"))) };
    if failure.status != StatusCode::UNPROCESSABLE_ENTITY {
        return Err(failure);
    }
    let mut reader = visit.reader()?;
    let record = records::get(&mut reader, visit.caller(), &module, id)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let typed = form::fill(definition, &record.values, visit.zone(), visit.words.english());
    let about = About {
        definition,
        record: Some(&record),
        typed,
        pressed: Action::Save,
        errors: failure.as_errors(),
        stale: false,
    };
    sheet::show(&visit, &mut reader, about)
}
