//! Until when something must be kept, and why: from dated law (`packs/core/classes.toml`), never from code.
use crate::module::{Definition, Map, Modules};
use crate::rows::Opened;
use base::{Date, TimeZone, Timestamp};
use serde::{Deserialize, Serialize};

/// A duty to keep something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The deletion class.
    pub class: String,
    /// The last day on which it must be kept, in the tenant's time zone.
    pub until: Date,
    /// The law: `§ 147 Abs. 3 AO`.
    pub basis: String,
    /// Why, in German.
    pub reason_de: String,
    /// Why, in English.
    pub reason_en: String,
}

/// The duty that keeps a record's data of `class` now, if there is one.
///
/// The period starts with the date field that the definition names for the class; without a date there, with the last change of the record's contents: a
/// record that has not got its start yet is not kept shorter than one that has. Restricting, releasing and merging are no such change. In a state that is
/// marked `unsent` there is no duty as long as that date is missing: a draft that nobody was sent is no letter.
pub fn hold(
    modules: &Modules,
    definition: &Definition,
    record: &Opened,
    class: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Hold> {
    let start = match start(definition, &record.values, class) {
        Some(start) => start,
        None if unsent(definition, &record.values) => return None,
        None => base::date_in(record.stored.changed_at, zone),
    };
    let today = base::date_in(now, zone);
    // The rule in force today decides also for what began earlier: the shortened period of 2025 applies to all that had not expired.
    let rule = modules.class(class)?.rule_on(today).filter(|rule| rule.minimum)?;
    let until = rule.last_day(start);
    (until >= today).then(|| Hold {
        class: class.to_owned(),
        until,
        basis: rule.basis.clone(),
        reason_de: rule.reason.de.clone(),
        reason_en: rule.reason.en.clone(),
    })
}

fn start(definition: &Definition, values: &Map, class: &str) -> Option<Date> {
    values.get(definition.start_field(class)?)?.as_str()?.get(..10)?.parse().ok()
}

fn unsent(definition: &Definition, values: &Map) -> bool {
    let state = values.get("state").and_then(serde_json::Value::as_str).and_then(|name| definition.state(name));
    state.is_some_and(|state| state.unsent)
}
