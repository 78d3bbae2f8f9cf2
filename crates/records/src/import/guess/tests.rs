use super::*;
use crate::import::{Mapping, Row, TableOptions, TableReader, apply};
use serde_json::{Value, json};
use std::io::Cursor;

/// The fields of a contact as far as guessing uses them.
fn contact() -> Vec<TargetField> {
    let mut fields: Vec<TargetField> = [
        ("salutation", "text", false),
        ("prefix", "text", false),
        ("given_name", "text", false),
        ("additional_names", "text", false),
        ("family_name", "text", false),
        ("suffix", "text", false),
        ("nickname", "text", false),
        ("full_name", "text", false),
        ("categories", "text", true),
        ("customer_number", "text", false),
        ("external_id", "text", false),
        ("department", "text", false),
        ("job_title", "text", false),
        ("role", "text", false),
        ("emails", "email", true),
        ("phones", "phone", true),
        ("addresses", "address", true),
        ("urls", "url", true),
        ("profiles", "url", true),
        ("birthday", "date", false),
        ("languages", "text", true),
        ("notes", "long_text", false),
        ("origin", "text", false),
    ]
    .into_iter()
    .map(|(name, kind, many)| TargetField::new(name, kind, many))
    .collect();
    let choice = |key: &str, de: &str, en: &str| (key.to_owned(), de.to_owned(), en.to_owned());
    let mut kind = TargetField::new("kind", "choice", false);
    kind.choices = vec![choice("person", "Person", "Person"), choice("institution", "Einrichtung", "Institution")];
    fields.push(kind);
    let mut organisation = TargetField::new("organisation", "link", false);
    organisation.label_de = "Firma".into();
    organisation.to = vec!["organisation".into()];
    fields.push(organisation);
    fields
}

fn run(module: &str, fields: &[TargetField], csv: &str) -> (Guess, Vec<Value>) {
    let reader = TableReader::open(Cursor::new(csv.as_bytes().to_vec()), &TableOptions::default()).unwrap();
    let headers = reader.headers().clone();
    let separator = reader.separator();
    let rows: Vec<Row> = reader.map(|row| row.unwrap()).collect();
    let found = guess(module, &headers, fields, &rows, separator);
    found.mapping.check(&headers).unwrap();
    assert_eq!(Mapping::parse(&found.mapping.to_toml()).unwrap(), found.mapping, "{}", found.mapping.to_toml());
    let values = rows
        .iter()
        .map(|row| Value::Object(apply(&found.mapping, row).unwrap().into_iter().next_back().unwrap().values))
        .collect();
    (found, values)
}

#[test]
fn a_german_list_of_addresses() {
    let csv = "Anrede;Titel;Vorname;Nachname;Firma;Straße;PLZ;Ort;Land;Telefon;Mobil;Fax;E-Mail;Geburtsdatum;Bemerkung;Lieblingsfarbe\n\
        Frau;Dr.;Erika;Müller;Müller GmbH;Hauptstr. 1;01067;Dresden;Deutschland;0351 123;0170 1;;erika@example.org;3.2.1980;Stammkundin;blau\n\
        ;;;;Nur Firma AG;;;;;;;;;;;\n";
    let (found, values) = run("contact", &contact(), csv);
    assert_eq!(
        values[0],
        json!({
            "kind": "person", "salutation": "Frau", "prefix": "Dr.", "given_name": "Erika", "family_name": "Müller",
            "addresses": [{ "street": "Hauptstr. 1", "postal_code": "01067", "city": "Dresden", "country": "DE" }],
            "phones": ["0351 123", { "value": "0170 1", "label": "mobile" }], "emails": ["erika@example.org"],
            "birthday": "1980-02-03", "notes": "Stammkundin",
        })
    );
    assert_eq!(values[1], json!({ "kind": "institution", "full_name": "Nur Firma AG" }));
    assert_eq!(found.unused().collect::<Vec<_>>(), ["Lieblingsfarbe"]);
    let shown = found.describe(true);
    assert!(shown.contains("Firma          → organisation.name"), "{shown}");
    assert!(shown.contains("Lieblingsfarbe → (wird nicht übernommen)"), "{shown}");
    let link = &found.mapping.records[0].links[0];
    assert_eq!(link.0, "organisation");
    assert_eq!(found.mapping.decimal, crate::import::map::Decimal::Comma);
}

#[test]
fn outlook_in_english() {
    let csv = "\"Title\",\"First Name\",\"Middle Name\",\"Last Name\",\"Suffix\",\"Company\",\"Department\",\"Job Title\",\"Business Street\",\"Business Street 2\",\"Business City\",\"Business State\",\"Business Postal Code\",\"Business Country/Region\",\"Home Street\",\"Home City\",\"Business Fax\",\"Business Phone\",\"Business Phone 2\",\"Home Phone\",\"Mobile Phone\",\"Assistant's Phone\",\"Birthday\",\"Categories\",\"E-mail Address\",\"E-mail Type\",\"E-mail Display Name\",\"E-mail 2 Address\",\"Web Page\",\"Notes\",\"Priority\"\n\
        \"Mr.\",\"John\",\"R.\",\"Doe\",\"Jr.\",\"IBM\",\"Sales\",\"Counter\",\"1 Main St\",\"Floor 2\",\"Austin\",\"TX\",\"12345\",\"United States of America\",\"2 Side St\",\"Austin\",\"0301\",\"0302\",\"0303\",\"0304\",\"0305\",\"0306\",\"3/22/1980\",\"VIP;Friends\",\"j@ibm.com\",\"SMTP\",\"John\",\"d@ibm.com\",\"http://ibm.com\",\"note\",\"Normal\"\n\
        \"\",\"A\",\"\",\"B\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"0/0/00\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\n";
    let (found, values) = run("contact", &contact(), csv);
    assert_eq!(
        values[0],
        json!({
            "kind": "person", "salutation": "Mr.", "given_name": "John", "additional_names": "R.", "family_name": "Doe", "suffix": "Jr.",
            "department": "Sales", "job_title": "Counter", "birthday": "1980-03-22", "categories": ["VIP", "Friends"],
            "addresses": [
                { "street": "1 Main St", "city": "Austin", "region": "TX", "postal_code": "12345", "country": "US", "extra": "Floor 2", "label": "work" },
                { "street": "2 Side St", "city": "Austin", "label": "home" },
            ],
            "phones": [
                { "value": "0301", "label": "work fax" }, { "value": "0302", "label": "work" }, { "value": "0303", "label": "work" },
                { "value": "0304", "label": "home" }, { "value": "0305", "label": "mobile" },
            ],
            "emails": ["j@ibm.com", "d@ibm.com"], "urls": ["http://ibm.com"], "notes": "note",
        })
    );
    assert_eq!(values[1], json!({ "kind": "person", "given_name": "A", "family_name": "B" }));
    let unused: Vec<&str> = found.unused().collect();
    assert_eq!(unused, ["Assistant's Phone", "E-mail Display Name", "Priority"]);
}

#[test]
fn outlook_in_german() {
    let csv = "Anrede,Vorname,Nachname,Firma,Straße geschäftlich,Ort geschäftlich,Postleitzahl geschäftlich,Land/Region geschäftlich,Straße privat,Ort privat,Postleitzahl privat,Fax geschäftlich,Telefon geschäftlich,Telefon geschäftlich 2,Telefon privat,Mobiltelefon,E-Mail-Adresse,E-Mail-Typ,E-Mail: Angezeigter Name,E-Mail 2: Adresse,Geburtstag,Kategorien,Notizen,Webseite\n\
        Herr,Max,Muster,Muster AG,Weg 1,Köln,50667,Deutschland,Gasse 2,Bonn,53111,0301,0302,0303,0304,0305,max@example.org,SMTP,Max,m2@example.org,22.03.1980,Freunde,Hallo,www.example.org\n\
        ,A,B,,,,,,,,,,,,,,,,,,0.0.00,,,\n";
    let (_, values) = run("contact", &contact(), csv);
    assert_eq!(
        values[0],
        json!({
            "kind": "person", "salutation": "Herr", "given_name": "Max", "family_name": "Muster", "birthday": "1980-03-22",
            "categories": ["Freunde"], "notes": "Hallo", "urls": ["www.example.org"], "emails": ["max@example.org", "m2@example.org"],
            "addresses": [
                { "street": "Weg 1", "city": "Köln", "postal_code": "50667", "country": "DE", "label": "work" },
                { "street": "Gasse 2", "city": "Bonn", "postal_code": "53111", "label": "home" },
            ],
            "phones": [
                { "value": "0301", "label": "work fax" }, { "value": "0302", "label": "work" }, { "value": "0303", "label": "work" },
                { "value": "0304", "label": "home" }, { "value": "0305", "label": "mobile" },
            ],
        })
    );
}

#[test]
fn google_contacts() {
    let csv = "First Name,Middle Name,Last Name,Name Prefix,Nickname,Organization Name,Organization Title,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Website 1 - Label,Website 1 - Value\n\
        Greg,,Dartmouth,,Gman,TheCompany,Boss,1960-09-10,n,* myContacts ::: VIP,* Home,a@b.de ::: c@d.de,Mobile,0170 1 ::: 0171 2,Work,030 3,Work,\"Weg 1, Köln\",Weg 1,Köln,NRW,50667,Germany,Profile,http://x.de\n";
    let (_, values) = run("contact", &contact(), csv);
    assert_eq!(
        values[0],
        json!({
            "kind": "person", "given_name": "Greg", "family_name": "Dartmouth", "nickname": "Gman", "job_title": "Boss",
            "birthday": "1960-09-10", "notes": "n", "categories": ["* myContacts", "VIP"],
            "emails": [{ "value": "a@b.de", "label": "home" }, { "value": "c@d.de", "label": "home" }],
            "phones": [{ "value": "0170 1", "label": "mobile" }, { "value": "0171 2", "label": "mobile" }, { "value": "030 3", "label": "work" }],
            "addresses": [{ "street": "Weg 1", "city": "Köln", "region": "NRW", "postal_code": "50667", "country": "DE", "label": "work" }],
            "urls": [{ "value": "http://x.de", "label": "Profile" }],
        })
    );
}

#[test]
fn thunderbird() {
    let csv = "Vorname,Nachname,Anzeigename,Spitzname,Primäre E-Mail-Adresse,Sekundäre E-Mail-Adresse,Tel. dienstlich,Tel. privat,Fax-Nummer,Mobil-Tel.-Nr.,Privat: Adresse,Privat: Adresse 2,Privat: Ort,Privat: PLZ,Privat: Land,Arbeitstitel,Abteilung,Organisation,Webseite 1,Geburtsjahr,Geburtsmonat,Geburtstag,Notizen\n\
        Max,Muster,Max Muster,Maxi,a@b.de,c@d.de,0301,0302,0303,0304,Weg 1,Hinterhaus,Bonn,53111,Deutschland,Chef,EDV,Muster AG,http://m.de,1980,3,22,x\n\
        Eva,Muster,,,,,,,,,,,,,,,,,,,3,22,\n";
    let (_, values) = run("contact", &contact(), csv);
    assert_eq!(
        values[0],
        json!({
            "kind": "person", "given_name": "Max", "family_name": "Muster", "nickname": "Maxi", "job_title": "Chef", "department": "EDV",
            "birthday": "1980-03-22", "notes": "x", "emails": ["a@b.de", "c@d.de"], "urls": ["http://m.de"],
            "phones": [{ "value": "0301", "label": "work" }, { "value": "0302", "label": "home" }, { "value": "0303", "label": "fax" }, { "value": "0304", "label": "mobile" }],
            "addresses": [{ "street": "Weg 1", "extra": "Hinterhaus", "city": "Bonn", "postal_code": "53111", "country": "DE", "label": "home" }],
        })
    );
    assert_eq!(values[1], json!({ "kind": "person", "given_name": "Eva", "family_name": "Muster" }));
}

#[test]
fn a_name_alone_is_split_beside_a_first_name_it_is_the_last() {
    let (_, values) = run("contact", &contact(), "Name;Ort\nHerr Dr. Max von Muster;Bonn\n");
    assert_eq!(
        values[0],
        json!({ "kind": "person", "salutation": "Herr", "prefix": "Dr.", "given_name": "Max", "family_name": "von Muster", "addresses": [{ "city": "Bonn" }] })
    );
    let (_, values) = run("contact", &contact(), "Vorname;Name\nMax;Muster\n");
    assert_eq!(values[0], json!({ "given_name": "Max", "family_name": "Muster" }));
}

#[test]
fn northwind_without_a_mapping() {
    let csv = "customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax\n\
        ALFKI,Alfreds Futterkiste,Maria Anders,Sales Representative,Obere Str. 57,Berlin,NULL,12209,Germany,030-0074321,NULL\n";
    let (found, values) = run("contact", &contact(), csv);
    assert_eq!(
        values[0],
        json!({
            "external_id": "ALFKI", "kind": "person", "given_name": "Maria", "family_name": "Anders", "job_title": "Sales Representative",
            "addresses": [{ "street": "Obere Str. 57", "city": "Berlin", "postal_code": "12209", "country": "DE" }], "phones": ["030-0074321"],
        })
    );
    assert_eq!(found.unused().count(), 0);
}

#[test]
fn other_modules_by_their_labels_and_known_words() {
    let mut plate = TargetField::new("plate", "text", false);
    plate.label_de = "Amtliches Kennzeichen".into();
    let mut vin = TargetField::new("vin", "identifier", false);
    vin.label_de = "Fahrzeug-Identifizierungsnummer".into();
    let mut owner = TargetField::new("owner", "link", false);
    owner.label_de = "Halter".into();
    owner.to = vec!["contact".into()];
    let mut fuel = TargetField::new("fuel", "choice", false);
    fuel.label_de = "Kraftstoff".into();
    fuel.choices =
        vec![("diesel".into(), "Diesel".into(), "Diesel".into()), ("petrol".into(), "Benzin".into(), "Petrol".into())];
    let mileage = TargetField::new("mileage", "integer", false);
    let fields = [plate, vin, owner, fuel, mileage];
    let csv = "Kennzeichen;FIN;Halter-Nr.;Kraftstoff;KM-Stand;Rest\nB-AB 123;WVWZZZ1JZXW000001;4711;benzin;12.345;x\n";
    let (found, values) = run("vehicle", &fields, csv);
    assert_eq!(
        values[0],
        json!({ "plate": "B-AB 123", "vin": "WVWZZZ1JZXW000001", "fuel": "petrol", "mileage": 12345 })
    );
    assert_eq!(found.mapping.records[0].links[0].0, "owner");
    assert_eq!(found.unused().collect::<Vec<_>>(), ["Rest"]);
}

#[test]
fn a_column_of_companies_alone_makes_institutions() {
    let (found, values) = run("contact", &contact(), "Firma;Telefon\nMuster AG;030 123\n");
    assert_eq!(values[0], json!({ "kind": "institution", "full_name": "Muster AG", "phones": ["030 123"] }));
    assert!(found.mapping.records[0].links.is_empty());
}

#[test]
fn nothing_understood_is_said() {
    let headers = headers_of(&["foo", "bar"]).unwrap();
    let found = guess("contact", &headers, &contact(), &[], None);
    assert!(found.is_empty());
    assert_eq!(found.unused().count(), 2);
}

/// Where a link takes its value from.
fn value_of(link: &crate::import::map::LinkRule) -> String {
    match link {
        crate::import::map::LinkRule::Stored { value, .. } => value.to_string(),
        crate::import::map::LinkRule::Row(alias) => alias.clone(),
    }
}

/// Field and value of the last record of a row.
fn first(csv: &str) -> (Guess, Value) {
    let (guess, mut values) = run("contact", &contact(), csv);
    (guess, values.swap_remove(0))
}

#[test]
fn exports_of_crm_programs() {
    let (found, hubspot) = first(
        "Record ID,First Name,Last Name,Email,Contact owner,Primary Associated Company ID,Associated Company,Lifecycle Stage,Job Title,Website URL\n\
        101,Brian,Halligan,bh@hubspot.example,Owner One,555,HubSpot,Lead,Chair,http://www.hubspot.example\n",
    );
    assert_eq!(
        hubspot,
        json!({
            "external_id": "101", "kind": "person", "given_name": "Brian", "family_name": "Halligan", "emails": ["bh@hubspot.example"],
            "job_title": "Chair", "urls": ["http://www.hubspot.example"],
        })
    );
    assert_eq!(value_of(&found.mapping.records[0].links[0].1), "{Associated Company}");
    let (found, salesforce) = first(
        "\"Salutation\",\"First Name\",\"Last Name\",\"Title\",\"Account Name\",\"Mailing Street\",\"Mailing City\",\"Mailing Zip/Postal Code\",\"Mailing Country\",\"Phone\",\"Account Owner\",\"Contact ID\",\"Lead Source\",\"Description\"\n\
        \"Ms.\",\"Rose\",\"Gonzalez\",\"SVP, Procurement\",\"Edge\",\"313 Constitution Place\",\"Austin\",\"78767\",\"USA\",\"(512) 757-6000\",\"Me\",\"0035g\",\"Trade Show\",\"desc\"\n",
    );
    assert_eq!(
        salesforce,
        json!({
            "external_id": "0035g", "kind": "person", "salutation": "Ms.", "given_name": "Rose", "family_name": "Gonzalez",
            "job_title": "SVP, Procurement", "phones": ["(512) 757-6000"], "origin": "Trade Show", "notes": "desc",
            "addresses": [{ "street": "313 Constitution Place", "city": "Austin", "postal_code": "78767", "country": "US" }],
        })
    );
    assert_eq!(value_of(&found.mapping.records[0].links[0].1), "{Account Name}");
    let (_, google) = first(
        "Name,Given Name,Family Name,Occupation,E-mail 1 - Type,E-mail 1 - Value,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title\n\
        Greta Garbo,Greta,Garbo,,* Home,g@x.example,,Film AG,Star\n",
    );
    assert_eq!(google["job_title"], "Star");
    let (_, employee) = first("lastName,firstName,title,titleOfCourtesy\nDavolio,Nancy,Sales Representative,Ms.\n");
    let nancy = json!({ "salutation": "Ms.", "given_name": "Nancy", "family_name": "Davolio", "job_title": "Sales Representative" });
    assert_eq!(employee, nancy);
    // Alone, a title is a degree if it looks like one.
    assert_eq!(first("Title,Last Name\nDr.,A\n").1["prefix"], "Dr.");
    assert_eq!(first("Title,Last Name\nSales Manager,A\n").1["job_title"], "Sales Manager");
}

#[test]
fn lexware_and_capitals() {
    let csv = "Kundennummer;Anrede;Firma;Vorname;Nachname;Ansprechpartner;Quelle\n\
        1;Firma;Bäcker GmbH;;;Frau Eva Schröder;Messe\n2;Frau;;Sabine;Groß;;\n3;;Huber AG;;;;\n4;;Huber AG;Max;Muster;Ida Idel;\n";
    let (_, values) = run("contact", &contact(), csv);
    assert_eq!(
        (&values[0]["kind"], &values[0]["given_name"], &values[0]["family_name"]),
        (&json!("person"), &json!("Eva"), &json!("Schröder"))
    );
    assert_eq!(values[0]["origin"], "Messe");
    assert_eq!((&values[1]["given_name"], &values[1]["kind"]), (&json!("Sabine"), &json!("person")));
    assert_eq!((&values[2]["full_name"], &values[2]["kind"]), (&json!("Huber AG"), &json!("institution")));
    assert_eq!(
        (&values[3]["family_name"], &values[3]["notes"]),
        (&json!("Muster"), &json!("Ansprechpartner: Ida Idel"))
    );
    let (_, upper) = first(
        "VORNAME;NACHNAME;GEB.-DAT.;TEL. PRIV.;STRASSE/NR.;PLZ/ORT\nMax;Muster;1.2.1980;030 123;Weg 1;10115 Berlin\n",
    );
    assert_eq!(
        upper,
        json!({
            "given_name": "Max", "family_name": "Muster", "birthday": "1980-02-01", "phones": [{ "value": "030 123", "label": "home" }],
            "addresses": [{ "street": "Weg 1", "postal_code": "10115", "city": "Berlin" }],
        })
    );
}

#[test]
fn names_of_institutions_and_addresses_in_one_cell() {
    let (found, values) = run(
        "contact",
        &contact(),
        "Name;Adresse;E-Mail\nBäcker Schröder GmbH;\"Weg 1, 12345 Berlin\";a@b.example, c@d.example\nDr. Eva von Stein;Am Tor 2;Eva <eva@x.example>\n",
    );
    assert_eq!(
        values[0],
        json!({
            "kind": "institution", "full_name": "Bäcker Schröder GmbH", "emails": ["a@b.example", "c@d.example"],
            "addresses": [{ "street": "Weg 1", "postal_code": "12345", "city": "Berlin" }],
        })
    );
    assert_eq!(
        values[1],
        json!({
            "kind": "person", "prefix": "Dr.", "given_name": "Eva", "family_name": "von Stein", "emails": ["eva@x.example"],
            "addresses": [{ "street": "Am Tor 2" }],
        })
    );
    assert!(found.describe(false).contains("Adresse → addresses\n"), "{}", found.describe(false));
}

#[test]
fn unnamed_columns_at_the_end_are_not_taken_and_lose_no_row() {
    let (found, values) = run("contact", &contact(), "Vorname;Nachname;;;\nMax;Muster;x;;z\nEva;Muster\n");
    assert_eq!(values.len(), 2);
    assert_eq!(values[0], json!({ "given_name": "Max", "family_name": "Muster" }));
    assert_eq!(found.unused().collect::<Vec<_>>(), ["column 3", "column 5"]);
}
