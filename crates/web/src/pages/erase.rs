//! `GET` and `POST /subjects/{id}/erasure`: the plan of an erasure with its reasons, and performing it.
//!
//! What is performed is what was shown: the form carries the plan's hash, and a plan that would differ now is shown again instead.
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, see};
use crate::{cross, format};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::SubjectId;
use privacy::{Plan, PlanItem, REASONS};
use std::sync::Arc;

/// Records named in one line of the plan; the rest is counted.
const NAMED: usize = 8;

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    page: Page,
    subject: String,
    person: String,
    goes: Vec<Item>,
    stays: Vec<Item>,
    mentions: Vec<Mention>,
    mentions_incomplete: bool,
    hash: String,
    reason: String,
    reasons: Vec<String>,
    reason_missing: bool,
    problem: Option<String>,
}

struct Item {
    class: String,
    records: Vec<String>,
    reason: String,
    basis: String,
    until: String,
}

struct Mention {
    href: String,
    title: String,
    field: String,
}

/// `GET`: the plan as it would be now. Nothing is stored by looking.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    view(&visit, id, "", false, None).await
}

/// `POST`: stores the plan with its reason, and performs it.
pub(crate) async fn send(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    let id: SubjectId = id.parse().map_err(|_| Failure::not_found())?;
    visit.caller().needs(base::Permission::Privacy)?;
    let typed = form.get("reason").unwrap_or_default().trim().to_owned();
    if typed.is_empty() {
        return view(&visit, id, "", true, None).await;
    }
    let shown = form.get("hash").unwrap_or_default().to_owned();
    let (tenant, caller, reason) = (Arc::clone(&visit.tenant), visit.caller().clone(), key_of(&typed).to_owned());
    let done = cross::long(&visit.app, move || {
        let plan = privacy::plan_as_shown(&tenant, &caller, id, &reason, &shown)?;
        Ok(privacy::perform(&tenant, &caller, plan.id)?)
    });
    match done.await {
        Ok(certificate) => Ok(see(&format!("/erasures/{}", certificate.case))),
        Err(failure) if failure.code == "plan-changed" => {
            view(&visit, id, &typed, false, Some(visit.words.say("conflict-plan-changed"))).await
        }
        Err(failure) => Err(failure),
    }
}

/// The key of a reason that was chosen by its words; other words go on as they are and are not kept.
fn key_of(typed: &str) -> &str {
    REASONS.iter().find(|(_, de, en)| *de == typed || *en == typed).map_or(typed, |(key, _, _)| key)
}

async fn view(
    visit: &Visit,
    id: SubjectId,
    reason: &str,
    reason_missing: bool,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let (tenant, caller) = (Arc::clone(&visit.tenant), visit.caller().clone());
    let plan = cross::long(&visit.app, move || Ok(privacy::draft(&mut tenant.reader()?, &caller, id)?)).await?;
    let mut reader = visit.reader()?;
    let mut ids: Vec<_> = plan.mentions.iter().map(|mention| mention.record).collect();
    ids.push(id.cast());
    ids.extend(plan.goes.iter().chain(&plan.stays).flat_map(|item| item.records.iter().take(NAMED)).map(|(_, id)| *id));
    let titles = records::titles(&mut reader, visit.caller(), &ids)?;
    let title = |id: &base::RecordId| titles.get(id).map_or_else(|| id.to_string(), |(_, title)| title.clone());
    let modules = visit.modules();
    let lang = visit.lang();
    let mentions = plan.mentions.iter().map(|mention| {
        let definition = modules.set.get(&mention.module);
        let label = |name: &String| {
            definition
                .and_then(|definition| definition.field(name))
                .map_or_else(|| name.clone(), |field| field.label.get(lang).to_owned())
        };
        Mention {
            href: format!("/m/{}/{}", mention.module, mention.record),
            title: title(&mention.record),
            field: mention.fields.iter().map(label).collect::<Vec<_>>().join(", "),
        }
    });
    let Plan { goes, stays, hash, .. } = &plan;
    let failed = problem.is_some() || reason_missing;
    let mut response = html(&PlanPage {
        page: visit.page(visit.words.say("plan-erasure")),
        subject: id.to_string(),
        person: title(&id.cast()),
        goes: goes.iter().map(|planned| item(visit, planned, &title)).collect(),
        stays: stays.iter().map(|planned| item(visit, planned, &title)).collect(),
        mentions: mentions.collect(),
        mentions_incomplete: plan.mentions_incomplete,
        hash: hash.clone(),
        reason: reason.to_owned(),
        reasons: REASONS.iter().map(|(_, de, en)| if visit.words.english() { *en } else { *de }.to_owned()).collect(),
        reason_missing,
        problem,
    });
    if failed {
        *response.status_mut() = if reason_missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
    }
    Ok(response)
}

fn item(visit: &Visit, planned: &PlanItem, title: &dyn Fn(&base::RecordId) -> String) -> Item {
    let mut records: Vec<String> = planned.records.iter().take(NAMED).map(|(_, id)| title(id)).collect();
    if planned.records.len() > NAMED {
        records.push(visit.words.say1("and-more", "n", planned.records.len() - NAMED));
    }
    Item {
        class: planned.label().get(visit.lang()).to_owned(),
        records,
        reason: planned.reason().get(visit.lang()).to_owned(),
        basis: planned.basis.clone(),
        until: planned.until.map(|until| format::date(until, visit.words.english())).unwrap_or_default(),
    }
}
