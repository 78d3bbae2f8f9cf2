//! Who is calling: what `web` asks of `identity`, in one place.
use crate::app::{App, Known};
use crate::cross;
use crate::fail::Failure;
use crate::words::Words;
use axum::http::StatusCode;
use std::fmt;
use std::sync::Arc;
use store::{Caller, Reader, Tenant, TenantInfo};

/// Longest name, login or password that is looked at.
const MAX_TYPED: usize = 1_000;

/// A session of the pages.
#[derive(Clone)]
pub(crate) struct Session {
    pub caller: Caller,
    pub name: String,
    pub csrf: String,
    pub cookie: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, …)", self.caller.actor)
    }
}

/// The session of a cookie, with its tenant; none if it has ended or never was.
pub(crate) async fn of_cookie(
    app: &Arc<App>,
    cookie: Option<&str>,
    opened: Option<&Known>,
) -> Result<Option<(Arc<Tenant>, Arc<TenantInfo>, Session)>, Failure> {
    let Some((cookie, id)) = cookie.and_then(|cookie| Some((cookie, identity::session_tenant(cookie)?))) else {
        return Ok(None);
    };
    let Some((tenant, info)) = known(app.tenant_for(id, opened).await)? else { return Ok(None) };
    let Some(found) = identity::session(&tenant, cookie)? else { return Ok(None) };
    let session = Session { caller: found.caller, name: found.user.name, csrf: found.csrf, cookie: cookie.to_owned() };
    Ok(Some((tenant, info, session)))
}

/// The caller of a bearer token, with its tenant.
pub(crate) async fn of_token(
    app: &Arc<App>,
    token: &str,
    opened: Option<&Known>,
) -> Result<Option<(Arc<Tenant>, Caller)>, Failure> {
    let Some(id) = identity::tenant_of(token) else { return Ok(None) };
    let Some((tenant, _)) = known(app.tenant_for(id, opened).await)? else { return Ok(None) };
    let caller = identity::token(&tenant, token)?;
    Ok(caller.map(|caller| (tenant, caller)))
}

/// A tenant that does not exist is nobody's session and nobody's token.
fn known<T>(tenant: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match tenant {
        Ok(tenant) => Ok(Some(tenant)),
        Err(failure) if failure.status == StatusCode::NOT_FOUND => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Signs in; the value of the session's cookie. One refusal for everything that can be wrong.
pub(crate) async fn sign_in(
    app: &Arc<App>,
    business: &str,
    login: &str,
    password: &str,
    address: Option<String>,
) -> Result<String, Failure> {
    let refused = || Failure::of_status(StatusCode::UNAUTHORIZED);
    if business.len() > MAX_TYPED || login.len() > MAX_TYPED || password.len() > MAX_TYPED {
        return Err(refused());
    }
    let Some(info) = self::business(app, business).await else {
        // Whoever asks for a business that does not exist waits as long: a hash is made and thrown away.
        cross::sign_in(app, || Ok(identity::Password::random().map(drop)?)).await?;
        return Err(refused());
    };
    let (login, password) = (login.to_owned(), password.to_owned());
    let instance = Arc::clone(&app.instance);
    let signed_in = cross::sign_in(app, move || {
        let tenant = instance.tenant(info.id)?;
        Ok(identity::sign_in(&tenant, &login, &password, address.as_deref())?)
    })
    .await;
    match signed_in {
        Ok(signed_in) => Ok(signed_in.token.to_string()),
        Err(failure) if failure.status == StatusCode::FORBIDDEN => Err(refused()),
        Err(failure) => Err(failure),
    }
}

/// The business of that name. Where there are several nodes, one that is not known is asked for.
pub(crate) async fn business(app: &Arc<App>, name: &str) -> Option<TenantInfo> {
    if !app.instance.has_nodes() {
        return app.instance.find(name);
    }
    if name.len() > MAX_TYPED {
        return None;
    }
    let place = Arc::clone(&app.sign_ins).try_acquire_owned().ok()?;
    let (instance, name) = (Arc::clone(&app.instance), name.to_owned());
    let found = tokio::task::spawn_blocking(move || {
        let found = instance.find(&name);
        drop(place);
        found
    });
    found.await.ok().flatten()
}

/// Ends a session.
pub(crate) async fn sign_out(app: &Arc<App>, tenant: &Arc<Tenant>, session: &Session) -> Result<(), Failure> {
    let (tenant, cookie) = (Arc::clone(tenant), session.cookie.clone());
    cross::long(app, move || Ok(identity::sign_out(&tenant, &cookie)?)).await
}

/// Compares in the same time whatever differs.
pub(crate) fn same(given: &str, known: &str) -> bool {
    given.len() == known.len()
        && !known.is_empty()
        && given.bytes().zip(known.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// The name behind an actor's id, looked up when shown.
pub(crate) fn name_of(reader: &mut Reader, caller: &Caller, actor: &str, words: Words) -> Result<String, Failure> {
    let who = identity::who(reader, caller, actor)?;
    Ok(who.label().get(words.code()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_token_is_the_same() {
        assert!(same("abc", "abc"));
        for (given, known) in [("abd", "abc"), ("ab", "abc"), ("", ""), ("", "abc")] {
            assert!(!same(given, known));
        }
    }
}
