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

/// Takes a text in as a file of that name.
fn import_text(business: &Business, name: &str, text: &str) -> (ImportReport, Vec<(u64, String)>) {
    import(business, &request_text(business, name, text))
}

fn request_text(business: &Business, name: &str, text: &str) -> ImportRequest {
    let file = business.folder.join(name);
    std::fs::write(&file, text).unwrap();
    ImportRequest { file, ..request("northwind/customers.csv", None) }
}

/// The values of all records of a module, the newest last.
fn all(business: &Business, module: &str) -> Vec<serde_json::Value> {
    let mut reader = business.tenant().reader().unwrap();
    let wanted = ListRequest { module: module.into(), limit: 200, ..ListRequest::default() };
    let page = records::list(&mut reader, &business.admin(), &wanted).unwrap();
    let ids = page.items.iter().map(|item| item.id);
    ids.map(|id| records::get(&mut reader, &business.admin(), module, id).unwrap().values.into()).collect()
}

#[test]
fn a_known_key_with_other_values_is_rejected_and_the_record_stays() {
    let business = Business::new(&["core"]);
    let first = "ID,Vorname,Nachname,E-Mail\n1,Anna,Alt,a@x.example\n2,Berta,Neu,b@x.example\n";
    let (made, refused) = import_text(&business, "a.csv", first);
    assert_eq!((made.created["contact"], refused.len()), (2, 0));
    let (again, refused) = import_text(&business, "a.csv", first);
    assert_eq!((again.duplicates, refused.len()), (2, 0), "{refused:?}");
    // A newer export: one row the same, one with another name, one new.
    let newer = "ID,Vorname,Nachname,E-Mail\n1,Anna,Neumann,a@x.example\n2,Berta,Neu,b@x.example\n3,Carl,C,\n";
    for dry_run in [true, false] {
        let (report, refused) =
            import(&business, &ImportRequest { dry_run, ..request_text(&business, "b.csv", newer) });
        assert_eq!((report.duplicates, report.created["contact"], report.rejected), (1, 1, 1), "{refused:?}");
        assert_eq!(refused[0].0, 2);
        assert!(refused[0].1.starts_with("same-key the record "), "{refused:?}");
        assert!(refused[0].1.ends_with("was left as it is; different: Last name"), "{refused:?}");
    }
    assert!(all(&business, "contact").iter().any(|contact| contact["family_name"] == "Alt"));
    // Within one file, in a dry run too.
    let map = "[[record]]\nmodule = \"contact\"\nkey = \"{ID}\"\n[record.fields]\ngiven_name = \"{Vorname}\"\nfamily_name = \"{Nachname}\"\n";
    for dry_run in [true, false] {
        let text = request_text(&business, "c.csv", "ID,Vorname,Nachname\n8,Anna,A\n8,Bert,A\n8,Anna,A\n");
        let (report, refused) = import(&business, &ImportRequest { dry_run, map: Some(map.into()), ..text });
        assert_eq!((report.created["contact"], report.duplicates, report.rejected), (1, 1, 1), "{refused:?}");
        assert!(refused[0].0 == 3 && refused[0].1.ends_with("different: First name"), "{refused:?}");
    }
    business.assert_sound();
}

#[test]
fn an_id_that_several_rows_share_is_no_key() {
    let business = Business::new(&["core"]);
    let (report, refused) = import_text(&business, "ids.csv", "ID;Vorname;Nachname\n1;Anna;A\n1;Bert;B\n");
    assert_eq!(report.created["contact"], 2, "{refused:?}");
    assert!(all(&business, "contact").iter().all(|contact| contact["external_id"] == "1"));
}

#[test]
fn a_row_is_an_institution_only_where_a_company_stands_and_no_person() {
    let business = Business::new(&["core"]);
    let text = "First Name,Last Name,Email,Company\n,,a@example.com,\nMax,Muster,b@example.com,ACME\n,,,ACME Ltd\n";
    let (report, refused) = import_text(&business, "konly.csv", text);
    assert_eq!(report.created["contact"], 3, "{refused:?}");
    let kinds: Vec<(String, String)> = all(&business, "contact")
        .iter()
        .map(|contact| (contact["kind"].to_string(), contact["emails"][0].to_string()))
        .collect();
    let kind_of = |mail: &str| kinds.iter().find(|(_, known)| known.contains(mail)).map(|(kind, _)| kind.as_str());
    assert_eq!(
        (kind_of("a@"), kind_of("b@"), kind_of("null")),
        (Some("\"person\""), Some("\"person\""), Some("\"institution\""))
    );
}

#[test]
fn what_has_not_the_form_of_its_field_goes_to_the_notes_and_keeps_no_contact_out() {
    let business = Business::new(&["core"]);
    let text = "Vorname;Nachname;Geburtstag;Telefon;E-Mail\n\
        Anna;A;--05-17;kein;-\nBert;B;1984;auf Anfrage;n/a\nCarl;C;1.2.1980;0171 1 oder 0172 2;\"c@x.example; d@x.example\"\n";
    let (report, refused) = import_text(&business, "odd.csv", text);
    assert_eq!((report.created["contact"], report.rejected), (3, 0), "{refused:?}");
    let contacts = all(&business, "contact");
    let of = |name: &str| contacts.iter().find(|contact| contact["given_name"] == name).unwrap().clone();
    assert_eq!(of("Anna")["notes"], "Geburtstag: --05-17");
    assert_eq!(of("Bert")["notes"], "Geburtstag: 1984\nTelefon: auf Anfrage");
    assert_eq!(of("Carl")["phones"], serde_json::json!(["0171 1", "0172 2"]));
    assert_eq!(of("Carl")["emails"], serde_json::json!(["c@x.example", "d@x.example"]));
    let lines: Vec<u64> = report.warnings.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 3]);
    assert!(report.warnings.iter().all(|(_, hint)| !hint.en.contains("1984") && !hint.de.contains("Anfrage")));
}

#[test]
fn a_file_that_stops_counts_nothing_as_created() {
    let business = Business::new(&["core"]);
    let text = request_text(&business, "x.csv", "Vorname,Nachname\nMax,Muster\nEva,Muster,zu viel\nIda,Muster\n");
    let (report, _) = import(&business, &ImportRequest { all_or_nothing: true, ..text });
    assert!(report.stopped && !report.dry_run && report.created.is_empty());
    assert_eq!((report.would_create["contact"], report.rejected, count(&business, "contact")), (2, 1, 0));
}

#[test]
fn rejects_come_in_the_order_of_the_file() {
    let business = Business::new(&["core"]);
    let mut text = String::from("Vorname,Nachname,E-Mail\n");
    for row in 0..30 {
        text.push_str(match row % 3 {
            0 => "A,B\n",
            1 => ",,\"\"\n",
            _ => "Max,Muster,kein Format@\n",
        });
    }
    // The map has no place for odd values, so the store refuses what the reader lets through.
    let map =
        "[[record]]\nmodule = \"contact\"\n[record.fields]\ngiven_name = \"{Vorname}\"\nemails = [\"{E-Mail}\"]\n";
    let wanted = ImportRequest { map: Some(map.into()), ..request_text(&business, "o.csv", &text) };
    let (_, refused) = import(&business, &wanted);
    assert!(refused.len() >= 20);
    assert!(refused.is_sorted_by_key(|(line, _)| *line), "{refused:?}");
    // A field is named as the language of the reader names it.
    assert!(refused.iter().any(|(_, why)| why.starts_with("value E-mail: ")), "{refused:?}");
}

#[test]
fn a_mapping_that_does_not_fit_and_a_foreign_file_are_refused_at_once() {
    let business = Business::new(&["core"]);
    let text = "Vorname\nMax\n";
    let refused = |map: Option<&str>, name: &str, text: &str| {
        let wanted = ImportRequest { map: map.map(str::to_owned), ..request_text(&business, name, text) };
        let mut rejects = 0;
        let done =
            records::import_file(business.tenant(), &business.admin(), &wanted, &mut |_, _| rejects += 1, &mut |_| {});
        assert_eq!(rejects, 0);
        match done.unwrap_err() {
            records::Error::Input { code, message } => (code, message.de, message.en),
            other => panic!("{other}"),
        }
    };
    let map = "[[record]]\nmodule = \"contact\"\n[record.fields]\nvorname = \"{Vorname}\"\n[[record]]\nmodule = \"customer\"\n[record.fields]\na = \"{Vorname}\"\n";
    let (code, de, en) = refused(Some(map), "m.csv", text);
    assert_eq!(code, "mapping");
    assert_eq!(en, "mapping: \"contact\" has no field \"vorname\"; there is no module \"customer\"");
    assert!(de.contains("kein Feld „vorname“") && de.contains("kein Modul „customer“"), "{de}");
    assert_eq!(refused(Some("[[record]\n"), "m.csv", text).0, "mapping");
    let column = "[[record]]\nmodule = \"contact\"\n[record.fields]\ngiven_name = \"{Nmae}\"\n";
    assert_eq!(refused(Some(column), "m.csv", text).0, "mapping");
    let (code, de, en) = refused(None, "j.json", "[{\"Vorname\": \"Max\"}]");
    assert_eq!(code, "file");
    assert!(de.contains("JSON") && en.contains("the file is JSON"), "{de} {en}");
    let (_, de, _) = refused(None, "n.csv", "foo,bar\n1,2\n");
    assert!(de.starts_with("keine der Spalten wurde"), "{de}");
}

#[test]
fn a_title_above_the_head_line_is_passed_over_and_said() {
    let business = Business::new(&["core"]);
    let text = "Kundenliste Stand 31.12.2024\n\nNr;Name;Straße;PLZ Ort;Telefon\n1;Max Muster;Weg 1;12345 Berlin;030 123\n2;\"Muster, Eva\";Weg 2;D-12345 Berlin;030/124\n";
    let (report, refused) = import_text(&business, "titled.csv", text);
    assert_eq!(report.created["contact"], 2, "{refused:?} {}", report.mapping);
    assert!(report.mapping.contains("Zeilen über der Kopfzeile"), "{}", report.mapping);
    let contacts = all(&business, "contact");
    let eva = contacts.iter().find(|contact| contact["given_name"] == "Eva").unwrap();
    let berlin = serde_json::json!([{ "street": "Weg 2", "postal_code": "12345", "city": "Berlin", "country": "DE" }]);
    assert_eq!(eva["addresses"], berlin);
    let datev = "\"EXTF\";700;16;\"Debitoren/Kreditoren\";5;20240130140659439;;\"RE\";\"\";29098\n\
        Konto;Name (Adressattyp Unternehmen);Name (Adressattyp natürl. Person);Vorname (Adressattyp natürl. Person);Straße;Postleitzahl;Ort\n\
        10000;\"Huber AG\";\"\";\"\";\"Weg 1\";\"10115\";\"Berlin\"\n10001;\"\";\"Groß\";\"Sabine\";\"Weg 2\";\"10115\";\"Berlin\"\n";
    let (report, refused) = import_text(&business, "datev.csv", datev);
    assert_eq!(report.created["contact"], 2, "{refused:?} {}", report.mapping);
    assert!(all(&business, "contact").iter().any(|contact| contact["full_name"] == "Huber AG"));
}

#[test]
fn what_a_card_has_and_no_record_keeps_is_told_with_line_and_name() {
    let business = Business::new(&["core"]);
    let text = "BEGIN:VCARD\nVERSION:3.0\nN:Muster;Max\nFN:Max Muster\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\nLOGO:http://x.example/l.png\nUID:m1\nREV:2024-01-01\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Freunde\nMEMBER:m1\nEND:VCARD\n";
    let (report, refused) = import_text(&business, "cards.vcf", text);
    assert_eq!((report.rows, report.created["contact"], report.groups, refused.len()), (2, 1, 1, 0));
    let hints: Vec<(u64, &str)> = report.warnings.iter().map(|(line, hint)| (*line, hint.en.as_str())).collect();
    assert_eq!(hints, [(5, "PHOTO is not taken"), (6, "LOGO is not taken")]);
    let dropped: Vec<(&str, u64)> = report.dropped.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(dropped, [("LOGO", 1), ("PHOTO", 1), ("REV", 1)]);
    assert_eq!(all(&business, "contact")[0]["categories"], serde_json::json!(["Freunde"]));
}

#[test]
fn a_workbook_with_several_sheets_becomes_contacts() {
    let business = Business::new(&["core"]);
    // The first sheet is empty; dates, numbers and times are cells of their kinds, and two rows cannot be read.
    let (report, refused) = import(&business, &request("xlsx/kontakte.xlsx", None));
    assert_eq!((report.rows, report.created["contact"]), (5, 3), "{refused:?}");
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [6, 7]);
    let contacts = all(&business, "contact");
    let juergen = contacts.iter().find(|contact| contact["given_name"] == "Jürgen").unwrap();
    assert_eq!(
        (&juergen["birthday"], &juergen["addresses"][0]["postal_code"]),
        (&"1980-03-22".into(), &"01067".into())
    );
    let map = "sheet = \"Kontakte\"\n[[record]]\nmodule = \"contact\"\n[record.fields]\nfamily_name = \"{Nachname}\"\nbirthday = { date = \"{Geburtsdatum}\" }\n";
    let named = ImportRequest { map: Some(map.into()), dry_run: true, ..request("xlsx/kontakte.xlsx", None) };
    assert_eq!(import(&business, &named).0.created["contact"], 3);
}
