//! `POST /language`: the reader's choice, kept in a cookie that says `de` or `en` and nothing else.
use crate::app::App;
use crate::fail::Failure;
use crate::lang::Lang;
use crate::pages::{origin_is_ours, own_path, see, set_cookie, small_form};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use std::sync::Arc;

/// A year.
const LIFE_S: i64 = 365 * 24 * 3600;

pub(crate) async fn send(State(app): State<Arc<App>>, request: Request) -> Result<Response, Failure> {
    let headers = request.headers().clone();
    let form = small_form(request, &headers).await?;
    if !origin_is_ours(&headers) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "foreign-form"));
    }
    let lang = form.get("lang").and_then(Lang::from_code).unwrap_or_default();
    let mut response = see(own_path(form.get("back").unwrap_or("/")));
    response.headers_mut().insert(header::SET_COOKIE, set_cookie("lang", lang.code(), app.settings.tls, Some(LIFE_S)));
    Ok(response)
}
