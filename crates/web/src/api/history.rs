//! `GET /{m}/{id}/history`: the record's journal, newest first, values masked as the caller's rights say.
use crate::api::{Client, id_of};
use crate::fail::Failure;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Entries on a page unless the caller says otherwise, and at most.
const LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

pub(crate) async fn show(client: Client, Path((module, id)): Path<(String, String)>) -> Result<Response, Failure> {
    let query = client.query(&["before", "limit"])?;
    let before = query
        .get("before")
        .map(|text| text.parse().map_err(|_| Failure::bad_request("bad_cursor", "before")))
        .transpose()?;
    let limit = match query.get("limit") {
        Some(text) => {
            let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
            limit.ok_or_else(|| Failure::bad_request("bad_limit", "limit"))?
        }
        None => LIMIT,
    };
    let found = records::history(&mut client.reader()?, &client.caller, &module, id_of(&id)?, before, limit)?;
    let items = found.items.into_iter().map(|entry| {
        let changes = entry.changes.into_iter().map(|change| {
            if change.masked {
                json!({"field": change.field, "masked": true})
            } else {
                json!({"field": change.field, "old": change.old, "new": change.new})
            }
        });
        json!({
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "changes": changes.collect::<Vec<Value>>(),
            "erased": entry.erased,
        })
    });
    let items: Vec<Value> = items.collect();
    Ok(Json(json!({ "items": items, "next": found.next })).into_response())
}
