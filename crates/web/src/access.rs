//! The access log: of each request its method, the route's template, status and duration, and the client's address, which is kept as a keyed hash.
//! No query, no path as it was typed, no name (T-40 to T-42). A request is the log's of the tenant that it turned out to belong to, else of the instance.
use crate::app::App;
use axum::extract::{MatchedPath, Request};
use axum::http::{Extensions, Method};
use axum::response::Response;
use base::Timestamp;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use store::Tenant;
use store::logs::Access;

/// Whose request it is, as soon as that is known.
#[derive(Clone, Default)]
pub(crate) struct Whose(Arc<OnceLock<Arc<Tenant>>>);

impl Whose {
    /// Says that a request is this tenant's.
    pub fn is(extensions: &Extensions, tenant: &Arc<Tenant>) {
        if let Some(whose) = extensions.get::<Self>() {
            // A second one is the same tenant again.
            let _ = whose.0.set(Arc::clone(tenant));
        }
    }
}

/// A request that has begun.
pub(crate) struct Begun {
    whose: Whose,
    at: Timestamp,
    surface: &'static str,
    method: &'static str,
    route: String,
    address: Option<IpAddr>,
}

impl Begun {
    /// Notes what is known at the beginning.
    pub fn of(app: &App, surface: &'static str, request: &mut Request) -> Self {
        let whose = Whose::default();
        request.extensions_mut().insert(whose.clone());
        let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
        let method = method(request.method());
        Self { whose, at: app.clock.now(), surface, method, route, address: crate::serve::ip(request) }
    }

    /// Notes the answer.
    pub fn answered(self, app: &App, response: &Response) {
        let took_ms = app.clock.now().since(self.at).try_into().unwrap_or(0);
        let access = Access {
            at: self.at,
            surface: self.surface,
            method: self.method,
            route: self.route,
            status: response.status().as_u16(),
            took_ms,
            address: self.address,
        };
        match self.whose.0.get() {
            Some(tenant) => tenant.shared().note_access(access),
            None => app.instance.note_access(access),
        }
    }
}

/// A method by its name; one that a client made up could be any text.
fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}
