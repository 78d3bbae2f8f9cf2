//! A failure as a page: what went wrong in a sentence, and the number under which the log has the cause.
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::words::Words;
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    detail: Option<String>,
    errors: Vec<String>,
    reference: String,
}

/// The page of a failure, in the frame of who is signed in, if somebody is.
pub(crate) fn show(failure: &Failure, frame: Option<Page>, words: Words, reference: String) -> Response {
    let title = failure.title(words);
    let page = match frame {
        Some(frame) => Page { title, here: "/".into(), ..frame },
        None => Page::bare_page(words, title, "/"),
    };
    let messages = failure.errors.iter().map(|error| error.message.get(words.code()).to_owned());
    let reasons = failure.reasons.iter().map(|reason| reason.get(words.code()).to_owned());
    let errors = messages.chain(reasons).collect();
    let (status, detail) = (failure.status, failure.detail(words));
    let mut response = html(&ErrorPage { page, status: status.as_u16(), detail, errors, reference });
    *response.status_mut() = status;
    response
}
