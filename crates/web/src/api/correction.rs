//! `POST /{m}/{id}/correction`: the reversal of a final record and its new version, or one of them (GoBD). Both or nothing.
//!
//! The body is `{"reversal": {…}, "new_version": {…}}`; the objects are merge patches on what is taken over and may be empty. No `Idempotency-Key` is
//! needed: a record is reversed once and replaced once, so the same request sent again answers 409 or 422.
use crate::api::{Client, JSON, id_of, object};
use crate::cross;
use crate::fail::Failure;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Access;
use records::Correction;
use serde_json::{Map, Value};

pub(crate) async fn send(
    client: Client,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs_access(&module, Access::Write)?;
    let id = id_of(&id)?;
    let mut given = object(&headers, &body, JSON)?;
    let wanted = Correction { reversal: part(&mut given, "reversal")?, new_version: part(&mut given, "new_version")? };
    if let Some(unknown) = given.keys().next() {
        return Err(Failure::bad_request("unknown_key", &unknown.chars().take(40).collect::<String>()));
    }
    let made = cross::write(&client.tenant, client.caller.clone(), move |op| records::correct(op, &module, id, wanted))
        .await?;
    let mut answer = Map::new();
    for (name, view) in [("reversal", &made.reversal), ("new_version", &made.new_version)] {
        if let Some(view) = view {
            records::note_answer(client.tenant.shared(), &client.caller, view)?;
            answer.insert(name.to_owned(), view.to_json(None));
        }
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn part(given: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Failure> {
    match given.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(values)) => Ok(Some(values)),
        Some(_) => Err(Failure::bad_request("not_an_object", name)),
    }
}
