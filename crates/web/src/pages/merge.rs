//! `GET` and `POST /subjects/{id}/merge`: finding the second record of a person and making the two one; `POST /subjects/{id}/unmerge` takes that back.
use crate::cross;
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, see};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::{Permission, SubjectId};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "merge.html")]
struct Merge {
    page: Page,
    id: String,
    person: String,
    q: String,
    asked: bool,
    hits: Vec<Hit>,
}

struct Hit {
    id: String,
    title: String,
}

pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.query.only(&["q"])?;
    visit.caller().needs(Permission::Privacy)?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    let mut reader = visit.reader()?;
    let title = records::titles(&mut reader, visit.caller(), &[id.cast()])?.remove(&id.cast());
    let (_, person) = title.ok_or_else(Failure::not_found)?;
    // What comes to mind first is the same name.
    let asked = visit.query.get("q");
    let q = asked.unwrap_or(&person).trim().to_owned();
    let found = if q.is_empty() { Vec::new() } else { privacy::find_subjects(&mut reader, visit.caller(), &q)? };
    let others = found.into_iter().filter(|hit| hit.id != id);
    let view = Merge {
        page: visit.page(visit.words.say("merge")),
        id: id.to_string(),
        person,
        asked: asked.is_some(),
        q,
        hits: others.map(|hit| Hit { id: hit.id.to_string(), title: hit.title }).collect(),
    };
    Ok(html(&view))
}

pub(crate) async fn send(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::Privacy)?;
    let (kept, other) = both(&id, form.get("other"))?;
    let (tenant, caller) = (Arc::clone(&visit.tenant), visit.caller().clone());
    cross::long(&visit.app, move || Ok(privacy::merge(&tenant, &caller, kept, other)?)).await?;
    Ok(see(&format!("/subjects/{kept}?done=saved")))
}

pub(crate) async fn undo(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::Privacy)?;
    let (kept, other) = both(&id, form.get("other"))?;
    let (tenant, caller) = (Arc::clone(&visit.tenant), visit.caller().clone());
    cross::long(&visit.app, move || Ok(privacy::unmerge(&tenant, &caller, other)?)).await?;
    Ok(see(&format!("/subjects/{kept}?done=saved")))
}

fn both(id: &str, other: Option<&str>) -> Result<(SubjectId, SubjectId), Failure> {
    let id = id.parse().map_err(|_| Failure::not_found())?;
    let other = other.and_then(|other| other.parse().ok());
    Ok((id, other.ok_or_else(|| Failure::bad_request("required", "other"))?))
}
