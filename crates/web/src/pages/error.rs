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

/// The page of a failure. Without navigation, as it must work when nothing else does.
pub(crate) fn show(failure: &Failure, words: Words, reference: String) -> Response {
    let page = Page::bare_page(words, failure.title(words), "/");
    let messages = failure.errors.iter().map(|error| error.message.get(words.code()).to_owned());
    let reasons = failure.reasons.iter().map(|reason| reason.get(words.code()).to_owned());
    let errors = messages.chain(reasons).collect();
    let mut response =
        html(&ErrorPage { page, status: failure.status.as_u16(), detail: failure.detail(words), errors, reference });
    *response.status_mut() = failure.status;
    response
}
