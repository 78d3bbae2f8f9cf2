//! `GET /suggest`: records to link to, as JSON for the script that makes choosing quicker. The form's own button does the same without it.
use crate::fail::Failure;
use crate::pages::Visit;
use axum::Json;
use axum::response::{IntoResponse, Response};
use records::ListRequest;
use serde_json::json;
use store::Reader;

/// Records offered for one link.
const LIMIT: u32 = 20;

/// Modules that one link may lead to, at most.
const MODULES: usize = 10;

pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.query.only(&["q", "modules"])?;
    let modules: Vec<&str> = visit.query.get("modules").unwrap_or_default().split(',').take(MODULES).collect();
    let mut reader = visit.reader()?;
    let found = candidates(&visit, &mut reader, &modules, visit.query.get("q").unwrap_or_default())?;
    let items: Vec<_> = found.into_iter().map(|(id, title)| json!({"id": id, "title": title})).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

/// Records of these modules in which the words are found, or the newest ones without words: id and title.
pub(crate) fn candidates(
    visit: &Visit,
    reader: &mut Reader,
    modules: &[&str],
    q: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for module in modules {
        let q = Some(q.trim().to_owned()).filter(|q| q.chars().any(char::is_alphanumeric));
        let sort = if q.is_some() { Vec::new() } else { vec![("title".to_owned(), false)] };
        let request = ListRequest { module: (*module).to_owned(), q, sort, limit: LIMIT, ..ListRequest::default() };
        let several = modules.len() > 1;
        let set = visit.modules();
        let label = set.set.get(module).map_or("", |definition| definition.label.get(visit.lang()));
        for item in records::list(reader, visit.caller(), &request)?.items {
            let title = if several { format!("{} ({label})", item.title) } else { item.title };
            found.push((item.id.to_string(), title));
        }
    }
    Ok(found)
}
