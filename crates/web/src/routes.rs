//! Every route of both surfaces with the right that it needs: the one list. The routers are built from it, so what does not stand here is
//! not served; a test tries each route as nobody and as somebody without rights.
use crate::app::App;
use crate::{api, assets, pages};
use axum::routing::{MethodRouter, delete, get, patch, post};
use base::{Access, Permission};
use std::sync::Arc;

/// Which port a route is served on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Pages, 8086.
    Pages,
    /// REST API, 8085.
    Api,
}

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: nobody is signed in yet.
    Nobody,
    /// To be signed in; what is shown is what the caller may see.
    SignedIn,
    /// This access to the module that the path names.
    Module(Access),
    /// Reading the module, and a further right.
    History,
    /// A right beyond reading and writing records.
    Right(Permission),
}

/// One route.
pub struct Route {
    /// Port.
    pub surface: Surface,
    /// HTTP method.
    pub method: &'static str,
    /// Path; `{…}` is a part that varies.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Whether a large body is taken.
    pub(crate) large: bool,
    pub(crate) handler: fn() -> MethodRouter<Arc<App>>,
}

const fn page(
    method: &'static str,
    path: &'static str,
    needs: Needs,
    handler: fn() -> MethodRouter<Arc<App>>,
) -> Route {
    Route { surface: Surface::Pages, method, path, needs, large: false, handler }
}
const fn rest(
    method: &'static str,
    path: &'static str,
    needs: Needs,
    handler: fn() -> MethodRouter<Arc<App>>,
) -> Route {
    Route { surface: Surface::Api, method, path, needs, large: false, handler }
}

const READ: Needs = Needs::Module(Access::Read);
const WRITE: Needs = Needs::Module(Access::Write);
const USERS: Needs = Needs::Right(Permission::ManageUsers);
const IMPORT: Needs = Needs::Right(Permission::Import);
const PRIVACY: Needs = Needs::Right(Permission::Privacy);

/// The list.
pub const ROUTES: &[Route] = &[
    page("GET", "/", Needs::Nobody, || get(pages::sign_in::show)),
    page("POST", "/sign-in", Needs::Nobody, || post(pages::sign_in::send)),
    page("POST", "/language", Needs::Nobody, || post(pages::language::send)),
    page("GET", "/static/{file}", Needs::Nobody, || get(assets::show)),
    page("GET", "/favicon.ico", Needs::Nobody, || get(assets::favicon)),
    page("POST", "/sign-out", Needs::SignedIn, || post(pages::sign_out::send)),
    page("GET", "/search", Needs::SignedIn, || get(pages::find::show)),
    page("GET", "/suggest", Needs::SignedIn, || get(pages::suggest::show)),
    page("GET", "/m/{module}", READ, || get(pages::list::show)),
    page("GET", "/m/{module}/fields", READ, || get(pages::fields::show)),
    page("GET", "/m/{module}/new", WRITE, || get(pages::create::show)),
    page("POST", "/m/{module}/new", WRITE, || post(pages::create::send)),
    page("GET", "/m/{module}/{id}", READ, || get(pages::record::show)),
    page("GET", "/m/{module}/{id}/edit", WRITE, || get(pages::edit::show)),
    page("POST", "/m/{module}/{id}/edit", WRITE, || post(pages::edit::send)),
    page("POST", "/m/{module}/{id}/state", WRITE, || post(pages::state::send)),
    page("GET", "/m/{module}/{id}/correction", WRITE, || get(pages::correction::show)),
    page("POST", "/m/{module}/{id}/correction", WRITE, || post(pages::correction::send)),
    page("GET", "/m/{module}/{id}/delete", WRITE, || get(pages::delete::show)),
    page("POST", "/m/{module}/{id}/delete", WRITE, || post(pages::delete::send)),
    page("GET", "/m/{module}/{id}/history", Needs::History, || get(pages::history::show)),
    page("GET", "/subjects", PRIVACY, || get(pages::subjects::show)),
    page("GET", "/subjects/{id}", PRIVACY, || get(pages::subject::show)),
    page("POST", "/subjects/{id}/export", PRIVACY, || post(pages::export::send)),
    page("GET", "/subjects/{id}/erasure", PRIVACY, || get(pages::erase::show)),
    page("POST", "/subjects/{id}/erasure", PRIVACY, || post(pages::erase::send)),
    page("POST", "/subjects/{id}/restriction", PRIVACY, || post(pages::restriction::send)),
    page("GET", "/subjects/{id}/merge", PRIVACY, || get(pages::merge::show)),
    page("POST", "/subjects/{id}/merge", PRIVACY, || post(pages::merge::send)),
    page("POST", "/subjects/{id}/unmerge", PRIVACY, || post(pages::merge::undo)),
    page("GET", "/users", USERS, || get(pages::users::show)),
    page("POST", "/users", USERS, || post(pages::users::send)),
    page("POST", "/users/{id}/state", USERS, || post(pages::users::state)),
    page("GET", "/tokens", USERS, || get(pages::tokens::show)),
    page("POST", "/tokens", USERS, || post(pages::tokens::send)),
    page("POST", "/tokens/{id}/revoke", USERS, || post(pages::tokens::revoke)),
    page("GET", "/import", IMPORT, || get(pages::import::show)),
    Route { large: true, ..page("POST", "/import", IMPORT, || post(pages::import::send)) },
    Route { large: true, ..page("POST", "/import/run", IMPORT, || post(pages::import::run)) },
    Route { large: true, ..page("POST", "/import/rejects", IMPORT, || post(pages::import::rejects)) },
    page("GET", "/erasures/{id}", PRIVACY, || get(pages::erasure::show)),
    rest("GET", "/api/v1/modules", Needs::SignedIn, || get(api::modules::show)),
    rest("GET", "/api/v1/modules/{m}", READ, || get(api::module::show)),
    rest("GET", "/api/v1/changes", Needs::SignedIn, || get(api::changes::show)),
    rest("GET", "/api/v1/openapi.json", Needs::SignedIn, || get(api::openapi::show)),
    rest("GET", "/api/v1/subjects/{id}", PRIVACY, || get(api::subject::show)),
    rest("GET", "/api/v1/subjects/{id}/export", PRIVACY, || get(api::subject_export::show)),
    rest("POST", "/api/v1/subjects/{id}/erasure-plans", PRIVACY, || post(api::plan::send)),
    rest("POST", "/api/v1/erasure-plans/{id}/perform", PRIVACY, || post(api::perform::send)),
    rest("GET", "/api/v1/{m}", READ, || get(api::list::show)),
    rest("POST", "/api/v1/{m}", WRITE, || post(api::create::send)),
    Route { large: true, ..rest("POST", "/api/v1/{m}/batch", WRITE, || post(api::batch::send)) },
    rest("GET", "/api/v1/{m}/{id}", READ, || get(api::get::show)),
    rest("PATCH", "/api/v1/{m}/{id}", WRITE, || patch(api::change::send)),
    rest("DELETE", "/api/v1/{m}/{id}", WRITE, || delete(api::delete::send)),
    rest("POST", "/api/v1/{m}/{id}/correction", WRITE, || post(api::correction::send)),
    rest("GET", "/api/v1/{m}/{id}/history", Needs::History, || get(api::history::show)),
];
