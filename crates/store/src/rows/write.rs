//! Putting, changing and deleting a record: the row, its sealed parts, its links, the journal entry that commits to all of it, the index.
use super::digest::row_digest;
use super::read::{Part, Stored};
use crate::index::IndexChange;
use crate::journal::covered;
use crate::module::{Definition, FieldError, FieldType, Label, Map};
use crate::op::{Entry, Op};
use crate::shared::ModuleRow;
use crate::statements;
use crate::units::Unit;
use crate::{Error, Result};
use base::{RecordId, UnitId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A record to be written.
pub struct Put<'a> {
    /// Its module's definition.
    pub definition: &'a Definition,
    /// That definition's row.
    pub row: &'a ModuleRow,
    /// Its id.
    pub id: RecordId,
    /// What is stored now, opened; none for a new record.
    pub existing: Option<super::Opened>,
    /// All its values in canonical form, `state` among them.
    pub values: Map,
    /// Scope: who sees it.
    pub scope: i64,
    /// The journal's word for it: `create`, `change`, `transition`, `merge`, …
    pub action: &'a str,
    /// Whether the moment of the last change stays: nobody has changed what the record says.
    pub keeps_moment: bool,
    /// Whether new links may lead only to what the caller may see. Not so where the links are not the caller's choice: a merge moves them all.
    pub own_links: bool,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// Sequence of the journal entry.
    pub seq: u64,
    /// The record as it is stored now.
    pub stored: Stored,
    /// All its values, as opening it would give them.
    pub values: Arc<Map>,
    /// Row number of the unit that the record's own class puts it under.
    pub unit: i64,
}

impl Written {
    /// The record as whoever reads it again would find it, without reading it.
    pub fn opened(self) -> super::Opened {
        super::Opened { stored: self.stored, values: Arc::unwrap_or_clone(self.values) }
    }
}

impl Op<'_> {
    /// Writes a record: everything or nothing, with its entry.
    #[expect(clippy::too_many_lines, reason = "the steps of one write in their order; each is a function below")]
    pub fn put(&mut self, put: Put<'_>) -> Result<Written> {
        let Put { definition, row, id, existing, mut values, scope, action, keeps_moment, own_links } = put;
        let rid = match &existing {
            Some(old) => old.stored.rid,
            None => self.next_rid(crate::writer::Table::Record),
        };
        let version = existing.as_ref().map_or(1, |old| old.stored.version + 1);
        let mut entry = self.entry(action, Some((&definition.name, row.fingerprint)), Some((rid, id)));
        // Links that stay need no look: what they lead to was there when they were made, and they may outlive it.
        let linked = |field: &&crate::module::Field| field.kind == FieldType::Link;
        let links_stay = existing.as_ref().is_some_and(|old| {
            definition.fields.iter().filter(linked).all(|field| old.values.get(&field.name) == values.get(&field.name))
        });
        let links = if links_stay {
            None
        } else {
            Some(self.links(definition, &values, existing.as_ref().map(|old| &old.values), own_links)?)
        };
        let subject = self.subject_of(definition, &values, (rid, id), existing.is_some(), &entry)?;
        if let Some(old) = &existing
            && old.stored.subject == 0
            && subject != 0
        {
            self.adopt(rid, subject, &entry)?;
        }
        let state = values.remove("state");
        let mut split = definition.split(&values);
        if let Some(state) = &state {
            split.clear.insert("state".into(), state.clone());
            values.insert("state".into(), state.clone());
        }
        let class_now = state
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|name| definition.state(name))
            .and_then(|state| state.class.clone());
        let mut owners = Owners { definition, values: &values, subject, rid, class_now, known: BTreeMap::new() };
        let class_before = existing.as_ref().and_then(|old| old.values.get("state")).and_then(Value::as_str);
        let class_before = class_before.and_then(|name| definition.state(name)).and_then(|state| state.class.clone());
        let mut owners_before = match &existing {
            Some(old) if old.stored.subject != 0 && old.stored.subject != subject => Some(Owners {
                definition,
                values: &old.values,
                subject: old.stored.subject,
                rid,
                class_now: class_before,
                known: BTreeMap::new(),
            }),
            _ => None,
        };

        // One plain text per unit. Two groups of fields can share a unit: same class, and both owners the same person.
        let mut plain: BTreeMap<i64, (Unit, Map)> = BTreeMap::new();
        for ((class, of), fields) in split.sealed {
            let unit = owners.unit(self, &class, of.as_deref(), &entry)?;
            plain.entry(unit.rid).or_insert_with(|| (unit, Map::new())).1.extend(fields);
        }
        let row_unit = owners.unit(self, &definition.class, None, &entry)?;
        self.journal_values(
            &mut entry,
            &mut owners,
            owners_before.as_mut(),
            row_unit.rid,
            existing.as_ref().map(|old| &old.values),
            &values,
        )?;

        let mut unique_units: BTreeMap<String, i64> = BTreeMap::new();
        for field in definition.fields.iter().filter(|field| field.unique && values.contains_key(&field.name)) {
            let (class, of) = (field.class.clone(), field.of.clone());
            let unit = if field.protection.sealed() {
                owners.unit(self, &class, of.as_deref(), &entry)?.rid
            } else {
                row_unit.rid
            };
            unique_units.insert(field.name.clone(), unit);
        }
        let values_before = existing.as_ref().map(|old| &old.values);
        // Only with another owner, another scope, another link or another state can a value come under another unit.
        let moved = existing.as_ref().is_some_and(|old| {
            old.stored.subject != subject
                || old.stored.scope != scope
                || links.is_some()
                || old.values.get("state") != values.get("state")
        });
        let unit_of = |field: &crate::module::Field| unique_units.get(&field.name).copied();
        if scope != super::SCOPE_MERGED {
            self.claim_unique(definition, rid, values_before, &values, moved, &unit_of)?;
        }
        if moved {
            self.move_external(rid, row_unit.rid)?;
        }

        let before: BTreeMap<i64, &Part> =
            existing.iter().flat_map(|old| &old.stored.parts).map(|part| (part.unit, part)).collect();
        let mut parts = Vec::with_capacity(plain.len());
        for (unit, fields) in plain.values() {
            parts.push(self.seal_part((id, version), unit, fields, before.get(&unit.rid).copied(), values_before)?);
        }
        let now = self.now();
        let owner = if subject == 0 { None } else { self.subject_rid(subject)? };
        if owner.as_ref().is_some_and(|row| matches!(row.state.as_str(), "erasing" | "erased")) {
            return Err(Error::conflict("unit-dead", "the person is being erased or has been erased"));
        }
        let subject_restricted = owner.as_ref().is_some_and(|row| row.state == "restricted");
        let stored = Stored {
            subject_id: owner.map(|row| row.id),
            rid,
            id,
            module: row.rid,
            scope,
            version,
            subject,
            restricted: subject_restricted || existing.as_ref().is_some_and(|old| old.stored.restricted),
            created_at: existing.as_ref().map_or(now, |old| old.stored.created_at),
            changed_at: existing.as_ref().filter(|_| keeps_moment).map_or(now, |old| old.stored.changed_at),
            entry: i64::try_from(entry.seq()).unwrap_or(i64::MAX),
            clear: Value::Object(split.clear).to_string(),
            parts,
        };
        self.write_row(&stored, existing.as_ref().map(|old| &old.stored), &entry)?;
        if let Some(links) = &links {
            self.write_links(rid, links, existing.is_some(), &entry)?;
            if existing.is_some() || !links.is_empty() {
                entry.covers(&covered::LINKS, id.bytes(), covered::links(links.iter()));
            }
        }
        Self::commit_to(&mut entry, Some(&stored));
        let values = Arc::new(values);
        self.list(&definition.name, &stored, Arc::clone(&values));
        let seq = self.finish(entry, &Map::new())?;
        Ok(Written { seq, stored, values, unit: row_unit.rid })
    }

    /// Deletes a record: row, parts, links, keys by import. Its own units must be destroyed by the caller; this is the database's half.
    pub(crate) fn delete_row(&mut self, stored: &Stored, module: &ModuleRow, entry: &Entry) -> Result<()> {
        let rid = [stored.rid.into()];
        self.send(&statements::PARTS_DELETE, &rid, entry)?;
        if self.change(&statements::LINKS_DELETE, &rid, entry)? > 0 {
            entry.covers(&covered::LINKS, stored.id.bytes(), None);
        }
        self.send(&statements::RECORD_DELETE, &rid, entry)?;
        let left = self.change(&statements::SUBJECT_LEFT, &[stored.rid.into(), self.commit_no().into()], entry)?;
        if left > 0
            && let Some(subject) = self.subject(stored.id.cast())?
        {
            self.cover_by(entry, &covered::SUBJECT, subject.id.bytes(), subject.rid.into())?;
        }
        self.upkeep(&statements::EXTERNAL_KEYS_DELETE, &rid)?;
        let params = [self.commit_no().into(), stored.id.bytes().into(), "record".into(), stored.module.into()];
        self.send(&statements::TOMBSTONE_PUT, &params, entry)?;
        self.index(IndexChange::Remove { rid: stored.rid, module: module.name.clone() });
        Ok(())
    }

    /// Writes a record's row back with fewer parts or another flag, as erasure and restriction do; the values stay as they are, and with them the
    /// moment of their last change, from which a period may be counted.
    pub(crate) fn rewrite_row(&mut self, stored: &mut Stored, entry: &mut Entry) -> Result<()> {
        let old = stored.clone();
        stored.version += 1;
        stored.entry = i64::try_from(entry.seq()).unwrap_or(i64::MAX);
        self.write_row(stored, Some(&old), entry)?;
        Self::commit_to(entry, Some(stored));
        Ok(())
    }

    /// Makes the entry commit to the record's present state.
    pub(crate) fn commit_to(entry: &mut Entry, stored: Option<&Stored>) {
        let Some(stored) = stored else {
            entry.commits_to(None, Vec::new());
            return;
        };
        let row = row_digest(stored);
        let parts: Vec<(UnitId, [u8; 32])> =
            stored.parts.iter().map(|part| (part.unit_id, keys::sha256(&[&part.sealed]))).collect();
        entry.commits_to(Some(row), parts);
    }

    /// A record that was nobody's has become somebody's: what was sealed for it alone so far is that person's from now on.
    fn adopt(&mut self, record: i64, subject: i64, entry: &Entry) -> Result<()> {
        for unit in self.units_of_record(record)? {
            if unit.subject == 0 && unit.state == 0 {
                self.change(
                    &statements::UNIT_SUBJECT,
                    &[unit.rid.into(), subject.into(), self.commit_no().into()],
                    entry,
                )?;
                let now = covered::unit(subject, &unit.class, unit.record, unit.state);
                entry.covers(&covered::UNIT, unit.id.bytes(), Some(now));
            }
        }
        Ok(())
    }

    fn seal_part(
        &mut self,
        (id, version): (RecordId, i64),
        unit: &Unit,
        fields: &Map,
        before: Option<&Part>,
        values_before: Option<&Map>,
    ) -> Result<Part> {
        // A part that says the same under the same key stays as it is; its version says at which version it was sealed. Where a value
        // differs from the record's old one, it cannot say the same and is not opened again.
        let differs = values_before.is_some_and(|old| fields.iter().any(|(name, value)| old.get(name) != Some(value)));
        if let Some(before) = before.filter(|_| !differs) {
            let plain =
                unit.key.open(&before.sealed, &crate::seal::part_data(self.shared.tenant, id, before.version))?;
            let same = serde_json::from_slice::<Map>(&plain).is_ok_and(|map| map == *fields);
            if same {
                return Ok(before.clone());
            }
        }
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(fields).unwrap_or_default());
        let sealed = unit.key.seal(unit.id, &plain, &crate::seal::part_data(self.shared.tenant, id, version));
        Ok(Part { unit: unit.rid, unit_id: unit.id, class: String::new(), live: true, version, sealed })
    }

    fn write_row(&mut self, stored: &Stored, old: Option<&Stored>, entry: &Entry) -> Result<()> {
        let commit = self.commit_no();
        if old.is_some() {
            let params = [
                stored.rid.into(),
                stored.module.into(),
                stored.scope.into(),
                stored.version.into(),
                stored.subject.into(),
                stored.restricted.into(),
                stored.changed_at.0.into(),
                stored.entry.into(),
                stored.clear.as_str().into(),
                commit.into(),
            ];
            // It was read in this transaction, so it is there.
            self.send(&statements::RECORD_SET, &params, entry)?;
        } else {
            let params = [
                stored.rid.into(),
                stored.id.bytes().into(),
                stored.module.into(),
                stored.scope.into(),
                stored.version.into(),
                stored.subject.into(),
                stored.restricted.into(),
                stored.created_at.0.into(),
                stored.changed_at.0.into(),
                stored.entry.into(),
                stored.clear.as_str().into(),
                commit.into(),
            ];
            self.send(&statements::RECORD_PUT, &params, entry)?;
        }
        for part in old.iter().flat_map(|old| &old.parts) {
            if !stored.parts.iter().any(|kept| kept.unit == part.unit) {
                self.send(&statements::PART_DELETE, &[stored.rid.into(), part.unit.into()], entry)?;
            }
        }
        for part in &stored.parts {
            let unchanged = old.is_some_and(|old| {
                old.parts.iter().any(|before| before.unit == part.unit && before.version == part.version)
            });
            if !unchanged {
                let params = [
                    stored.rid.into(),
                    part.unit.into(),
                    part.version.into(),
                    part.sealed.as_slice().into(),
                    commit.into(),
                ];
                self.send(&statements::PART_PUT, &params, entry)?;
            }
        }
        Ok(())
    }

    /// The records that the link fields name, by row number. A target that is missing or of a wrong module is the field's error.
    /// With `own_links` so is a new one that the caller may not see: that it exists is not told either.
    fn links(
        &mut self,
        definition: &Definition,
        values: &Map,
        old: Option<&Map>,
        own_links: bool,
    ) -> Result<BTreeSet<(String, i64)>> {
        let mut links = BTreeSet::new();
        let mut errors = Vec::new();
        for field in definition.fields.iter().filter(|field| field.kind == FieldType::Link) {
            let Some(value) = values.get(&field.name) else { continue };
            let before: Vec<&str> =
                old.and_then(|old| old.get(&field.name)).map(|old| targets(old)).unwrap_or_default();
            for target in targets(value) {
                let Ok(id) = target.parse::<RecordId>() else { continue };
                let found = self.first(&statements::RECORD_RID, &[id.bytes().into()], |row| {
                    Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)? != 0))
                })?;
                let modules = self.shared.modules();
                let seen = |module: i64, scope: i64, restricted: bool| {
                    let name = modules.rows.get(&module).map(|row| row.name.as_str());
                    name.is_some_and(|name| self.caller.may_see(name, scope, restricted))
                };
                let found = found
                    .filter(|(_, module, scope, restricted)| {
                        !own_links || before.contains(&target) || seen(*module, *scope, *restricted)
                    })
                    .map(|(rid, module, _, _)| (rid, module));
                match found {
                    Some((rid, module))
                        if modules.rows.get(&module).is_some_and(|row| field.to.contains(&row.name)) =>
                    {
                        links.insert((field.name.clone(), rid));
                    }
                    // A link that was there stays, even if what it led to has been erased since: nobody is kept from changing the rest.
                    None if old.and_then(|old| old.get(&field.name)) == Some(value) => {}
                    Some(_) => errors.push(link_error(
                        &field.name,
                        "link_module",
                        "Dieser Datensatz gehört nicht hierher.",
                        "This record is of another kind.",
                    )),
                    None => errors.push(link_error(
                        &field.name,
                        "link_missing",
                        "Diesen Datensatz gibt es nicht.",
                        "There is no such record.",
                    )),
                }
            }
        }
        if errors.is_empty() { Ok(links) } else { Err(Error::Fields(errors)) }
    }

    fn write_links(&mut self, rid: i64, links: &BTreeSet<(String, i64)>, existing: bool, entry: &Entry) -> Result<()> {
        let mut before = BTreeSet::new();
        if existing {
            before = self
                .all(&LINKS_FROM, &[rid.into()], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))?
                .into_iter()
                .collect();
        }
        for (field, target) in before.difference(links) {
            self.send(&statements::LINK_DELETE, &[rid.into(), field.as_str().into(), (*target).into()], entry)?;
        }
        for (field, target) in links.difference(&before) {
            self.send(&statements::LINK_PUT, &[rid.into(), field.as_str().into(), (*target).into()], entry)?;
        }
        Ok(())
    }

    /// Seals old and new values of what changed, each under the unit whose data it is. When the record has become another person's, every
    /// value is sealed for the old owner as gone and for the new one as come, changed or not.
    fn journal_values(
        &mut self,
        entry: &mut Entry,
        owners: &mut Owners<'_>,
        mut owners_before: Option<&mut Owners<'_>>,
        row_unit: i64,
        old: Option<&Map>,
        new: &Map,
    ) -> Result<()> {
        let none = Map::new();
        let old = old.unwrap_or(&none);
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (before, after) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
            let sealed = owners.definition.field(name).filter(|field| field.protection.sealed());
            match (sealed, owners_before.as_deref_mut()) {
                (Some(field), Some(owners_before)) => {
                    let (class, of) = (field.class.clone(), field.of.clone());
                    if !before.is_null() {
                        let unit = owners_before.unit(self, &class, of.as_deref(), entry)?.rid;
                        entry.value(unit, name, before, &Value::Null);
                    }
                    if !after.is_null() {
                        let unit = owners.unit(self, &class, of.as_deref(), entry)?.rid;
                        entry.value(unit, name, &Value::Null, after);
                    }
                }
                (Some(field), None) if before != after => {
                    let (class, of) = (field.class.clone(), field.of.clone());
                    let unit = owners.unit(self, &class, of.as_deref(), entry)?.rid;
                    entry.value(unit, name, before, after);
                }
                (None, _) if before != after => entry.value(row_unit, name, before, after),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Resolves owners and units for the fields of one record.
struct Owners<'a> {
    definition: &'a Definition,
    values: &'a Map,
    subject: i64,
    rid: i64,
    /// The class that the module's own class has become in the record's present state.
    class_now: Option<String>,
    /// Units found so far by class and owning field: every field asks, and nothing that decides changes while one record is written.
    known: BTreeMap<(String, Option<String>), Unit>,
}

impl Owners<'_> {
    fn unit(&mut self, op: &mut Op<'_>, class: &str, of: Option<&str>, entry: &Entry) -> Result<Unit> {
        let asked = (class.to_owned(), of.map(str::to_owned));
        if let Some(unit) = self.known.get(&asked) {
            return Ok(unit.clone());
        }
        let unit = self.find(op, class, of, entry)?;
        self.known.insert(asked, unit.clone());
        Ok(unit)
    }

    fn find(&self, op: &mut Op<'_>, class: &str, of: Option<&str>, entry: &Entry) -> Result<Unit> {
        let subject = match of {
            Some(field) if Some(field) != self.definition.subject_link().map(|link| link.name.as_str()) => {
                op.subject_behind(self.values, field)?
            }
            _ => self.subject,
        };
        let modules = op.shared.modules();
        let per_record = |class: &str| modules.set.class(class).is_none_or(crate::module::DeletionClass::per_record);
        if !self.definition.may_be_personal() {
            return op.unit(0, class, 0, entry);
        }
        let record = |class: &str| if subject == 0 || per_record(class) { self.rid } else { 0 };
        match &self.class_now {
            Some(now) if class == self.definition.class && now != class => {
                // The record has changed its kind of data (an order became a voucher): its units change their class, their keys stay.
                let old = [subject.into(), class.into(), record(class).into()];
                let unit = op.first(&statements::UNIT_BY_OWNER, &old, |row| {
                    Ok((row.int(0)?, row.int(2)?, UnitId::from_slice(row.bytes(1)?).ok()))
                })?;
                if let Some((rid, 0, Some(id))) = unit
                    && record(class) == self.rid
                {
                    op.change(
                        &statements::UNIT_CLASS,
                        &[rid.into(), now.as_str().into(), op.commit_no().into()],
                        entry,
                    )?;
                    let changed = covered::unit(subject, now, self.rid, 0);
                    entry.covers(&covered::UNIT, id.bytes(), Some(changed));
                }
                op.unit(subject, now, record(now), entry)
            }
            _ => op.unit(subject, class, record(class), entry),
        }
    }
}

/// The records that a link's value names.
fn targets(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(id) => vec![id],
        _ => Vec::new(),
    }
}

fn link_error(field: &str, code: &'static str, de: &str, en: &str) -> FieldError {
    FieldError { field: field.to_owned(), code: code.to_owned(), message: Label::new(de, en) }
}

/// `LINKS_FROM`
pub const LINKS_FROM: crate::engine::Query = crate::engine::Query {
    name: "LINKS_FROM",
    sql: "SELECT field, target FROM link WHERE source = ?1 ORDER BY field, target",
};
