//! `POST /{m}/batch`: up to 1,000 creates or patches in one commit, with a result for each. An item that fails undoes itself alone.
//!
//! Body: `{"items": [{…a record…}, {"id": …, "version": …, …a patch…}]}` or the array itself.
use crate::api::{Client, JSON, json};
use crate::cross;
use crate::fail::Failure;
use crate::lang::Lang;
use crate::words::Words;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base::Access;
use records::{BatchItem, MAX_ITEMS};
use serde_json::{Value, json};

pub(crate) async fn send(
    client: Client,
    Path(module): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    client.query(&[])?;
    client.caller.needs_access(&module, Access::Write)?;
    let given = match json(&headers, &body, JSON)? {
        Value::Array(items) => items,
        Value::Object(mut parts) => match (parts.remove("items"), parts.is_empty()) {
            (Some(Value::Array(items)), true) => items,
            _ => return Err(Failure::bad_request("bad_batch", "items")),
        },
        _ => return Err(Failure::bad_request("bad_batch", "items")),
    };
    if given.len() > MAX_ITEMS {
        return Err(Failure::invalid("items", "too_many_items"));
    }
    let mut items = Vec::with_capacity(given.len());
    for (place, item) in given.into_iter().enumerate() {
        items.push(read(item).ok_or_else(|| Failure::invalid(&format!("items[{place}]"), "bad_batch_item"))?);
    }
    let creates: Vec<bool> = items.iter().map(|item| item.id.is_none()).collect();
    let results =
        cross::write(&client.tenant, client.caller.clone(), move |op| records::batch(op, &module, &items)).await?;
    let (words, now) = (Words(Lang::accepted(&headers)), client.app.clock.now().0);
    let mut failed = 0_usize;
    let mut answers = Vec::with_capacity(results.len());
    for (place, (result, created)) in results.into_iter().zip(creates).enumerate() {
        answers.push(match result {
            Ok(view) => {
                if !created {
                    records::note_answer(client.tenant.shared(), &client.caller, &view)?;
                }
                json!({"index": place, "status": if created { 201 } else { 200 }, "record": view.to_json(None)})
            }
            Err(error) => {
                failed += 1;
                let failure = Failure::from(error);
                let reference = failure.log(now, "/api/v1/{module}/batch");
                json!({"index": place, "status": failure.status.as_u16(), "problem": failure.problem(words, &reference)})
            }
        });
    }
    Ok(Json(json!({ "items": answers, "failed": failed })).into_response())
}

fn read(item: Value) -> Option<BatchItem> {
    let Value::Object(mut values) = item else { return None };
    let id = match values.remove("id") {
        Some(Value::String(id)) => Some(id.parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    let if_version = match values.remove("version") {
        Some(version) if id.is_some() => Some(version.as_i64()?),
        Some(_) => return None,
        None => None,
    };
    Some(BatchItem { id, if_version, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_with_an_id_is_a_patch() {
        let item = read(json!({"id": "00000000000000000000000001", "version": 3, "notes": null})).unwrap();
        assert_eq!((item.if_version, item.values.len()), (Some(3), 1));
        assert!(read(json!({"given_name": "A"})).unwrap().id.is_none());
        for bad in [
            json!(1),
            json!({"id": 1}),
            json!({"id": "x"}),
            json!({"version": 1}),
            json!({"id": "00000000000000000000000001", "version": "x"}),
        ] {
            assert!(read(bad.clone()).is_none(), "{bad}");
        }
    }
}
