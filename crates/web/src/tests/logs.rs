//! The logs of reads and access, through both surfaces: what is handed out is noted, nothing else, and neither log holds what somebody typed.
use super::{House, ask, contact, run};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};
use store::logs::Log;

impl House {
    /// Lines of a log, written first.
    fn lines(&self, log: Log) -> Vec<Value> {
        self.business.instance().flush_logs().unwrap();
        let mut reader = self.business.tenant().reader().unwrap();
        let mut lines = store::logs::lines(&mut reader, log, 1_000, |_| true).unwrap();
        lines.reverse();
        lines.iter().map(|line| serde_json::from_str(&line.body).unwrap()).collect()
    }
    fn reads(&self) -> Vec<(String, Value)> {
        self.lines(Log::Reads)
            .iter()
            .map(|line| (line["way"].as_str().unwrap().to_owned(), line["fields"].clone()))
            .collect()
    }
}

fn with_birthday() -> Value {
    let mut values = contact("Anna", "Alt");
    values["birthday"] = "1980-02-03".into();
    values
}

#[test]
fn reading_sensitive_fields_is_noted_and_reading_others_is_not() {
    run(async {
        let house = House::new();
        let token = house.token("contact:rw,read-history,read-sensitive,privacy");
        let plain = house.token("contact:rw");
        let id = house.create("contact", with_birthday());
        let other = house.contact("Bert", "Neu");
        let path = format!("/api/v1/contact/{id}");
        for (token, path) in [
            (&plain, path.clone()),                         // may not see it
            (&token, format!("/api/v1/contact/{other}")),   // has nothing sensitive
            (&token, format!("{path}?fields=family_name")), // asked for something else
            (&token, "/api/v1/contact".to_owned()),         // not a list column
        ] {
            house.call(token, "GET", &path, None, &[]).await.expect(200);
            assert_eq!(house.reads(), [], "{path}");
        }
        house.call(&token, "GET", &path, None, &[("if-none-match", "\"1\"")]).await.expect(304);
        assert_eq!(house.reads(), [], "the client had it already");

        let birthday = json!(["birthday"]);
        let mut expected = Vec::new();
        for (path, way) in [
            (path.clone(), "record"),
            (format!("{path}?fields=birthday"), "record"),
            ("/api/v1/contact?fields=birthday&q=Anna".to_owned(), "record"),
            (format!("{path}/history"), "history"),
            (format!("/api/v1/subjects/{id}"), "subject"),
            (format!("/api/v1/subjects/{id}/export"), "subject-export"),
            ("/api/v1/changes?modules=contact".to_owned(), "record"),
        ] {
            house.call(&token, "GET", &path, None, &[]).await.expect(200);
            expected.push((way.to_owned(), birthday.clone()));
            assert_eq!(house.reads(), expected, "{path}");
        }
        let renamed = json!({"given_name": "Anne"});
        house.call(&token, "PATCH", &path, Some(renamed), &[]).await.expect(200);
        expected.push(("record".to_owned(), birthday));
        assert_eq!(house.reads(), expected, "the answer to a change holds the whole record");

        let line = &house.lines(Log::Reads)[0];
        assert_eq!(line["record"], id.to_string());
        assert_eq!((line["module"].as_str(), line["purpose"].as_str()), (Some("contact"), Some("customer-care")));
        assert!(line["reader"].as_str().unwrap().starts_with("token:"));
        assert!(house.lines(Log::Reads).iter().all(|line| !line.to_string().contains("1980-02-03")), "no values");
        house.business.assert_sound();
    });
}

#[test]
fn the_pages_note_it_too() {
    run(async {
        let house = House::new();
        let id = house.create("contact", with_birthday());
        let cookie = house.sign_in("chefin").await;
        for page in ["history", "delete"] {
            house.get(&cookie, &format!("/m/contact/{id}/{page}")).await.expect(200);
        }
        let seen = house.reads();
        assert_eq!(
            seen.iter().map(|(way, _)| way.as_str()).collect::<Vec<_>>(),
            ["history"],
            "old and new value are shown"
        );
        for (page, way) in [
            (format!("/m/contact/{id}"), "record"),
            (format!("/m/contact/{id}/edit"), "record"),
            (format!("/subjects/{id}"), "subject"),
        ] {
            house.get(&cookie, &page).await.expect(200);
            assert_eq!(house.reads().last().unwrap().0, way, "{page}");
        }
        assert_eq!(house.reads().len(), 4);
    });
}

#[test]
fn the_access_log_knows_routes_and_no_person() {
    run(async {
        let house = House::new();
        let token = house.token("contact:rw");
        let id = house.contact("Anna", "Geheimfrau");
        house.call(&token, "GET", &format!("/api/v1/contact/{id}?fields=family_name"), None, &[]).await.expect(200);
        house.call(&token, "GET", "/api/v1/contact?q=Geheimfrau", None, &[]).await.expect(200);
        let mut request = Request::builder().method("HEXEREI").uri("/api/v1/Geheimfrau/x/y/z?name=Geheimfrau");
        request = request.header("user-agent", "Geheimfrau");
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(crate::serve::Peer("192.0.2.7:5".parse().unwrap())));
        ask(&house.api, request).await.expect(404);
        let lines = house.lines(Log::Access);
        let seen: Vec<_> = lines
            .iter()
            .map(|line| {
                let text = |name: &str| line[name].as_str().unwrap().to_owned();
                (text("surface"), text("method"), text("route"), line["status"].as_u64().unwrap())
            })
            .collect();
        let api = |route: &str| ("api".to_owned(), "GET".to_owned(), route.to_owned(), 200);
        assert_eq!(seen, [api("/api/v1/{m}/{id}"), api("/api/v1/{m}")]);
        assert!(lines.iter().all(|line| !line.to_string().contains("Geheimfrau")));

        // What belongs to nobody is in the instance's own log.
        let own = house.business.instance().verify_own_logs().unwrap();
        assert_eq!(own.iter().map(|log| log.lines).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(house.business.verify().findings, []);
    });
}
