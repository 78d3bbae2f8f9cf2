//! How a failure is answered: `web` alone turns a [`Kind`] into a status, a page or `application/problem+json` (RFC 9457).
//!
//! The answer carries a reference number; the log has the cause under the same number. The cause itself is never shown, since it may
//! name files and statements. Handlers return a [`Failure`]; the outermost layer of each surface words it in the caller's language.
use crate::lang::Lang;
use crate::words::Words;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Kind, Kinded};
use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::module::{FieldError, Label};

/// A request that cannot be answered as asked. Boxed: it is the rare way out of every handler.
#[derive(Debug, Clone)]
pub struct Failure(Box<Facts>);

/// What there is to say about a failure.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The status.
    pub status: StatusCode,
    /// Stable name for scripts; `type` is `urn:obhut:problem:` and this.
    pub code: String,
    /// What to tell beyond the title, where the failure knows more than its code.
    pub detail: Option<Label>,
    /// Which field or parameter, and why.
    pub errors: Vec<FieldError>,
    /// Why something must stay, one sentence each; for refusals of a deletion.
    pub reasons: Vec<Label>,
    /// Whether the request only read, so that nothing could have been saved.
    pub reading: bool,
    cause: Option<Arc<str>>,
}

impl Deref for Failure {
    type Target = Facts;
    fn deref(&self) -> &Facts {
        &self.0
    }
}
impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

impl Failure {
    /// A failure of that status and code.
    pub fn new(status: StatusCode, code: &str) -> Self {
        let code = code.to_owned();
        Self(Box::new(Facts {
            status,
            code,
            detail: None,
            errors: Vec::new(),
            reasons: Vec::new(),
            reading: false,
            cause: None,
        }))
    }
    /// A request that is malformed: 400. `field` names the parameter.
    pub fn bad_request(code: &str, field: &str) -> Self {
        let mut failure = Self::new(StatusCode::BAD_REQUEST, code);
        if !field.is_empty() {
            let shown: String = field.chars().filter(|letter| !letter.is_control()).take(80).collect();
            failure = failure.with_error(&shown, code);
        }
        failure
    }
    /// There is no such thing, or the caller may not know it.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }
    /// Input that breaks a rule of a field: 422.
    pub fn invalid(field: &str, code: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid").with_error(field, code)
    }
    /// Names a field or parameter; the message is the text of `problem-` and the code.
    #[must_use]
    pub fn with_error(mut self, field: &str, code: &str) -> Self {
        let key = format!("problem-{}", code.replace('_', "-"));
        let message = Label::new(Words(Lang::De).say(&key), Words(Lang::En).say(&key));
        self.errors.push(FieldError { field: field.to_owned(), code: code.to_owned(), message });
        self
    }
    /// Says more.
    #[must_use]
    pub fn with_detail(mut self, detail: Label) -> Self {
        self.detail = Some(detail);
        self
    }
    /// What the log will hold.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn std::error::Error) -> Self {
        let mut text = cause.to_string();
        let mut source = cause.source();
        while let Some(inner) = source {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {inner}");
            source = inner.source();
        }
        self.cause = Some(text.into());
        self
    }
    /// From the status alone: what a router or a limit answered without words.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::BAD_REQUEST => "bad-request",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "denied",
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
            StatusCode::CONFLICT => "conflict",
            StatusCode::PRECONDITION_FAILED => "stale",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
            StatusCode::UNPROCESSABLE_ENTITY => "invalid",
            StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
            StatusCode::SERVICE_UNAVAILABLE => "busy",
            _ if status.is_client_error() => "bad-request",
            _ => "broken",
        };
        Self::new(status, code)
    }
    /// What is wrong, for a form: the fields, or the failure as a whole.
    pub fn as_errors(&self) -> Vec<FieldError> {
        if !self.errors.is_empty() {
            return self.errors.clone();
        }
        let text = |lang| self.detail(Words(lang)).unwrap_or_else(|| self.title(Words(lang)));
        vec![FieldError {
            field: String::new(),
            code: self.code.clone(),
            message: Label::new(text(Lang::De), text(Lang::En)),
        }]
    }
    /// What is wrong in one text, for the head of a form.
    pub fn errors_text(&self, words: Words) -> String {
        let all = self.as_errors();
        all.iter().map(|error| error.message.get(words.code())).collect::<Vec<_>>().join(" ")
    }
    /// The title in a language: the kind of failure in a few words.
    pub fn title(&self, words: Words) -> String {
        self.text("problem-", words)
    }
    /// What to tell beyond the title.
    pub fn detail(&self, words: Words) -> Option<String> {
        if let Some(detail) = &self.detail {
            return Some(detail.get(words.code()).to_owned());
        }
        words.known(&format!("problem-{}-detail", self.code.replace('_', "-")))
    }
    /// What a program reads beyond the title: always a sentence, of this failure or of its kind.
    fn told(&self, words: Words) -> String {
        if self.detail.is_some() {
            return self.detail(words).unwrap_or_default();
        }
        let mut parts: Vec<String> = Vec::new();
        for error in &self.errors {
            let message = error.message.get(words.code());
            let field = &error.field;
            parts.push(if field.is_empty() { message.to_owned() } else { format!("{field}: {message}") });
        }
        // Of a request that only reads, that nothing was saved says nothing.
        let of_kind = self.detail(words).filter(|_| !(self.reading && self.code == "invalid"));
        parts.extend(of_kind);
        if parts.is_empty() {
            parts.extend(words.known(&format!("problem-{}", self.code.replace('_', "-"))));
        }
        if parts.is_empty() {
            parts.push(self.title(words));
        }
        parts.join(" ")
    }
    fn text(&self, prefix: &str, words: Words) -> String {
        let own = words.known(&format!("{prefix}{}", self.code.replace('_', "-")));
        own.unwrap_or_else(|| words.say(&format!("{prefix}{}", Self::of_status(self.status).code)))
    }

    /// Logs the failure once, where it is answered, and gives the number under which it stands there.
    pub fn log(&self, clock_ms: i64, route: &str) -> String {
        let reference = reference(clock_ms);
        let (status, code, cause) =
            (self.status.as_u16(), self.code.as_str(), self.cause.as_deref().unwrap_or_default());
        if self.status.is_server_error() && self.status != StatusCode::SERVICE_UNAVAILABLE {
            tracing::error!(%reference, status, code, cause, route, "request {reference} failed with {status}");
        } else {
            tracing::info!(%reference, status, code, cause, route, "request {reference} was refused with {status}");
        }
        reference
    }

    /// The body of an `application/problem+json` answer.
    pub fn problem(&self, words: Words, reference: &str) -> Value {
        let message = |label: &Label| label.get(words.code()).to_owned();
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|error| json!({"field": error.field, "code": error.code, "message": message(&error.message)}))
            .collect();
        let mut problem = json!({
            "type": format!("urn:obhut:problem:{}", self.code.replace('_', "-")),
            "title": self.title(words),
            "status": self.status.as_u16(),
            "errors": errors,
            "reference": reference,
        });
        if let Some(parts) = problem.as_object_mut() {
            parts.insert("detail".into(), self.told(words).into());
            if !self.reasons.is_empty() {
                parts.insert("reasons".into(), self.reasons.iter().map(message).collect());
            }
        }
        problem
    }
}

/// A number that is not given twice: the second in which it was made, and a count.
fn reference(clock_ms: i64) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:X}-{count:04X}", clock_ms / 1000)
}

/// The status of each kind of failure: the one place.
pub(crate) const fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Denied => StatusCode::FORBIDDEN,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl<E: Kinded + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let failure = Self::of_status(status_of(error.kind())).caused_by(&error);
        crate::explain::explain(failure, &error)
    }
}

impl IntoResponse for Failure {
    /// Carries the failure to the outermost layer, which words it.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_fields_and_reference_but_not_the_cause() {
        let cause = std::io::Error::other("/secret/path");
        let failure = Failure::invalid("origin", "required").caused_by(&cause);
        let problem = failure.problem(Words(Lang::En), &failure.log(1_000, "/x"));
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["type"], "urn:obhut:problem:invalid");
        assert_eq!(problem["errors"][0]["field"], "origin");
        assert_eq!(problem["errors"][0]["code"], "required");
        assert!(problem["reference"].as_str().unwrap().starts_with("1-"));
        assert!(!problem.to_string().contains("secret"));
    }

    #[test]
    fn every_problem_has_a_detail_that_is_true() {
        let words = Words(Lang::En);
        for status in [400_u16, 405, 409, 413, 415, 422, 429] {
            let failure = Failure::of_status(StatusCode::from_u16(status).unwrap());
            let problem = failure.problem(words, "x");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{problem}");
        }
        let mut failure = Failure::bad_request("bad_limit", "limit");
        failure.reading = true;
        assert_eq!(failure.problem(words, "x")["detail"], "limit: A number from 1 to 200 is allowed.");
        let mut failure = Failure::invalid("after", "bad_cursor");
        assert!(failure.problem(words, "x")["detail"].as_str().unwrap().ends_with("Nothing was saved."));
        failure.reading = true;
        let detail = failure.problem(words, "x")["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("after: ") && !detail.contains("saved"), "{detail}");
    }

    #[test]
    fn references_differ() {
        assert_ne!(reference(5), reference(5));
    }

    #[test]
    fn every_kind_has_its_status_and_words() {
        for kind in [Kind::NotFound, Kind::Denied, Kind::Invalid, Kind::Conflict, Kind::Stale, Kind::Busy, Kind::Broken]
        {
            let failure = Failure::of_status(status_of(kind));
            for lang in Lang::ALL {
                assert!(!failure.title(Words(lang)).contains("problem-"), "{kind:?}");
            }
        }
    }
}
