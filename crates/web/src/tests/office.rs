//! The pages of the office: restricting and merging people, users, tokens, import.
use super::{House, ask, run};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

#[test]
fn a_person_is_restricted_and_released_with_a_reason() {
    run(async {
        let house = House::new();
        let id = house.contact("Anna", "Alt");
        let cookie = house.sign_in("chefin").await;
        let path = format!("/subjects/{id}/restriction");
        house.post(&cookie, &path, &[("do", "restrict"), ("reason", "weil Anna anrief")]).await.expect(422);
        house.post(&cookie, &path, &[("do", "restrict"), ("reason", "objection")]).await.expect(303);
        let shown = house.get(&cookie, &format!("/subjects/{id}")).await.expect(200).text;
        assert!(shown.contains("data-test=\"release\"") && !shown.contains("data-test=\"restrict\""));
        house.get(&house.sign_in("büro").await, &format!("/m/contact/{id}")).await.expect(404);
        house.post(&cookie, &path, &[("do", "release"), ("reason", "settled")]).await.expect(303);
        house.get(&house.sign_in("büro").await, &format!("/m/contact/{id}")).await.expect(200);
        house.business.assert_sound();
    });
}

#[test]
fn two_people_are_made_one_and_two_again() {
    run(async {
        let house = House::new();
        let (kept, other) = (house.contact("Anna", "Alt"), house.contact("Anna", "Alt"));
        let cookie = house.sign_in("chefin").await;
        let page = house.get(&cookie, &format!("/subjects/{kept}/merge")).await.expect(200).text;
        assert!(page.contains(&other.to_string()), "the same name is offered at once");
        assert!(!page.contains(&format!("value=\"{kept}\"")), "not with herself");
        house.post(&cookie, &format!("/subjects/{kept}/merge"), &[("other", &other.to_string())]).await.expect(303);
        let shown = house.get(&cookie, &format!("/subjects/{kept}")).await.expect(200).text;
        assert!(shown.contains("data-test=\"unmerge\""));
        house.post(&cookie, &format!("/subjects/{kept}/unmerge"), &[("other", &other.to_string())]).await.expect(303);
        let shown = house.get(&cookie, &format!("/subjects/{kept}")).await.expect(200).text;
        assert!(!shown.contains("data-test=\"unmerge\""));
        house.get(&cookie, &format!("/m/contact/{other}")).await.expect(200);
        house.business.assert_sound();
    });
}

#[test]
fn users_are_made_locked_and_let_in_again() {
    run(async {
        let house = House::new();
        let cookie = house.sign_in("chefin").await;
        let new = [("login", "neu"), ("name", "Nina Neu"), ("email", "nina@example.org"), ("role", "editor")];
        let made = house.post(&cookie, "/users", &new).await.expect(200).text;
        let password = made.split("data-test=\"new-password\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let signed_in = |password: String| {
            let house = &house;
            async move {
                let form = [("tenant", "Muster & Söhne"), ("login", "neu"), ("password", password.as_str())];
                house.post_as("", "/sign-in", &form).await.status.as_u16()
            }
        };
        assert_eq!(signed_in(password.clone()).await, 303);
        assert!(!house.get(&cookie, "/users").await.expect(200).text.contains(&password), "shown once");
        let taken = house.post(&cookie, "/users", &new).await.expect(409).text;
        assert!(
            taken.contains("role=\"alert\"") && taken.contains("value=\"Nina Neu\""),
            "what was typed is there still"
        );

        let page = house.get(&cookie, "/users").await.text;
        let row = page.split("<tr data-test=\"user\">").find(|row| row.contains("Nina Neu")).unwrap();
        let path = row.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        house.post(&cookie, &path, &[("do", "lock")]).await.expect(303);
        assert_eq!(signed_in(password.clone()).await, 422);
        house.post(&cookie, &path, &[("do", "unlock")]).await.expect(303);
        assert_eq!(signed_in(password).await, 303);
        // Nobody is offered to lock himself out.
        let own = page.split("<tr data-test=\"user\">").find(|row| row.contains("Chris Chefin")).unwrap();
        assert!(!own.contains("/state"));
    });
}

#[test]
fn a_token_is_shown_once_and_revoked() {
    run(async {
        let house = House::new();
        let cookie = house.sign_in("chefin").await;
        let refused = house.post(&cookie, "/tokens", &[("name", "Kasse"), ("rights", "contact"), ("days", "90")]).await;
        assert!(refused.expect(422).text.contains("role=\"alert\""));
        let form = [("name", "Kasse"), ("rights", "contact:r"), ("days", "90")];
        let made = house.post(&cookie, "/tokens", &form).await.expect(200).text;
        let token = made.split("data-test=\"new-token\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        house.call(&token, "GET", "/api/v1/contact", None, &[]).await.expect(200);
        let page = house.get(&cookie, "/tokens").await.expect(200).text;
        assert!(!page.contains(&token) && page.contains("Kasse"));
        let row = page.split("<tr data-test=\"token\">").find(|row| row.contains("Kasse")).unwrap();
        let path = row.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        house.post(&cookie, &path, &[]).await.expect(303);
        house.call(&token, "GET", "/api/v1/contact", None, &[]).await.expect(401);
        assert!(house.get(&cookie, "/tokens").await.text.contains("Widerrufen am"));
    });
}

/// An upload as a browser sends it.
fn upload(cookie: &str, csrf: &str, origin: &str, file: &str) -> Request<Body> {
    let part = |name: &str, value: &str| {
        format!("--BORDER\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = [
        part("csrf", csrf),
        format!(
            "--BORDER\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n"
        ),
        part("module", ""),
        part("origin", origin),
        part("activity", "customer-care"),
        "--BORDER--\r\n".to_owned(),
    ];
    Request::post("/import")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=BORDER")
        .body(Body::from(body.concat()))
        .unwrap()
}

#[test]
fn a_file_is_looked_at_taken_in_and_its_bad_rows_come_back() {
    run(async {
        let house = House::new();
        let cookie = house.sign_in("büro").await;
        let csrf = house.get(&cookie, "/").await.hidden("csrf");
        let file = "Vorname,Nachname,E-Mail,Geburtstag\nAnna,Müller,anna@example.org,1980-02-03\nBert,Schmidt,bert@example.org,1980-02-03,gestern\n";
        ask(&house.pages, upload(&cookie, "wrong", "Messe", file)).await.expect(403);
        ask(&house.pages, upload(&cookie, &csrf, "", file)).await.expect(422);
        ask(&house.pages, upload(&cookie, &csrf, "Messe", "")).await.expect(422);
        let looked = ask(&house.pages, upload(&cookie, &csrf, "Messe", file)).await.expect(200);
        assert!(
            looked.text.contains("data-test=\"import-preview\"") && looked.text.contains("Vorname"),
            "{}",
            looked.text
        );
        assert!(looked.text.contains("data-test=\"import-count\">1<"), "{}", looked.text);
        assert!(looked.text.contains("data-test=\"import-rejected\">1<"));
        let count = || async {
            let token = house.token("contact:r");
            house.call(&token, "GET", "/api/v1/contact", None, &[]).await.json()["items"].as_array().unwrap().len()
        };
        assert_eq!(count().await, 0, "a preview saves nothing");

        let run_form = looked.text.split("action=\"/import/run\"").nth(1).unwrap();
        let content = run_form.split("name=\"content\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = [("content", content.as_str()), ("module", ""), ("origin", "Messe"), ("activity", "customer-care")];
        let done = house.post(&cookie, "/import/run", &form).await.expect(200).text;
        assert!(done.contains("data-test=\"import-done\"") && !done.contains("data-test=\"import-run\""), "{done}");
        assert_eq!(count().await, 1);
        let again = house.post(&cookie, "/import/run", &form).await.expect(200).text;
        assert!(again.contains("data-test=\"import-done\""));
        assert_eq!(count().await, 1, "a second click takes nothing twice");

        let rejected = done.split("action=\"/import/rejects\"").nth(1).unwrap();
        let rejected = rejected.split("name=\"content\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let file = house.post(&cookie, "/import/rejects", &[("content", rejected)]).await.expect(200);
        assert!(file.header("content-disposition").contains("abgewiesen.csv"));
        assert!(file.text.contains("Schmidt") && !file.text.contains("Müller"), "{}", file.text);
        house.business.assert_sound();
    });
}

#[test]
fn a_country_is_chosen_by_name_and_kept_by_code() {
    run(async {
        let house = House::new();
        let mut values = super::contact("Anna", "Alt");
        values["addresses"] = json!([{"street": "Weg 1", "postal_code": "1010", "city": "Wien", "country": "AT"}]);
        let id = house.create("contact", values);
        let cookie = house.sign_in("chefin").await;
        let page = house.get(&cookie, &format!("/m/contact/{id}/edit")).await.expect(200).text;
        assert!(page.contains("<option value=\"AT\" selected>Österreich</option>"));
    });
}
