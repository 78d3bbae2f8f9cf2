//! `POST /{m}`: a new record. With `Idempotency-Key` the same request sent twice makes one record.
use crate::api::{Client, JSON, idempotency, object, record};
use crate::cross;
use crate::fail::Failure;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base::Access;
use records::RecordView;

pub(crate) async fn send(
    client: Client,
    Path(module): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs_access(&module, Access::Write)?;
    let input = object(&headers, &body, JSON)?;
    let once = idempotency::of(&client, &module, &headers, &body)?;
    let name = module.clone();
    let made = cross::write(&client.tenant, client.caller.clone(), move |op| -> Result<Made, Failure> {
        let Some(once) = once else { return Ok(Made::Now(records::create(op, &name, input)?)) };
        if let Some(id) = once.before(op)? {
            return Ok(Made::Before(id));
        }
        let view = records::create(op, &name, input)?;
        once.made(op, view.id)?;
        Ok(Made::Now(view))
    });
    let view = match made.await? {
        Made::Now(view) => view,
        Made::Before(id) => records::get(&mut client.reader()?, &client.caller, &module, id)?,
    };
    let mut response = record(StatusCode::CREATED, &view);
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/{module}/{}", view.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

enum Made {
    Now(RecordView),
    Before(base::RecordId),
}
