//! `GET` and `POST /m/{module}/{id}/correction`: taking back a final record and making its new version.
use crate::cross;
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, id_of, see};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Access, RecordId};
use records::{Correction, RecordView};
use store::module::{Definition, Map};

#[derive(Template)]
#[template(path = "correction.html")]
struct View {
    page: Page,
    module: String,
    id: String,
    record_title: String,
    /// What the reversal needs of its own; empty if none is to be made.
    asked: Vec<Asked>,
    reversal: bool,
    new_version: bool,
    refusal: Option<String>,
}

struct Asked {
    name: String,
    label: String,
    value: String,
    max: usize,
    error: Option<String>,
}

/// What can still be made of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Possible {
    /// It has been taken back.
    pub reversed: bool,
    /// A reversal can be made.
    pub reversal: bool,
    /// A new version can be made, together with the reversal or alone.
    pub new_version: bool,
}

/// What can still be made of the record; `backlinks` are its own.
pub(super) fn possible(definition: &Definition, record: &RecordView, backlinks: &[records::Backlinks]) -> Possible {
    let none = Possible { reversed: false, reversal: false, new_version: false };
    let Some(correction) = &definition.correction else { return none };
    let is_final = record.state.as_deref().is_some_and(|state| definition.is_final(state));
    let named_by = |field: &str| backlinks.iter().any(|group| group.module == definition.name && group.field == field);
    let reversed = correction.reversal.as_deref().is_some_and(named_by);
    let open = is_final && !definition.is_reversal(&record.values);
    Possible {
        reversed,
        reversal: open && correction.reversal.is_some() && !reversed,
        new_version: open && !named_by(&correction.new_version),
    }
}

pub(crate) async fn show(visit: Visit, Path((module, id)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    let id = id_of(&id)?;
    visit.caller().needs_access(&module, Access::Write)?;
    view(&visit, &module, id, &Map::new(), None)
}

pub(crate) async fn send(Path((module, id)): Path<(String, String)>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    let id = id_of(&id)?;
    visit.caller().needs_access(&module, Access::Write)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let wanted = |part: &str| form.get("make").is_some_and(|make| make.split(' ').any(|one| one == part));
    let given: Map = own_fields(definition)
        .filter_map(|field| Some((field.name.clone(), form.filled(&field.name)?.into())))
        .collect();
    let correction = Correction {
        reversal: wanted("reversal").then(|| given.clone()),
        new_version: wanted("new-version").then(Map::new),
    };
    let name = module.clone();
    let done =
        cross::write(&visit.tenant, visit.caller().clone(), move |op| records::correct(op, &name, id, correction))
            .await;
    match done {
        Ok(made) => Ok(match (made.new_version, made.reversal) {
            (Some(version), _) => see(&format!("/m/{module}/{}/edit", version.id)),
            (None, Some(reversal)) => see(&format!("/m/{module}/{}?done=saved", reversal.id)),
            (None, None) => see(&format!("/m/{module}/{id}")),
        }),
        Err(failure) if [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT].contains(&failure.status) => {
            view(&visit, &module, id, &given, Some(&failure))
        }
        Err(failure) => Err(failure),
    }
}

/// The fields that a reversal needs of its own: `unique` ones that a final state requires, like the number of an invoice.
fn own_fields(definition: &Definition) -> impl Iterator<Item = &store::module::Field> {
    let required = |name: &str| {
        definition
            .states
            .iter()
            .filter(|state| state.is_final)
            .any(|state| state.requires.iter().any(|one| one == name))
    };
    definition.fields.iter().filter(move |field| field.unique && required(&field.name))
}

fn view(
    visit: &Visit,
    module: &str,
    id: RecordId,
    given: &Map,
    failure: Option<&Failure>,
) -> Result<Response, Failure> {
    let mut reader = visit.reader()?;
    let record = records::get(&mut reader, visit.caller(), module, id)?;
    let modules = visit.modules();
    let definition = modules.set.get(module).ok_or_else(Failure::not_found)?;
    let backlinks = records::backlinks(&mut reader, visit.caller(), id)?;
    let can = possible(definition, &record, &backlinks);
    let (words, lang) = (visit.words, visit.lang());
    let errors = failure.map(Failure::as_errors).unwrap_or_default();
    let asked: Vec<Asked> = own_fields(definition)
        .filter(|_| can.reversal)
        .map(|field| Asked {
            name: field.name.clone(),
            label: field.label.get(lang).to_owned(),
            value: given.get(&field.name).and_then(|value| value.as_str()).unwrap_or_default().to_owned(),
            max: field.max,
            error: errors
                .iter()
                .find(|error| error.field == field.name)
                .map(|error| error.message.get(lang).to_owned()),
        })
        .collect();
    let told_beside = |field: &str| asked.iter().any(|one| one.name == field);
    let refusal = failure.and_then(|failure| {
        let others: Vec<&str> =
            errors.iter().filter(|error| !told_beside(&error.field)).map(|error| error.message.get(lang)).collect();
        match (others.is_empty(), errors.is_empty()) {
            (false, _) => Some(others.join(" ")),
            (true, true) => Some(failure.detail(words).unwrap_or_else(|| failure.title(words))),
            (true, false) => None,
        }
    });
    let heading = words.say(if can.reversal { "correct-reverse" } else { "correct-new-version" });
    let mut response = html(&View {
        page: visit.page(heading),
        module: module.to_owned(),
        id: id.to_string(),
        record_title: record.title,
        asked,
        reversal: can.reversal,
        new_version: can.new_version,
        refusal,
    });
    if let Some(failure) = failure {
        *response.status_mut() = failure.status;
    }
    Ok(response)
}
