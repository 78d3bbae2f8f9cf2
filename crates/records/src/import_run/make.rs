//! One row of an import in the writer: known already, known with other values, or made, with the records that it links to.
use super::Ready;
use crate::create::insert;
use crate::import::map::EXTERNAL_ID;
use crate::import::{LinkTarget, MappedRecord, Message, Reason, Reject};
use crate::view::visible;
use crate::write::options;
use base::RecordId;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use store::module::{Definition, FieldError, Map};
use store::rows::Access;
use store::{Error, Op, Result, UniqueValue};

/// What all rows of an import have in common.
pub(super) struct Common {
    pub origin: String,
    pub activity: String,
    pub dry_run: bool,
}

/// What came of a row.
pub(super) enum Outcome {
    /// Records were made in these modules.
    Made(Vec<String>),
    /// All of it was there already.
    Duplicate,
    /// Not taken.
    Rejected(Reject),
}

/// Rows that a dry run would have made, by their keys.
pub(super) type Seen = HashMap<UniqueValue, SeenRow>;

/// A row that a dry run would have made: its line, and a hash of each of its values by the field's place.
pub(super) struct SeenRow {
    line: u64,
    values: Vec<(u16, u64)>,
}

/// Why a row is not taken.
pub(super) enum Refused {
    /// The store refused.
    Store(Error),
    /// Fields of a module that cannot be taken.
    Fields(String, Vec<FieldError>),
    /// The key is that of another record (or of an earlier row of a dry run), which has other values in these fields.
    Same { module: String, record: Option<RecordId>, line: Option<u64>, fields: Vec<String> },
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// What a row came to, in sentences.
pub(super) fn outcome(op: &Op<'_>, ready: Ready, made: Result<Vec<String>, Refused>) -> Outcome {
    let Ready { line, raw, .. } = ready;
    match made {
        Ok(modules) if modules.is_empty() => Outcome::Duplicate,
        Ok(modules) => Outcome::Made(modules),
        Err(refused) => {
            let (reason, message) = explain(op, &refused);
            Outcome::Rejected(Reject::new(line, reason, message, raw))
        }
    }
}

fn explain(op: &Op<'_>, refused: &Refused) -> (Reason, Message) {
    let modules = op.tenant().modules();
    match refused {
        Refused::Fields(module, errors) => {
            let definition = modules.set.get(module);
            let join = |german: bool| {
                let one = |error: &FieldError| {
                    let message = if german { &error.message.de } else { &error.message.en };
                    format!("{}: {message}", shown(definition, &error.field, german))
                };
                errors.iter().map(one).collect::<Vec<_>>().join("; ")
            };
            let missing = errors.iter().all(|error| error.code.starts_with("required"));
            (if missing { Reason::Missing } else { Reason::Value }, Message::new(join(true), join(false)))
        }
        Refused::Same { module, record, line, fields } => {
            let definition = modules.set.get(module);
            let list = |german: bool| {
                fields.iter().map(|field| shown(definition, field, german)).collect::<Vec<_>>().join(", ")
            };
            let message = match (record, line) {
                (Some(id), _) => Message::new(
                    format!(
                        "Diesen Schlüssel hat schon der Datensatz {id}; er blieb, wie er ist. Abweichend: {}",
                        list(true)
                    ),
                    format!("the record {id} has this key already and was left as it is; different: {}", list(false)),
                ),
                (None, Some(line)) => Message::new(
                    format!("Denselben Schlüssel hat schon Zeile {line}. Abweichend: {}", list(true)),
                    format!("line {line} has the same key; different: {}", list(false)),
                ),
                (None, None) => Message::new(
                    "Diesen Schlüssel hat schon ein Datensatz, den Sie nicht sehen dürfen; er blieb, wie er ist",
                    "a record that you may not see has this key already and was left as it is",
                ),
            };
            (Reason::SameKey, message)
        }
        Refused::Store(Error::Input { message, .. }) => {
            (Reason::Value, Message::new(message.de.clone(), message.en.clone()))
        }
        Refused::Store(Error::Fields(errors)) => {
            let join = |german: bool| {
                let of = |error: &FieldError| if german { error.message.de.clone() } else { error.message.en.clone() };
                errors.iter().map(of).collect::<Vec<_>>().join("; ")
            };
            (Reason::Value, Message::new(join(true), join(false)))
        }
        Refused::Store(other) => {
            (Reason::Value, Message::new(format!("Das ließ sich nicht speichern ({other})"), other.to_string()))
        }
    }
}

/// A field as a person knows it: its label, which of several values it is, and the part of an address.
pub(super) fn shown(definition: Option<&Definition>, path: &str, german: bool) -> String {
    let (name, rest) = path.find(['[', '.']).map_or((path, ""), |at| path.split_at(at));
    let label = definition.and_then(|definition| definition.field(name)).map(|field| &field.label);
    let mut text =
        label.map_or_else(|| name.to_owned(), |label| label.get(if german { "de" } else { "en" }).to_owned());
    let (index, part) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((index, part)) => (index.parse::<usize>().unwrap_or(0), part),
        None => (0, rest),
    };
    if index > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, " {}", index + 1);
    }
    let part = part.trim_start_matches('.');
    if !part.is_empty() {
        let known = [
            ("street", "Straße", "street"),
            ("postal_code", "Postleitzahl", "postal code"),
            ("city", "Ort", "city"),
            ("region", "Region", "region"),
            ("country", "Land", "country"),
            ("extra", "Zusatz", "extra line"),
            ("text", "Text", "text"),
        ];
        let word = known.iter().find(|(name, ..)| *name == part).map(|(_, de, en)| if german { *de } else { *en });
        let _ = write!(text, " ({})", word.unwrap_or(part));
    }
    text
}

/// Makes the records of a row, all or none; gives their modules, none if all were in already.
pub(super) fn make(op: &mut Op<'_>, ready: &Ready, common: &Common, seen: &mut Seen) -> Result<Vec<String>, Refused> {
    let mut ids: Vec<Option<RecordId>> = Vec::with_capacity(ready.records.len());
    let mut made = Vec::new();
    let mut noted = Vec::new();
    for record in &ready.records {
        let key = row_key(record);
        let own = record.id.as_deref().map(|id| own(op, Some(&record.module), id)).transpose()?.flatten();
        let existing = own.map_or_else(|| known(op, &key), |id| Ok(Some(id)))?;
        if let Some(id) = existing {
            // Without a key of the source a row is known by its values, so they are the same.
            if own.is_some() || record.key.is_some() || record.id.is_some() {
                same(op, id, record, &ids)?;
            }
            ids.push(Some(id));
            continue;
        }
        if common.dry_run {
            let values = hashes(op, record)?;
            if let Some(earlier) = seen.get(&key) {
                let differing = differing(op, record, &values, &earlier.values);
                if !differing.is_empty() {
                    let (module, line) = (record.module.clone(), Some(earlier.line));
                    return Err(Refused::Same { module, record: None, line, fields: differing });
                }
                ids.push(None);
                continue;
            }
            noted.push((key.clone(), SeenRow { line: ready.line, values }));
        }
        let mut values = record.values.clone();
        for (field, target) in &record.links {
            if let Some(value) = link_value(op, field, target, &ids, common, seen, &mut made, &record.module)? {
                values.insert(field.clone(), value);
            }
        }
        provenance(op, &record.module, &mut values, common);
        let written = insert(op, &record.module, values, true).map_err(|error| of_module(error, &record.module))?;
        op.remember_external(&key, &written)?;
        if common.dry_run
            && let Some(key) = &record.key
        {
            noted.push((key_of(&record.module, EXTERNAL_ID, key), SeenRow { line: ready.line, values: Vec::new() }));
        }
        ids.push(Some(written.stored.id));
        made.push(record.module.clone());
    }
    for (key, row) in noted {
        seen.entry(key).or_insert(row);
    }
    Ok(made)
}

fn of_module(error: Error, module: &str) -> Refused {
    match error {
        Error::Fields(errors) => Refused::Fields(module.to_owned(), errors),
        other => Refused::Store(other),
    }
}

/// Compares what the row has with the record that has its key: only what the row says can differ. The record stays as it is.
fn same(op: &mut Op<'_>, id: RecordId, record: &MappedRecord, ids: &[Option<RecordId>]) -> Result<(), Refused> {
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(&record.module) else { return Ok(()) };
    let wanted = normalised(op, definition, record)?;
    let Some(opened) = op.opened(id)? else { return Ok(()) };
    let mut fields: Vec<String> = wanted
        .iter()
        .filter(|(name, value)| opened.values.get(*name) != Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for (field, target) in &record.links {
        let present = opened.values.get(field);
        let leads = match target {
            LinkTarget::Row(place) => ids.get(*place).copied().flatten().map(|id| vec![id]),
            LinkTarget::Stored { module, by, value, id, .. } => found(op, module, by, value, id.as_deref())?,
        };
        let leads: Option<Vec<String>> = leads.map(|all| all.iter().map(ToString::to_string).collect());
        let equal = leads.is_some_and(|leads| match present {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).eq(leads.iter().map(String::as_str)),
            Some(Value::String(id)) => leads.iter().eq([id]),
            _ => false,
        });
        if !equal {
            fields.push(field.clone());
        }
    }
    if fields.is_empty() {
        return Ok(());
    }
    let seen = visible(opened.stored.scope, opened.stored.restricted, op.caller());
    Err(Refused::Same { module: record.module.clone(), record: seen.then_some(id), line: None, fields })
}

/// The values that the row gives, as they would be stored; without defaults.
fn normalised(op: &Op<'_>, definition: &Definition, record: &MappedRecord) -> Result<Map, Refused> {
    let mut input = record.values.clone();
    let state = input.remove("state").filter(|state| !state.is_null());
    let mut wanted = definition
        .normalise(&input, &options(op, false, true))
        .map_err(|errors| Refused::Fields(definition.name.clone(), errors))?;
    wanted.retain(|name, _| input.contains_key(name));
    if let Some(state) = state {
        wanted.insert("state".into(), state);
    }
    Ok(wanted)
}

/// A hash of each value of a row, so that a dry run of a large file fits into memory.
fn hashes(op: &Op<'_>, record: &MappedRecord) -> Result<Vec<(u16, u64)>, Refused> {
    if record.key.is_none() && record.id.is_none() {
        return Ok(Vec::new());
    }
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(&record.module) else { return Ok(Vec::new()) };
    let wanted = normalised(op, definition, record)?;
    let hash = |value: &Value| {
        let mut hasher = DefaultHasher::new();
        value.to_string().hash(&mut hasher);
        hasher.finish()
    };
    let place = |name: &str| definition.fields.iter().position(|field| field.name == name);
    let place = |name: &str| place(name).and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX);
    Ok(wanted.iter().map(|(name, value)| (place(name), hash(value))).collect())
}

fn differing(op: &Op<'_>, record: &MappedRecord, values: &[(u16, u64)], earlier: &[(u16, u64)]) -> Vec<String> {
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(&record.module) else { return Vec::new() };
    let name = |at: u16| definition.fields.get(usize::from(at)).map_or("state", |field| field.name.as_str()).to_owned();
    values.iter().filter(|value| !earlier.contains(value)).map(|(at, _)| name(*at)).collect()
}

/// Every record of a person says where it is from and what it is for; what the row itself says goes first.
fn provenance(op: &Op<'_>, module: &str, values: &mut Map, common: &Common) {
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(module) else { return };
    for (name, value) in [("origin", &common.origin), ("activity", &common.activity)] {
        if definition.field(name).is_some() {
            values.entry(name).or_insert_with(|| value.as_str().into());
        }
    }
}

/// By what a row is known: the source's key, else the id that an export of this program gave it, else its values.
fn row_key(record: &MappedRecord) -> UniqueValue {
    match (&record.key, &record.id) {
        (Some(key), _) => key_of(&record.module, EXTERNAL_ID, key),
        (None, Some(id)) => id_key(id),
        (None, None) => key_of(&record.module, "row", &Value::Object(record.values.clone()).to_string()),
    }
}

fn key_of(module: &str, by: &str, value: &str) -> UniqueValue {
    let value = if by == EXTERNAL_ID || by == "row" { value.to_owned() } else { store::text::fold(value) };
    UniqueValue::new(&format!("import.{module}.{by}"), &value)
}

/// The key of a record that came with the id of another business; ids are random, so the module does not matter.
fn id_key(id: &str) -> UniqueValue {
    UniqueValue::new("import.id", id.trim())
}

fn known(op: &mut Op<'_>, key: &UniqueValue) -> Result<Option<RecordId>> {
    let rid = op.external(key)?;
    let Some(rid) = rid else { return Ok(None) };
    Ok(op.stored_rid(rid)?.map(|stored| stored.id))
}

/// The record of this business that has that id: as text, or as `urn:uuid:…` on an address card.
fn own(op: &mut Op<'_>, module: Option<&str>, text: &str) -> Result<Option<RecordId>> {
    let Some(id) = text.trim().parse::<RecordId>().ok().or_else(|| crate::import::vcard::id_of_urn(text)) else {
        return Ok(None);
    };
    let Some(stored) = op.stored(id)? else { return Ok(None) };
    let modules = op.tenant().modules();
    let right = modules.rows.get(&stored.module).is_some_and(|row| {
        module.is_none_or(|module| row.name == module)
            && op.caller().may_see(&row.name, stored.scope, stored.restricted)
    });
    Ok(right.then_some(id))
}

/// A link leads only to what the caller may see; that there is something else is not told either.
fn if_visible(op: &mut Op<'_>, id: Option<RecordId>) -> Result<Option<RecordId>> {
    let Some(id) = id else { return Ok(None) };
    let Some(stored) = op.stored(id)? else { return Ok(None) };
    let modules = op.tenant().modules();
    let seen = modules
        .rows
        .get(&stored.module)
        .is_some_and(|row| op.caller().may_see(&row.name, stored.scope, stored.restricted));
    Ok(seen.then_some(id))
}

/// The value of a link; `None` where the row of this file that it leads to was not made, or a dry run would have made it.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one link of one row; a struct for a single caller would hide them"
)]
fn link_value(
    op: &mut Op<'_>,
    field: &str,
    target: &LinkTarget,
    ids: &[Option<RecordId>],
    common: &Common,
    seen: &Seen,
    made: &mut Vec<String>,
    of: &str,
) -> Result<Option<Value>, Refused> {
    let LinkTarget::Stored { module, by, value, create, id } = target else {
        let LinkTarget::Row(place) = target else { return Ok(None) };
        return Ok(ids.get(*place).copied().flatten().map(|id| id.to_string().into()));
    };
    if let Some(all) = found(op, module, by, value, id.as_deref())? {
        return Ok(match all.as_slice() {
            [one] => Some(one.to_string().into()),
            several => Some(several.iter().map(|id| Value::from(id.to_string())).collect()),
        });
    }
    let key = key_of(module, by, value);
    if !create {
        let would_be = common.dry_run
            && (seen.contains_key(&key) || id.as_deref().is_some_and(|id| seen.contains_key(&id_key(id))));
        return if would_be {
            Ok(None)
        } else {
            Err(Refused::Fields(of.to_owned(), vec![missing_link(field, module)]))
        };
    }
    let mut values = Map::new();
    values.insert(by.clone(), value.as_str().into());
    provenance(op, module, &mut values, common);
    let written = insert(op, module, values, true).map_err(|error| of_module(error, module))?;
    op.remember_external(&key, &written)?;
    made.push(module.clone());
    Ok(Some(written.stored.id.to_string().into()))
}

/// The records that a link leads to, if they are there: by the ids of an export of this program, else by a field's value.
fn found(op: &mut Op<'_>, module: &str, by: &str, value: &str, id: Option<&str>) -> Result<Option<Vec<RecordId>>> {
    if let Some(ids) = id {
        let mut all = Vec::new();
        for id in ids.split(';').map(str::trim).filter(|id| !id.is_empty()) {
            let found = match own(op, None, id)? {
                Some(id) => Some(id),
                None => known(op, &id_key(id))?,
            };
            all.extend(if_visible(op, found)?);
        }
        if !all.is_empty() && all.len() == ids.split(';').filter(|id| !id.trim().is_empty()).count() {
            return Ok(Some(all));
        }
    }
    let known = known(op, &key_of(module, by, value))?;
    if let Some(id) = if_visible(op, known)? {
        return Ok(Some(vec![id]));
    }
    Ok(stored_before(op, module, by, value)?.map(|id| vec![id]))
}

/// A record that was there before any import: by the index, which knows what was committed.
fn stored_before(op: &mut Op<'_>, module: &str, by: &str, value: &str) -> Result<Option<RecordId>> {
    let modules = op.tenant().modules();
    let Some(definition) = modules.set.get(module) else { return Ok(None) };
    let caller = op.caller();
    if !caller.grants.allows(module, base::Access::Read) || !crate::view::may_see(definition, by, caller) {
        return Ok(None);
    }
    let Some(field) = definition.field(by).filter(|field| field.indexed()) else { return Ok(None) };
    let Some(key) = store::index_row::key(field.kind, &Value::from(value)) else { return Ok(None) };
    let mut query = store::index::ListQuery::new(module, op.caller().grants.scopes.clone());
    query.filters.push(store::index::Filter { column: by.to_owned(), test: store::index::Test::Eq(key) });
    query.limit = 1;
    let mut reader = op.tenant().reader()?;
    let page = store::index::list(reader.index()?, &query)?;
    Ok(page.rows.into_iter().next().map(|row| row.id))
}

fn missing_link(field: &str, module: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code: "link_missing".into(),
        message: store::module::Label::new(
            format!("In „{module}“ gibt es den Datensatz nicht, auf den diese Zeile verweist."),
            format!("The record of “{module}” that this row names does not exist."),
        ),
    }
}
