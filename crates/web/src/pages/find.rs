//! `GET /search`: everything that the caller may see in which the words are found.
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::Visit;
use askama::Template;
use axum::response::Response;

/// Hits shown.
const LIMIT: u32 = 50;

#[derive(Template)]
#[template(path = "search.html")]
struct Found {
    page: Page,
    items: Vec<Item>,
}

/// A record in a list of links.
pub(crate) struct Item {
    pub href: String,
    pub icon: String,
    pub title: String,
    pub note: String,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.query.only(&["q"])?;
    let q = visit.query.get("q").unwrap_or_default().to_owned();
    let mut reader = visit.reader()?;
    let hits = records::search(&mut reader, visit.caller(), &q, LIMIT)?;
    let modules = visit.modules();
    let items = hits.into_iter().map(|hit| Item {
        href: format!("/m/{}/{}", hit.module, hit.id),
        note: modules
            .set
            .get(&hit.module)
            .map(|definition| definition.label.get(visit.lang()).to_owned())
            .unwrap_or_default(),
        icon: hit.module,
        title: hit.title,
    });
    let items = items.collect();
    let mut page = visit.page(visit.words.say1("found-for", "q", &q));
    page.q = q;
    Ok(html(&Found { page, items }))
}
