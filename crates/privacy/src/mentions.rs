//! Mentions: other people's records in whose text the person's name, address or number is found. A human decides on each.
use crate::held::Held;
use base::RecordId;
use serde_json::Value;
use std::collections::BTreeSet;
use store::index::{self, SearchQuery};
use store::module::{FieldType, Map};
use store::rows::Access;
use store::text::{fold, query_terms, with_sensitive};
use store::{Reader, Result};

/// A record that mentions the person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mention {
    /// Its module.
    pub module: String,
    /// Its id.
    pub record: RecordId,
    /// The fields in which something of the person was found.
    pub fields: Vec<String>,
}

/// Mentions listed in a plan.
pub const MAX_MENTIONS: usize = 200;
/// Candidates looked at per search.
const MAX_CANDIDATES: u32 = 200;

/// Searches the other records for the person's full name, e-mail addresses and numbers.
pub fn mentions(reader: &mut Reader, held: &Held) -> Result<Vec<Mention>> {
    let needles = needles(reader, held);
    let own: BTreeSet<RecordId> =
        held.records.values().filter(|record| record.own).map(|record| record.opened.stored.id).collect();
    let modules = reader.tenant().modules();
    let every: Vec<String> = modules.set.iter().map(|definition| definition.name.clone()).collect();
    let mut candidates: BTreeSet<RecordId> = BTreeSet::new();
    for needle in &needles {
        let terms = with_sensitive(query_terms(needle));
        if terms.is_empty() {
            continue;
        }
        let mut query = SearchQuery::new(every.clone(), [0].into_iter().collect(), terms);
        query.limit = MAX_CANDIDATES;
        query.include_restricted = true;
        match index::search(reader.index()?, &query) {
            Ok(page) => candidates.extend(page.rows.into_iter().map(|row| row.id).filter(|id| !own.contains(id))),
            // A name as common as that is no reason to stop; what was found stands, and the plan says that the list may not be complete.
            Err(index::Error::TooBroad { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut found = Vec::new();
    for id in candidates {
        if found.len() >= MAX_MENTIONS {
            break;
        }
        let Some(opened) = reader.opened(id)? else { continue };
        let Some(module) = modules.rows.get(&opened.stored.module).map(|row| row.name.clone()) else { continue };
        let fields = fields_with(&opened.values, &needles);
        if !fields.is_empty() {
            found.push(Mention { module, record: id, fields });
        }
    }
    Ok(found)
}

/// What identifies the person in a text: the full name both ways round, every e-mail address, every number.
fn needles(reader: &Reader, held: &Held) -> Vec<String> {
    let mut needles = BTreeSet::new();
    let modules = reader.tenant().modules();
    for record in held.records.values().filter(|record| record.own && modules.set.can_be_person(&record.module)) {
        let values = &record.opened.values;
        let text = |name: &str| values.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        if let (Some(given), Some(family)) = (text("given_name"), text("family_name")) {
            needles.insert(format!("{given} {family}"));
            needles.insert(format!("{family} {given}"));
        }
        let Some(definition) = modules.set.get(&record.module) else { continue };
        for field in definition.fields.iter().filter(|field| matches!(field.kind, FieldType::Email | FieldType::Phone))
        {
            let items = values
                .get(&field.name)
                .map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]))
                .unwrap_or_default();
            needles
                .extend(items.iter().filter_map(|item| item.get("value").unwrap_or(item).as_str()).map(str::to_owned));
        }
    }
    needles.into_iter().filter(|needle| needle.chars().count() >= 4).collect()
}

fn fields_with(values: &Map, needles: &[String]) -> Vec<String> {
    let contains = |value: &Value| {
        let text = fold(&flat(value));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        needles.iter().any(|needle| {
            let folded = fold(needle);
            let number: String = folded.chars().filter(char::is_ascii_digit).collect();
            let is_number = number.len() >= 6 && !folded.chars().any(char::is_alphabetic);
            if is_number { digits.contains(&number) } else { !folded.is_empty() && text.contains(&folded) }
        })
    };
    values.iter().filter(|(_, value)| contains(value)).map(|(name, _)| name.clone()).collect()
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join("\n"),
        Value::Object(parts) => parts.values().map(flat).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
