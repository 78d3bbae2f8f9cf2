//! The start page: the modules, what has changed lately, erasures that wait.
use crate::fail::Failure;
use crate::format;
use crate::layout::{Page, html};
use crate::pages::Visit;
use askama::Template;
use axum::response::Response;
use base::{Access, Permission};
use records::ListRequest;
use store::Reader;

/// Changes shown.
const RECENT: usize = 12;
/// Erasures looked through for open ones.
const ERASURES: u32 = 50;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    erasures: Vec<OpenErasure>,
    tiles: Vec<Tile>,
    counted: bool,
    recent: Vec<Recent>,
}

/// An erasure that is planned or has begun.
struct OpenErasure {
    href: String,
    label: String,
    note: String,
}

struct Tile {
    name: String,
    icon: String,
    label: String,
    one: String,
    count: Option<String>,
    write: bool,
}

struct Recent {
    href: String,
    title: String,
    module: String,
    changed: String,
}

/// `GET /` of who is signed in.
pub(crate) fn show(visit: &Visit) -> Result<Response, Failure> {
    visit.query.only(&["count", "next", "done"])?;
    let counted = visit.query.get("count") == Some("true");
    let (english, lang, caller) = (visit.words.english(), visit.lang(), visit.caller());
    let modules = visit.modules();
    let mut reader = visit.reader()?;
    let mut tiles = Vec::new();
    let mut recent = Vec::new();
    for definition in modules.set.iter().filter(|definition| caller.grants.allows(&definition.name, Access::Read)) {
        let request = ListRequest { module: definition.name.clone(), ..ListRequest::default() };
        let count = if counted {
            let (count, exact) = records::count(&mut reader, caller, &request)?;
            let count = format::count(count, english);
            Some(if exact { count } else { format!("≥ {count}") })
        } else {
            None
        };
        tiles.push(Tile {
            name: definition.name.clone(),
            icon: definition.name.clone(),
            label: definition.plural.get(lang).to_owned(),
            one: definition.label.get(lang).to_owned(),
            count,
            write: caller.grants.allows(&definition.name, Access::Write),
        });
        let limit = u32::try_from(RECENT).unwrap_or(10);
        let newest = ListRequest { sort: vec![("changed_at".into(), true)], limit, ..request };
        recent.extend(records::list(&mut reader, caller, &newest)?.items);
    }
    recent.sort_by_key(|item| std::cmp::Reverse(item.changed_at));
    recent.truncate(RECENT);
    let label =
        |module: &str| modules.set.get(module).map_or(module, |definition| definition.label.get(lang)).to_owned();
    let recent = recent.into_iter().map(|item| Recent {
        href: format!("/m/{}/{}", item.module, item.id),
        title: item.title,
        module: label(&item.module),
        changed: format::moment(item.changed_at, visit.zone(), english),
    });
    let erasures = if caller.grants.has(Permission::Privacy) { open_erasures(visit, &mut reader)? } else { Vec::new() };
    Ok(html(&Home { page: visit.page(visit.words.say("home")), erasures, tiles, counted, recent: recent.collect() }))
}

/// Erasures that are planned or have begun.
fn open_erasures(visit: &Visit, reader: &mut Reader) -> Result<Vec<OpenErasure>, Failure> {
    let latest = privacy::erasures(reader, visit.caller(), ERASURES)?;
    let open = latest.into_iter().filter(|erasure| erasure.state != "done");
    Ok(open
        .map(|erasure| OpenErasure {
            href: format!("/erasures/{}", erasure.plan.id),
            label: visit.words.say(&format!("case-{}", erasure.state)),
            note: format::moment(erasure.created_at, visit.zone(), visit.words.english()),
        })
        .collect())
}
