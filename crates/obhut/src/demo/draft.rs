//! A record of the sample data before it is stored: values, and links to drafts that come before it.
use base::{Date, RecordId};
use serde_json::{Value, json};
use store::module::Map;

/// The day on which the sample businesses stand still: everything in them has happened before it.
pub(super) const TODAY: Date = Date::constant(2026, 6, 30);

/// Where a draft stands in its business's list.
pub(super) type Place = usize;

/// A record that is to be made.
pub(super) struct Draft {
    /// Its module.
    pub module: &'static str,
    values: Map,
    links: Vec<(&'static str, Vec<Place>, bool)>,
}

impl Draft {
    /// A record of a module that is about persons, with where its data is from and what for.
    pub(super) fn about(module: &'static str, origin: &str, activity: &str) -> Self {
        Self::of(module).with("origin", origin).with("activity", activity)
    }
    /// A record of any module.
    pub(super) fn of(module: &'static str) -> Self {
        Self { module, values: Map::new(), links: Vec::new() }
    }
    /// Sets a field; `null` leaves it out.
    pub(super) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.values.insert(field.to_owned(), value);
        }
        self
    }
    /// Sets a date.
    pub(super) fn on(self, field: &str, date: Date) -> Self {
        self.with(field, date.to_string())
    }
    /// Sets an amount in euros, given in cents.
    pub(super) fn money(self, field: &str, cents: i64) -> Self {
        self.with(field, euros(cents))
    }
    /// Links to one draft before this one.
    pub(super) fn link(mut self, field: &'static str, to: Place) -> Self {
        self.links.push((field, vec![to], false));
        self
    }
    /// Links to several.
    pub(super) fn links(mut self, field: &'static str, to: Vec<Place>) -> Self {
        if !to.is_empty() {
            self.links.push((field, to, true));
        }
        self
    }
    /// A value as it was set.
    #[cfg(test)]
    pub(super) fn value(&self, field: &str) -> Option<&Value> {
        self.values.get(field)
    }
    /// Where a link goes.
    pub(super) fn first_link(&self, field: &str) -> Option<Place> {
        self.links.iter().find(|(name, ..)| *name == field).and_then(|(_, places, _)| places.first().copied())
    }
    /// The input of `records::create`, once everything before it has its id.
    pub(super) fn input(mut self, ids: &[RecordId]) -> Map {
        for (field, places, many) in self.links {
            let mut found = places.iter().filter_map(|place| ids.get(*place)).map(|id| Value::from(id.to_string()));
            let value = if many { Value::Array(found.collect()) } else { found.next().unwrap_or(Value::Null) };
            self.values.insert(field.to_owned(), value);
        }
        self.values
    }
    /// The fields that it sets.
    #[cfg(test)]
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str).chain(self.links.iter().map(|(field, ..)| *field))
    }
    /// The places that it links to.
    #[cfg(test)]
    pub(super) fn linked(&self) -> impl Iterator<Item = Place> {
        self.links.iter().flat_map(|(_, places, _)| places.iter().copied())
    }
}

/// So many euros and cents.
pub(super) fn euros(cents: i64) -> Value {
    json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR"})
}

/// So many days after a date; before it if negative.
pub(super) fn days(from: Date, count: i64) -> Date {
    from.saturating_add(jiff::SignedDuration::from_hours(count * 24))
}
