//! From a record to its row in the index, and back to a full index when it is behind or gone.
use crate::engine;
use crate::index::{Column, ColumnKind, Index, IndexChange, IndexRow, Key, ModuleColumns, Position};
use crate::journal::Body;
use crate::module::{Definition, Field, FieldType, Map};
use crate::rows::{Access, Stored};
use crate::shared::{ActiveModules, Shared};
use crate::{Error, Result, statements};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Records whose rows are made in one go when the index is rebuilt.
const REBUILD_BATCH: i64 = 2_000;

fn column_kind(field: &Field) -> Option<ColumnKind> {
    Some(match field.kind {
        FieldType::Text | FieldType::LongText => ColumnKind::Text,
        FieldType::Email | FieldType::Phone | FieldType::Url | FieldType::Identifier | FieldType::Link => {
            ColumnKind::Exact
        }
        FieldType::Choice | FieldType::Choices | FieldType::Country => ColumnKind::Choice,
        FieldType::Integer | FieldType::Decimal | FieldType::Money => ColumnKind::Number,
        FieldType::Date => ColumnKind::Date,
        FieldType::DateTime => ColumnKind::Moment,
        FieldType::Boolean => ColumnKind::Boolean,
        FieldType::Address => return None, // found by full text; there is no order of addresses
    })
}

/// The sortable and filterable columns of a module.
pub fn columns(definition: &Definition) -> ModuleColumns {
    let of = |field: &Field| {
        let many = field.many || field.kind == FieldType::Choices;
        column_kind(field).map(|kind| Column { name: field.name.clone(), kind, many })
    };
    let mut columns: Vec<Column> = definition.fields.iter().filter(|field| field.indexed()).filter_map(of).collect();
    if !definition.states.is_empty() {
        columns.push(Column { name: "state".into(), kind: ColumnKind::Choice, many: false });
    }
    ModuleColumns { module: definition.name.clone(), columns }
}

/// The key of one value as a column of that kind holds it; `None` if it has none.
pub fn key(kind: FieldType, value: &Value) -> Option<Key> {
    let inner = value.get("value").filter(|_| kind != FieldType::Money).unwrap_or(value);
    match kind {
        FieldType::Text | FieldType::LongText => inner.as_str().map(Key::text),
        FieldType::Phone => inner.as_str().map(|text| Key::exact(&crate::module::phone_digits(text))),
        FieldType::Email
        | FieldType::Url
        | FieldType::Identifier
        | FieldType::Link
        | FieldType::Choice
        | FieldType::Choices
        | FieldType::Country => inner.as_str().map(Key::exact),
        FieldType::Integer => inner.as_i64().map(Key::integer),
        FieldType::Decimal => inner.as_str().and_then(Key::number),
        FieldType::Money => value.get("amount").and_then(Value::as_str).and_then(Key::number),
        FieldType::Date => inner.as_str().and_then(|text| text.parse().ok()).map(Key::date),
        FieldType::DateTime => {
            inner.as_str().and_then(|text| base::Timestamp::try_from(text.to_owned()).ok()).map(Key::moment)
        }
        FieldType::Boolean => inner.as_bool().map(Key::boolean),
        FieldType::Address => None,
    }
}

/// What the index is to be told once the change is committed. Rows of records are made by the index's thread, beside the writer.
pub(crate) enum Listed {
    /// Ready to be applied.
    Change(IndexChange),
    /// A record that was written.
    Record(Box<ListedRecord>),
}

/// A record that was written: what its row is made of.
pub(crate) struct ListedRecord {
    /// The tenant's modules at that time.
    pub modules: Arc<ActiveModules>,
    /// Name of its module.
    pub module: String,
    /// Number, id, times and flags.
    pub head: Head,
    /// All its values.
    pub values: Arc<Map>,
}

/// What a row of the index takes from the record's clear row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    rid: i64,
    id: base::RecordId,
    scope: i64,
    restricted: bool,
    version: i64,
    created_at: base::Timestamp,
    changed_at: base::Timestamp,
}

impl From<&Stored> for Head {
    fn from(stored: &Stored) -> Self {
        Self {
            rid: stored.rid,
            id: stored.id,
            scope: stored.scope,
            restricted: stored.restricted,
            version: stored.version,
            created_at: stored.created_at,
            changed_at: stored.changed_at,
        }
    }
}

/// Makes the rows. A record whose module is not active is in no list.
pub(crate) fn changes(listed: Vec<Listed>) -> Vec<IndexChange> {
    let change = |listed| match listed {
        Listed::Change(change) => Some(change),
        Listed::Record(record) => {
            let definition = record.modules.set.get(&record.module)?;
            Some(IndexChange::Put(index_row(definition, record.head, &record.values)))
        }
    };
    listed.into_iter().filter_map(change).collect()
}

/// The row that lists and search see of a record.
fn index_row(definition: &Definition, stored: Head, values: &Map) -> IndexRow {
    let mut keys = Vec::new();
    let mut doc = Map::new();
    for field in definition.fields.iter().filter(|field| field.indexed()) {
        let Some(value) = values.get(&field.name) else { continue };
        if field.list {
            doc.insert(field.name.clone(), value.clone());
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        keys.extend(items.iter().filter_map(|item| key(field.kind, item)).map(|key| (field.name.clone(), key)));
    }
    if let Some(state) = values.get("state").and_then(Value::as_str) {
        doc.insert("state".into(), state.into());
        keys.push(("state".into(), Key::exact(state)));
    }
    let title = definition.title(values, &|_| None);
    let (mut text, mut hidden) = (title.clone(), String::new());
    for (field, words) in definition.plain_text(values) {
        let text = if definition.is_sensitive(&field) { &mut hidden } else { &mut text };
        text.push('\n');
        text.push_str(&words);
    }
    let mut tokens = crate::text::index_tokens(&text);
    let hidden = crate::text::sensitive_tokens(&hidden);
    if !tokens.is_empty() && !hidden.is_empty() {
        tokens.push(' ');
    }
    tokens.push_str(&hidden);
    IndexRow {
        rid: stored.rid,
        id: stored.id,
        module: definition.name.clone(),
        scope: stored.scope,
        restricted: stored.restricted,
        version: stored.version,
        title,
        created_at: stored.created_at,
        changed_at: stored.changed_at,
        doc: Value::Object(doc).to_string(),
        keys,
        tokens,
    }
}

/// Makes the tables of every active module. An index whose columns changed is emptied, so that it is rebuilt.
pub(crate) fn ensure_modules(index: &mut Index, modules: &ActiveModules) -> Result<()> {
    let mut stale = false;
    for definition in modules.set.iter() {
        stale |= index.ensure_module(&columns(definition))? == crate::index::Ensured::Reindex;
    }
    if stale {
        index.clear()?;
        for definition in modules.set.iter() {
            index.ensure_module(&columns(definition))?;
        }
    }
    Ok(())
}

/// Brings the index to the journal's position: from the entries that it lacks, or from all records if it is empty.
pub(crate) fn catch_up(shared: &Arc<Shared>, index: &mut Index, size: i64) -> Result<()> {
    let position = index.position()?.0;
    if position == size {
        return Ok(());
    }
    if position == 0 || position > size {
        tracing::info!(tenant = %shared.tenant, "the index is rebuilt from the records");
        return rebuild(shared, index, size);
    }
    let mut reader = shared.reader()?;
    let mut touched: BTreeSet<(i64, String)> = BTreeSet::new();
    let damaged = || Error::damaged("records.db", "a journal entry cannot be read");
    let mut purged = false;
    reader.query(&statements::ENTRIES_FROM, &[position.into(), size.into()], &mut |row| {
        purged |= row.opt_bytes(1)?.is_none();
        let record = row.int(3)?;
        if record != 0 {
            let body = Body::decode(row.opt_bytes(1)?.ok_or_else(damaged)?)?;
            touched.extend(body.module.map(|(name, _)| (record, name)));
        }
        Ok(true)
    })?;
    if purged {
        // The index is older than entries that have lost what they said: which records they were about is not known any more.
        drop(reader);
        return rebuild(shared, index, size);
    }
    let mut changes = Vec::new();
    for (rid, module) in touched {
        match reader.stored_rid(rid)? {
            Some(stored) => changes.extend(change_of(&mut reader, stored)?),
            None => changes.push(IndexChange::Remove { rid, module }),
        }
    }
    index.apply(&changes, Position(size))?;
    Ok(())
}

/// Throws the index away and makes it anew from the records.
pub(crate) fn rebuild(shared: &Arc<Shared>, index: &mut Index, size: i64) -> Result<()> {
    index.clear()?;
    for definition in shared.modules().set.iter() {
        index.ensure_module(&columns(definition))?;
    }
    let mut reader = shared.reader()?;
    let last = engine_max(&mut reader)?;
    let mut from = 1;
    while from <= last {
        let mut changes = Vec::new();
        for stored in reader.stored_range(from, from + REBUILD_BATCH)? {
            changes.extend(change_of(&mut reader, stored)?);
        }
        // The position moves only with the last batch: a rebuild that is cut short begins again.
        index.apply(&changes, Position(0))?;
        from += REBUILD_BATCH;
    }
    index.apply(&[], Position(size))?;
    Ok(())
}

fn engine_max(reader: &mut crate::shared::Reader) -> Result<i64> {
    Ok(reader.first(&statements::MAX_RECORD, &[], |row: &dyn engine::Row| row.int(0))?.unwrap_or(0))
}

fn change_of(reader: &mut crate::shared::Reader, stored: Stored) -> Result<Option<IndexChange>> {
    let shared = Arc::clone(reader.tenant());
    let modules = shared.modules();
    let Some(definition) = modules.rows.get(&stored.module).and_then(|row| modules.set.get(&row.name)) else {
        return Ok(None);
    };
    let opened = reader.open(stored)?;
    Ok(Some(IndexChange::Put(index_row(definition, Head::from(&opened.stored), &opened.values))))
}
