//! Signing in: business, user, password. One answer for every failure, so that nobody learns which of them was wrong (F-110).
use crate::app::App;
use crate::fail::Failure;
use crate::lang::{Lang, cookie};
use crate::layout::{Page, html};
use crate::pages::{home, origin_is_ours, own_path, see, session_cookie, set_cookie};
use crate::who;
use crate::words::Words;
use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    tenant: String,
    login: String,
    next: String,
    failed: Option<String>,
}

/// `GET /`: the start page of who is signed in, the sign-in of everybody else.
pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Result<Response, Response> {
    let (mut parts, _) = request.into_parts();
    if cookie(&parts.headers, session_cookie(app.settings.tls)).is_some()
        && let Ok(visit) = super::Visit::from_request_parts(&mut parts, &app).await
    {
        return home::show(&visit).map_err(IntoResponse::into_response);
    }
    let words = Words(Lang::of(&parts.headers));
    let query =
        crate::query::Pairs::read(parts.uri.query().unwrap_or_default()).map_err(IntoResponse::into_response)?;
    let next = own_path(query.get("next").unwrap_or("/")).to_owned();
    let page = Page::bare_page(words, words.say("sign-in"), "/");
    Ok(html(&SignIn { page, tenant: String::new(), login: String::new(), next, failed: None }))
}

/// `POST /sign-in`.
pub(crate) async fn send(State(app): State<Arc<App>>, request: Request) -> Result<Response, Response> {
    let headers = request.headers().clone();
    let words = Words(Lang::of(&headers));
    let address = crate::serve::address(&request);
    let form = super::small_form(request, &headers).await.map_err(IntoResponse::into_response)?;
    if !origin_is_ours(&headers) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "foreign-form").into_response());
    }
    let text = |name: &str| form.get(name).unwrap_or_default();
    let next = own_path(text("next")).to_owned();
    match who::sign_in(&app, text("tenant"), text("login"), text("password"), address).await {
        Ok(value) => {
            let mut response = see(&next);
            let cookie = set_cookie(session_cookie(app.settings.tls), &value, app.settings.tls, None);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(failure) if failure.status.is_server_error() => Err(failure.into_response()),
        Err(failure) => {
            let message = if failure.status == StatusCode::TOO_MANY_REQUESTS {
                words.say("sign-in-wait")
            } else {
                words.say("sign-in-failed")
            };
            let page = Page::bare_page(words, words.say("sign-in"), "/");
            let (tenant, login) = (text("tenant").to_owned(), text("login").to_owned());
            let mut response = html(&SignIn { page, tenant, login, next, failed: Some(message) });
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}
