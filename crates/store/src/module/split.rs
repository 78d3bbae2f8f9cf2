//! Which of a record's values lie in the clear row and which in which sealed part (design, *Key units*).
use super::{Definition, Map};
use std::collections::BTreeMap;

/// Names one sealed part of a record: deletion class, and whose it is.
///
/// `of` is the link field that names the person, `None` for the record's own subject.
pub type PartKey = (String, Option<String>);

/// A record's values, apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Split {
    /// What identifies nobody.
    pub clear: Map,
    /// What is sealed, one map for each unit. A part without values does not appear.
    pub sealed: BTreeMap<PartKey, Map>,
}

impl Split {
    /// All values again.
    pub fn join(self) -> Map {
        let mut values = self.clear;
        for part in self.sealed.into_values() {
            values.extend(part);
        }
        values
    }
}

impl Definition {
    /// Takes the values apart. A key that the definition does not know (left from an older one) is sealed with the module's own
    /// class where the module can hold personal data: what it was is not known, so it may not lie in the clear.
    pub fn split(&self, values: &Map) -> Split {
        let mut split = Split::default();
        for (name, value) in values {
            let key = match self.field(name) {
                Some(field) => field.protection.sealed().then(|| (field.class.clone(), field.of.clone())),
                None => self.may_be_personal().then(|| (self.class.clone(), None)),
            };
            let part = match key {
                Some(key) => split.sealed.entry(key).or_default(),
                None => &mut split.clear,
            };
            part.insert(name.clone(), value.clone());
        }
        split
    }

    /// The sealed parts that a record of this module can have.
    pub fn part_keys(&self) -> Vec<PartKey> {
        let keys: std::collections::BTreeSet<PartKey> = self
            .fields
            .iter()
            .filter(|field| field.protection.sealed())
            .map(|field| (field.class.clone(), field.of.clone()))
            .collect();
        keys.into_iter().collect()
    }
}
