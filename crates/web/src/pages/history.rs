//! `GET /m/{module}/{id}/history`: what happened to a record, with old and new value and who; names are looked up when shown (F-080, X-24).
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::{Visit, id_of};
use crate::show::{self, Showing};
use crate::{format, who};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use records::Wanted;
use serde_json::Value;
use store::module::{Definition, Map};

/// Entries on a page.
const LIMIT: u32 = 50;

/// Of the record only what stands above the page is shown.
const HEAD: Wanted<'static> = Wanted { fields: Some(&[]), known: None };

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    page: Page,
    module: String,
    plural: String,
    id: String,
    record_title: String,
    entries: Vec<Entry>,
    older: Option<String>,
}

struct Entry {
    seq: String,
    at: String,
    actor: String,
    action: String,
    erased: bool,
    changes: Vec<Change>,
}

struct Change {
    label: String,
    old: Option<String>,
    new: Option<String>,
    masked: bool,
}

pub(crate) async fn show(visit: Visit, Path((module, id)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.query.only(&["before"])?;
    let id = id_of(&id)?;
    let before = visit
        .query
        .get("before")
        .map(|text| text.parse().map_err(|_| Failure::bad_request("bad_cursor", "before")))
        .transpose()?;
    let mut reader = visit.reader()?;
    let record = records::get_part(&mut reader, visit.caller(), &module, id, HEAD)?;
    let found = records::history(&mut reader, visit.caller(), &module, id, before, LIMIT)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let mut ids = Vec::new();
    for change in found.items.iter().flat_map(|entry| &entry.changes) {
        for value in [&change.old, &change.new].into_iter().flatten() {
            let one: Map = [(change.field.clone(), value.clone())].into_iter().collect();
            ids.extend(show::link_ids(definition, &one));
        }
    }
    let titles = records::titles(&mut reader, visit.caller(), &ids)?;
    let showing = Showing { words: visit.words, zone: visit.zone(), titles: &titles, modules: &modules.set };
    let mut entries = Vec::new();
    for entry in found.items {
        let actor = who::name_of(&mut reader, visit.caller(), &entry.actor, visit.words)?;
        let mut sorted = entry.changes;
        sorted.sort_by_key(|change| definition.fields.iter().position(|field| field.name == change.field));
        let changes = sorted.into_iter().map(|change| Change {
            label: label(&visit, definition, &change.field),
            old: change.old.map(|value| text(&visit, definition, &change.field, &value, showing)),
            new: change.new.map(|value| text(&visit, definition, &change.field, &value, showing)),
            masked: change.masked,
        });
        entries.push(Entry {
            seq: format::count(entry.seq, visit.words.english()),
            at: format::moment(entry.at, visit.zone(), visit.words.english()),
            actor,
            action: visit.words.known(&format!("action-{}", entry.action)).unwrap_or(entry.action),
            erased: entry.erased,
            changes: changes.collect(),
        });
    }
    let view = History {
        page: visit.page(format!("{} · {}", visit.words.say("history"), record.title)),
        plural: definition.plural.get(visit.lang()).to_owned(),
        record_title: record.title,
        entries,
        older: found.next.map(|next| format!("/m/{module}/{id}/history?before={next}")),
        id: id.to_string(),
        module,
    };
    Ok(html(&view))
}

fn label(visit: &Visit, definition: &Definition, field: &str) -> String {
    match definition.field(field) {
        Some(known) => known.label.get(visit.lang()).to_owned(),
        None if field == "state" => visit.words.say("state"),
        None => field.to_owned(),
    }
}

fn text(visit: &Visit, definition: &Definition, name: &str, value: &Value, showing: Showing<'_>) -> String {
    if let Some(field) = definition.field(name) {
        return show::plain(definition, field, value, showing);
    }
    let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let state = definition.state(&plain).filter(|_| name == "state");
    state.map_or(plain, |state| state.label.get(visit.lang()).to_owned())
}
