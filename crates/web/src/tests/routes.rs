//! Every route of the list, as nobody and as somebody without the right.
use super::{House, ask, run};
use crate::routes::{Needs, ROUTES, Route, Surface};
use axum::body::Body;
use axum::http::{Request, header};
use base::Access;

/// A path of that route for a contact.
fn path(route: &Route, id: &str) -> String {
    route
        .path
        .replace("{module}", "contact")
        .replace("{m}", "contact")
        .replace("{id}", id)
        .replace("{file}", "nothing.css")
}

/// The right kind of body, so that what refuses is the right and not the form of the request.
fn request(route: &Route, path: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(route.method).uri(path);
    let kind = match (route.surface, route.method) {
        (_, "GET" | "DELETE") => return request,
        (Surface::Pages, _) => "application/x-www-form-urlencoded",
        (Surface::Api, _) => "application/json",
    };
    request.header(header::CONTENT_TYPE, kind)
}

#[test]
fn nobody_gets_nothing() {
    run(async {
        let house = House::new();
        let id = house.contact("Anna", "Geheim").to_string();
        for route in ROUTES.iter().filter(|route| route.needs != Needs::Nobody) {
            let path = path(route, &id);
            let router = if route.surface == Surface::Pages { &house.pages } else { &house.api };
            let answer = ask(router, request(route, &path).body(Body::from("{}")).unwrap()).await;
            match route.surface {
                Surface::Pages => {
                    assert_eq!(answer.status.as_u16(), 303, "{} {path}", route.method);
                    assert!(answer.header("location").starts_with('/'), "{path}");
                }
                Surface::Api => {
                    assert_eq!(answer.status.as_u16(), 401, "{} {path}", route.method);
                    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{path}");
                    assert_eq!(answer.json()["status"], 401);
                }
            }
            assert!(!answer.text.contains("Geheim"), "{path}");
        }
    });
}

#[test]
fn who_lacks_the_right_is_refused() {
    run(async {
        let house = House::new();
        let id = house.contact("Anna", "Geheim").to_string();
        // A token that reads vehicles has no business with contacts; one that reads everything may not write and has no further right.
        let (stranger, reader) = (house.token("vehicle:r"), house.token("*:r"));
        let session = house.sign_in("gast").await;
        let csrf = house.get(&session, "/").await.hidden("csrf");
        let mut count = 0;
        for route in ROUTES {
            let path = path(route, &id);
            let tries: Vec<&str> = match (route.surface, route.needs) {
                (Surface::Api, Needs::Module(Access::Read)) => vec![&stranger],
                (Surface::Api, Needs::Module(Access::Write) | Needs::History | Needs::Right(_)) => {
                    vec![&stranger, &reader]
                }
                (Surface::Pages, Needs::Module(Access::Write) | Needs::History | Needs::Right(_)) => vec![""],
                _ => continue,
            };
            for token in tries {
                count += 1;
                let (router, name, value) = match route.surface {
                    Surface::Api => (&house.api, header::AUTHORIZATION, format!("Bearer {token}")),
                    Surface::Pages => (&house.pages, header::COOKIE, session.clone()),
                };
                let body = match route.surface {
                    Surface::Api => "{}".to_owned(),
                    Surface::Pages => format!("csrf={csrf}&version=1&state=x"),
                };
                let answer =
                    ask(router, request(route, &path).header(name, value).body(Body::from(body)).unwrap()).await;
                let refused = matches!(answer.status.as_u16(), 403 | 404);
                assert!(refused, "{} {path} answers {}: {}", route.method, answer.status, answer.text);
                assert!(!answer.text.contains("Geheim"), "{path}");
            }
        }
        assert!(count > 25);
    });
}

#[test]
fn no_route_stands_twice() {
    for (place, route) in ROUTES.iter().enumerate() {
        let twice = ROUTES
            .iter()
            .skip(place + 1)
            .any(|other| other.path == route.path && other.method == route.method && other.surface == route.surface);
        assert!(!twice, "{} {}", route.method, route.path);
    }
}
