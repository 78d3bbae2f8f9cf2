//! Applying a merge patch.
use super::{Definition, Map};

impl Definition {
    /// RFC 7396 on the record's fields: a null removes, anything else replaces the whole value of its field. Fields are the unit
    /// of change, so an address or a list is replaced, not merged into.
    ///
    /// The patch is one that [`Definition::normalise`] has returned.
    pub fn merge_patch(&self, old: &Map, patch: &Map) -> Map {
        let mut merged = old.clone();
        for (name, value) in patch {
            if value.is_null() {
                merged.remove(name);
            } else {
                merged.insert(name.clone(), value.clone());
            }
        }
        merged
    }
}
