//! Cells as this program's own export writes them, and how they are read again: what goes out comes back the same (F-070).
//!
//! Several values stand in one cell as a person reads them, `a@example.org; b@example.org (work)`. Where that could be read otherwise than
//! it was meant, the cell holds JSON instead. The first address has a column for each part, further ones stand as JSON in one more.
use serde_json::{Map, Value, json};

/// Parts of an address in the order of their columns, behind the name of the field and a point.
pub const OWN_ADDRESS: [&str; 7] = ["extra", "street", "postal_code", "city", "region", "country", "text"];
/// Column of the first address's label, where a field may have several.
pub const OWN_LABEL: &str = "label";
/// Column of the further addresses.
pub const OWN_MORE: &str = "more";

/// What separates the values in a cell.
const SEPARATOR: &str = "; ";

/// Several values as one cell; [`read_values`] gives them back.
pub fn own_values(value: &Value) -> String {
    let text = crate::export::cell_text(value);
    if read_values(&text) == *value { text } else { value.to_string() }
}

/// The values of a cell.
pub(super) fn read_values(cell: &str) -> Value {
    if cell.starts_with('[')
        && let Ok(value @ Value::Array(_)) = serde_json::from_str(cell)
    {
        return value;
    }
    let item = |item: &str| match item.strip_suffix(')').and_then(|item| item.rsplit_once(" (")) {
        Some((value, label)) if !value.is_empty() && !label.is_empty() => json!({ "value": value, "label": label }),
        _ => Value::from(item),
    };
    Value::Array(cell.split(SEPARATOR).map(str::trim).filter(|text| !text.is_empty()).map(item).collect())
}

/// The addresses of the cells of [`OWN_ADDRESS`], and for several with those of label and of the further ones behind.
pub(super) fn read_addresses(cells: &[String], many: bool) -> Option<Value> {
    let mut first = Map::new();
    let names = OWN_ADDRESS.into_iter().chain([OWN_LABEL]);
    for (name, cell) in names.zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        first.insert(name.to_owned(), Value::from(cell.as_str()));
    }
    if !many {
        return (!first.is_empty()).then_some(Value::Object(first));
    }
    let mut all = Vec::new();
    if !first.is_empty() {
        all.push(Value::Object(first));
    }
    if let Some(Value::Array(more)) = cells.get(OWN_ADDRESS.len() + 1).and_then(|cell| serde_json::from_str(cell).ok())
    {
        all.extend(more);
    }
    (!all.is_empty()).then_some(Value::Array(all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_back_as_they_were(
            items in proptest::collection::vec(("[a-z0-9@;()\\[\\]\", ]{1,8}", proptest::option::of("[a-z() ;]{1,6}")), 1..4),
        ) {
            let trimmed = |text: &str| text.trim().to_owned();
            let items: Vec<Value> = items
                .into_iter()
                .filter(|(value, _)| !value.trim().is_empty())
                .map(|(value, label)| match label.map(|label| trimmed(&label)).filter(|label| !label.is_empty()) {
                    Some(label) => json!({ "value": trimmed(&value), "label": label }),
                    None => Value::from(trimmed(&value)),
                })
                .collect();
            let value = Value::Array(items);
            prop_assert_eq!(read_values(&own_values(&value)), value);
        }
    }

    #[test]
    fn what_is_plain_stays_readable() {
        assert_eq!(own_values(&json!(["a@b.de", { "value": "c@d.de", "label": "work" }])), "a@b.de; c@d.de (work)");
        assert_eq!(own_values(&json!(["030 1 (abends)"])), r#"["030 1 (abends)"]"#);
    }
}
