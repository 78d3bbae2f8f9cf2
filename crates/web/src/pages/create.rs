//! `GET` and `POST /m/{module}/new`: a new record.
use crate::cross;
use crate::fail::Failure;
use crate::form::{self, Action, Typed};
use crate::pages::sheet::{self, About};
use crate::pages::{Posted, Visit, see};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::Access;
use serde_json::Value;
use store::module::{FieldType, Map};

/// `GET`: an empty form, with the module's defaults. `?link=field:id` fills a link.
pub(crate) async fn show(visit: Visit, Path(module): Path<String>) -> Result<Response, Failure> {
    visit.query.only(&["link"])?;
    visit.caller().needs_access(&module, Access::Write)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let mut values = Map::new();
    for field in &definition.fields {
        if let Some(default) = &field.default {
            values.insert(field.name.clone(), default.clone());
        }
    }
    if let Some((name, id)) = visit.query.get("link").and_then(|link| link.split_once(':'))
        && definition.field(name).is_some_and(|field| field.kind == FieldType::Link)
    {
        values.insert(name.to_owned(), Value::from(id));
    }
    let typed = form::fill(definition, &values, visit.zone(), visit.words.english());
    let about = About { definition, record: None, typed, pressed: Action::Save, errors: Vec::new(), stale: false };
    sheet::show(&visit, &mut visit.reader()?, about)
}

/// `POST`: saves, or shows the form again.
pub(crate) async fn send(Path(module): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs_access(&module, Access::Write)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let mut typed = Typed::of(&form);
    let pressed = Action::of(&form);
    let mut errors = Vec::new();
    if pressed == Action::Save {
        typed.compact(definition);
        let mut input = form::read(definition, &typed, &sheet::shown(&visit, definition));
        input.retain(|_, value| !value.is_null());
        let name = module.clone();
        match cross::write(&visit.tenant, visit.caller().clone(), move |op| records::create(op, &name, input)).await {
            Ok(record) => return Ok(see(&format!("/m/{module}/{}?done=created", record.id))),
            Err(failure)
                if failure.status == StatusCode::UNPROCESSABLE_ENTITY || failure.status == StatusCode::CONFLICT =>
            {
                errors = failure.as_errors();
            }
            Err(failure) => return Err(failure),
        }
    }
    let about = About { definition, record: None, typed, pressed, errors, stale: false };
    sheet::show(&visit, &mut visit.reader()?, about)
}
