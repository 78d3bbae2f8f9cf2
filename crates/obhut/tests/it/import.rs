//! Real files taken in: the Northwind business and the address cards (F-070).
use records::{ImportReport, ImportRequest, ListRequest};
use std::path::{Path, PathBuf};
use testkit::Business;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../records/tests-data").join(name)
}

fn request(file: &str, map: Option<&str>) -> ImportRequest {
    ImportRequest {
        file: data(file),
        format: None,
        module: None,
        map: map.map(|map| std::fs::read_to_string(data(map)).unwrap()),
        origin: "Übernahme aus dem Altsystem".into(),
        activity: "customer-care".into(),
        dry_run: false,
        all_or_nothing: false,
        german: true,
    }
}

/// The report, and line and code of each reject.
fn import(business: &Business, request: &ImportRequest) -> (ImportReport, Vec<(u64, String)>) {
    let mut rejects = Vec::new();
    let mut reject = |_: &[String], refused: &records::import::Reject| {
        rejects.push((refused.line, format!("{} {}", refused.reason.code(), refused.message.en)));
    };
    let report = records::import_file(business.tenant(), &business.admin(), request, &mut reject, &mut |_| {}).unwrap();
    (report, rejects)
}

fn count(business: &Business, module: &str) -> u64 {
    let request = ListRequest { module: module.into(), ..ListRequest::default() };
    let (count, exact) = records::count(&mut business.tenant().reader().unwrap(), &business.admin(), &request).unwrap();
    assert!(exact);
    count
}

#[test]
fn f070_northwind_becomes_organisations_contacts_and_orders() {
    let business = Business::new(&["core", "workshop"]);
    let (customers, refused) =
        import(&business, &request("northwind/customers.csv", Some("northwind/customers.map.toml")));
    assert_eq!(customers.rows, customers.created["contact"] + customers.rejected + customers.duplicates, "{refused:?}");
    assert_eq!(customers.created["contact"], customers.created["organisation"]);
    let (orders, refused) = import(&business, &request("northwind/orders.csv", Some("northwind/orders.map.toml")));
    assert_eq!(orders.rows, 830);
    assert_eq!(orders.rows, orders.created["order"] + orders.rejected, "{refused:?}");
    insta::assert_snapshot!(
        format!("customers {} of {}, rejected {}; orders {} of {}, rejected {}",
            customers.created["contact"], customers.rows, customers.rejected, orders.created["order"], orders.rows, orders.rejected),
        @"customers 67 of 91, rejected 24; orders 654 of 830, rejected 176");
    assert_eq!(count(&business, "order"), orders.created["order"]);
    let mut reader = business.tenant().reader().unwrap();
    let hits = records::search(&mut reader, &business.admin(), "constitucion", 10).unwrap();
    assert!(hits.iter().any(|hit| hit.title.contains("Ana Trujillo")), "{hits:?}");
    drop(reader);
    business.assert_sound();
}

#[test]
fn an_import_twice_doubles_nothing_and_a_dry_run_writes_nothing() {
    let business = Business::new(&["core", "workshop"]);
    let wanted = request("northwind/customers.csv", Some("northwind/customers.map.toml"));
    let (trial, _) = import(&business, &ImportRequest { dry_run: true, ..wanted.clone() });
    assert_eq!(count(&business, "contact"), 0);
    let (first, _) = import(&business, &wanted);
    assert_eq!((trial.created.clone(), trial.rejected), (first.created.clone(), first.rejected));
    let (second, _) = import(&business, &wanted);
    assert!(second.created.is_empty());
    assert_eq!(second.duplicates, first.created["contact"]);
    let (nothing, _) = import(
        &business,
        &ImportRequest { all_or_nothing: true, ..request("northwind/orders.csv", Some("northwind/orders.map.toml")) },
    );
    assert!(nothing.rejected > 0);
    assert_eq!(count(&business, "order"), 0);
    business.assert_sound();
}

#[test]
fn f070_address_cards_of_every_program_become_contacts() {
    let business = Business::new(&["core"]);
    let mut lines = Vec::new();
    for name in [
        "John_Doe_ANDROID",
        "John_Doe_EVOLUTION",
        "John_Doe_GMAIL",
        "John_Doe_MS_OUTLOOK",
        "gmail-single",
        "outlook-2003",
        "rfc2426-example",
        "rfc6350-example",
    ] {
        let (report, refused) = import(&business, &request(&format!("vcards/{name}.vcf"), None));
        let created = report.created.get("contact").copied().unwrap_or(0);
        assert_eq!(report.rows, created + report.rejected + report.duplicates, "{name}: {refused:?}");
        lines.push(format!("{name}: {created} of {}, rejected {refused:?}", report.rows));
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    John_Doe_ANDROID: 6 of 6, rejected []
    John_Doe_EVOLUTION: 1 of 1, rejected []
    John_Doe_GMAIL: 1 of 1, rejected []
    John_Doe_MS_OUTLOOK: 1 of 1, rejected []
    gmail-single: 1 of 1, rejected []
    outlook-2003: 1 of 1, rejected []
    rfc2426-example: 2 of 2, rejected []
    rfc6350-example: 1 of 1, rejected []
    ");
    business.assert_sound();
}

#[test]
fn a_guessed_mapping_is_shown_before_it_runs() {
    let business = Business::new(&["core"]);
    let file = business.folder.join("kontakte.csv");
    std::fs::write(&file, "Vorname;Nachname;Straße;PLZ;Ort;Telefon;E-Mail\nErika;Müller;Hauptstraße 1;50667;Köln;0221 1234;erika@beispiel.de\n").unwrap();
    let wanted = ImportRequest { file, map: None, ..request("northwind/customers.csv", None) };
    let guess = records::preview(business.tenant(), &wanted).unwrap().unwrap();
    assert!(guess.describe(true).contains("Nachname"), "{}", guess.describe(true));
    let (report, refused) = import(&business, &wanted);
    assert_eq!(report.created["contact"], 1, "{refused:?}");
    let mut reader = business.tenant().reader().unwrap();
    let hit = records::search(&mut reader, &business.admin(), "Müller", 1).unwrap().remove(0);
    let contact = records::get(&mut reader, &business.admin(), "contact", hit.id).unwrap();
    assert_eq!(contact.values["addresses"][0]["city"], "Köln");
    assert_eq!(contact.values["origin"], "Übernahme aus dem Altsystem");
}
