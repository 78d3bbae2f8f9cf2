//! `GET` and `POST /m/{module}/{id}/delete`: deleting one record, or the reasons why it must stay.
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, id_of, see};
use crate::{cross, keep};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Access, Permission, RecordId};
use records::Wanted;
use std::sync::Arc;

/// Of the record only what stands above the page is shown.
const HEAD: Wanted<'static> = Wanted { fields: Some(&[]), known: None };

#[derive(Template)]
#[template(path = "delete.html")]
struct Delete {
    page: Page,
    module: String,
    id: String,
    record_title: String,
    version: i64,
    /// Whether it has keys that are destroyed with it.
    sealed: bool,
    refusal: Option<String>,
    reasons: Vec<String>,
    subject_href: Option<String>,
}

/// `GET`: asks once more, or says at once why not.
pub(crate) async fn show(visit: Visit, Path((module, id)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    let id = id_of(&id)?;
    visit.caller().needs_access(&module, Access::Write)?;
    view(&visit, &module, id, None)
}

/// `POST`: deletes.
pub(crate) async fn send(Path((module, id)): Path<(String, String)>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    let id = id_of(&id)?;
    let version: i64 = form
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::bad_request("bad_version", "version"))?;
    visit.caller().needs_access(&module, Access::Write)?;
    let (tenant, caller, name) = (Arc::clone(&visit.tenant), visit.caller().clone(), module.clone());
    let done = cross::long(&visit.app, move || Ok(records::delete(&tenant, &caller, &name, id, Some(version))?)).await;
    match done {
        Ok(()) => Ok(see(&format!("/m/{module}?done=deleted"))),
        Err(failure) if failure.status == StatusCode::CONFLICT => view(&visit, &module, id, Some(&failure)),
        Err(failure) => Err(failure),
    }
}

fn view(visit: &Visit, module: &str, id: RecordId, failure: Option<&Failure>) -> Result<Response, Failure> {
    let mut reader = visit.reader()?;
    let record = records::get_part(&mut reader, visit.caller(), module, id, HEAD)?;
    let person = keep::is_person(&mut reader, id)?;
    let holds = keep::holds(&mut reader, id)?;
    let refusal = if person {
        Some(visit.words.say("conflict-is-person"))
    } else if !holds.is_empty() {
        Some(visit.words.say("conflict-held"))
    } else {
        failure.map(|failure| failure.detail(visit.words).unwrap_or_else(|| failure.title(visit.words)))
    };
    let subject_href = (person && visit.caller().grants.has(Permission::Privacy)).then(|| format!("/subjects/{id}"));
    let mut response = html(&Delete {
        page: visit.page(visit.words.say("delete")),
        module: module.to_owned(),
        id: id.to_string(),
        record_title: record.title,
        version: record.version,
        sealed: visit.modules().set.get(module).is_some_and(store::module::Definition::may_be_personal),
        reasons: if person { Vec::new() } else { holds.iter().map(|hold| hold.get(visit.lang()).to_owned()).collect() },
        refusal,
        subject_href,
    });
    if failure.is_some() {
        *response.status_mut() = StatusCode::CONFLICT;
    }
    Ok(response)
}
