//! `GET /modules`: the definitions of the modules that the caller may read, with his rights on each.
use crate::api::Client;
use crate::fail::Failure;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base::Access;
use serde_json::{Value, json};
use store::module::{Definition, Protection};

pub(crate) async fn show(client: Client) -> Result<Response, Failure> {
    client.query(&[])?;
    let modules = client.modules();
    let readable = modules.set.iter().filter(|definition| client.caller.grants.allows(&definition.name, Access::Read));
    let items: Vec<Value> = readable.map(|definition| described(&client, definition)).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

/// A definition with the caller's rights: `read` or `write`, and for each field whether he sees it.
pub(super) fn described(client: &Client, definition: &Definition) -> Value {
    let mut value = serde_json::to_value(definition).unwrap_or_default();
    let sees_sensitive = client.caller.grants.has(base::Permission::ReadSensitive);
    if let Some(parts) = value.as_object_mut() {
        let access = if client.caller.grants.allows(&definition.name, Access::Write) { "write" } else { "read" };
        parts.insert("rights".into(), json!({"access": access, "permissions": client.caller.grants.permissions}));
        parts.insert("pack".into(), client.modules().set.pack_of(&definition.name).into());
        if let Some(Value::Array(fields)) = parts.get_mut("fields") {
            for (field, known) in fields.iter_mut().zip(&definition.fields) {
                if let Some(field) = field.as_object_mut() {
                    field.insert(
                        "readable".into(),
                        (sees_sensitive || known.protection != Protection::Sensitive).into(),
                    );
                }
            }
        }
    }
    value
}
