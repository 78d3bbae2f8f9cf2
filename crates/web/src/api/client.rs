//! Who calls the API: the token of `Authorization: Bearer`, which names the tenant.
use crate::access::Whose;
use crate::app::App;
use crate::fail::Failure;
use crate::query::Pairs;
use crate::who;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use std::sync::Arc;
use store::{ActiveModules, Caller, Reader, Tenant};

/// A caller of the API.
pub(crate) struct Client {
    pub app: Arc<App>,
    pub tenant: Arc<Tenant>,
    pub caller: Caller,
    raw_query: Option<String>,
}

impl Client {
    /// A reader of the tenant.
    pub fn reader(&self) -> Result<Reader, Failure> {
        Ok(self.tenant.reader()?)
    }
    /// The tenant's modules.
    pub fn modules(&self) -> Arc<ActiveModules> {
        self.tenant.shared().modules()
    }
    /// The query, strictly: names that are not known are refused.
    pub fn query(&self, known: &[&str]) -> Result<Pairs, Failure> {
        let Some(raw) = &self.raw_query else { return Ok(Pairs::default()) };
        let pairs = Pairs::read(raw)?;
        pairs.only(known)?;
        Ok(pairs)
    }
    /// The query of a list, whose names depend on the module.
    pub fn list_query(&self) -> Result<Pairs, Failure> {
        Pairs::read(self.raw_query.as_deref().unwrap_or_default())
    }
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let unauthorized = || Failure::of_status(StatusCode::UNAUTHORIZED);
        let header =
            parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(unauthorized)?;
        let (scheme, token) = header.split_once(' ').ok_or_else(unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unauthorized());
        }
        let (tenant, caller) =
            who::of_token(app, token.trim(), parts.extensions.get()).await?.ok_or_else(unauthorized)?;
        Whose::is(&parts.extensions, &tenant);
        Ok(Self { app: Arc::clone(app), tenant, caller, raw_query: parts.uri.query().map(str::to_owned) })
    }
}
