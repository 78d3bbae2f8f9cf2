//! Applies a mapping to a row.
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::rule::Wrong;
use super::{EXTERNAL_ID, LinkRule, LinkTarget, MappedRecord, Mapping, RecordMap};
use crate::import::table::{Headers, Row};
use crate::import::{ImportError, Message, Reason, Reject};

impl Mapping {
    /// The templates of all rules, for checks.
    fn all_templates(&self) -> impl Iterator<Item = &super::Template> {
        self.records.iter().flat_map(|record| {
            let fields = record.fields.iter().flat_map(|(_, rule)| rule.templates());
            let links = record.links.iter().flat_map(|(_, link)| match link {
                LinkRule::Row(_) => Vec::new(),
                LinkRule::Stored { value, id, .. } => id.iter().chain([value]).collect(),
            });
            record.key.iter().chain(&record.id).chain(&record.when).chain(fields).chain(links)
        })
    }

    /// Fails at the first column that the mapping names and the table does not have. To be called once before the rows.
    pub fn check(&self, headers: &Headers) -> Result<(), ImportError> {
        self.all_templates().try_for_each(|template| template.check(headers))
    }

    /// The columns that no rule names, in the order of the file: what would not be taken.
    pub fn unused<'a>(&self, headers: &'a Headers) -> Vec<&'a str> {
        let used: std::collections::HashSet<&str> = self.all_templates().flat_map(super::Template::columns).collect();
        headers.names().iter().map(String::as_str).filter(|name| !used.contains(*name)).collect()
    }
}

/// The records that a row makes, in the mapping's order. A value of the wrong form rejects the whole row, so that no half
/// of it goes in; unless the mapping names a field for such values. A row that makes no record at all is rejected too.
pub fn apply(mapping: &Mapping, row: &Row) -> Result<Vec<MappedRecord>, Reject> {
    apply_with(mapping, row, &|_, field| Message::new(field, field), &mut Vec::new())
}

/// The same, with the labels of fields (by module and field) for what is said, and with hints about values that went to
/// [`Mapping::unfit`]; a hint names the column, never the value.
pub fn apply_with(
    mapping: &Mapping,
    row: &Row,
    label: &dyn Fn(&str, &str) -> Message,
    hints: &mut Vec<Message>,
) -> Result<Vec<MappedRecord>, Reject> {
    let mut records: Vec<MappedRecord> = Vec::with_capacity(mapping.records.len());
    let mut places: HashMap<&str, usize> = HashMap::new();
    for record in &mapping.records {
        if record.when.as_ref().is_some_and(|when| when.fill(row, &mapping.null).is_none()) {
            continue;
        }
        let Some(mapped) = one(mapping, record, row, &places, label, hints)? else { continue };
        places.insert(&record.alias, records.len());
        records.push(mapped);
    }
    if records.is_empty() {
        let message = Message::new(
            "Keine der zugeordneten Spalten enthält einen Wert",
            "none of the mapped columns holds a value",
        );
        return Err(Reject::new(row.line, Reason::Missing, message, row.values().to_vec()));
    }
    Ok(records)
}

fn one(
    mapping: &Mapping,
    record: &RecordMap,
    row: &Row,
    places: &HashMap<&str, usize>,
    label: &dyn Fn(&str, &str) -> Message,
    hints: &mut Vec<Message>,
) -> Result<Option<MappedRecord>, Reject> {
    let mut values = Map::new();
    // Fixed texts alone make no record; unless nothing else was asked for.
    let mut from_row =
        record.fields.iter().all(|(_, rule)| rule.templates().iter().all(|template| template.is_fixed()));
    let mut unfit: Vec<Wrong> = Vec::new();
    for (field, rule) in &record.fields {
        let value = rule.value(mapping, row, &mut unfit).map_err(|wrong| {
            let label = label(&record.module, field);
            let message = Message::new(
                format!("{}: „{}“ ist {}", label.de, short(&wrong.value), wrong.de),
                format!("{}: \"{}\" is {}", label.en, short(&wrong.value), wrong.en),
            );
            Reject::new(row.line, Reason::Value, message, row.values().to_vec())
        })?;
        if let Some(value) = value {
            from_row |= rule
                .templates()
                .iter()
                .any(|template| !template.is_fixed() && template.fill(row, &mapping.null).is_some());
            values.insert(field.clone(), value);
        }
    }
    if let Some(field) = &mapping.unfit {
        from_row |= !unfit.is_empty();
        let known = values.get(field).and_then(Value::as_str).map(str::to_owned);
        let lines = unfit.iter().map(|wrong| format!("{}: {}", wrong.column, wrong.value));
        let lines: Vec<String> = known.into_iter().chain(lines).collect();
        if !unfit.is_empty() {
            values.insert(field.clone(), Value::String(lines.join("\n")));
        }
        let place = label(&record.module, field);
        hints.extend(unfit.iter().map(|wrong| {
            Message::new(
                format!("Spalte „{}“: {}; die Angabe steht im Feld {}", wrong.column, wrong.de, place.de),
                format!("column \"{}\": {}; what stands there went to {}", wrong.column, wrong.en, place.en),
            )
        }));
    }
    if !from_row {
        return Ok(None);
    }
    let key = record.key.as_ref().and_then(|key| key.fill(row, &mapping.null));
    if record.key.is_some() && key.is_none() {
        let message = Message::new(
            format!("Der Schlüssel des Datensatzes „{}“ ist leer", record.alias),
            format!("the key of the record \"{}\" is empty", record.alias),
        );
        return Err(Reject::new(row.line, Reason::Missing, message, row.values().to_vec()));
    }
    if let Some(key) = &key {
        values.insert(EXTERNAL_ID.into(), Value::String(key.clone()));
    }
    let mut links = Vec::new();
    for (field, link) in &record.links {
        match link {
            LinkRule::Row(alias) => {
                if let Some(place) = places.get(alias.as_str()) {
                    links.push((field.clone(), LinkTarget::Row(*place)));
                }
            }
            LinkRule::Stored { module, by, value, create, id } => {
                let id = id.as_ref().and_then(|id| id.fill(row, &mapping.null));
                // An id whose record has no title in the file still leads there.
                let value = value.fill(row, &mapping.null).or_else(|| id.clone());
                if let Some(value) = value {
                    let (module, by, create) = (module.clone(), by.clone(), *create);
                    let target = LinkTarget::Stored { module, by, value, create, id };
                    links.push((field.clone(), target));
                }
            }
        }
    }
    let id = record.id.as_ref().and_then(|id| id.fill(row, &mapping.null));
    Ok(Some(MappedRecord { module: record.module.clone(), alias: record.alias.clone(), id, key, values, links }))
}

fn short(value: &str) -> String {
    let mut text: String = value.chars().take(60).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}
