//! `GET /openapi.json`: OpenAPI 3.1, generated from the tenant's modules: every field typed, as the caller may see it.
use crate::api::Client;
use crate::fail::Failure;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base::{Access, Grants, Permission};
use serde_json::{Map, Value, json};
use store::module::{Definition, Field, FieldType, IdentifierKind, Modules, Protection};

pub(crate) async fn show(client: Client) -> Result<Response, Failure> {
    client.query(&[])?;
    Ok(Json(document(&client.modules().set, &client.caller.grants)).into_response())
}

/// The document for a caller with these rights.
pub fn document(modules: &Modules, grants: &Grants) -> Value {
    let mut paths = Map::new();
    let mut schemas = shared_schemas();
    for definition in modules.iter().filter(|definition| grants.allows(&definition.name, Access::Read)) {
        let write = grants.allows(&definition.name, Access::Write);
        add_module(definition, write, grants, modules, &mut paths, &mut schemas);
    }
    add_fixed(grants, &mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Obhut", "version": "1", "description": "Records of this business. Fields the caller may not read are left out.", "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "Made with `obhut token create`; it names the tenant."}},
            "schemas": schemas,
            "responses": {"Problem": {"description": "Why not (RFC 9457)", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
            "parameters": parameters(),
            "headers": {"ETag": {"description": "The record's version", "schema": {"type": "string"}}},
        },
    })
}

fn parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "query", "description": description, "schema": schema});
    json!({
        "id": {"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Id"}},
        "limit": query("limit", "Items on a page", json!({"type": "integer", "minimum": 1, "maximum": 200, "default": 50})),
        "after": query("after", "`next` of the page before", json!({"type": "string"})),
        "q": query("q", "Words to look for", json!({"type": "string"})),
        "sort": query("sort", "Fields; a leading `-` turns the order round", json!({"type": "string", "examples": ["-changed_at,title"]})),
        "fields": query("fields", "Fields to answer with", json!({"type": "string"})),
        "count": query("count", "Whether `total` is wanted", json!({"type": "boolean", "default": false})),
        "ifMatch": {"name": "If-Match", "in": "header", "description": "The version that was seen; another one answers 412", "schema": {"type": "string"}},
        "idempotencyKey": {"name": "Idempotency-Key", "in": "header", "description": "The same key and body make one record", "schema": {"type": "string", "minLength": 1, "maxLength": 255}},
    })
}

fn shared_schemas() -> Map<String, Value> {
    let text = |max: usize| json!({"type": "string", "maxLength": max});
    let problem = json!({
        "type": "object",
        "required": ["type", "title", "status", "errors", "reference"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "required": ["field", "code", "message"], "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}}}},
            "reasons": {"type": "array", "items": {"type": "string"}},
            "reference": {"type": "string", "description": "Under this number the log has the cause"},
        },
    });
    let parts = ["extra", "street", "postal_code", "city", "region", "country", "text"];
    let address: Map<String, Value> = parts.iter().map(|part| ((*part).to_owned(), text(300))).collect();
    let schemas = json!({
        "Id": {"type": "string", "pattern": "^[0-7][0-9a-hjkmnp-tv-z]{25}$"},
        "Problem": problem,
        "Money": {"type": "object", "required": ["amount", "currency"], "properties": {"amount": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}}},
        "Address": {"type": "object", "minProperties": 1, "additionalProperties": false, "properties": address},
        "Change": {"type": "object", "required": ["commit", "change", "module", "id"], "properties": {"commit": {"type": "integer"}, "change": {"enum": ["put", "remove"]}, "module": {"type": "string"}, "id": {"$ref": "#/components/schemas/Id"}, "record": {"type": "object"}}},
        "HistoryEntry": {"type": "object", "required": ["seq", "at", "actor", "action", "changes", "erased"], "properties": {"seq": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}, "actor": {"type": "string"}, "action": {"type": "string"}, "erased": {"type": "boolean"}, "changes": {"type": "array", "items": {"type": "object", "required": ["field"], "properties": {"field": {"type": "string"}, "old": {}, "new": {}, "masked": {"type": "boolean"}}}}}},
    });
    match schemas {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn add_module(
    definition: &Definition,
    write: bool,
    grants: &Grants,
    modules: &Modules,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    let name = &definition.name;
    let (record, input) = (name.clone(), format!("{name}_input"));
    let reference = |schema: &str| json!({"$ref": format!("#/components/schemas/{schema}")});
    schemas.insert(record.clone(), schema(definition, grants, modules, true));
    if write {
        schemas.insert(input.clone(), schema(definition, grants, modules, false));
    }
    let answer = |schema: Value| json!({"description": "Done", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}, "content": {"application/json": {"schema": schema}}});
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let parameter = |name: &str| json!({"$ref": format!("#/components/parameters/{name}")});
    let body = |kind: &str, schema: Value| json!({"required": true, "content": {kind: {"schema": schema}}});
    let page = json!({"type": "object", "required": ["items", "next"], "properties": {"items": {"type": "array", "items": reference(&record)}, "next": {"type": ["string", "null"]}, "total": {"type": "integer"}, "total_exact": {"type": "boolean"}}});
    let label = &definition.plural.en;
    let mut list = vec![
        parameter("q"),
        parameter("sort"),
        parameter("limit"),
        parameter("after"),
        parameter("fields"),
        parameter("count"),
    ];
    for field in definition.fields.iter().filter(|field| field.indexed() && seen(field, grants)) {
        for (operator, suffix) in [("equal to", ""), ("from", "[gte]"), ("until", "[lte]")] {
            if suffix.is_empty()
                || matches!(
                    field.kind,
                    FieldType::Date | FieldType::DateTime | FieldType::Integer | FieldType::Decimal | FieldType::Money
                )
            {
                list.push(json!({"name": format!("filter[{}]{suffix}", field.name), "in": "query", "description": format!("{} {operator}", field.label.en), "schema": {"type": "string"}}));
            }
        }
    }
    let mut collection = Map::new();
    collection.insert("get".into(), json!({"operationId": format!("list_{name}"), "summary": format!("{label}: a page"), "tags": [label], "parameters": list, "responses": {"200": answer(page), "default": problem}}));
    let mut one = Map::new();
    one.insert("parameters".into(), json!([parameter("id")]));
    one.insert("get".into(), json!({"operationId": format!("get_{name}"), "summary": format!("{}: one record", definition.label.en), "tags": [label], "parameters": [parameter("fields")], "responses": {"200": answer(reference(&record)), "default": problem}}));
    if write {
        collection.insert("post".into(), json!({"operationId": format!("create_{name}"), "summary": format!("{}: create", definition.label.en), "tags": [label], "parameters": [parameter("idempotencyKey")], "requestBody": body("application/json", reference(&input)), "responses": {"201": answer(reference(&record)), "default": problem}}));
        one.insert("patch".into(), json!({"operationId": format!("change_{name}"), "summary": format!("{}: change (RFC 7396)", definition.label.en), "tags": [label], "parameters": [parameter("ifMatch")], "requestBody": body("application/merge-patch+json", reference(&input)), "responses": {"200": answer(reference(&record)), "default": problem}}));
        one.insert("delete".into(), json!({"operationId": format!("delete_{name}"), "summary": format!("{}: delete", definition.label.en), "tags": [label], "parameters": [parameter("ifMatch")], "responses": {"204": {"description": "Destroyed"}, "default": problem}}));
        let items = json!({"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "maxItems": 1000, "items": {"type": "object"}}}});
        paths.insert(format!("/{name}/batch"), json!({"post": {"operationId": format!("batch_{name}"), "summary": format!("{label}: up to 1,000 creates or patches"), "tags": [label], "requestBody": body("application/json", items), "responses": {"200": answer(json!({"type": "object"})), "default": problem}}}));
    }
    paths.insert(format!("/{name}"), collection.into());
    paths.insert(format!("/{name}/{{id}}"), one.into());
    if write && let Some(correction) = &definition.correction {
        let part = |name: &str, description: &str| {
            (name.to_owned(), json!({"allOf": [reference(&input)], "description": description}))
        };
        let mut properties: Map<String, Value> =
            [part("new_version", "Values instead of those taken over; may be empty")].into_iter().collect();
        let mut made: Map<String, Value> = [("new_version".to_owned(), reference(&record))].into_iter().collect();
        if correction.reversal.is_some() {
            properties.extend([part(
                "reversal",
                "The reversal's own number and texts; amounts and recipient are taken over",
            )]);
            made.insert("reversal".into(), reference(&record));
        }
        let asked =
            json!({"type": "object", "minProperties": 1, "additionalProperties": false, "properties": properties});
        let answered = json!({"description": "Made", "content": {"application/json": {"schema": {"type": "object", "properties": made}}}});
        paths.insert(format!("/{name}/{{id}}/correction"), json!({"parameters": [parameter("id")], "post": {"operationId": format!("correct_{name}"), "summary": format!("{}: what takes the place of a final record", definition.label.en), "tags": [label], "requestBody": body("application/json", asked), "responses": {"201": answered, "default": problem}}}));
    }
    if grants.has(Permission::ReadHistory) {
        let entries = json!({"type": "object", "required": ["items", "next"], "properties": {"items": {"type": "array", "items": reference("HistoryEntry")}, "next": {"type": ["integer", "null"]}}});
        paths.insert(format!("/{name}/{{id}}/history"), json!({"parameters": [parameter("id")], "get": {"operationId": format!("history_{name}"), "summary": format!("{}: what happened", definition.label.en), "tags": [label], "parameters": [{"name": "before", "in": "query", "schema": {"type": "integer"}}, parameter("limit")], "responses": {"200": answer(entries), "default": problem}}}));
    }
}

fn add_fixed(grants: &Grants, paths: &mut Map<String, Value>) {
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let id = json!([{"$ref": "#/components/parameters/id"}]);
    let ok = |schema: Value| json!({"200": {"description": "Done", "content": {"application/json": {"schema": schema}}}, "default": problem});
    let operation = |name: &str, summary: &str| json!({"operationId": name, "summary": summary, "responses": ok(json!({"type": "object"}))});
    paths.insert("/modules".into(), json!({"get": operation("modules", "Definitions with the caller's rights")}));
    paths.insert("/modules/{m}".into(), json!({"parameters": [{"name": "m", "in": "path", "required": true, "schema": {"type": "string"}}], "get": operation("module", "One definition")}));
    paths.insert("/openapi.json".into(), json!({"get": operation("openapi", "This document")}));
    let changes = json!({"type": "object", "required": ["items", "next", "more"], "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Change"}}, "next": {"type": "string"}, "more": {"type": "boolean"}}});
    paths.insert(
        "/changes".into(),
        json!({"get": {"operationId": "changes", "summary": "The change feed with tombstones", "parameters": [
        {"name": "after", "in": "query", "description": "`next` of the page before", "schema": {"type": "string"}},
        {"name": "modules", "in": "query", "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
    ], "responses": ok(changes)}}),
    );
    if grants.has(Permission::Privacy) {
        paths.insert(
            "/subjects/{id}".into(),
            json!({"parameters": id, "get": operation("subject", "Everything held about a person")}),
        );
        paths.insert("/subjects/{id}/export".into(), json!({"parameters": id, "get": operation("subject_export", "The same for handing over (Art. 15, 20 GDPR)")}));
        let reason = json!({"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["reason"], "properties": {"reason": {"type": "string", "minLength": 1}}}}}});
        paths.insert("/subjects/{id}/erasure-plans".into(), json!({"parameters": id, "post": {"operationId": "plan_erasure", "summary": "Plan an erasure: what goes, what stays and why, mentions", "requestBody": reason, "responses": {"201": {"description": "The plan", "content": {"application/json": {"schema": {"type": "object"}}}}, "default": problem}}}));
        paths.insert(
            "/erasure-plans/{id}/perform".into(),
            json!({"parameters": id, "post": operation("perform_erasure", "Perform a plan; the certificate")}),
        );
    }
}

fn seen(field: &Field, grants: &Grants) -> bool {
    field.protection != Protection::Sensitive || grants.has(Permission::ReadSensitive)
}

/// The schema of a module's records (`output`) or of what makes and changes them.
fn schema(definition: &Definition, grants: &Grants, modules: &Modules, output: bool) -> Value {
    let mut properties = Map::new();
    if output {
        properties.insert("id".into(), json!({"$ref": "#/components/schemas/Id"}));
        properties.insert("module".into(), json!({"const": definition.name}));
        properties.insert("version".into(), json!({"type": "integer", "minimum": 1}));
        properties.insert("title".into(), json!({"type": "string"}));
        for name in ["created_at", "changed_at"] {
            properties.insert(name.into(), json!({"type": "string", "format": "date-time"}));
        }
        properties.insert("restricted".into(), json!({"type": "boolean"}));
    }
    if !definition.states.is_empty() {
        let states: Vec<&str> = definition.states.iter().map(|state| state.name.as_str()).collect();
        properties.insert("state".into(), json!({"enum": states}));
    }
    for field in definition.fields.iter().filter(|field| seen(field, grants)) {
        let mut one = value_schema(field, modules);
        if field.many {
            let labelled = if field.kind == FieldType::Address {
                one.clone()
            } else {
                json!({"anyOf": [one, {"type": "object", "required": ["value"], "additionalProperties": false, "properties": {"value": one, "label": {"type": "string", "maxLength": 60}}}]})
            };
            one = json!({"type": "array", "maxItems": Field::MAX_ITEMS, "items": labelled});
        }
        if !output && !field.required {
            one = json!({"anyOf": [one, {"type": "null"}]});
        }
        if let Some(parts) = one.as_object_mut() {
            parts.insert("title".into(), field.label.en.clone().into());
            parts.insert("description".into(), field.purpose.en.clone().into());
            parts.insert("x-protection".into(), field.protection.name().into());
            parts.insert("x-class".into(), field.class.clone().into());
        }
        properties.insert(field.name.clone(), one);
    }
    let mut schema = json!({"type": "object", "title": definition.label.en, "description": definition.purpose.en, "properties": properties});
    if output && let Some(parts) = schema.as_object_mut() {
        parts.insert("required".into(), json!(["id"]));
    } else if let Some(parts) = schema.as_object_mut() {
        // A patch and a new record have one schema: what a new record needs is said by the 422 that lacks it.
        parts.insert("additionalProperties".into(), false.into());
    }
    schema
}

/// The schema of one value in canonical form.
fn value_schema(field: &Field, modules: &Modules) -> Value {
    match field.kind {
        FieldType::Text | FieldType::LongText if field.name == "activity" => {
            let keys: Vec<&str> =
                modules.activities().activities.iter().map(|activity| activity.key.as_str()).collect();
            json!({"type": "string", "enum": keys})
        }
        FieldType::Text | FieldType::LongText | FieldType::Phone => json!({"type": "string", "maxLength": field.max}),
        FieldType::Integer => json!({"type": "integer", "format": "int64"}),
        FieldType::Decimal => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}),
        FieldType::Money => json!({"$ref": "#/components/schemas/Money"}),
        FieldType::Date => json!({"type": "string", "format": "date"}),
        FieldType::DateTime => json!({"type": "string", "format": "date-time"}),
        FieldType::Boolean => json!({"type": "boolean"}),
        FieldType::Choice => json!({"type": "string", "enum": keys(field)}),
        FieldType::Choices => {
            json!({"type": "array", "uniqueItems": true, "items": {"type": "string", "enum": keys(field)}})
        }
        FieldType::Email => json!({"type": "string", "format": "email"}),
        FieldType::Url => json!({"type": "string", "format": "uri"}),
        FieldType::Country => json!({"type": "string", "pattern": "^[A-Z]{2}$"}),
        FieldType::Address => json!({"$ref": "#/components/schemas/Address"}),
        FieldType::Identifier => match field.identifier {
            Some(IdentifierKind::Vin) => json!({"type": "string", "pattern": "^[A-HJ-NPR-Z0-9]{17}$"}),
            Some(IdentifierKind::Iban) | None => json!({"type": "string", "maxLength": 34}),
        },
        FieldType::Link => json!({"$ref": "#/components/schemas/Id", "x-to": field.to}),
    }
}

fn keys(field: &Field) -> Vec<&str> {
    field.choices.iter().map(|choice| choice.key.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::module::packs;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(parts) => {
                if let Some(Value::String(path)) = parts.get("$ref") {
                    found.push(path.clone());
                }
                parts.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_field_of_every_pack_is_typed_and_every_reference_leads_somewhere() {
        let modules = packs::load(packs::NAMES).unwrap();
        let document = document(&modules, &Grants::everything());
        for definition in modules.iter() {
            for field in &definition.fields {
                let schema = &document["components"]["schemas"][&definition.name]["properties"][&field.name];
                let typed = ["type", "$ref", "enum", "anyOf"].iter().any(|key| schema.get(key).is_some());
                assert!(typed, "{}.{}: {schema}", definition.name, field.name);
            }
        }
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for path in found {
            let pointer = path.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{path}");
        }
    }

    #[test]
    fn what_a_caller_may_not_see_is_not_described() {
        let modules = packs::load(&[]).unwrap();
        let nothing = document(&modules, &Grants::default());
        assert!(nothing["paths"].get("/contact").is_none() && nothing["paths"].get("/subjects/{id}").is_none());
        let mut reader = Grants { every_module: Some(Access::Read), ..Grants::default() };
        let read = document(&modules, &reader);
        assert!(read["paths"]["/contact"].get("post").is_none() && read["paths"]["/contact"].get("get").is_some());
        reader.every_module = Some(Access::Write);
        assert!(document(&modules, &reader)["paths"]["/contact"].get("post").is_some());
    }
}
