//! `GET /{m}`: a page of records from the index, with `next` for the page after and `total` on request.
use crate::api::Client;
use crate::fail::Failure;
use crate::list;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::Access;
use records::ListItem;
use serde_json::{Value, json};
use store::module::{Map, RESERVED_FIELDS};

pub(crate) async fn show(client: Client, Path(module): Path<String>) -> Result<Response, Failure> {
    client.caller.needs_access(&module, Access::Read)?;
    let asked = list::read(&module, &client.list_query()?, false)?;
    let mut reader = client.reader()?;
    let named = match &asked.fields {
        Some(named) => Some(fields(&client, &module, &named.join(","))?),
        None => None,
    };
    let page = records::list(&mut reader, &client.caller, &asked.request)?;
    let mut items = Vec::with_capacity(page.items.len());
    // The index holds the list columns. What else is named is read of each record of the page.
    let beyond = named.as_ref().is_some_and(|named| named.iter().any(|name| !in_index(&client, &module, name)));
    for item in &page.items {
        items.push(if beyond {
            let wanted = records::Wanted { fields: named.as_deref(), known: None };
            records::get_part(&mut reader, &client.caller, &module, item.id, wanted)?.to_json(named.as_deref())
        } else {
            shown(item, named.as_deref())
        });
    }
    let mut answer = json!({ "items": items, "next": page.next });
    if asked.count
        && let Some(answer) = answer.as_object_mut()
    {
        let (total, exact) = records::count(&mut reader, &client.caller, &asked.request)?;
        answer.insert("total".into(), total.into());
        answer.insert("total_exact".into(), exact.into());
    }
    Ok(Json(answer).into_response())
}

/// The names of `fields`; one that the module does not have is refused.
pub(super) fn fields(client: &Client, module: &str, text: &str) -> Result<Vec<String>, Failure> {
    let modules = client.modules();
    let definition = modules.set.get(module).ok_or_else(Failure::not_found)?;
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if definition.field(name).is_none() && !RESERVED_FIELDS.contains(&name) {
            return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid").with_error(name, "no_such_column"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn in_index(client: &Client, module: &str, name: &str) -> bool {
    RESERVED_FIELDS.contains(&name)
        || client
            .modules()
            .set
            .get(module)
            .and_then(|definition| definition.field(name))
            .is_some_and(|field| field.list)
}

/// A row of a list: the record's head and its list columns, or what was named of them.
pub(super) fn shown(item: &ListItem, named: Option<&[String]>) -> Value {
    let wanted = |name: &str| named.is_none_or(|named| named.iter().any(|wanted| wanted == name));
    let mut object = Map::new();
    object.insert("id".into(), item.id.to_string().into());
    let head = [
        ("module", Value::from(item.module.as_str())),
        ("version", item.version.into()),
        ("title", item.title.as_str().into()),
        ("created_at", item.created_at.to_string().into()),
        ("changed_at", item.changed_at.to_string().into()),
    ];
    object.extend(head.into_iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.to_owned(), value)));
    if item.restricted {
        object.insert("restricted".into(), true.into());
    }
    object
        .extend(item.values.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(object)
}
