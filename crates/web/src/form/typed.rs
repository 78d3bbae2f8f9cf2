//! What came with a form: names and texts, before anything is read into them.
use super::{base, part_name, parts};
use crate::query::Pairs;
use std::collections::BTreeMap;
use store::module::{Definition, Field};

/// The inputs of a form as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed(BTreeMap<String, Vec<String>>);

/// What the pressed button asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Save the record.
    Save,
    /// Show one more row of a field.
    Add(String),
    /// Take a row away.
    Remove(String, usize),
    /// Look for records to link to; the input's name.
    Find(String),
}

impl Typed {
    /// The inputs of a form: every pair whose name begins with `f.`.
    pub fn of(pairs: &Pairs) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs.0.iter().filter(|(name, _)| name.starts_with("f.")) {
            typed.0.entry(name.clone()).or_default().push(value.clone());
        }
        typed
    }
    /// What was typed, without the space around it.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", |text| text.trim())
    }
    /// Everything that was chosen under one name.
    pub fn chosen(&self, name: &str) -> Vec<String> {
        self.0.get(name).into_iter().flatten().filter(|text| !text.is_empty()).cloned().collect()
    }
    /// Sets an input.
    pub fn set(&mut self, name: String, value: String) {
        self.0.insert(name, vec![value]);
    }
    /// Sets an input that may have several values.
    pub fn set_all(&mut self, name: String, values: Vec<String>) {
        self.0.insert(name, values);
    }
    /// Whether anything stands in a value's inputs; a label alone is nothing.
    pub fn is_filled(&self, field: &Field, place: usize) -> bool {
        let base = base(field, place);
        let money_without_amount = field.kind == store::module::FieldType::Money;
        parts(field.kind)
            .iter()
            .filter(|part| !(money_without_amount && **part == "currency"))
            .any(|part| !self.chosen(&part_name(&base, part)).iter().all(|text| text.trim().is_empty()))
    }
    /// How many rows of a field the form has had.
    fn rows(&self, field: &Field) -> usize {
        let prefix = format!("f.{}.", field.name);
        let places =
            self.0.keys().filter_map(|name| name.strip_prefix(&prefix)?.split('.').next()?.parse::<usize>().ok());
        places.max().map_or(0, |last| last.min(Field::MAX_ITEMS * 2) + 1)
    }
    /// Numbers the rows of every field with several values anew, without the empty ones: the place of a row is then the place of its
    /// value, which is what messages name. Gives the number of filled rows by `count`.
    pub fn compact(&mut self, definition: &Definition) {
        for field in definition.fields.iter().filter(|field| field.many) {
            let filled: Vec<usize> = (0..self.rows(field)).filter(|place| self.is_filled(field, *place)).collect();
            let mut kept = BTreeMap::new();
            for (place, old) in filled.iter().enumerate() {
                let (from, to) = (base(field, *old), base(field, place));
                for (name, values) in &self.0 {
                    if let Some(rest) = name.strip_prefix(&from)
                        && (rest.is_empty() || rest.starts_with('.'))
                    {
                        kept.insert(format!("{to}{rest}"), values.clone());
                    }
                }
            }
            let prefix = format!("f.{}.", field.name);
            self.0.retain(|name, _| !name.starts_with(&prefix));
            self.0.append(&mut kept);
        }
    }
    /// Filled rows of a field; call after [`Typed::compact`].
    pub fn filled_rows(&self, field: &Field) -> usize {
        if field.many { self.rows(field) } else { usize::from(self.is_filled(field, 0)) }
    }
    /// Takes a row away.
    pub fn remove(&mut self, field: &Field, place: usize) {
        let base = base(field, place);
        let inner = format!("{base}.");
        self.0.retain(|name, _| *name != base && !name.starts_with(&inner));
    }
}

impl Action {
    /// Of the button's value: `save`, `add:emails`, `remove:emails:1`, `find:f.customer`.
    pub fn of(pairs: &Pairs) -> Self {
        let asked = pairs.get("do").unwrap_or("save");
        let mut words = asked.splitn(3, ':');
        match (words.next(), words.next(), words.next()) {
            (Some("add"), Some(field), None) => Self::Add(field.to_owned()),
            (Some("remove"), Some(field), Some(place)) => {
                Self::Remove(field.to_owned(), place.parse().unwrap_or(usize::MAX))
            }
            (Some("find"), Some(name), None) => Self::Find(name.to_owned()),
            _ => Self::Save,
        }
    }
}
