//! `/import`: a file is uploaded, its mapping guessed and shown with the counts of a dry run; then it is taken in, and the rejected rows come back as a
//! file. Nothing is kept between the steps: the file travels with the form, and while it is read it lies in memory only, never on the disk.
use crate::cross;
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, origin_is_ours};
use crate::who;
use askama::Template;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Access, Permission};
use data_encoding::BASE64URL_NOPAD;
use records::export::{CsvOptions, RejectsWriter};
use records::import::Reject;
use records::{ImportReport, ImportRequest, import_file};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;
use store::Tenant;

/// Rejected rows that a page names.
const LISTED: usize = 20;

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    page: Page,
    modules: Vec<(String, String)>,
    activities: Vec<(String, String)>,
    asked: Asked,
    problem: Option<String>,
    shown: Option<Shown>,
}

/// What is asked for beside the file.
#[derive(Debug, Clone, Default)]
struct Asked {
    module: String,
    origin: String,
    activity: String,
}

/// What came of a dry run or a run.
struct Shown {
    done: bool,
    mapping: Option<String>,
    rows: u64,
    created: Vec<(String, u64)>,
    duplicates: u64,
    rejected: u64,
    rejects: Vec<(i64, String)>,
    /// The file, for the next step; empty after the run.
    content: String,
    /// The rejected rows as CSV.
    rejects_file: String,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    visit.caller().needs(Permission::Import)?;
    Ok(view(&visit, Asked::default(), None, None))
}

/// The upload: what would come of it.
pub(crate) async fn send(visit: Visit, request: Request) -> Result<Response, Failure> {
    visit.caller().needs(Permission::Import)?;
    let headers = request.headers().clone();
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| Failure::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
    let (mut asked, mut content, mut csrf) = (Asked::default(), Vec::new(), String::new());
    let broken = |error: axum::extract::multipart::MultipartError| Failure::of_status(error.status());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name().unwrap_or_default() {
            "csrf" => csrf = part.text().await.map_err(broken)?,
            "module" => asked.module = part.text().await.map_err(broken)?,
            "origin" => part.text().await.map_err(broken)?.trim().clone_into(&mut asked.origin),
            "activity" => asked.activity = part.text().await.map_err(broken)?,
            "file" => content = part.bytes().await.map_err(broken)?.to_vec(),
            other => return Err(Failure::bad_request("unknown_parameter", other)),
        }
    }
    if !who::same(&csrf, &visit.session.csrf) || !origin_is_ours(&headers) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "foreign-form"));
    }
    let missing = if content.is_empty() {
        Some("import-no-file")
    } else if asked.origin.is_empty() {
        Some("import-no-origin")
    } else {
        None
    };
    if let Some(key) = missing {
        let mut response = view(&visit, asked, Some(visit.words.say(key)), None);
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    // The next step sends it as text, which is a third longer.
    if content.len() > visit.app.settings.max_batch_bytes / 4 * 3 - 4_096 {
        return Err(Failure::of_status(StatusCode::PAYLOAD_TOO_LARGE));
    }
    step(&visit, asked, content, true).await
}

/// The file that was looked at is taken in.
pub(crate) async fn run(posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::Import)?;
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let asked = Asked { module: text("module"), origin: text("origin"), activity: text("activity") };
    let content = BASE64URL_NOPAD.decode(text("content").as_bytes());
    let content = content.map_err(|_| Failure::bad_request("bad_encoding", "content"))?;
    step(&visit, asked, content, false).await
}

/// Gives the rejected rows back as the file that the page carries.
pub(crate) async fn rejects(posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::Import)?;
    let content = BASE64URL_NOPAD.decode(form.get("content").unwrap_or_default().as_bytes());
    let content = content.map_err(|_| Failure::bad_request("bad_encoding", "content"))?;
    let name = if visit.words.english() { "rejected.csv" } else { "abgewiesen.csv" };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, content).into_response())
}

async fn step(visit: &Visit, asked: Asked, content: Vec<u8>, dry_run: bool) -> Result<Response, Failure> {
    let (tenant, caller) = (Arc::clone(&visit.tenant), visit.caller().clone());
    let (german, wanted) = (!visit.words.english(), asked.clone());
    let worked = cross::long(&visit.app, move || work(&tenant, &caller, &wanted, &content, dry_run, german));
    match worked.await {
        Ok(shown) => Ok(view(visit, asked, None, Some(shown))),
        Err(failure) if failure.status.is_client_error() => {
            let mut response = view(visit, asked, Some(failure.errors_text(visit.words)), None);
            *response.status_mut() = failure.status;
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}

fn work(
    tenant: &Tenant,
    caller: &store::Caller,
    asked: &Asked,
    content: &[u8],
    dry_run: bool,
    german: bool,
) -> Result<Shown, Failure> {
    let (path, held) = in_memory(content)?;
    let request = ImportRequest {
        file: path,
        format: None,
        module: Some(asked.module.clone()).filter(|module| !module.is_empty()),
        map: None,
        origin: asked.origin.clone(),
        activity: asked.activity.clone(),
        dry_run,
        all_or_nothing: false,
        german,
    };
    let mapping = records::preview(tenant, &request)?.map(|guess| guess.describe(german));
    let mut writer = None;
    let mut listed = Vec::new();
    let mut take = |columns: &[String], reject: &Reject| {
        let message = if german { &reject.message.de } else { &reject.message.en };
        if listed.len() < LISTED {
            listed.push((i64::try_from(reject.line).unwrap_or(i64::MAX), message.clone()));
        }
        // Writing into memory does not fail.
        if writer.is_none() {
            writer = RejectsWriter::new(Vec::new(), columns, german, CsvOptions::default()).ok();
        }
        if let Some(writer) = &mut writer {
            let _ = writer.write(reject);
        }
    };
    let report: ImportReport = import_file(tenant, caller, &request, &mut take, &mut |_| {})?;
    drop(held);
    let file = writer.map(RejectsWriter::finish).and_then(Result::ok).unwrap_or_default();
    Ok(Shown {
        done: !dry_run,
        mapping,
        rows: report.rows,
        created: report.created.into_iter().collect(),
        duplicates: report.duplicates,
        rejected: report.rejected,
        rejects: listed,
        content: if dry_run { BASE64URL_NOPAD.encode(content) } else { String::new() },
        rejects_file: BASE64URL_NOPAD.encode(&file),
    })
}

/// The file under a path, without it ever lying on a disk. It is there as long as the handle is held.
fn in_memory(content: &[u8]) -> Result<(PathBuf, File), Failure> {
    let failed = |error: &std::io::Error| Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR).caused_by(error);
    let handle = rustix::fs::memfd_create("import", rustix::fs::MemfdFlags::CLOEXEC)
        .map_err(|error| failed(&std::io::Error::from(error)))?;
    let mut file = File::from(handle);
    file.write_all(content).map_err(|error| failed(&error))?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())), file))
}

fn view(visit: &Visit, asked: Asked, problem: Option<String>, mut shown: Option<Shown>) -> Response {
    let modules = visit.modules();
    let lang = visit.lang();
    let writable =
        modules.set.iter().filter(|definition| visit.caller().grants.allows(&definition.name, Access::Write));
    if let Some(shown) = &mut shown {
        for (module, _) in &mut shown.created {
            if let Some(definition) = modules.set.get(module) {
                definition.plural.get(lang).clone_into(module);
            }
        }
    }
    let activities = modules.set.activities().activities.iter();
    html(&ImportPage {
        page: visit.page(visit.words.say("import")),
        modules: writable.map(|module| (module.name.clone(), module.plural.get(lang).to_owned())).collect(),
        activities: activities.map(|one| (one.key.clone(), one.label.get(lang).to_owned())).collect(),
        asked,
        problem,
        shown,
    })
}
