//! Values that may stand only once in a module (`unique` in its definition), known by their keyed hash in keys.db.
use super::SCOPE_MERGED;
use super::read::Access;
use crate::UniqueValue;
use crate::module::{Definition, Field, FieldError, Label, Map};
use crate::op::Op;
use crate::{Error, Result};
use serde_json::Value;

impl Op<'_> {
    /// Claims the unique values of a record and gives those back that it no longer has. `unit_of` names the unit that takes a claim along
    /// when it is destroyed. `moved`: that unit may be another one than before, so what stays is claimed again under it; otherwise it would be free as
    /// soon as the former owner is erased. Every value that another record has is a field's error.
    pub(super) fn claim_unique(
        &mut self,
        definition: &Definition,
        rid: i64,
        old: Option<&Map>,
        new: &Map,
        moved: bool,
        unit_of: &dyn Fn(&Field) -> Option<i64>,
    ) -> Result<()> {
        let mut errors = Vec::new();
        for field in definition.fields.iter().filter(|field| field.unique) {
            let (before, after) = (old.and_then(|old| text(old, field)), text(new, field));
            if before == after && !moved {
                continue;
            }
            let name = claim_name(definition, field);
            let other = match &after {
                Some(after) => match self.unique_owner(&UniqueValue::new(&name, after))? {
                    Some(owner) => owner != rid && self.really_has(owner, definition, field, after)?,
                    None => false,
                },
                None => false,
            };
            if let Some(before) = before {
                self.disclaim(UniqueValue::new(&name, &before), rid);
            }
            match (after, unit_of(field)) {
                (Some(_), _) if other => errors.push(FieldError {
                    field: field.name.clone(),
                    code: "duplicate".into(),
                    message: Label::new(
                        "Diesen Wert hat schon ein anderer Datensatz.",
                        "Another record has this value already.",
                    ),
                }),
                (Some(after), Some(unit)) => self.claim(UniqueValue::new(&name, &after), rid, unit),
                _ => {}
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Fields(errors)) }
    }

    /// Gives back what a record of a module without keys of its own had claimed.
    pub(crate) fn disclaim_all(&mut self, definition: &Definition, rid: i64, values: &Map) {
        for field in definition.fields.iter().filter(|field| field.unique) {
            if let Some(value) = text(values, field) {
                let name = claim_name(definition, field);
                self.disclaim(UniqueValue::new(&name, &value), rid);
            }
        }
    }

    /// A claim is written before the record that makes it; after a crash between the two it names a record that does not have the value.
    fn really_has(&mut self, owner: i64, definition: &Definition, field: &Field, value: &str) -> Result<bool> {
        let Some(stored) = self.stored_rid(owner)? else { return Ok(false) };
        // A record that was merged into another gives its values to that one.
        if stored.scope == SCOPE_MERGED {
            return Ok(false);
        }
        let modules = self.shared.modules();
        if modules.rows.get(&stored.module).is_none_or(|row| row.name != definition.name) {
            return Ok(false);
        }
        let opened = self.open(stored)?;
        Ok(text(&opened.values, field).as_deref() == Some(value))
    }
}

fn claim_name(definition: &Definition, field: &Field) -> String {
    format!("{}.{}", definition.name, field.name)
}

/// A value as it is compared: without case, umlaut spelling and blanks at the ends.
fn text(values: &Map, field: &Field) -> Option<String> {
    match values.get(&field.name)? {
        Value::String(text) => Some(crate::text::fold(text.trim())),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
