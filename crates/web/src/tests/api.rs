//! The REST API as interface.md says it.
use super::{House, ask, contact, run};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

#[test]
fn a_record_lives_through_the_api() {
    run(async {
        let house = House::new();
        let token = house.token("contact:rw,read-history");
        let made = house.call(&token, "POST", "/api/v1/contact", Some(contact("Anna", "Alt")), &[]).await.expect(201);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(made.header("location"), format!("/api/v1/contact/{id}"));
        assert_eq!(made.header("etag"), "\"1\"");
        let path = format!("/api/v1/contact/{id}");
        let got = house.call(&token, "GET", &path, None, &[]).await.expect(200);
        assert_eq!(got.json()["title"], "Anna Alt");
        assert_eq!(got.header("cache-control"), "no-store");
        house.call(&token, "GET", &path, None, &[("if-none-match", "\"1\"")]).await.expect(304);
        let some = house.call(&token, "GET", &format!("{path}?fields=family_name"), None, &[]).await.expect(200).json();
        assert_eq!(some, json!({"id": id, "family_name": "Alt"}));

        let new_values = json!({"family_name": "Neu", "emails": null});
        let changed = house.call(&token, "PATCH", &path, Some(new_values), &[("if-match", "\"1\"")]).await.expect(200);
        assert_eq!(changed.header("etag"), "\"2\"");
        assert!(changed.json().get("emails").is_none());
        let stale = house
            .call(&token, "PATCH", &path, Some(json!({"family_name": "Zu spät"})), &[("if-match", "\"1\"")])
            .await
            .expect(412);
        assert_eq!(stale.header("content-type"), "application/problem+json");
        assert_eq!(stale.json()["type"], "urn:obhut:problem:stale");

        let history = house.call(&token, "GET", &format!("{path}/history"), None, &[]).await.expect(200).json();
        assert_eq!(history["items"][0]["action"], "change");
        let change = history["items"][0]["changes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|change| change["field"] == "family_name")
            .unwrap();
        assert_eq!((change["old"].as_str(), change["new"].as_str()), (Some("Alt"), Some("Neu")));
        // The record is a person: that takes an erasure plan.
        let refused = house.call(&token, "DELETE", &path, None, &[]).await.expect(409).json();
        assert_eq!(refused["type"], "urn:obhut:problem:is-person");
    });
}

#[test]
fn what_breaks_a_rule_is_named_by_field() {
    run(async {
        let house = House::new();
        let token = house.token("admin");
        let answer = house
            .call(
                &token,
                "POST",
                "/api/v1/contact",
                Some(json!({"given_name": "A", "birthday": "heute", "shoe_size": 43})),
                &[("accept-language", "en")],
            )
            .await
            .expect(422);
        let problem = answer.json();
        let fields: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().filter_map(|error| error["field"].as_str()).collect();
        assert!(fields.contains(&"birthday") && fields.contains(&"shoe_size"), "{problem}");
        assert_eq!(answer.header("content-language"), "en");
        let answer = house
            .call(&token, "POST", "/api/v1/contact", Some(json!({"given_name": "A", "family_name": "B"})), &[])
            .await
            .expect(422)
            .json();
        let fields: Vec<&str> =
            answer["errors"].as_array().unwrap().iter().filter_map(|error| error["field"].as_str()).collect();
        assert!(fields.contains(&"origin") && fields.contains(&"activity"), "a person needs an origin: {answer}");
        assert!(answer["reference"].as_str().is_some_and(|reference| !reference.is_empty()));
        assert!(
            house.call(&token, "GET", "/api/v1/contact", None, &[]).await.json()["items"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn the_same_key_makes_one_record() {
    run(async {
        let house = House::new();
        let token = house.token("contact:rw");
        let body = || Some(contact("Anna", "Einmal"));
        let key = [("idempotency-key", "auftrag-1")];
        let first = house.call(&token, "POST", "/api/v1/contact", body(), &key).await.expect(201).json();
        let again = house.call(&token, "POST", "/api/v1/contact", body(), &key).await.expect(201).json();
        assert_eq!(first["id"], again["id"]);
        let other = house
            .call(&token, "POST", "/api/v1/contact", Some(contact("Eva", "Anders")), &key)
            .await
            .expect(422)
            .json();
        assert_eq!(other["type"], "urn:obhut:problem:idempotency-key-reused");
        // Another caller's key is another key, and a refused request does not use it up.
        let second = house.token("contact:rw");
        let theirs = house.call(&second, "POST", "/api/v1/contact", body(), &key).await.expect(201).json();
        assert_ne!(first["id"], theirs["id"]);
        let key = [("idempotency-key", "auftrag-2")];
        house.call(&token, "POST", "/api/v1/contact", Some(json!({"birthday": "x"})), &key).await.expect(422);
        house.call(&token, "POST", "/api/v1/contact", body(), &key).await.expect(201);
        house.business.clock.advance_days(2);
        let later = house
            .call(&token, "POST", "/api/v1/contact", body(), &[("idempotency-key", "auftrag-1")])
            .await
            .expect(201)
            .json();
        assert_ne!(first["id"], later["id"], "a key is remembered for a day");
    });
}

#[test]
fn keys_of_requests_go_after_their_day_without_another_request() {
    run(async {
        let house = House::new();
        let token = house.token("contact:rw");
        let key = [("idempotency-key", "auftrag-1")];
        house.call(&token, "POST", "/api/v1/contact", Some(contact("Anna", "Einmal")), &key).await.expect(201);
        assert_eq!(crate::purge_idempotency(house.business.tenant()).unwrap(), 0, "not before");
        house.business.clock.advance_days(2);
        assert_eq!(crate::purge_idempotency(house.business.tenant()).unwrap(), 1);
        assert_eq!(crate::purge_idempotency(house.business.tenant()).unwrap(), 0);
    });
}

#[test]
fn lists_page_filter_and_count() {
    run(async {
        let house = House::new();
        let token = house.token("*:r");
        for number in 0..5 {
            house.contact("Anna", &format!("Nummer {number}"));
        }
        let page = house
            .call(&token, "GET", "/api/v1/contact?sort=-title&limit=2&count=true", None, &[])
            .await
            .expect(200)
            .json();
        assert_eq!((page["items"].as_array().unwrap().len(), page["total"].as_u64()), (2, Some(5)));
        assert_eq!(page["items"][0]["title"], "Anna Nummer 4");
        let next = page["next"].as_str().unwrap();
        let second = house
            .call(&token, "GET", &format!("/api/v1/contact?sort=-title&limit=2&after={next}"), None, &[])
            .await
            .expect(200)
            .json();
        assert_eq!(second["items"][0]["title"], "Anna Nummer 2");
        assert!(second.get("total").is_none());
        let some = house
            .call(&token, "GET", "/api/v1/contact?q=nummer&fields=origin,title&limit=1", None, &[])
            .await
            .expect(200)
            .json();
        assert_eq!(some["items"][0]["origin"], "Messe", "what is not in the index is read of the record");
        assert!(some["items"][0].get("family_name").is_none());
        let person =
            house.call(&token, "GET", "/api/v1/contact?filter%5Bkind%5D=person", None, &[]).await.expect(200).json();
        assert_eq!(person["items"].as_array().unwrap().len(), 5);
        for (bad, status) in [
            ("nonsense=1", 400),
            ("limit=1000", 400),
            ("filter%5Bx%5D=1", 422),
            ("sort=x", 422),
            ("fields=x", 422),
            ("q=%FF", 400),
            ("filter%5Bkind%5D%5Blike%5D=a", 400),
        ] {
            house.call(&token, "GET", &format!("/api/v1/contact?{bad}"), None, &[]).await.expect(status);
        }
    });
}

#[test]
fn a_final_record_is_corrected_by_two_others() {
    run(async {
        let house = House::new();
        let token = house.token("contact:r,order:rw");
        let person = house.contact("Karla", "Kundin");
        let order = house.create(
        "order",
        json!({"number": "R-1", "customer": person.to_string(), "total": "119,00 EUR", "state": "invoiced", "origin": "Telefon", "activity": "customer-care"}),
    );
        let path = format!("/api/v1/order/{order}/correction");
        let send = async |body: Value| house.call(&token, "POST", &path, Some(body), &[]).await;
        let patched =
            house.call(&token, "PATCH", &format!("/api/v1/order/{order}"), Some(json!({"text": "x"})), &[]).await;
        assert_eq!(patched.expect(409).json()["type"], "urn:obhut:problem:final");
        for wrong in [json!({}), json!({"reversal": 1}), json!({"new_version": {}, "Anna": {}})] {
            assert!([400, 422].contains(&send(wrong).await.status.as_u16()));
        }
        assert_eq!(send(json!({"new_version": {}})).await.expect(409).json()["status"], 409);
        let wanted = json!({"reversal": {"number": "S-1"}, "new_version": {"text": "Berichtigt"}});
        let made = send(wanted.clone()).await.expect(201).json();
        assert_eq!(made["reversal"]["total"]["amount"], "-119.00");
        assert_eq!((&made["reversal"]["state"], &made["new_version"]["state"]), (&json!("invoiced"), &json!("draft")));
        assert_eq!(made["new_version"]["text"], "Berichtigt");
        send(wanted).await.expect(409);
        let reader = house.token("order:r");
        house.call(&reader, "POST", &path, Some(json!({"reversal": {}})), &[]).await.expect(403);
        house.business.assert_sound();
    });
}

#[test]
fn a_batch_has_a_result_for_each_item() {
    run(async {
        let house = House::new();
        let token = house.token("contact:rw");
        let id = house.contact("Anna", "Alt");
        let items = json!({"items": [
            contact("Neu", "Eins"),
            {"given_name": "ohne Herkunft"},
            {"id": id.to_string(), "version": 1, "family_name": "Neu"},
            {"id": id.to_string(), "version": 1, "family_name": "Veraltet"},
        ]});
        let answer = house.call(&token, "POST", "/api/v1/contact/batch", Some(items), &[]).await.expect(200).json();
        let statuses: Vec<u64> =
            answer["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [201, 422, 200, 412]);
        assert_eq!(answer["failed"], 2);
        assert_eq!(answer["items"][1]["problem"]["errors"][0]["code"].as_str().map(str::is_empty), Some(false));
        let many: Vec<Value> = (0..1001).map(|_| json!({})).collect();
        house.call(&token, "POST", "/api/v1/contact/batch", Some(many.into()), &[]).await.expect(422);
    });
}

#[test]
fn the_change_feed_tells_what_came_and_what_went() {
    run(async {
        let house = House::new();
        let token = house.token("admin");
        let start = house.call(&token, "GET", "/api/v1/changes", None, &[]).await.expect(200).json();
        let after = start["next"].as_str().unwrap().to_owned();
        let institution =
            house.create("contact", json!({"kind": "institution", "full_name": "Amt", "emails": ["amt@example.org"]}));
        let person = house.contact("Anna", "Alt");
        let feed = house
            .call(&token, "GET", &format!("/api/v1/changes?after={after}&modules=contact"), None, &[])
            .await
            .expect(200)
            .json();
        let items = feed["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(
            (items[0]["change"].as_str(), items[0]["id"].as_str()),
            (Some("put"), Some(institution.to_string().as_str()))
        );
        assert_eq!(items[1]["record"]["id"], person.to_string());
        let after = feed["next"].as_str().unwrap().to_owned();
        assert!(
            house.call(&token, "GET", &format!("/api/v1/changes?after={after}"), None, &[]).await.json()["items"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        house.call(&token, "DELETE", &format!("/api/v1/contact/{institution}"), None, &[]).await.expect(204);
        let feed =
            house.call(&token, "GET", &format!("/api/v1/changes?after={after}"), None, &[]).await.expect(200).json();
        let gone: Vec<_> = feed["items"].as_array().unwrap().iter().filter(|item| item["change"] == "remove").collect();
        assert_eq!(gone.len(), 1, "{feed}");
        assert_eq!(gone[0]["id"], institution.to_string());
        // Paging by commits reaches the same.
        let (mut after, mut seen) = ("0".to_owned(), 0);
        for _ in 0..20 {
            let page = house
                .call(&token, "GET", &format!("/api/v1/changes?after={after}&limit=1"), None, &[])
                .await
                .expect(200)
                .json();
            seen += page["items"].as_array().unwrap().len();
            page["next"].as_str().unwrap().clone_into(&mut after);
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(seen, 2, "the person that is there and the tombstone");
    });
}

#[test]
fn definitions_and_openapi_are_the_callers_own() {
    run(async {
        let house = House::new();
        let token = house.token("vehicle:r");
        let modules = house.call(&token, "GET", "/api/v1/modules", None, &[]).await.expect(200).json();
        let names: Vec<&str> =
            modules["items"].as_array().unwrap().iter().filter_map(|module| module["name"].as_str()).collect();
        assert_eq!(names, ["vehicle"]);
        assert_eq!(modules["items"][0]["rights"]["access"], "read");
        house.call(&token, "GET", "/api/v1/modules/contact", None, &[]).await.expect(404);
        let document = house.call(&token, "GET", "/api/v1/openapi.json", None, &[]).await.expect(200).json();
        assert_eq!(document["openapi"], "3.1.0");
        assert!(document["paths"].get("/vehicle").is_some() && document["paths"].get("/contact").is_none());
    });
}

#[test]
fn methods_heads_and_bodies_are_as_http_says() {
    run(async {
        let house = House::new();
        let token = house.token("admin");
        let id = house.contact("Anna", "Alt");
        let path = format!("/api/v1/contact/{id}");
        let head = house.call(&token, "HEAD", &path, None, &[]).await.expect(200);
        assert!(head.text.is_empty() && head.header("etag") == "\"1\"");
        let options = house.call("", "OPTIONS", &path, None, &[]).await.expect(204);
        assert_eq!(options.header("allow"), "GET, PATCH, DELETE, HEAD, OPTIONS");
        assert!(options.header("access-control-allow-origin").is_empty());
        let short = path.trim_start_matches("/api/v1");
        house.call("", "OPTIONS", short, None, &[]).await.expect(204);
        house.call(&token, "GET", short, None, &[]).await.expect(200);
        let wrong = house.call(&token, "PUT", &path, Some(json!({})), &[]).await.expect(405);
        assert_eq!(wrong.json()["type"], "urn:obhut:problem:method-not-allowed");
        assert!(wrong.header("allow").contains("PATCH"));
        house.call(&token, "GET", "/api/v2/contact", None, &[]).await.expect(404);
        house.call(&token, "GET", "/api/v1/contact/unsinn", None, &[]).await.expect(404);
        let form = Request::post("/api/v1/contact")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "text/plain");
        assert_eq!(ask(&house.api, form.body(Body::from("a=b")).unwrap()).await.status.as_u16(), 415);
        let broken = Request::post("/api/v1/contact")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        let answer = ask(&house.api, broken.body(Body::from("{\"a\": geheim}")).unwrap()).await.expect(400);
        assert!(!answer.text.contains("geheim"), "what was sent is not repeated");
        house
            .call(&token, "POST", "/api/v1/contact", Some(json!({"notes": "x".repeat(2 * 1024 * 1024)})), &[])
            .await
            .expect(413);
        for bad in ["", "obhut_x", &token[..token.len() - 1], &format!("{token}x")] {
            house.call(bad, "GET", &path, None, &[]).await.expect(401);
        }
    });
}

#[test]
fn a_revoked_token_is_nobody_at_once() {
    run(async {
        let house = House::new();
        let admin = house.admin();
        let (id, text) =
            house.business.tenant().write(admin.clone(), |op| identity::create_token(op, "kurz", "*:r", None)).unwrap();
        house.call(&text, "GET", "/api/v1/modules", None, &[]).await.expect(200);
        house.business.tenant().write(admin, move |op| identity::revoke_token(op, id)).unwrap();
        house.call(&text, "GET", "/api/v1/modules", None, &[]).await.expect(401);
    });
}

#[test]
fn every_problem_has_a_detail_that_fits_the_request() {
    run(async {
        let house = House::new();
        let token = house.token("admin");
        let detail = |answer: super::Answer| {
            answer.json()["detail"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
        };
        for path in ["/api/v1/contact?limit=0", "/api/v1/contact?after=unsinn", "/api/v1/contact?sort=gibtsnicht"] {
            let answer = house.call(&token, "GET", path, None, &[]).await;
            assert!(answer.status.is_client_error(), "{path}");
            let detail = detail(answer);
            // Of a request that only reads it is no news that nothing was saved.
            assert!(
                !detail.is_empty() && !detail.contains("gespeichert") && !detail.contains("saved"),
                "{path}: {detail}"
            );
        }
        for (method, path, body, status) in [
            ("POST", "/api/v1/contact", Some(json!([])), 400),
            ("PUT", "/api/v1/contact", Some(json!({})), 405),
            ("POST", "/api/v1/contact", None, 415),
        ] {
            let answer = house.call(&token, method, path, body, &[]).await.expect(status);
            assert!(!detail(answer).is_empty(), "{method} {path}");
        }
        let id = house.contact("Anna", "Alt");
        let plan = format!("/api/v1/subjects/{id}/erasure-plans");
        let answer = house.call(&token, "POST", &plan, None, &[]).await.expect(422).json();
        assert_eq!(
            (&answer["errors"][0]["field"], &answer["errors"][0]["code"]),
            (&json!("reason"), &json!("required"))
        );
    });
}
