//! Lists, search and counts: from the index alone, never decrypting a record.
use base::{Access as Right, Permission, RecordId, Timestamp};
use serde_json::Value;
use std::collections::HashMap;
use store::index::{self, Cursor, Filter, Key, ListQuery, ListRow, SearchOrder, SearchQuery, Test};
use store::module::{Definition, FieldError, FieldType, Label, Map};
use store::{Caller, Error, Reader, Result};

/// What list is wanted.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// Module.
    pub module: String,
    /// Full text.
    pub q: Option<String>,
    /// Field, operator (`eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `prefix`, `empty`) and value as text.
    pub filters: Vec<(String, String, String)>,
    /// Fields with whether they fall.
    pub sort: Vec<(String, bool)>,
    /// Rows on a page; 0 is 50, at most 200.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListItem {
    /// Id.
    pub id: RecordId,
    /// Module.
    pub module: String,
    /// Version.
    pub version: i64,
    /// Title.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Whether it is restricted; only the privacy role sees such a row.
    pub restricted: bool,
    /// The list columns, `state` among them.
    pub values: Map,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// Rows.
    pub items: Vec<ListItem>,
    /// Give this as `after` for the next page.
    pub next: Option<String>,
}

/// Rows on a page unless the caller says otherwise.
pub const DEFAULT_LIMIT: u32 = 50;

/// A page of a module's records.
pub fn list(reader: &mut Reader, caller: &Caller, request: &ListRequest) -> Result<ListPage> {
    let query = query(reader, caller, request)?;
    let page = index::list(reader.index()?, &query)?;
    let modules = reader.tenant().modules();
    let definition = modules.set.get(&request.module);
    let items: Vec<ListItem> = page.rows.into_iter().map(|row| item(row, definition, caller)).collect();
    note(reader, caller, &items)?;
    Ok(ListPage { items, next: page.next.map(|cursor| cursor.as_text().to_owned()) })
}

/// How many records a request matches, up to the row budget: `(count, exact)`.
pub fn count(reader: &mut Reader, caller: &Caller, request: &ListRequest) -> Result<(u64, bool)> {
    let query = query(reader, caller, request)?;
    let counted = index::count(reader.index()?, &query, COUNT_CAP)?;
    Ok((counted.count, counted.exact))
}

/// A count stops here.
const COUNT_CAP: u64 = 1_000_000;

/// Full text over all modules that the caller may read, newest first.
pub fn search(reader: &mut Reader, caller: &Caller, text: &str, limit: u32) -> Result<Vec<ListItem>> {
    let modules = reader.tenant().modules();
    let readable: Vec<String> = modules
        .set
        .iter()
        .filter(|module| caller.grants.allows(&module.name, Right::Read))
        .map(|module| module.name.clone())
        .collect();
    let mut query = SearchQuery::new(readable, caller.grants.scopes.clone(), terms(caller, text));
    query.order = SearchOrder::Newest;
    query.limit = limit.clamp(1, index::MAX_LIMIT);
    query.row_budget = reader.tenant().row_budget();
    query.include_restricted = caller.grants.has(Permission::Privacy);
    if query.terms.is_empty() {
        return Ok(Vec::new());
    }
    let page = index::search(reader.index()?, &query)?;
    let items = page.rows.into_iter().map(|row| {
        let definition = modules.set.get(&row.module);
        item(row, definition, caller)
    });
    let items: Vec<ListItem> = items.collect();
    note(reader, caller, &items)?;
    Ok(items)
}

/// What a typed text asks for: in sensitive fields too only for whoever may read them, or a hit would tell what stands there.
fn terms(caller: &Caller, text: &str) -> Vec<store::text::Term> {
    let terms = store::text::query_terms(text);
    if caller.grants.has(Permission::ReadSensitive) { store::text::with_sensitive(terms) } else { terms }
}

/// Notes the rows whose list columns hold something sensitive.
pub(crate) fn note(reader: &Reader, caller: &Caller, items: &[ListItem]) -> Result<()> {
    let shared = reader.tenant();
    let modules = shared.modules();
    let reads = items.iter().filter_map(|item| {
        store::logs::sensitive_read(shared, caller, "list", modules.set.get(&item.module)?, item.id, &item.values)
    });
    let reads: Vec<_> = reads.collect();
    if reads.is_empty() { Ok(()) } else { shared.note_reads(reads) }
}

/// Module and title of records, for showing links. What the caller may not see is absent.
pub fn titles(reader: &mut Reader, caller: &Caller, ids: &[RecordId]) -> Result<HashMap<RecordId, (String, String)>> {
    let mut found = HashMap::new();
    for id in ids {
        let Some((rid, module)) =
            reader.first(&store::statements::RECORD_RID, &[id.bytes().into()], |row| Ok((row.int(0)?, row.int(1)?)))?
        else {
            continue;
        };
        let modules = reader.tenant().modules();
        let Some(name) = modules.rows.get(&module).map(|row| row.name.clone()) else { continue };
        if !caller.grants.allows(&name, Right::Read) {
            continue;
        }
        if let Some(index::ScopedRow { row, scope }) = index::row(reader.index()?, &name, rid)?
            && caller.grants.scopes.contains(&scope)
            && (!row.restricted || caller.grants.has(Permission::Privacy))
        {
            found.insert(*id, (name, row.title));
        }
    }
    Ok(found)
}

fn item(row: ListRow, definition: Option<&Definition>, caller: &Caller) -> ListItem {
    let mut values: Map = serde_json::from_str(&row.doc).unwrap_or_default();
    if let Some(definition) = definition {
        crate::view::mask(definition, &mut values, caller);
    }
    ListItem {
        id: row.id,
        module: row.module,
        version: row.version,
        title: row.title,
        created_at: row.created_at,
        changed_at: row.changed_at,
        restricted: row.restricted,
        values,
    }
}

fn query(reader: &Reader, caller: &Caller, request: &ListRequest) -> Result<ListQuery> {
    caller.needs_access(&request.module, Right::Read)?;
    let modules = reader.tenant().modules();
    let definition =
        modules.set.get(&request.module).ok_or_else(|| Error::not_found(format!("module {}", request.module)))?;
    let mut query = ListQuery::new(&request.module, caller.grants.scopes.clone());
    query.include_restricted =
        caller.grants.has(Permission::Privacy) && request.filters.iter().any(|(field, _, _)| field == "restricted");
    let mut errors = Vec::new();
    for (field, operator, value) in &request.filters {
        if field == "restricted" {
            continue;
        }
        match filter(definition, caller, field, operator, value) {
            Ok(filter) => query.filters.push(filter),
            Err(error) => errors.push(error),
        }
    }
    for (field, falling) in &request.sort {
        if matches!(field.as_str(), "title" | "created_at" | "changed_at") || sortable(definition, caller, field) {
            query.sort.push((field.clone(), *falling));
        } else {
            errors.push(refused(
                field,
                "not_sortable",
                "Nach diesem Feld kann nicht sortiert werden.",
                "This field cannot be sorted by.",
            ));
        }
    }
    if !errors.is_empty() {
        return Err(Error::Fields(errors));
    }
    if let Some(text) = request.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let terms = terms(caller, text);
        if terms.is_empty() {
            return Err(Error::Fields(vec![refused(
                "q",
                "no_words",
                "Die Suche enthält kein Wort.",
                "The search has no word.",
            )]));
        }
        query.text = Some(terms);
    }
    query.limit = if request.limit == 0 { DEFAULT_LIMIT } else { request.limit };
    query.row_budget = reader.tenant().row_budget();
    query.after = request.after.as_ref().map(|cursor| Cursor::from_text(cursor.clone()));
    Ok(query)
}

fn sortable(definition: &Definition, caller: &Caller, name: &str) -> bool {
    name == "state" && !definition.states.is_empty()
        || crate::view::may_see(definition, name, caller)
            && definition
                .field(name)
                .is_some_and(|field| field.indexed() && !field.many && field.kind != FieldType::Choices)
}

fn refused(field: &str, code: &str, de: &str, en: &str) -> FieldError {
    FieldError { field: field.to_owned(), code: code.to_owned(), message: Label::new(de, en) }
}

fn filter(
    definition: &Definition,
    caller: &Caller,
    name: &str,
    operator: &str,
    value: &str,
) -> Result<Filter, FieldError> {
    let not_filterable = || {
        refused(
            name,
            "not_filterable",
            "Nach diesem Feld kann nicht gefiltert werden.",
            "This field cannot be filtered by.",
        )
    };
    let kind = match name {
        "title" => FieldType::Text,
        "created_at" | "changed_at" => FieldType::DateTime,
        "state" if !definition.states.is_empty() => FieldType::Choice,
        _ => {
            let field = definition
                .field(name)
                .filter(|field| field.indexed() && crate::view::may_see(definition, name, caller));
            field.ok_or_else(not_filterable)?.kind
        }
    };
    let one = |text: &str| {
        key(kind, text.trim()).ok_or_else(|| {
            refused(name, "bad_value", "Dieser Wert passt nicht zum Feld.", "This value does not fit the field.")
        })
    };
    let text_like = matches!(kind, FieldType::Text | FieldType::LongText);
    let test = match operator {
        "eq" | "" if text_like => Test::Prefix(Key::text_caseless(value)),
        "eq" | "" => Test::Eq(one(value)?),
        "ne" => Test::Ne(one(value)?),
        "gt" => Test::Gt(one(value)?),
        "gte" => Test::Gte(one(value)?),
        "lt" => Test::Lt(one(value)?),
        "lte" => Test::Lte(one(value)?),
        "in" => Test::In(value.split(',').map(one).collect::<Result<_, _>>()?),
        "prefix" if text_like => Test::Prefix(Key::text_prefix(value)),
        "prefix" => Test::Prefix(one(value)?),
        "empty" => {
            if matches!(value, "true" | "1") {
                Test::IsNull
            } else {
                Test::NotNull
            }
        }
        _ => {
            return Err(refused(
                name,
                "unknown_operator",
                "Diesen Vergleich gibt es nicht.",
                "There is no such comparison.",
            ));
        }
    };
    Ok(Filter { column: name.to_owned(), test })
}

/// The key of a filter's value as typed: German and English dates and numbers are read as in a form.
fn key(kind: FieldType, text: &str) -> Option<Key> {
    let value = match kind {
        FieldType::Integer => Value::from(text.parse::<i64>().ok()?),
        FieldType::Boolean => Value::from(matches!(text, "true" | "1" | "ja" | "yes")),
        FieldType::Decimal | FieldType::Money => {
            return Key::number(text).or_else(|| Key::number(&text.replace('.', "").replace(',', ".")));
        }
        FieldType::DateTime => {
            let midnight = || text.parse::<base::Date>().ok().map(|date| format!("{date}T00:00:00Z"));
            let full = if text.len() == 10 { midnight()? } else { text.to_owned() };
            return base::Timestamp::try_from(full).ok().map(Key::moment);
        }
        FieldType::Date => {
            let parts: Vec<&str> = text.split('.').collect();
            match parts.as_slice() {
                [day, month, year] => Value::from(format!("{year:0>4}-{month:0>2}-{day:0>2}")),
                _ => Value::from(text),
            }
        }
        _ => Value::from(text),
    };
    store::index_row::key(kind, &value)
}
