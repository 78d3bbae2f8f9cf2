//! `GET /subjects/{id}`: everything held about a person.
use crate::api::Client;
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base::SubjectId;
use serde_json::{Value, json};

pub(crate) async fn show(client: Client, Path(id): Path<String>) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs(base::Permission::Privacy)?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    let held = privacy::subject(&mut client.reader()?, &client.caller, id)?;
    let records = held.records.iter().map(|record| {
        json!({"module": record.module, "id": record.id, "title": record.title, "restricted": record.restricted, "own": record.own, "values": record.values})
    });
    let units = held.units.iter().map(|unit| {
        json!({
            "id": unit.id, "class": unit.class, "label": unit.label, "records": unit.records,
            "until": unit.until.map(|until| until.to_string()), "basis": unit.basis, "reason": unit.reason,
        })
    });
    let (records, units): (Vec<Value>, Vec<Value>) = (records.collect(), units.collect());
    let answer = json!({"id": held.id, "title": held.title, "state": held.state, "aliases": held.aliases, "records": records, "units": units});
    Ok(Json(answer).into_response())
}
