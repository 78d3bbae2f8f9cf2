//! A record as a caller sees it: values masked as his rights say.
use base::{Permission, RecordId, Timestamp};
use serde_json::Value;
use store::Caller;
use store::module::{Definition, Map};
use store::rows::Opened;

/// A record with what the caller may see of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordView {
    /// Id.
    pub id: RecordId,
    /// Module.
    pub module: String,
    /// Version, from 1; the `ETag`.
    pub version: i64,
    /// Title.
    pub title: String,
    /// State, if the module has states.
    pub state: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Whether it is restricted.
    pub restricted: bool,
    /// Its values; fields that the caller may not see are absent.
    pub values: Map,
}

impl RecordView {
    /// Makes the view from an opened record.
    pub fn new(definition: &Definition, opened: Opened, caller: &Caller) -> Self {
        let Opened { stored, mut values } = opened;
        let title = definition.title(&values, &|_| None);
        let state = values.remove("state").and_then(|state| state.as_str().map(str::to_owned));
        mask(definition, &mut values, caller);
        Self {
            id: stored.id,
            module: definition.name.clone(),
            version: stored.version,
            title,
            state,
            created_at: stored.created_at,
            changed_at: stored.changed_at,
            restricted: stored.restricted,
            values,
        }
    }

    /// The flat object of the REST API: `id` and all fields, or `id` and exactly the named ones.
    pub fn to_json(&self, fields: Option<&[String]>) -> Value {
        let wanted = |name: &str| fields.is_none_or(|fields| fields.iter().any(|field| field == name));
        let mut object = Map::new();
        object.insert("id".into(), self.id.to_string().into());
        let mut put = |name: &str, value: Value| {
            if wanted(name) {
                object.insert(name.into(), value);
            }
        };
        put("module", self.module.clone().into());
        put("version", self.version.into());
        put("title", self.title.clone().into());
        put("created_at", self.created_at.to_string().into());
        put("changed_at", self.changed_at.to_string().into());
        if let Some(state) = &self.state {
            put("state", state.clone().into());
        }
        if self.restricted {
            put("restricted", true.into());
        }
        for (name, value) in &self.values {
            put(name, value.clone());
        }
        Value::Object(object)
    }
}

/// Whether the caller may see a field.
pub fn may_see(definition: &Definition, field: &str, caller: &Caller) -> bool {
    !definition.is_sensitive(field) || caller.grants.has(Permission::ReadSensitive)
}

/// Takes away what the caller may not see.
pub fn mask(definition: &Definition, values: &mut Map, caller: &Caller) {
    if !caller.grants.has(Permission::ReadSensitive) {
        values.retain(|name, _| may_see(definition, name, caller));
    }
}

/// Whether the caller may see a record of that scope and restriction at all.
pub fn visible(scope: i64, restricted: bool, caller: &Caller) -> bool {
    caller.grants.scopes.contains(&scope) && (!restricted || caller.grants.has(Permission::Privacy))
}
