//! A person's page, an erasure with its plan and certificate, through the pages and through the API.
use super::{House, contact, run};
use serde_json::json;

#[test]
fn a_person_is_shown_planned_erased_and_certified() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let id = house.create("contact", contact("Wilhelmine", "Vergessen"));
        house.create("contact", json!({"kind": "institution", "full_name": "Amt", "notes": "Fragen an Wilhelmine Vergessen", "emails": ["amt@example.org"]}));
        let record = house.get(&session, &format!("/m/contact/{id}")).await.expect(200);
        assert!(
            record.text.contains(&format!("href=\"/subjects/{id}\"")) && record.text.contains("data-test=\"subject\"")
        );
        let person = house.get(&session, &format!("/subjects/{id}")).await.expect(200);
        assert!(person.text.contains("Wilhelmine") && person.text.contains("data-test=\"plan-erasure\""));
        assert!(
            person.text.contains("Datenherkunft")
                && person.text.contains("Messe")
                && person.text.contains("Kundenbetreuung")
        );
        assert!(
            person.text.contains("3 Jahre nach dem Ende der Geschäftsbeziehung, zum Jahresende"),
            "{}",
            person.text
        );
        let plan = house.get(&session, &format!("/subjects/{id}/erasure")).await.expect(200);
        assert!(plan.text.contains("data-test=\"plan-erased\"") && !plan.text.contains("data-test=\"plan-kept\""));
        let hash = plan.hidden("hash");
        let path = format!("/subjects/{id}/erasure");
        let missing = house.post(&session, &path, &[("hash", &hash), ("reason", " ")]).await.expect(422);
        assert!(missing.text.contains("id=\"reason-error\""));
        let changed = house.post(&session, &path, &[("hash", "0000"), ("reason", "x")]).await.expect(409);
        assert!(changed.text.contains("data-test=\"plan\""), "a plan that is not the shown one is shown again");
        let place = house
            .post(&session, &path, &[("hash", &hash), ("reason", "Art. 17")])
            .await
            .expect(303)
            .header("location")
            .to_owned();
        assert!(place.starts_with("/erasures/"));
        let certificate = house.get(&session, &place).await.expect(200);
        assert!(
            certificate.text.contains("data-test=\"certificate\"")
                && certificate.text.contains("Schlüssel vernichtet am")
        );
        assert!(
            certificate.text.contains("Chiffrat gelöscht am")
                && certificate.text.contains("Letzte Sicherung überschrieben spätestens")
        );
        assert!(
            !certificate.text.contains("Wilhelmine") && !certificate.text.contains("Vergessen"),
            "the certificate does not name the person"
        );
        house.get(&session, &format!("/m/contact/{id}")).await.expect(404);
        house.get(&session, &format!("/subjects/{id}")).await.expect(404);
        let list = house.get(&session, "/m/contact?q=Wilhelmine").await.expect(200);
        assert!(!list.text.contains(&id.to_string()));
        let persons = house.get(&session, "/subjects").await.expect(200);
        assert!(persons.text.contains(&place));
        house.business.assert_sound();
    });
}

#[test]
fn the_api_plans_performs_and_hands_over() {
    run(async {
        let house = House::new();
        let token = house.token("admin");
        let id = house.create("contact", contact("Anna", "Alt"));
        let held = house.call(&token, "GET", &format!("/api/v1/subjects/{id}"), None, &[]).await.expect(200).json();
        assert_eq!(held["records"][0]["values"]["family_name"], "Alt");
        let copy =
            house.call(&token, "GET", &format!("/api/v1/subjects/{id}/export"), None, &[]).await.expect(200).json();
        assert_eq!(copy["records"][0]["values"]["given_name"], "Anna");
        let plans = format!("/api/v1/subjects/{id}/erasure-plans");
        house.call(&token, "POST", &plans, Some(json!({})), &[]).await.expect(422);
        let plan = house.call(&token, "POST", &plans, Some(json!({"reason": "request"})), &[]).await.expect(201).json();
        let perform = format!("/api/v1/erasure-plans/{}/perform", plan["id"].as_str().unwrap());
        let certificate = house.call(&token, "POST", &perform, None, &[]).await.expect(200).json();
        assert!(certificate["keys_destroyed_at"].as_str().is_some(), "{certificate}");
        house.call(&token, "GET", &format!("/api/v1/contact/{id}"), None, &[]).await.expect(404);
        house.call(&token, "GET", &format!("/api/v1/subjects/{id}/export"), None, &[]).await;
        house.business.assert_sound();
    });
}

#[test]
fn a_copy_for_the_person_is_a_file() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let id = house.create("contact", contact("Anna", "Alt"));
        let file = house.post(&session, &format!("/subjects/{id}/export"), &[]).await.expect(200);
        assert!(file.header("content-disposition").starts_with("attachment"));
        assert_eq!(file.json()["records"][0]["values"]["family_name"], "Alt");
    });
}

#[test]
fn a_planned_erasure_is_no_certificate() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let id = house.contact("Anna", "Alt");
        let plan = ::privacy::plan(house.business.tenant(), &house.admin(), id.cast(), "request").unwrap();
        let page = house.get(&session, &format!("/erasures/{}", plan.id)).await.expect(200).text;
        assert!(page.contains("data-test=\"erasure-case\"") && page.contains("noch keine Bescheinigung"));
        assert!(page.contains("Wird jetzt gelöscht") && !page.contains("<h2>Gelöscht</h2>"));
        assert!(!page.contains("data-test=\"certificate\"") && !page.contains("nennt nur, was geschehen ist"));
        let done = ::privacy::perform(house.business.tenant(), &house.admin(), plan.id).unwrap();
        let page = house.get(&session, &format!("/erasures/{}", plan.id)).await.expect(200).text;
        assert!(page.contains("<h2>Gelöscht</h2>") && page.contains("nennt nur, was geschehen ist"));
        // One entry made the contact: that is the one sealed part of the journal.
        assert_eq!((done.destroyed.journal, done.destroyed.records), (1, 1));
    });
}

#[test]
fn what_an_erasure_left_is_not_released_on_the_page() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let id = house.contact("Anna", "Alt");
        house.create("order", json!({"customer": id.to_string(), "number": "A-1", "state": "invoiced", "origin": "x", "activity": "order-processing"}));
        let plan = ::privacy::plan(house.business.tenant(), &house.admin(), id.cast(), "request").unwrap();
        ::privacy::perform(house.business.tenant(), &house.admin(), plan.id).unwrap();
        let path = format!("/subjects/{id}/restriction");
        let refused = house.post(&session, &path, &[("do", "release"), ("reason", "mistake")]).await.expect(409);
        assert!(refused.text.contains("bis auf das, was das Gesetz noch aufzubewahren verlangt"), "{}", refused.text);
    });
}

#[test]
fn a_merge_reads_well_in_the_history() {
    run(async {
        let house = House::new();
        let session = house.sign_in("chefin").await;
        let (kept, other) = (house.contact("Anna", "Alt"), house.contact("Anne", "Alt"));
        let vehicle = house.create(
            "vehicle",
            json!({"owner": other.to_string(), "plate": "K-AA 1", "origin": "Anruf", "activity": "customer-care"}),
        );
        ::privacy::merge(house.business.tenant(), &house.admin(), kept.cast(), other.cast()).unwrap();
        let page = house.get(&session, &format!("/m/vehicle/{vehicle}/history")).await.expect(200).text;
        assert!(page.contains("Nach Zusammenführung neu zugeordnet") && !page.contains("relink"), "{page}");
        let newest = page.split("data-test=\"history-entry\"").nth(1).unwrap();
        assert!(
            newest.contains("Halter") && !newest.contains("Datenherkunft") && !newest.contains("Kennzeichen"),
            "{newest}"
        );
    });
}
