//! `POST /sign-out`: the session ends in the database too, not only in the browser.
use crate::pages::{Posted, see, session_cookie, set_cookie};
use crate::who;
use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(crate) async fn send(posted: Posted) -> Result<Response, Response> {
    let visit = &posted.visit;
    who::sign_out(&visit.app, &visit.tenant, &visit.session).await.map_err(IntoResponse::into_response)?;
    let tls = visit.app.settings.tls;
    let mut response = see("/");
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(session_cookie(tls), "", tls, None));
    Ok(response)
}
