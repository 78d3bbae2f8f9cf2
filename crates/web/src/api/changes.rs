//! `GET /changes`: the change feed with tombstones, for consumers who must follow erasures.
//!
//! Pages are whole commits, so that a cursor is the number of the last commit in it. A record stands once, with its present state, at the
//! commit that changed it last; what the caller may no longer see, and what is gone, comes as `remove`.
use crate::api::Client;
use crate::fail::Failure;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base::{Access, Kind, Kinded, RecordId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Reader, statements};

/// Changes on a page unless the caller says otherwise, and at most. A commit with more comes whole.
const LIMIT: i64 = 200;
const MAX_LIMIT: i64 = 1_000;
/// Changes of one commit that are read at most; an import has 1,000 in one.
const MAX_COMMIT: i64 = 1_000_000;

/// What a change is: module, record, and whether it is gone.
type Change = (i64, RecordId, bool);

pub(crate) async fn show(client: Client) -> Result<Response, Failure> {
    let query = client.query(&["after", "modules", "limit"])?;
    let after = match query.get("after") {
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|after| *after >= 0)
            .ok_or_else(|| Failure::bad_request("bad_cursor", "after"))?,
        None => 0,
    };
    let limit = match query.get("limit") {
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| Failure::bad_request("bad_limit", "limit"))?,
        None => LIMIT,
    };
    let modules = client.modules();
    let wanted: Option<Vec<&str>> = query.get("modules").map(|text| text.split(',').map(str::trim).collect());
    for name in wanted.iter().flatten() {
        client.caller.needs_access(name, Access::Read)?;
        modules.set.get(name).ok_or_else(Failure::not_found)?;
    }
    let mut reader = client.reader()?;
    let (commits, more) = page(&mut reader, after, limit)?;
    let next = commits.keys().last().copied().unwrap_or(after);
    let mut items = Vec::new();
    for (commit, changes) in commits {
        for (module, id, gone) in changes {
            let Some(name) = modules.rows.get(&module).map(|row| row.name.as_str()) else { continue };
            if !client.caller.grants.allows(name, Access::Read)
                || wanted.as_ref().is_some_and(|wanted| !wanted.contains(&name))
            {
                continue;
            }
            items.push(item(&client, &mut reader, commit, name, id, gone)?);
        }
    }
    Ok(Json(json!({ "items": items, "next": next.to_string(), "more": more })).into_response())
}

fn item(
    client: &Client,
    reader: &mut Reader,
    commit: i64,
    module: &str,
    id: RecordId,
    gone: bool,
) -> Result<Value, Failure> {
    let removed = json!({"commit": commit, "change": "remove", "module": module, "id": id});
    if gone {
        return Ok(removed);
    }
    match records::get(reader, &client.caller, module, id) {
        Ok(view) => {
            Ok(json!({"commit": commit, "change": "put", "module": module, "id": id, "record": view.to_json(None)}))
        }
        // Restricted since, or gone since the page was read: a consumer must not keep it either.
        Err(error) if error.kind() == Kind::NotFound => Ok(removed),
        Err(error) => Err(error.into()),
    }
}

/// Whole commits after a commit, about `limit` changes, and whether there are more.
fn page(reader: &mut Reader, after: i64, limit: i64) -> Result<(BTreeMap<i64, Vec<Change>>, bool), Failure> {
    let mut read = limit + 1;
    loop {
        let puts = reader.all(&statements::CHANGES_RECORDS, &[after.into(), i64::MAX.into(), read.into()], |row| {
            Ok((row.int(0)?, (row.int(3)?, id(row.bytes(2)?)?, false)))
        })?;
        let removes = reader.all(&statements::CHANGES_TOMBSTONES, &[after.into(), read.into()], |row| {
            Ok((row.int(0)?, (row.int(3)?, id(row.bytes(1)?)?, true)))
        })?;
        let full = |found: &[(i64, Change)]| i64::try_from(found.len()).unwrap_or(i64::MAX) >= read;
        // What was cut off at the limit may lack a part of its last commit: only commits before that one are whole.
        let cut = |found: &[(i64, Change)]| if full(found) { found.last().map(|(commit, _)| *commit) } else { None };
        let whole = cut(&puts).into_iter().chain(cut(&removes)).min();
        let mut commits: BTreeMap<i64, Vec<Change>> = BTreeMap::new();
        for (commit, change) in puts.into_iter().chain(removes) {
            if whole.is_none_or(|whole| commit < whole) {
                commits.entry(commit).or_default().push(change);
            }
        }
        if whole.is_none() || !commits.is_empty() || read >= MAX_COMMIT {
            return Ok((commits, whole.is_some()));
        }
        read *= 8;
    }
}

fn id(bytes: &[u8]) -> store::Result<RecordId> {
    RecordId::from_slice(bytes).map_err(|_| store::Error::invalid("a change has no readable id"))
}
