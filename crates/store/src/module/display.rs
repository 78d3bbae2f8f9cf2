//! Values as a person reads them.
use super::{Definition, Map};
use serde_json::Value;

impl Definition {
    /// The value of a field as text.
    pub fn display(&self, _field: &str, value: &Value, _lang: &str) -> String {
        value.as_str().unwrap_or_default().to_owned()
    }
    /// The searchable fields as plain text.
    pub fn plain_text(&self, values: &Map) -> Vec<(String, String)> {
        values.iter().map(|(name, value)| (name.clone(), self.display(name, value, "de"))).collect()
    }
}
