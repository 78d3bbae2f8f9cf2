//! Applies a mapping to a row.
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{EXTERNAL_ID, LinkRule, LinkTarget, MappedRecord, Mapping, RecordMap};
use crate::import::table::{Headers, Row};
use crate::import::{ImportError, Message, Reason, Reject};

impl Mapping {
    /// Fails at the first column that the mapping names and the table does not have. To be called once before the rows.
    pub fn check(&self, headers: &Headers) -> Result<(), ImportError> {
        for record in &self.records {
            let fields = record.fields.iter().flat_map(|(_, rule)| rule.templates());
            let links = record.links.iter().filter_map(|(_, link)| match link {
                LinkRule::Row(_) => None,
                LinkRule::Stored { value, .. } => Some(value),
            });
            for template in record.key.iter().chain(&record.when).chain(fields).chain(links) {
                template.check(headers)?;
            }
        }
        Ok(())
    }

    /// The columns that no rule names, in the order of the file: what would not be taken.
    pub fn unused<'a>(&self, headers: &'a Headers) -> Vec<&'a str> {
        let mut used = std::collections::HashSet::new();
        for record in &self.records {
            let links = record.links.iter().filter_map(|(_, link)| match link {
                LinkRule::Row(_) => None,
                LinkRule::Stored { value, .. } => Some(value),
            });
            let fields = record.fields.iter().flat_map(|(_, rule)| rule.templates());
            for template in record.key.iter().chain(&record.when).chain(fields).chain(links) {
                used.extend(template.columns().map(str::to_owned));
            }
        }
        headers.names().iter().map(String::as_str).filter(|name| !used.contains(*name)).collect()
    }
}

/// The records that a row makes, in the mapping's order. A value of the wrong form rejects the whole row, so that no half
/// of it goes in. A row that makes no record at all is rejected too.
pub fn apply(mapping: &Mapping, row: &Row) -> Result<Vec<MappedRecord>, Reject> {
    let mut records: Vec<MappedRecord> = Vec::with_capacity(mapping.records.len());
    let mut places: HashMap<&str, usize> = HashMap::new();
    for record in &mapping.records {
        if record.when.as_ref().is_some_and(|when| when.fill(row, &mapping.null).is_none()) {
            continue;
        }
        let Some(mapped) = one(mapping, record, row, &places)? else { continue };
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
) -> Result<Option<MappedRecord>, Reject> {
    let mut values = Map::new();
    // Fixed texts alone make no record; unless nothing else was asked for.
    let mut from_row =
        record.fields.iter().all(|(_, rule)| rule.templates().iter().all(|template| template.is_fixed()));
    for (field, rule) in &record.fields {
        let value = rule.value(mapping, row).map_err(|wrong| {
            let message = Message::new(
                format!("Feld {field}: „{}“ ist {}", short(&wrong.value), wrong.de),
                format!("field {field}: \"{}\" is {}", short(&wrong.value), wrong.en),
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
            LinkRule::Stored { module, by, value, create } => {
                if let Some(value) = value.fill(row, &mapping.null) {
                    let target = LinkTarget::Stored { module: module.clone(), by: by.clone(), value, create: *create };
                    links.push((field.clone(), target));
                }
            }
        }
    }
    Ok(Some(MappedRecord { module: record.module.clone(), alias: record.alias.clone(), key, values, links }))
}

fn short(value: &str) -> String {
    let mut text: String = value.chars().take(60).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}
