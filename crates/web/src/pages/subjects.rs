//! `GET /subjects`: finding a person, and the erasures there have been.
use crate::fail::Failure;
use crate::format;
use crate::layout::{Page, html};
use crate::pages::Visit;
use crate::pages::find::Item;
use askama::Template;
use axum::response::Response;
use base::Permission;

/// Erasures shown.
const ERASURES: u32 = 50;

#[derive(Template)]
#[template(path = "subjects.html")]
struct Subjects {
    page: Page,
    q: String,
    asked: bool,
    hits: Vec<Item>,
    erasures: Vec<Case>,
}

struct Case {
    href: String,
    id: String,
    state: String,
    at: String,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.query.only(&["q"])?;
    visit.caller().needs(Permission::Privacy)?;
    let q = visit.query.get("q").unwrap_or_default().trim().to_owned();
    let mut reader = visit.reader()?;
    let found = if q.is_empty() { Vec::new() } else { privacy::find_subjects(&mut reader, visit.caller(), &q)? };
    let hits = found.into_iter().map(|hit| Item {
        href: format!("/subjects/{}", hit.id),
        icon: "user".into(),
        title: hit.title,
        note: String::new(),
    });
    let erasures = privacy::erasures(&mut reader, visit.caller(), ERASURES)?.into_iter().map(|erasure| Case {
        href: format!("/erasures/{}", erasure.plan.id),
        id: erasure.plan.id.to_string(),
        state: visit.words.say(&format!("case-{}", erasure.state)),
        at: format::moment(erasure.created_at, visit.zone(), visit.words.english()),
    });
    let view = Subjects {
        page: visit.page(visit.words.say("persons")),
        asked: !q.is_empty(),
        q,
        hits: hits.collect(),
        erasures: erasures.collect(),
    };
    Ok(html(&view))
}
