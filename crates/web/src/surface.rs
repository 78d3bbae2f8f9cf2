//! The two routers, and the layer around each: headers, and the words of every failure.
use crate::access::Begun;
use crate::app::App;
use crate::fail::Failure;
use crate::headers::{self, API_POLICY, POLICY};
use crate::lang::Lang;
use crate::pages::Visit;
use crate::reach;
use crate::routes::{ROUTES, Surface};
use crate::words::Words;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// The pages, for port 8086.
pub fn pages(app: Arc<App>) -> Router {
    router(Surface::Pages, &app)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&app), around_pages))
        .layer(from_fn_with_state(Arc::clone(&app), reach::pages))
        .with_state(app)
}

/// The REST API, for port 8085.
pub fn api(app: Arc<App>) -> Router {
    router(Surface::Api, &app)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&app), around_api))
        .layer(from_fn_with_state(Arc::clone(&app), reach::api))
        .with_state(app)
}

fn router(surface: Surface, app: &App) -> Router<Arc<App>> {
    let mut router = Router::new().fallback(|| async { StatusCode::NOT_FOUND });
    for route in ROUTES.iter().filter(|route| route.surface == surface) {
        // A layer costs every request something, so only the routes that differ have one of their own; the inner limit counts.
        let handler = || {
            let handler = (route.handler)();
            if route.large { handler.layer(DefaultBodyLimit::max(app.settings.max_batch_bytes)) } else { handler }
        };
        router = router.route(route.path, handler());
        // The API has this port to itself, so that an address without the prefix can only mean the same.
        if let Some(short) = route.path.strip_prefix("/api/v1") {
            router = router.route(short, handler());
        }
    }
    router.layer(DefaultBodyLimit::max(app.settings.max_body_bytes))
}

/// A mistake of this program in one request is that request's failure; the others go on. What the panic says may hold a value of a person and is
/// logged nowhere; its place is a line of the program's hook.
fn panicked(_cause: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request ended in a panic");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The failure that an answer is, if it is one: ours, or what the router and the limits answer without words.
fn failure(response: &mut Response) -> Option<Failure> {
    let status = response.status();
    let own = response.extensions_mut().remove::<Failure>();
    // What a handler has worded itself, such as a form with its messages, has a content type of its own.
    let worded =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    own.or_else(|| {
        (!worded && (status.is_client_error() || status.is_server_error())).then(|| Failure::of_status(status))
    })
}

async fn around_pages(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let begun = Begun::of(&app, "pages", &mut request);
    let response = page_answer(&app, request, next).await;
    begun.answered(&app, &response);
    response
}

async fn page_answer(app: &Arc<App>, request: Request, next: Next) -> Response {
    let words = Words(Lang::of(request.headers()));
    // What is needed for the frame of an error's page; the request itself is gone by then.
    let mut asked = Request::new(Body::empty()).into_parts().0;
    asked.uri = request.uri().clone();
    asked.headers.extend(request.headers().get(header::COOKIE).cloned().map(|cookie| (header::COOKIE, cookie)));
    let mut response = next.run(request).await;
    if let Some(failure) = failure(&mut response) {
        let reference = failure.log(app.clock.now().0, "page");
        let allow = response.headers().get(header::ALLOW).cloned();
        let frame =
            if failure.status.is_server_error() { None } else { Visit::from_request_parts(&mut asked, app).await.ok() };
        response = crate::pages::error::show(&failure, frame.map(|visit| visit.page("")), words, reference);
        response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
        retry(&failure, &mut response);
    }
    headers::put(response.headers_mut(), POLICY, app.settings.tls);
    response
}

async fn around_api(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let begun = Begun::of(&app, "api", &mut request);
    let response = api_answer(&app, request, next).await;
    begun.answered(&app, &response);
    response
}

async fn api_answer(app: &Arc<App>, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return options(app, &request);
    }
    let accept = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let reading = request.method().is_safe();
    let mut response = next.run(request).await;
    if let Some(mut failure) = failure(&mut response) {
        failure.reading = reading;
        let mut asked = axum::http::HeaderMap::new();
        asked.extend(accept.map(|accept| (header::ACCEPT_LANGUAGE, accept)));
        response = problem(app, &failure, Words(Lang::accepted(&asked)), &response);
    }
    headers::put(response.headers_mut(), API_POLICY, app.settings.tls);
    response
}

/// Words a failure of a layer around the surfaces, for a page.
pub(crate) fn refused_page(app: &App, lang: Lang, mut response: Response) -> Response {
    let Some(failure) = response.extensions_mut().remove::<Failure>() else { return response };
    let reference = failure.log(app.clock.now().0, "page");
    let mut response = crate::pages::error::show(&failure, None, Words(lang), reference);
    retry(&failure, &mut response);
    headers::put(response.headers_mut(), POLICY, app.settings.tls);
    response
}

/// The same for the API.
pub(crate) fn refused_api(app: &App, lang: Lang, reading: bool, mut response: Response) -> Response {
    let Some(mut failure) = response.extensions_mut().remove::<Failure>() else { return response };
    failure.reading = reading;
    let mut response = problem(app, &failure, Words(lang), &response);
    headers::put(response.headers_mut(), API_POLICY, app.settings.tls);
    response
}

fn problem(app: &App, failure: &Failure, words: Words, bare: &Response) -> Response {
    let reference = failure.log(app.clock.now().0, "api");
    let body = failure.problem(words, &reference).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = failure.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(words.code()));
    if failure.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"obhut\""));
    }
    if let Some(allow) = bare.headers().get(header::ALLOW) {
        headers.insert(header::ALLOW, allow.clone());
    }
    retry(failure, &mut response);
    response
}

fn retry(failure: &Failure, response: &mut Response) {
    if matches!(failure.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
}

/// `OPTIONS`: the methods of a path. No other origin is let in, so that no browser page elsewhere can call the API.
fn options(app: &App, request: &Request) -> Response {
    let path: Vec<&str> = request.uri().path().split('/').collect();
    let fits = |pattern: &str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        parts.len() == path.len() && parts.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
    };
    let mut methods: Vec<&str> = ROUTES
        .iter()
        .filter(|route| {
            route.surface == Surface::Api && (fits(route.path) || route.path.strip_prefix("/api/v1").is_some_and(fits))
        })
        .map(|route| route.method)
        .collect();
    if methods.is_empty() {
        return problem(
            app,
            &Failure::not_found(),
            Words(Lang::accepted(request.headers())),
            &Response::new(Body::empty()),
        );
    }
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    methods.dedup();
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(allow) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    headers::put(response.headers_mut(), API_POLICY, app.settings.tls);
    response
}
