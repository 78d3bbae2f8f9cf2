//! The surfaces with a real tenant: stories through the pages and the API, every route tried as nobody and as somebody without rights.
mod api;
mod logs;
mod office;
mod pages;
mod privacy;
mod routes;

use crate::{App, Settings};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use base::{RecordId, UserId};
use identity::{NewUser, Password, Role};
use serde_json::{Value, json};
use store::Caller;
use store::module::Map;
use testkit::Business;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "Sehr geheim 2026";

/// A workshop with an administrator, an editor and a reader, and both surfaces in front of it.
pub(crate) struct House {
    pub business: Business,
    pub pages: Router,
    pub api: Router,
    pub app: std::sync::Arc<App>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
    /// The value of a hidden input.
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let start = self.text.find(&mark).unwrap_or_else(|| panic!("no input {name}: {}", self.text)) + mark.len();
        self.text[start..].split('"').next().unwrap().to_owned()
    }
}

/// Runs a story on its own thread, which may wait for a database server; requests are answered on the runtime's, which must not.
pub(crate) fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    futures_executor::block_on(story);
}

pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response: Response<Body> = tokio::spawn(router.clone().oneshot(request)).await.unwrap().unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

impl House {
    pub fn new() -> Self {
        let business = Business::new(&["workshop"]);
        for (login, name, role) in [
            ("chefin", "Chris Chefin", Role::Administrator),
            ("büro", "Bodo Büro", Role::Editor),
            ("gast", "Gesa Gast", Role::Reader),
        ] {
            let password = Password::given(PASSWORD).unwrap();
            let new = NewUser { login: login.into(), name: name.into(), email: None, role, password };
            let _: UserId =
                business.tenant().write(business.admin(), move |op| identity::create_user(op, &new)).unwrap();
        }
        let clock: base::SharedClock = std::sync::Arc::new(business.clock.clone());
        let app = App::new(std::sync::Arc::clone(business.instance()), clock, Settings::default());
        let (pages, api) = (crate::pages(std::sync::Arc::clone(&app)), crate::api(std::sync::Arc::clone(&app)));
        Self { business, pages, api, app }
    }

    pub fn token(&self, rights: &str) -> String {
        let rights = rights.to_owned();
        let made = self
            .business
            .tenant()
            .write(self.business.admin(), move |op| identity::create_token(op, "test", &rights, None));
        made.unwrap().1.to_string()
    }
    pub fn create(&self, module: &str, values: Value) -> RecordId {
        let (module, Value::Object(values)) = (module.to_owned(), values) else { panic!() };
        let values: Map = values;
        self.business.tenant().write(self.admin(), move |op| records::create(op, &module, values)).unwrap().id
    }
    pub fn admin(&self) -> Caller {
        self.business.admin()
    }
    pub fn contact(&self, given: &str, family: &str) -> RecordId {
        self.create("contact", contact(given, family))
    }

    /// Signs in; the cookie as it is sent along.
    pub async fn sign_in(&self, login: &str) -> String {
        let answer = self
            .post_as("", "/sign-in", &[("tenant", "muster & soehne"), ("login", login), ("password", PASSWORD)])
            .await
            .expect(303);
        let cookie = answer.header("set-cookie").to_owned();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
    }
    pub async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        ask(&self.pages, request).await
    }
    pub async fn post_as(&self, cookie: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let body =
            form.iter().map(|(name, value)| format!("{}={}", crate::query::encode(name), crate::query::encode(value)));
        let body = body.collect::<Vec<_>>().join("&");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(&self.pages, request.body(Body::from(body)).unwrap()).await
    }
    /// A form of that page, with its token.
    pub async fn post(&self, cookie: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.get(cookie, "/").await.hidden("csrf");
        let mut whole = vec![("csrf", csrf.as_str())];
        whole.extend(form);
        self.post_as(cookie, path, &whole).await
    }
    pub async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        ask(&self.api, request.body(body).unwrap()).await
    }
}

/// A person with all that a person needs.
pub(crate) fn contact(given: &str, family: &str) -> Value {
    json!({"given_name": given, "family_name": family, "emails": ["a@example.org"], "origin": "Messe", "activity": "customer-care"})
}
