//! `GET /subjects/{id}`: everything held about a person, by module, and until when and why each part of it is kept (F-110, T-159).
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::Visit;
use crate::show::{self, Fact, Showing};
use crate::{format, keep};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::SubjectId;
use std::collections::HashMap;

/// Groups with more records are closed at first.
const OPEN: usize = 5;

#[derive(Template)]
#[template(path = "subject.html")]
struct SubjectPage {
    page: Page,
    id: String,
    state: Option<String>,
    units: Vec<Unit>,
    groups: Vec<Group>,
    aliases: Vec<String>,
    restricted: bool,
    reasons: Vec<(&'static str, &'static str)>,
}

struct Unit {
    class: String,
    record: Option<Link>,
    until: String,
    reason: String,
    basis: String,
}

struct Link {
    href: String,
    title: String,
}

struct Group {
    label: String,
    open: bool,
    records: Vec<Record>,
}

struct Record {
    href: String,
    title: String,
    restricted: bool,
    facts: Vec<Fact>,
}

pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.query.only(&["done"])?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    let mut reader = visit.reader()?;
    let held = privacy::subject(&mut reader, visit.caller(), id)?;
    if held.state == "erased" {
        return Err(Failure::not_found());
    }
    let modules = visit.modules();
    let lang = visit.lang();
    let mut ids = Vec::new();
    for record in &held.records {
        if let Some(definition) = modules.set.get(&record.module) {
            ids.extend(show::link_ids(definition, &record.values));
        }
    }
    let titles = records::titles(&mut reader, visit.caller(), &ids)?;
    let showing = Showing { words: visit.words, zone: visit.zone(), titles: &titles, modules: &modules.set };
    let named: HashMap<_, _> =
        held.records.iter().map(|record| (record.id, (record.module.clone(), record.title.clone()))).collect();
    let units = held.units.iter().map(|unit| Unit {
        class: unit.label.get(lang).to_owned(),
        record: match unit.records.as_slice() {
            [one] => {
                named.get(one).map(|(module, title)| Link { href: format!("/m/{module}/{one}"), title: title.clone() })
            }
            _ => None,
        },
        until: match unit.until {
            Some(until) => visit.words.say1("kept-until", "date", format::date(until, visit.words.english())),
            None => visit.words.say("erasable-now"),
        },
        reason: match unit.until {
            Some(_) => unit.reason.get(lang).to_owned(),
            None => modules
                .set
                .class(&unit.class)
                .map(|class| keep::period(class, visit.tenant.shared(), visit.words))
                .unwrap_or_default(),
        },
        basis: unit.basis.clone(),
    });
    let mut groups: Vec<Group> = Vec::new();
    for record in &held.records {
        let Some(definition) = modules.set.get(&record.module) else { continue };
        let label = definition.plural.get(lang);
        let shown = Record {
            href: format!("/m/{}/{}", record.module, record.id),
            title: record.title.clone(),
            restricted: record.restricted,
            facts: show::all_facts(definition, &record.values, showing),
        };
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.records.push(shown),
            None => groups.push(Group { label: label.to_owned(), open: false, records: vec![shown] }),
        }
    }
    for group in &mut groups {
        group.open = group.records.len() <= OPEN;
    }
    let view = SubjectPage {
        page: visit.page(held.title.unwrap_or_else(|| id.to_string())),
        id: held.id.to_string(),
        restricted: held.state == "restricted",
        reasons: reasons(held.state == "restricted", visit.words.english()),
        state: (held.state != "live").then(|| visit.words.known(&format!("case-{}", held.state)).unwrap_or(held.state)),
        units: units.collect(),
        groups,
        aliases: held.aliases.iter().map(ToString::to_string).collect(),
    };
    Ok(html(&view))
}

/// Why a person may be restricted or released, in the reader's language.
fn reasons(restricted: bool, english: bool) -> Vec<(&'static str, &'static str)> {
    let list = if restricted { privacy::RELEASE_REASONS } else { privacy::RESTRICTION_REASONS };
    list.iter().map(|(key, de, en)| (*key, if english { *en } else { *de })).collect()
}
