//! Noting that sensitive fields are handed out: whoever hands out values of a record calls this with exactly those.
use super::SensitiveRead;
use crate::module::{Definition, Map, Protection};
use crate::op::Caller;
use crate::shared::Shared;
use base::RecordId;

/// The read of a record's values, if there are sensitive ones among them. Without any, this costs a look at the definition's fields.
pub fn sensitive_read(
    shared: &Shared,
    caller: &Caller,
    way: &'static str,
    definition: &Definition,
    record: RecordId,
    values: &Map,
) -> Option<SensitiveRead> {
    let fields = sensitive_among(definition, |name| values.contains_key(name));
    if fields.is_empty() {
        return None;
    }
    // The record's own activity is a key of the business's list, not a text that somebody typed.
    let activity = values.get("activity").and_then(serde_json::Value::as_str);
    Some(SensitiveRead {
        at: shared.clock().now(),
        reader: caller.actor.to_string(),
        way,
        module: definition.name.clone(),
        record,
        fields,
        purpose: caller.purpose.clone().or_else(|| activity.map(str::to_owned)),
    })
}

/// Names of the sensitive fields for which `shown` holds.
pub fn sensitive_among(definition: &Definition, shown: impl Fn(&str) -> bool) -> Vec<String> {
    let sensitive = definition.fields.iter().filter(|field| field.protection == Protection::Sensitive);
    sensitive.filter(|field| shown(&field.name)).map(|field| field.name.clone()).collect()
}
