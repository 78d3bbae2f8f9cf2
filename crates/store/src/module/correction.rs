//! How a record in a final state is corrected: nothing in it changes (GoBD Rz. 107 ff.), a reversal takes it back and a new version takes its place.
use super::{Definition, FieldType, Map};
use serde::Serialize;
use serde_json::Value;

/// `[correction]` of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// The link by which a reversal names the record that it takes back. `None`: a new version is enough, as with a letter that bills nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversal: Option<String>,
    /// The link by which a new version names the record whose place it takes.
    pub new_version: String,
    /// Numbers and amounts that a reversal has with the other sign.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub negate: Vec<String>,
    /// Fields that neither takes over, beside the `unique` ones: what belongs to the one record, like its due date.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clear: Vec<String>,
}

impl Definition {
    /// The values that a reversal of a record with these values begins with; `id` is that record's. `None`: the module has no reversals.
    pub fn reversal_of(&self, id: &str, values: &Map) -> Option<Map> {
        let correction = self.correction.as_ref()?;
        let link = correction.reversal.as_ref()?;
        let mut taken = self.taken_over(correction, values);
        for name in &correction.negate {
            if let (Some(field), Some(value)) = (self.field(name), taken.get_mut(name)) {
                negate(field.kind, value);
            }
        }
        taken.insert(link.clone(), id.into());
        Some(taken)
    }

    /// The values that a new version of a record with these values begins with; `id` is that record's. `None`: the module has no corrections.
    pub fn new_version_of(&self, id: &str, values: &Map) -> Option<Map> {
        let correction = self.correction.as_ref()?;
        let mut taken = self.taken_over(correction, values);
        taken.insert(correction.new_version.clone(), id.into());
        Some(taken)
    }

    /// Whether a record with these values is a reversal itself.
    pub fn is_reversal(&self, values: &Map) -> bool {
        let link = self.correction.as_ref().and_then(|correction| correction.reversal.as_ref());
        link.is_some_and(|link| values.contains_key(link))
    }

    /// Whether a field says which record this one takes back or takes the place of. Only a correction sets it, and an import.
    pub fn is_correction_link(&self, name: &str) -> bool {
        self.correction.as_ref().is_some_and(|one| one.reversal.as_deref() == Some(name) || one.new_version == name)
    }

    /// Fields in which a reversal is what it takes back: the amounts, whom it is about, and what the final state copied. They cannot be given.
    pub fn fixed_in_reversal(&self, name: &str) -> bool {
        let Some(correction) = &self.correction else { return false };
        correction.negate.iter().any(|fixed| fixed == name)
            || self.is_correction_link(name)
            || self.subject_link().is_some_and(|link| link.name == name)
            || self
                .states
                .iter()
                .filter(|state| state.is_final)
                .flat_map(|state| &state.copy)
                .any(|copy| copy.to == name)
    }

    fn taken_over(&self, correction: &Correction, values: &Map) -> Map {
        let own = |name: &String| {
            name == "state"
                || correction.clear.contains(name)
                || correction.reversal.as_ref() == Some(name)
                || correction.new_version == *name
                || self.field(name).is_some_and(|field| field.unique)
        };
        values.iter().filter(|(name, _)| !own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// The same amount with the other sign, in canonical form; nothing stays nothing.
fn negate(kind: FieldType, value: &mut Value) {
    match (kind, &mut *value) {
        (FieldType::Integer, Value::Number(number)) => {
            if let Some(negated) = number.as_i64().and_then(i64::checked_neg) {
                *value = negated.into();
            }
        }
        (FieldType::Money, Value::Object(parts)) => {
            if let Some(Value::String(amount)) = parts.get_mut("amount") {
                *amount = other_sign(amount);
            }
        }
        (FieldType::Decimal, Value::String(number)) => *number = other_sign(number),
        _ => {}
    }
}

fn other_sign(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if number.bytes().all(|byte| matches!(byte, b'0' | b'.')) => number.to_owned(),
        None => format!("-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::packs;
    use serde_json::json;

    fn map(value: &Value) -> Map {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_reversal_takes_over_all_but_what_is_the_records_own() {
        let modules = packs::load(&["core", "workshop"]).unwrap();
        let order = modules.get("order").unwrap();
        let values = map(&json!({
            "number": "R-1", "external_id": "10248", "customer": "c", "subject_line": "Inspektion", "ordered_on": "2026-01-02",
            "invoiced_on": "2026-01-03", "due_on": "2026-01-17", "recipient_name": "Anna Müller", "state": "invoiced",
            "total": {"amount": "119.00", "currency": "EUR"}, "freight": {"amount": "0.00", "currency": "EUR"},
        }));
        let reversal = order.reversal_of("o", &values).unwrap();
        let expected = map(&json!({
            "customer": "c", "subject_line": "Inspektion", "ordered_on": "2026-01-02", "recipient_name": "Anna Müller", "reverses": "o",
            "total": {"amount": "-119.00", "currency": "EUR"}, "freight": {"amount": "0.00", "currency": "EUR"},
        }));
        assert_eq!(reversal, expected);
        assert!(order.is_reversal(&reversal) && !order.is_reversal(&values));
        let version = order.new_version_of("o", &values).unwrap();
        assert_eq!(version["total"]["amount"], "119.00");
        assert_eq!(version["replaces"], "o");
        assert!(
            !version.contains_key("number") && !version.contains_key("due_on") && !version.contains_key("reverses")
        );
        for fixed in ["total", "customer", "recipient_name", "reverses", "replaces"] {
            assert!(order.fixed_in_reversal(fixed), "{fixed}");
        }
        assert!(!order.fixed_in_reversal("number") && !order.fixed_in_reversal("text"));
    }

    #[test]
    fn every_number_has_its_other_sign() {
        for (kind, before, after) in [
            (FieldType::Integer, json!(12), json!(-12)),
            (FieldType::Integer, json!(i64::MIN), json!(i64::MIN)),
            (FieldType::Decimal, json!("-1.50"), json!("1.50")),
            (FieldType::Decimal, json!("0.00"), json!("0.00")),
            (
                FieldType::Money,
                json!({"amount": "3.00", "currency": "EUR"}),
                json!({"amount": "-3.00", "currency": "EUR"}),
            ),
            (FieldType::Text, json!("3"), json!("3")),
        ] {
            let mut value = before;
            negate(kind, &mut value);
            assert_eq!(value, after);
        }
    }
}
