//! `GET /m/{module}/{id}`: one record: what it says, what it belongs together with, and why it is kept until when.
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::find::Item;
use crate::pages::{Visit, correction, id_of};
use crate::show::{self, Fact, Piece, Showing};
use crate::{format, keep};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::{Access, Permission};
use records::RecordView;
use store::module::{Definition, Subject};

/// Records shown of one group of backlinks.
const GROUP: usize = 10;

#[derive(Template)]
#[expect(clippy::struct_excessive_bools, reason = "the template asks each of these")]
#[template(path = "record.html")]
struct Record {
    page: Page,
    module: String,
    plural: String,
    id: String,
    version: i64,
    state: Option<String>,
    restricted: bool,
    is_final: bool,
    is_reversal: bool,
    reversed: bool,
    can_reverse: bool,
    can_renew: bool,
    can_edit: bool,
    can_history: bool,
    can_delete: bool,
    subject_href: Option<String>,
    facts: Vec<Fact>,
    backlinks: Vec<Group>,
    moves: Vec<Move>,
    privacy: Vec<Fact>,
    changed: String,
    created: String,
}

struct Group {
    label: String,
    items: Vec<Item>,
    more: Option<String>,
}

struct Move {
    key: String,
    label: String,
}

pub(crate) async fn show(visit: Visit, Path((module, id)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.query.only(&["done"])?;
    let id = id_of(&id)?;
    let caller = visit.caller();
    let mut reader = visit.reader()?;
    let record = records::get(&mut reader, caller, &module, id)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let lang = visit.lang();
    let titles = records::titles(&mut reader, caller, &show::link_ids(definition, &record.values))?;
    let showing = Showing { words: visit.words, zone: visit.zone(), titles: &titles, modules: &modules.set };
    let mut backlinks = Vec::new();
    let pointing = records::backlinks(&mut reader, caller, id)?;
    let correction = correction::possible(definition, &record, &pointing);
    for group in pointing {
        let Some(from) = modules.set.get(&group.module) else { continue };
        let field = from.field(&group.field).map_or(group.field.as_str(), |field| field.label.get(lang));
        let more = (group.more || group.items.len() > GROUP)
            .then(|| format!("/m/{}?{}={id}", group.module, crate::query::encode(&format!("filter[{}]", group.field))));
        let filterable = from.field(&group.field).is_some_and(store::module::Field::indexed);
        let items = group.items.into_iter().take(GROUP).map(|item| Item {
            href: format!("/m/{}/{}", item.module, item.id),
            note: format::moment(item.changed_at, visit.zone(), visit.words.english()),
            icon: item.module,
            title: item.title,
        });
        backlinks.push(Group {
            label: format!("{} · {field}", from.plural.get(lang)),
            items: items.collect(),
            more: more.filter(|_| filterable),
        });
    }
    let state = record.state.as_deref().and_then(|name| definition.state(name));
    let write = caller.grants.allows(&module, Access::Write);
    let is_final = state.is_some_and(|state| state.is_final);
    let moves = state.filter(|_| write).map(|state| {
        state
            .to
            .iter()
            .filter_map(|next| definition.state(next))
            .map(|next| Move { key: next.name.clone(), label: next.label.get(lang).to_owned() })
            .collect()
    });
    let privacy = privacy(&visit, &mut reader, definition, &record, showing)?;
    let mut page = visit.page(record.title.clone());
    page.q = String::new();
    let view = Record {
        page,
        plural: definition.plural.get(lang).to_owned(),
        id: id.to_string(),
        version: record.version,
        state: state.map(|state| state.label.get(lang).to_owned()),
        restricted: record.restricted,
        is_final,
        is_reversal: definition.is_reversal(&record.values),
        reversed: correction.reversed,
        can_reverse: write && correction.reversal,
        can_renew: write && correction.new_version && !correction.reversal,
        can_edit: write && !is_final,
        can_history: caller.grants.has(Permission::ReadHistory),
        can_delete: write,
        subject_href: if caller.grants.has(Permission::Privacy) {
            keep::subject_of(&mut reader, id)?.map(|subject| format!("/subjects/{subject}"))
        } else {
            None
        },
        facts: show::facts(definition, &record.values, showing),
        backlinks,
        moves: moves.unwrap_or_default(),
        privacy,
        changed: format::moment(record.changed_at, visit.zone(), visit.words.english()),
        created: format::moment(record.created_at, visit.zone(), visit.words.english()),
        module,
    };
    Ok(html(&view))
}

/// Where the record's data come from, what for, and how long they stay.
fn privacy(
    visit: &Visit,
    reader: &mut store::Reader,
    definition: &Definition,
    record: &RecordView,
    showing: Showing<'_>,
) -> Result<Vec<Fact>, Failure> {
    if !definition.may_be_personal() && matches!(definition.subject, Subject::None) {
        return Ok(Vec::new());
    }
    let mut facts = Vec::new();
    for name in ["origin", "activity"] {
        if let (Some(field), Some(value)) = (definition.field(name), record.values.get(name)) {
            facts.push(show::fact(definition, field, value, showing));
        }
    }
    for kept in keep::units_of(reader, record.id, visit.words)? {
        let text = if kept.until.is_empty() { kept.reason } else { format!("{}\n{}", kept.until, kept.reason) };
        let label = format!("{}: {}", visit.words.say("class"), kept.class);
        let note = Some(kept.basis).filter(|basis| !basis.is_empty());
        facts.push(Fact { label, pieces: vec![Piece { note, ..Piece::text(text) }], wide: false, sensitive: false });
    }
    Ok(facts)
}
