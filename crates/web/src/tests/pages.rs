//! The pages, as a browser without JavaScript uses them.
use super::{House, PASSWORD, contact, run};
use serde_json::{Value, json};
use std::sync::Arc;

#[test]
fn headers_are_strict_on_every_answer() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        for path in ["/", "/m/contact", "/nothing/here", "/favicon.ico", &crate::assets::ASSETS.style.path] {
            for cookie in ["", session.as_str()] {
                let answer = house.get(cookie, path).await;
                let policy = answer.header("content-security-policy");
                assert!(
                    policy.starts_with("default-src 'none'")
                        && policy.contains("frame-ancestors 'none'")
                        && !policy.contains("unsafe"),
                    "{path}"
                );
                assert_eq!(answer.header("x-content-type-options"), "nosniff");
                assert_eq!(answer.header("referrer-policy"), "no-referrer");
                assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
                let kept = answer.header("cache-control");
                assert!(kept == "no-store" || path.contains("static") || path.contains("favicon"), "{path}: {kept}");
                assert!(
                    !answer.text.contains(" style=")
                        && !answer.text.contains("<style")
                        && !answer.text.contains(" onclick"),
                    "{path}"
                );
            }
        }
    });
}

#[test]
fn one_refusal_for_everything_that_can_be_wrong() {
    run(async {
        let house = House::new();
        let mut texts = Vec::new();
        for (tenant, login, password) in [
            ("muster & söhne", "chefin", "falsch"),
            ("muster & söhne", "niemand", "falsch"),
            ("Andere", "chefin", "falsch"),
        ] {
            let answer = house
                .post_as("", "/sign-in", &[("tenant", tenant), ("login", login), ("password", password)])
                .await
                .expect(422);
            assert!(answer.header("set-cookie").is_empty());
            assert!(!answer.text.contains("falsch"), "a password never comes back");
            let start = answer.text.find("role=\"alert\"").unwrap();
            texts.push(answer.text[start..].split("</p>").next().unwrap().to_owned());
        }
        assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
        assert!(house.get("", "/").await.header("set-cookie").is_empty(), "no cookie before somebody has signed in");
    });
}

#[test]
fn a_session_ends_when_it_is_signed_out() {
    run(async {
        let house = House::new();
        let session = house.sign_in("büro").await;
        house.get(&session, "/m/contact").await.expect(200);
        let answer = house.post(&session, "/sign-out", &[]).await.expect(303);
        assert!(answer.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(
            house.get(&session, "/m/contact?q=x").await.expect(303).header("location"),
            "/?next=%2Fm%2Fcontact%3Fq%3Dx"
        );
    });
}

#[test]
fn a_form_without_its_token_or_from_elsewhere_changes_nothing() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let form = [("f.given_name", "Eva"), ("f.family_name", "Fremd"), ("f.kind", "person")];
        house.post_as(&session, "/m/contact/new", &form).await.expect(403);
        let mut wrong = vec![("csrf", "0000")];
        wrong.extend(form);
        house.post_as(&session, "/m/contact/new", &wrong).await.expect(403);
        assert!(!house.get(&session, "/m/contact").await.text.contains("Fremd"));
    });
}

#[test]
fn a_record_is_made_changed_and_its_history_shows_old_and_new() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let form = house.get(&session, "/m/contact/new").await.expect(200);
        assert!(form.text.contains("data-test=\"field-notes\"") && form.text.contains("name=\"f.emails.0\""));
        // What is missing is said beside the field and on top, and nothing typed is lost.
        let typed = [
            ("f.kind", "person"),
            ("f.given_name", "Jörg"),
            ("f.family_name", "<script>alert(1)</script>"),
            ("f.emails.0", "kein-at"),
            ("f.notes", "mag \"Tee\" & Kuchen"),
        ];
        let refused = house.post(&session, "/m/contact/new", &typed).await.expect(422);
        assert!(
            refused.text.contains("id=\"errors\"") && refused.text.contains("href=\"#field-emails\""),
            "{}",
            refused.text
        );
        assert!(refused.text.contains("value=\"Jörg\"") && refused.text.contains("kein-at"));
        assert!(!refused.text.contains("<script>alert"));
        let mut typed = typed.to_vec();
        typed[3] = ("f.emails.0", "joerg@example.org");
        typed.extend([("f.emails.0.label", "geschäftlich"), ("f.origin", "Messe"), ("f.activity", "customer-care")]);
        let place = house.post(&session, "/m/contact/new", &typed).await.expect(303).header("location").to_owned();
        let record = house.get(&session, &place).await.expect(200);
        assert!(
            record.text.contains("data-test=\"record-title\"")
                && record.text.contains("&#60;script&#62;")
                && !record.text.contains("<script>alert"),
            "{}",
            record.text
        );
        assert!(
            record.text.contains("mailto:joerg@example.org")
                && record.text.contains("geschäftlich")
                && record.text.contains("Messe")
        );

        let path = place.split('?').next().unwrap();
        let edit = house.get(&session, &format!("{path}/edit")).await.expect(200);
        let version = edit.hidden("version");
        let mut changed = typed.clone();
        changed[4] = ("f.notes", "mag Kaffee");
        changed.push(("version", &version));
        house.post(&session, &format!("{path}/edit"), &changed).await.expect(303);
        let history = house.get(&session, &format!("{path}/history")).await.expect(200);
        assert_eq!(history.text.matches("data-test=\"history-entry\"").count(), 2);
        assert!(
            history.text.contains("<del>mag &#34;Tee&#34; &#38; Kuchen</del>")
                && history.text.contains("<ins>mag Kaffee</ins>"),
            "{}",
            history.text
        );
        assert!(history.text.contains("Chris Chefin"), "the name is looked up when shown");
        let list = house.get(&session, "/m/contact?sort=-title").await.expect(200);
        assert!(list.text.contains("&#60;script&#62;") && !list.text.contains("<script>alert"));
    });
}

#[test]
fn a_stale_version_shows_both_and_loses_nothing() {
    run(async {
        let house = House::new();
        let session = house.sign_in("büro").await;
        let id = house.create("contact", contact("Anna", "Alt"));
        let path = format!("/m/contact/{id}/edit");
        let base = [
            ("f.kind", "person"),
            ("f.given_name", "Anna"),
            ("f.emails.0", "a@example.org"),
            ("f.origin", "Messe"),
            ("f.activity", "customer-care"),
        ];
        let save = |family: &'static str, version: &'static str| {
            let mut form = base.to_vec();
            form.extend([("f.family_name", family), ("version", version)]);
            form
        };
        house.post(&session, &path, &save("Neu", "1")).await.expect(303);
        let conflict = house.post(&session, &path, &save("Meins", "1")).await.expect(409);
        assert!(
            conflict.text.contains("id=\"conflict\"")
                && conflict.text.contains("<td data-label=\"Ihre Eingabe\">Meins</td>"),
            "{}",
            conflict.text
        );
        assert!(conflict.text.contains("<td data-label=\"Jetzt gespeichert\">Neu</td>"));
        assert!(conflict.text.contains("value=\"Meins\""));
        assert_eq!(conflict.hidden("version"), "2");
        house.post(&session, &path, &save("Meins", "2")).await.expect(303);
        assert!(house.get(&session, &format!("/m/contact/{id}")).await.text.contains("Anna Meins"));
    });
}

#[test]
fn rows_are_added_and_removed_without_saving() {
    run(async {
        let house = House::new();
        let session = house.sign_in("büro").await;
        let typed = [("f.given_name", "Anna"), ("f.emails.0", "eins@example.org"), ("do", "add:emails")];
        let more = house.post(&session, "/m/contact/new", &typed).await.expect(200);
        assert!(more.text.contains("value=\"eins@example.org\"") && more.text.contains("name=\"f.emails.1\""));
        let typed = [("f.emails.0", "eins@example.org"), ("f.emails.1", "zwei@example.org"), ("do", "remove:emails:0")];
        let fewer = house.post(&session, "/m/contact/new", &typed).await.expect(200);
        assert!(!fewer.text.contains("eins@example.org") && fewer.text.contains("value=\"zwei@example.org\""));
        assert!(!house.get(&session, "/m/contact").await.text.contains("data-test=\"row\""), "nothing was saved");
    });
}

#[test]
fn lists_search_filter_and_sort() {
    run(async {
        let house = House::new();
        let session = house.sign_in("gast").await;
        house.contact("Anna", "Müller");
        house.contact("Bernd", "Zander");
        house.create(
            "contact",
            json!({"kind": "institution", "full_name": "Amt für Umwelt", "emails": ["amt@example.org"]}),
        );
        let list = house.get(&session, "/m/contact?sort=title").await.expect(200);
        assert_eq!(list.text.matches("data-test=\"row\"").count(), 3);
        assert!(
            list.text.contains("data-test=\"list-search\"")
                && list.text.contains("name=\"filter[kind]\"")
                && list.text.contains("<option value=\"person\">")
        );
        assert!(list.text.contains("href=\"/m/contact?sort=-title\" data-test=\"list-sort-title\""), "{}", list.text);
        assert!(!list.text.contains("data-test=\"new\""), "who may not write is not offered to");
        let found = house.get(&session, "/m/contact?q=mueller").await.expect(200);
        assert_eq!(found.text.matches("data-test=\"row\"").count(), 1);
        let filtered = house.get(&session, "/m/contact?q=&filter%5Bkind%5D=institution&sort=title").await.expect(303);
        let place = filtered.header("location").to_owned();
        assert_eq!(place, "/m/contact?filter%5Bkind%5D=institution&sort=title");
        let filtered = house.get(&session, &place).await.expect(200);
        assert_eq!(filtered.text.matches("data-test=\"row\"").count(), 1);
        assert!(filtered.text.contains("filter%5Bkind%5D=institution&#38;sort=-title"), "sorting keeps the filter");
        house.get(&session, "/m/contact?nonsense=1").await.expect(400);
        house.get(&session, "/m/nothing").await.expect(404);
    });
}

#[test]
fn a_page_of_a_list_leads_to_the_next() {
    run(async {
        let house = House::new();
        let session = house.sign_in("gast").await;
        for number in 0..5 {
            house.contact("Anna", &format!("Nummer {number}"));
        }
        let first = house.get(&session, "/m/contact?sort=title&limit=3").await.expect(200);
        let start = first.text.find("rel=\"next\"").unwrap();
        let href =
            first.text[..start].rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&");
        let second = house.get(&session, &href).await.expect(200);
        assert_eq!(second.text.matches("data-test=\"row\"").count(), 2);
        assert!(second.text.contains("Nummer 3") && !second.text.contains("Nummer 2<"));
    });
}

#[test]
fn an_order_goes_through_its_states() {
    run(async {
        let house = House::new();
        let session = house.sign_in("büro").await;
        let person = house.contact("Karla", "Kundin");
        let fields = house.get(&session, "/m/order/fields").await.expect(200);
        assert!(fields.text.contains("customer"));
        let order = house.create(
            "order",
            json!({"number": "R-1", "customer": person.to_string(), "origin": "Telefon", "activity": "customer-care"}),
        );
        let page = house.get(&session, &format!("/m/order/{order}")).await.expect(200);
        assert!(
            page.text.contains(&format!("href=\"/m/contact/{person}\"")) && page.text.contains("Karla Kundin"),
            "a link shows the title"
        );
        let back = house.get(&session, &format!("/m/contact/{person}")).await.expect(200);
        assert!(back.text.contains(&format!("href=\"/m/order/{order}\"")), "and the other way round");
        let start = page.text.find("data-test=\"state-").unwrap();
        let next = page.text[start..].trim_start_matches("data-test=\"state-").split('"').next().unwrap().to_owned();
        let answer =
            house.post(&session, &format!("/m/order/{order}/state"), &[("version", "1"), ("state", &next)]).await;
        assert!(matches!(answer.status.as_u16(), 303 | 422), "{}", answer.text);
        if answer.status.as_u16() == 422 {
            assert!(answer.text.contains("id=\"errors\""), "what the state needs is said in the form");
        }
    });
}

#[test]
fn an_invoice_is_reversed_on_its_page() {
    run(async {
        let house = House::new();
        let session = house.sign_in("büro").await;
        let person = house.contact("Karla", "Kundin");
        let order = house.create(
        "order",
        json!({"number": "R-1", "customer": person.to_string(), "total": "119,00 EUR", "state": "invoiced", "origin": "Telefon", "activity": "customer-care"}),
    );
        let path = format!("/m/order/{order}");
        let page = house.get(&session, &path).await.expect(200);
        assert!(page.text.contains("data-test=\"correct\"") && !page.text.contains("data-test=\"edit\""));
        let form = format!("{path}/correction");
        assert!(house.get(&session, &form).await.expect(200).text.contains("data-test=\"correct-number\""));
        let make = ("make", "reversal new-version");
        let taken = house.post(&session, &form, &[make, ("number", "R-1")]).await.expect(422);
        assert!(taken.text.contains("value=\"R-1\"") && taken.text.contains("id=\"number-error\""), "{}", taken.text);
        house.post(&session, &form, &[("make", "")]).await.expect(422);
        let done = house.post(&session, &form, &[make, ("number", "S-1")]).await.expect(303);
        let version = done.header("location").to_owned();
        assert!(version.starts_with("/m/order/") && version.ends_with("/edit"));
        let edit = house.get(&session, &version).await.expect(200);
        assert!(edit.text.contains("119,00"), "the new version begins with what the old one had");
        let page = house.get(&session, &path).await.expect(200);
        assert!(page.text.contains("data-test=\"reversed\"") && !page.text.contains("data-test=\"correct\""));
        assert!(page.text.contains("Stornobeleg") || page.text.contains("Storniert"));
        let again = house.post(&session, &form, &[make, ("number", "S-2")]).await.expect(409);
        assert!(again.text.contains("bereits storniert") && again.text.contains("data-test=\"refusal\""));
        house.business.assert_sound();
    });
}

#[test]
fn the_language_is_chosen_and_kept() {
    run(async {
        let house = House::new();
        assert!(house.get("", "/").await.text.contains("<html lang=\"de\">"));
        let answer = house.post_as("", "/language", &[("lang", "en"), ("back", "//evil.example")]).await.expect(303);
        assert_eq!(answer.header("location"), "/");
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert_eq!(cookie, "lang=en");
        let page = house.get(&cookie, "/").await;
        assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("Sign in"));
    });
}

#[test]
fn a_failure_is_a_page_with_a_reference_and_without_a_cause() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let answer = house.get(&session, "/m/contact/00000000000000000000000000").await.expect(404);
        assert!(answer.text.contains("Kennziffer") && answer.text.contains("<html lang=\"de\">"));
        assert!(!answer.text.contains("SELECT") && !answer.text.contains("records.db"));
        house.get(&session, "/subjects/unsinn").await.expect(404);
        let big = "x".repeat(2 * 1024 * 1024);
        house.post_as(&session, "/m/contact/new", &[("f.notes", &big)]).await.expect(413);
    });
}

#[test]
fn suggestions_are_for_who_may_read() {
    run(async {
        let house = House::new();
        let person = house.contact("Karla", "Kundin");
        let session = house.sign_in("gast").await;
        let answer = house.get(&session, "/suggest?modules=contact&q=kund").await.expect(200);
        let found: Value = answer.json();
        assert_eq!(found["items"][0]["id"], person.to_string());
    });
}

#[test]
fn strangers_who_sign_in_hold_nothing_that_others_work_with() {
    run(async {
        let house = House::new();
        let form = [("tenant", "muster & soehne"), ("login", "chefin"), ("password", PASSWORD)];
        let working = Arc::clone(&house.app.long_work).acquire_many_owned(4).await.unwrap();
        let signing_in = house.post_as("", "/sign-in", &form);
        let waited = tokio::time::timeout(std::time::Duration::from_secs(30), signing_in).await;
        waited.expect("a sign-in waits for nobody's work").expect(303);
        drop(working);
        let strangers = Arc::clone(&house.app.sign_ins).acquire_many_owned(16).await.unwrap();
        for tenant in ["muster & soehne", "gibt es nicht"] {
            let form = [("tenant", tenant), ("login", "chefin"), ("password", PASSWORD)];
            let answer = house.post_as("", "/sign-in", &form).await.expect(503);
            assert!(!answer.header("retry-after").is_empty(), "{:?}", answer.headers);
        }
        drop(strangers);
        house.post_as("", "/sign-in", &form).await.expect(303);
    });
}

#[test]
fn a_form_that_anybody_may_send_is_small() {
    run(async {
        let house = House::new();
        let long = "x".repeat(5_000);
        for (path, name) in [("/sign-in", "login"), ("/language", "back")] {
            house.post_as("", path, &[(name, long.as_str())]).await.expect(413);
        }
    });
}

#[test]
fn after_the_sign_in_no_other_site_is_gone_to() {
    run(async {
        let house = House::new();
        for next in ["/\t/evil.example", "/\n/evil.example", "/\\evil.example", "//evil.example", "/ /evil.example"] {
            let form = [("tenant", "muster & soehne"), ("login", "chefin"), ("password", PASSWORD), ("next", next)];
            let answer = house.post_as("", "/sign-in", &form).await.expect(303);
            assert_eq!(answer.header("location"), "/", "{next:?}");
        }
    });
}
