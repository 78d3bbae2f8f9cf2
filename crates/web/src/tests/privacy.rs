//! A person's page, an erasure with its plan and certificate, through the pages and through the API.
use super::{House, contact};
use serde_json::json;

#[tokio::test]
async fn a_person_is_shown_planned_erased_and_certified() {
    let house = House::new();
    let session = house.sign_in("chefin").await;
    let id = house.create("contact", contact("Wilhelmine", "Vergessen"));
    house.create("contact", json!({"kind": "institution", "full_name": "Amt", "notes": "Fragen an Wilhelmine Vergessen", "emails": ["amt@example.org"]}));
    let record = house.get(&session, &format!("/m/contact/{id}")).await.expect(200);
    assert!(record.text.contains(&format!("href=\"/subjects/{id}\"")) && record.text.contains("data-test=\"subject\""));
    let person = house.get(&session, &format!("/subjects/{id}")).await.expect(200);
    assert!(person.text.contains("Wilhelmine") && person.text.contains("data-test=\"plan-erasure\""));
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
        certificate.text.contains("data-test=\"certificate\"") && certificate.text.contains("Schlüssel vernichtet am")
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
}

#[tokio::test]
async fn the_api_plans_performs_and_hands_over() {
    let house = House::new();
    let token = house.token("admin");
    let id = house.create("contact", contact("Anna", "Alt"));
    let held = house.call(&token, "GET", &format!("/api/v1/subjects/{id}"), None, &[]).await.expect(200).json();
    assert_eq!(held["records"][0]["values"]["family_name"], "Alt");
    let copy = house.call(&token, "GET", &format!("/api/v1/subjects/{id}/export"), None, &[]).await.expect(200).json();
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
}

#[tokio::test]
async fn a_copy_for_the_person_is_a_file() {
    let house = House::new();
    let session = house.sign_in("chefin").await;
    let id = house.create("contact", contact("Anna", "Alt"));
    let file = house.post(&session, &format!("/subjects/{id}/export"), &[]).await.expect(200);
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert_eq!(file.json()["records"][0]["values"]["family_name"], "Alt");
}
