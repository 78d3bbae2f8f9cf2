//! `GET /m/{module}`: a page of a module's records, searched, filtered and sorted; from the index alone.
use crate::fail::Failure;
use crate::form::Choice;
use crate::format;
use crate::layout::{Page, html};
use crate::list::{self, Asked};
use crate::pages::{Visit, see};
use crate::show::{self, Showing};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::Access;
use serde_json::Value;
use store::module::{Definition, Field, FieldType, Protection};

/// With more columns than this, empty ones are left out.
const MANY_COLUMNS: usize = 4;

#[derive(Template)]
#[expect(clippy::struct_excessive_bools, reason = "the template asks each of these")]
#[template(path = "list.html")]
struct List {
    page: Page,
    module: String,
    one: String,
    write: bool,
    q: String,
    filters: Vec<FilterInput>,
    has_ranges: bool,
    ranges_open: bool,
    filtered: bool,
    sort: String,
    problem: Option<String>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    total: Option<String>,
    count_href: String,
}

struct FilterInput {
    name: String,
    param: String,
    label: String,
    range: bool,
    kind: &'static str,
    from: String,
    to: String,
    options: Vec<Choice>,
}

struct Column {
    name: String,
    label: String,
    number: bool,
    sorted: Option<&'static str>,
    sort_href: Option<String>,
}

struct Row {
    id: String,
    title: String,
    restricted: bool,
    cells: Vec<Cell>,
}

struct Cell {
    label: String,
    text: String,
    /// Values beyond the shown one.
    more: usize,
    number: bool,
    badge: bool,
}

pub(crate) async fn show(visit: Visit, Path(module): Path<String>) -> Result<Response, Failure> {
    let mut given = visit.query.clone();
    given.0.retain(|(name, _)| name != "done");
    if given.0.iter().any(|(_, value)| value.trim().is_empty()) {
        // A form sends its empty inputs along; without them the address can be kept and sent to somebody.
        let asked = list::read(&module, &given, true)?;
        return Ok(see(&format!("/m/{module}{}", list::write(&asked, None, None, asked.count))));
    }
    let asked = list::read(&module, &given, true)?;
    visit.caller().needs_access(&module, Access::Read)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let lang = visit.lang();
    let mut reader = visit.reader()?;
    // A search that the index cannot answer is said above the list, whose filters help.
    let (found, problem) = match records::list(&mut reader, visit.caller(), &asked.request) {
        Ok(page) => (page, None),
        Err(error) => {
            let failure = Failure::from(error);
            if failure.status != axum::http::StatusCode::UNPROCESSABLE_ENTITY {
                return Err(failure);
            }
            let messages: Vec<String> = failure.errors.iter().map(|error| error.message.get(lang).to_owned()).collect();
            let text = if messages.is_empty() {
                failure.detail(visit.words).unwrap_or_else(|| failure.title(visit.words))
            } else {
                messages.join(" ")
            };
            (records::ListPage { items: Vec::new(), next: None }, Some(text))
        }
    };
    let total = if asked.count && problem.is_none() {
        let (count, exact) = records::count(&mut reader, visit.caller(), &asked.request)?;
        let text = visit.words.say1("count-records", "n", i64::try_from(count).unwrap_or(i64::MAX));
        Some(if exact { text } else { format!("≥ {text}") })
    } else {
        None
    };
    let mut columns: Vec<&Field> = definition.fields.iter().filter(|field| field.list && seen(&visit, field)).collect();
    if columns.len() > MANY_COLUMNS {
        // Room for what there is: a column that nothing on this page has a value for is left out, unless the list is sorted by it.
        let sorted = |field: &Field| asked.request.sort.iter().any(|(name, _)| *name == field.name);
        columns.retain(|field| sorted(field) || found.items.iter().any(|item| item.values.contains_key(&field.name)));
    }
    let ids: Vec<_> = found.items.iter().flat_map(|item| show::link_ids(definition, &item.values)).collect();
    let titles = records::titles(&mut reader, visit.caller(), &ids)?;
    let showing = Showing { words: visit.words, zone: visit.zone(), titles: &titles, modules: &modules.set };
    let rows = found.items.into_iter().map(|item| Row {
        id: item.id.to_string(),
        title: item.title.clone(),
        restricted: item.restricted,
        cells: cells(&visit, definition, &columns, &item, showing),
    });
    let rows: Vec<Row> = rows.collect();
    let filters = filters(&visit, definition, &asked);
    let page = visit.page(definition.plural.get(lang));
    let base = format!("/m/{module}");
    let paged = asked.request.after.is_some();
    let view = List {
        page,
        one: definition.label.get(lang).to_owned(),
        write: visit.caller().grants.allows(&module, Access::Write),
        q: asked.request.q.clone().unwrap_or_default(),
        has_ranges: filters.iter().any(|filter| filter.range),
        ranges_open: filters.iter().any(|filter| filter.range && !(filter.from.is_empty() && filter.to.is_empty())),
        filters,
        filtered: asked.request.q.is_some() || !asked.request.filters.is_empty(),
        sort: list::sort_text(&asked.request.sort),
        problem,
        columns: heads(&visit, definition, &columns, &asked, &base),
        rows,
        first: paged.then(|| format!("{base}{}", list::write(&asked, None, None, asked.count))),
        next: found.next.map(|next| format!("{base}{}", list::write(&asked, None, Some(&next), asked.count))),
        total,
        count_href: format!("{base}{}", list::write(&asked, None, asked.request.after.as_deref(), true)),
        module,
    };
    Ok(html(&view))
}

fn seen(visit: &Visit, field: &Field) -> bool {
    field.protection != Protection::Sensitive || visit.caller().grants.has(base::Permission::ReadSensitive)
}

fn is_number(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldType::Integer | FieldType::Decimal | FieldType::Money | FieldType::Date | FieldType::DateTime
    ) && !field.many
}

fn cells(
    visit: &Visit,
    definition: &Definition,
    columns: &[&Field],
    item: &records::ListItem,
    showing: Showing<'_>,
) -> Vec<Cell> {
    let lang = visit.lang();
    let mut cells = Vec::new();
    if !definition.states.is_empty() {
        let name = item.values.get("state").and_then(Value::as_str).unwrap_or_default();
        let text = definition.state(name).map_or(name, |state| state.label.get(lang)).to_owned();
        cells.push(Cell { label: visit.words.say("state"), text, more: 0, number: false, badge: true });
    }
    for field in columns {
        let value = item.values.get(&field.name);
        // Of several values the first one stands for all; the record has the others.
        let (value, more) = match value {
            Some(Value::Array(items)) if field.many => (items.first(), items.len().saturating_sub(1)),
            value => (value, 0),
        };
        let bare = value.map(|value| value.get("value").unwrap_or(value));
        let text = bare.map(|value| show::plain(definition, field, value, showing)).unwrap_or_default();
        let badge = field.kind == FieldType::Choice;
        cells.push(Cell { label: field.label.get(lang).to_owned(), text, more, number: is_number(field), badge });
    }
    let changed = format::date(base::date_in(item.changed_at, visit.zone()), visit.words.english());
    cells.push(Cell { label: visit.words.say("changed"), text: changed, more: 0, number: true, badge: false });
    cells
}

/// The heads of the columns: a click sorts by one, another turns it round; filters stay.
fn heads(visit: &Visit, definition: &Definition, columns: &[&Field], asked: &Asked, base: &str) -> Vec<Column> {
    let present = asked.request.sort.first();
    let head = |name: &str, label: String, number: bool, sortable: bool| {
        let falling = present.filter(|(field, _)| field == name).map(|(_, falling)| *falling);
        let next = if falling == Some(false) { format!("-{name}") } else { name.to_owned() };
        Column {
            name: name.to_owned(),
            label,
            number,
            sorted: falling.map(|falling| if falling { "descending" } else { "ascending" }),
            sort_href: sortable.then(|| format!("{base}{}", list::write(asked, Some(&next), None, asked.count))),
        }
    };
    let mut heads = vec![head("title", visit.words.say("title"), false, true)];
    if !definition.states.is_empty() {
        heads.push(head("state", visit.words.say("state"), false, true));
    }
    for field in columns {
        let sortable = field.indexed()
            && !field.many
            && !matches!(field.kind, FieldType::Choices | FieldType::Address | FieldType::Link);
        heads.push(head(&field.name, field.label.get(visit.lang()).to_owned(), is_number(field), sortable));
    }
    heads.push(head("changed_at", visit.words.say("changed"), true, true));
    heads
}

/// The inputs of the filter bar: choices to choose from, dates and numbers from and until.
fn filters(visit: &Visit, definition: &Definition, asked: &Asked) -> Vec<FilterInput> {
    let lang = visit.lang();
    let value = |field: &str, operator: &str| {
        let found = asked.request.filters.iter().find(|(name, op, _)| name == field && op == operator);
        found.map(|(_, _, value)| value.clone()).unwrap_or_default()
    };
    let choice = |name: &str, label: String, choices: Vec<(String, String)>| {
        let chosen = value(name, "eq");
        let mut options = vec![Choice { key: String::new(), label: visit.words.say("all"), chosen: chosen.is_empty() }];
        options.extend(choices.into_iter().map(|(key, label)| Choice { chosen: key == chosen, key, label }));
        let param = format!("filter[{name}]");
        FilterInput {
            name: name.to_owned(),
            param,
            label,
            range: false,
            kind: "",
            from: String::new(),
            to: String::new(),
            options,
        }
    };
    let mut inputs = Vec::new();
    if !definition.states.is_empty() {
        let states =
            definition.states.iter().map(|state| (state.name.clone(), state.label.get(lang).to_owned())).collect();
        inputs.push(choice("state", visit.words.say("state"), states));
    }
    for field in definition.fields.iter().filter(|field| field.indexed() && seen(visit, field)) {
        let label = field.label.get(lang).to_owned();
        match field.kind {
            FieldType::Choice | FieldType::Choices => {
                let choices =
                    field.choices.iter().map(|choice| (choice.key.clone(), choice.label.get(lang).to_owned()));
                inputs.push(choice(&field.name, label, choices.collect()));
            }
            FieldType::Boolean => {
                let answers =
                    vec![("true".to_owned(), visit.words.say("yes")), ("false".to_owned(), visit.words.say("no"))];
                inputs.push(choice(&field.name, label, answers));
            }
            FieldType::Date | FieldType::Integer | FieldType::Decimal | FieldType::Money => inputs.push(FilterInput {
                name: field.name.clone(),
                param: format!("filter[{}]", field.name),
                label,
                range: true,
                kind: if field.kind == FieldType::Date { "date" } else { "text" },
                from: value(&field.name, "gte"),
                to: value(&field.name, "lte"),
                options: Vec::new(),
            }),
            _ => {}
        }
    }
    inputs
}
