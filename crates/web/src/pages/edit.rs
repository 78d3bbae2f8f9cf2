//! `GET` and `POST /m/{module}/{id}/edit`: changing a record. When somebody else was quicker, both versions stand side by side.
use crate::cross;
use crate::fail::Failure;
use crate::form::{self, Action, Typed};
use crate::pages::sheet::{self, About};
use crate::pages::{Posted, Visit, id_of, see};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::Access;
use records::RecordView;
use serde_json::Value;
use store::module::{Definition, FieldError, Map};

/// `GET`: the form, filled.
pub(crate) async fn show(visit: Visit, Path((module, id)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    visit.caller().needs_access(&module, Access::Write)?;
    let mut reader = visit.reader()?;
    let record = records::get(&mut reader, visit.caller(), &module, id_of(&id)?)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let typed = form::fill(definition, &record.values, visit.zone(), visit.words.english());
    let about =
        About { definition, record: Some(&record), typed, pressed: Action::Save, errors: Vec::new(), stale: false };
    sheet::show(&visit, &mut reader, about)
}

/// `POST`: saves what was changed, or shows the form again.
pub(crate) async fn send(Path((module, id)): Path<(String, String)>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs_access(&module, Access::Write)?;
    let id = id_of(&id)?;
    let version: i64 = form
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::bad_request("bad_version", "version"))?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let mut record = records::get(&mut visit.reader()?, visit.caller(), &module, id)?;
    let mut typed = Typed::of(&form);
    let pressed = Action::of(&form);
    let (mut errors, mut stale): (Vec<FieldError>, bool) = (Vec::new(), false);
    if pressed == Action::Save {
        typed.compact(definition);
        let given = form::read(definition, &typed, &sheet::shown(&visit, definition));
        let patch = if record.version == version { changed(&visit, definition, given, &record) } else { given };
        let name = module.clone();
        let done = cross::write(&visit.tenant, visit.caller().clone(), move |op| {
            records::change(op, &name, id, patch, Some(version))
        })
        .await;
        match done {
            Ok(_) => return Ok(see(&format!("/m/{module}/{id}?done=saved"))),
            Err(failure) if failure.status == StatusCode::PRECONDITION_FAILED => {
                stale = true;
                record = records::get(&mut visit.reader()?, visit.caller(), &module, id)?;
            }
            Err(failure)
                if failure.status == StatusCode::UNPROCESSABLE_ENTITY || failure.status == StatusCode::CONFLICT =>
            {
                errors = failure.as_errors();
            }
            Err(failure) => return Err(failure),
        }
    }
    // With another button the version stays the one that was seen, so that a change by somebody else is noticed when it is saved.
    let shown = if stale { record } else { RecordView { version, ..record } };
    let about = About { definition, record: Some(&shown), typed, pressed, errors, stale };
    sheet::show(&visit, &mut visit.reader()?, about)
}

/// What differs from the stored record: a field that the form gives back as it was is no change, whatever its spelling.
fn changed(visit: &super::Visit, definition: &Definition, mut given: Map, record: &RecordView) -> Map {
    let as_stored = form::fill(definition, &record.values, visit.zone(), visit.words.english());
    let as_stored = form::read(definition, &as_stored, &sheet::shown(visit, definition));
    given.retain(|name, value| as_stored.get(name).unwrap_or(&Value::Null) != value);
    given
}
