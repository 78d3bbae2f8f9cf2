use super::*;
use serde_json::json;
use std::io::Cursor;

fn all(bytes: &[u8]) -> Vec<Result<Entry, Reject>> {
    let groups = Groups::read(Cursor::new(bytes.to_vec())).unwrap();
    CardReader::open(Cursor::new(bytes.to_vec()), true).unwrap().with_groups(groups).collect()
}

fn one(text: &str) -> Card {
    one_of(text.as_bytes())
}

fn one_of(bytes: &[u8]) -> Card {
    let mut entries = all(bytes);
    assert_eq!(entries.len(), 1, "{entries:?}");
    match entries.remove(0) {
        Ok(Entry::Card(card)) => *card,
        other => panic!("{other:?}"),
    }
}

fn card(lines: &str) -> Card {
    one(&format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{}\r\nEND:VCARD\r\n", lines.replace('\n', "\r\n")))
}

fn fields(lines: &str) -> Value {
    Value::Object(card(lines).fields)
}

#[test]
fn a_card_of_an_iphone() {
    let found = card(
        "PRODID:-//Apple Inc.//iPhone OS 17.0//EN\nN:Müller;Anna;;Dr.;\nFN:Dr. Anna Müller\nORG:Müller & Söhne;Vertrieb\nEMAIL;type=INTERNET;type=WORK;type=pref:anna@example.org\nitem1.EMAIL;type=INTERNET:privat@example.org\nitem1.X-ABLabel:Ferienhaus\nTEL;type=CELL;type=VOICE;type=pref:+49 170 1234567\nTEL;type=IPHONE;type=CELL;type=VOICE:0171 1\n2\nitem2.ADR;type=HOME;type=pref:;;Hauptstraße 1;Köln;;50667;Deutschland\nitem2.X-ABADR:de\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-03-05\nX-SOCIALPROFILE;type=linkedin:https://www.linkedin.com/in/anna\nIMPP;X-SERVICE-TYPE=Jabber;type=HOME:xmpp:anna@jabber.org\nitem3.X-ABDATE;type=pref:2010-06-01\nitem3.X-ABLabel:_$!<Anniversary>!$_\nUID:ABC-1",
    );
    assert_eq!(
        Value::Object(found.fields),
        json!({
            "kind": "person", "prefix": "Dr.", "given_name": "Anna", "family_name": "Müller", "department": "Vertrieb",
            "emails": [{ "value": "anna@example.org", "label": "work" }, { "value": "privat@example.org", "label": "Ferienhaus" }],
            "phones": [{ "value": "+49 170 1234567", "label": "mobile" }, { "value": "0171 1 2", "label": "mobile" }],
            "addresses": [{ "street": "Hauptstraße 1", "city": "Köln", "postal_code": "50667", "country": "DE", "label": "home" }],
            "profiles": [{ "value": "https://www.linkedin.com/in/anna", "label": "linkedin" }], "external_id": "ABC-1",
            "notes": "Geburtstag: --03-05\nJabber: xmpp:anna@jabber.org\nJahrestag: 2010-06-01",
        })
    );
    assert_eq!(found.organisation.as_deref(), Some("Müller & Söhne"));
    assert_eq!(found.unmapped.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["PRODID", "X-ABADR"]);
    assert_eq!(found.warnings.len(), 1, "the number was broken across lines");
}

#[test]
fn vcard_4_with_uris_parameters_and_groups() {
    let text = "BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:1\nFN:Max Muster\nN:Muster;Max;;Herr,Dr.;\nTEL;VALUE=uri;PREF=2;TYPE=\"home\":tel:+49-30-1\nTEL;VALUE=uri;PREF=1;TYPE=\"work,fax\":tel:+49-30-2;ext=7\nADR;LABEL=\"Weg 1^nKöln\";TYPE=work:;;;;;;\nLANG;PREF=2:en\nLANG;PREF=1:de\nRELATED;TYPE=spouse;VALUE=text:Eva\nPHOTO:data:image/png;base64,iVBORw0KGgo=\nSOCIALPROFILE;SERVICE-TYPE=Xing:https://xing.com/max\nCATEGORIES:a\\,b,c\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Skat\nMEMBER:urn:uuid:1\nMEMBER:mailto:x@y.de\nEND:VCARD\n";
    let entries = all(text.as_bytes());
    assert_eq!(entries.len(), 2);
    let Ok(Entry::Card(card)) = &entries[0] else { panic!() };
    assert_eq!(
        Value::Object(card.fields.clone()),
        json!({
            "kind": "person", "salutation": "Herr", "prefix": "Dr.", "given_name": "Max", "family_name": "Muster", "external_id": "urn:uuid:1",
            "phones": [{ "value": "+49-30-2 ext. 7", "label": "work fax" }, { "value": "+49-30-1", "label": "home" }],
            "addresses": [{ "text": "Weg 1\nKöln", "label": "work" }], "languages": ["de", "en"], "notes": "Partner: Eva",
            "profiles": [{ "value": "https://xing.com/max", "label": "Xing" }], "categories": ["a,b", "c", "Skat"],
        })
        .as_object()
        .map(|fields| {
            let mut fields = fields.clone();
            fields["phones"][0]["value"] = json!("+49-30-2 ext. 7");
            Value::Object(fields)
        })
        .unwrap()
    );
    assert_eq!(card.photo.as_ref().unwrap().media_type, "image/png");
    let Ok(Entry::Group(group)) = &entries[1] else { panic!() };
    assert_eq!((group.line, group.name.as_str(), group.members.len()), (16, "Skat", 2));
}

#[test]
fn quoted_printable_and_charsets() {
    let found = one_of(
        b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;;\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Gr=FC=DFe=0D=0Aaus K=F6=\nln\nORG;CHARSET=windows-1252:B\xE4ckerei\nADR;WORK;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:;;Stra=C3=9Fe 1=0AHinterhaus;K=C3=B6ln;;50667;\nTITLE:Gesch\xE4ftsf\xFChrer\nEND:VCARD\n",
    );
    assert_eq!(
        Value::Object(found.fields),
        json!({
            "kind": "person", "family_name": "Müller", "given_name": "Jürgen", "notes": "Grüße\naus Köln", "job_title": "Geschäftsführer",
            "addresses": [{ "street": "Straße 1\nHinterhaus", "city": "Köln", "postal_code": "50667", "label": "work" }],
        })
    );
    assert_eq!(found.organisation.as_deref(), Some("Bäckerei"));
    // All of it encoded, separators too, as some phones do.
    let text = "BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C=6C=65=72=3B=4D=61=78\nEND:VCARD\n";
    assert_eq!(one(text).fields["given_name"], "Max");
}

#[test]
fn utf_16_mark_and_mac_line_ends() {
    let text = "BEGIN:VCARD\rVERSION:3.0\rFN:Jürgen Müller\rEND:VCARD\r";
    let units: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(one_of(&units).fields["given_name"], "Jürgen");
    let mut marked = vec![0xEF, 0xBB, 0xBF];
    marked.extend_from_slice(text.as_bytes());
    assert_eq!(one_of(&marked).line, 1);
}

#[test]
fn who_has_no_name_comes_in_by_what_there_is() {
    assert_eq!(fields("EMAIL:info@example.org"), json!({ "kind": "person", "emails": ["info@example.org"] }));
    assert_eq!(
        fields("ORG:Muster AG\nTEL:030 123"),
        json!({ "kind": "institution", "full_name": "Muster AG", "phones": ["030 123"] })
    );
    assert_eq!(
        fields("N:;;;;\nFN:Muster AG\nORG:Muster AG"),
        json!({ "kind": "institution", "full_name": "Muster AG" })
    );
    assert_eq!(
        fields("FN:Muster AG\nX-ABShowAs:COMPANY\nORG:Muster AG;"),
        json!({ "kind": "institution", "full_name": "Muster AG" })
    );
    assert_eq!(fields("FN:Max Muster"), json!({ "kind": "person", "given_name": "Max", "family_name": "Muster" }));
    assert_eq!(
        fields("N:Muster;Max\nFN:Maxi the Great"),
        json!({ "kind": "person", "given_name": "Max", "family_name": "Muster", "full_name": "Maxi the Great" })
    );
    assert_eq!(fields("FN:a@b.de\nEMAIL:a@b.de"), json!({ "kind": "person", "emails": ["a@b.de"] }));
}

#[test]
fn what_fits_no_field_stands_in_the_notes() {
    let notes = |lines: &str| fields(&format!("FN:A B\n{lines}"))["notes"].as_str().unwrap_or_default().to_owned();
    assert_eq!(notes("TEL;TYPE=WORK:Zentrale"), "Telefon (work): Zentrale");
    assert_eq!(notes("EMAIL:kein Netz"), "E-Mail: kein Netz");
    assert_eq!(notes("BDAY:--0203"), "Geburtstag: --0203");
    assert_eq!(notes("BDAY:1980-02-30"), "Geburtstag: 1980-02-30");
    assert_eq!(notes("URL:ftp://x.de"), "URL: ftp://x.de");
    assert_eq!(notes("X-LIEBLINGSFARBE:blau"), "X-LIEBLINGSFARBE: blau");
    assert_eq!(notes("GENDER:F"), "Geschlecht: weiblich");
    assert_eq!(notes("NOTE:erste\nNOTE:zweite\nGEO:geo:1,2"), "erste\n\nzweite\n\nGeoposition: geo:1,2");
    assert_eq!(notes(&format!("NICKNAME:{}", "x".repeat(201))).len(), "nickname: ".len() + 201);
    assert_eq!(notes("X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Eva;14;;"), "Partner: Eva");
}

#[test]
fn damaged_cards_are_rejected_and_the_rest_goes_on() {
    let text = "Vorwort\nBEGIN:VCARD\nFN:Erste\nBEGIN:VCARD\nFN:Zweite Karte\nEND:VCARD\n\nZwischentext\nBEGIN:VCARD\nVERSION:3.0\nREV:1\nEND:VCARD\nBEGIN:VCARD\nFN:Letzte";
    let found: Vec<(u64, Result<&str, Reason>)> = all(text.as_bytes())
        .iter()
        .map(|entry| match entry {
            Ok(Entry::Card(card)) => (card.line, Ok("card")),
            Ok(Entry::Group(group)) => (group.line, Ok("group")),
            Err(reject) => (reject.line, Err(reject.reason)),
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, Err(Reason::OutsideCard)),
            (2, Err(Reason::CardWithoutEnd)),
            (4, Ok("card")),
            (8, Err(Reason::OutsideCard)),
            (9, Err(Reason::EmptyCard)),
            (13, Err(Reason::CardWithoutEnd)),
        ]
    );
}

#[test]
fn folding_old_and_new_and_forgotten_line_breaks() {
    assert_eq!(fields("FN:A B\nNOTE:lo\n ng\n  er")["notes"], "long er");
    let old = one("BEGIN:VCARD\nVERSION:2.1\nFN:A B\nNOTE:two\n words\nEND:VCARD\n");
    assert_eq!(old.fields["notes"], "two words");
    let broken = card("FN:A B\nNOTE:first\nsecond line without a name\nTEL:0123");
    assert_eq!(broken.fields["notes"], "first\nsecond line without a name");
    assert_eq!(broken.warnings.len(), 1);
}

#[test]
fn a_card_within_a_card_is_not_a_card() {
    let text = "BEGIN:VCARD\nVERSION:2.1\nFN:Chef Muster\nAGENT:\nBEGIN:VCARD\nFN:Agent Muster\nEND:VCARD\nTEL:0123\nEND:VCARD\n";
    let found = one(text);
    assert_eq!(found.fields["phones"], json!(["0123"]));
    assert!(found.unmapped.iter().any(|(name, value)| name == "AGENT" && value.contains("Agent Muster")));
}

#[test]
fn pictures_in_every_dress() {
    for photo in [
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/AAAA",
        "PHOTO;JPEG;BASE64:/9j/\n AAAA",
        "PHOTO;ENCODING=BASE64;TYPE=JPEG:\n /9j/\n AAAA\n",
        "PHOTO;ENCODING=BASE64:/9j/\nAAAA",
        "PHOTO:data:image/jpeg;base64,/9j/AAAA",
        "PHOTO;ENCODING=B;MEDIATYPE=image/jpeg:/9j/AAAA",
    ] {
        let photo = card(&format!("FN:A B\n{photo}\nTEL:0123")).photo.unwrap();
        assert_eq!((photo.media_type.as_str(), photo.bytes.len()), ("image/jpeg", 6));
    }
    let broken = card("FN:A B\nPHOTO;ENCODING=b:§§§§§§");
    assert!(broken.photo.is_none());
    assert_eq!(broken.unmapped[0].0, "PHOTO");
    assert_eq!(fields("FN:A B\nPHOTO;VALUE=uri:https://x.de/a.jpg")["notes"], "Foto: https://x.de/a.jpg");
}

#[test]
fn equal_values_are_taken_once() {
    assert_eq!(
        fields("FN:A B\nTEL:0123\nTEL;TYPE=WORK:0123\nTEL;TYPE=HOME:0123\nURL:www.x.de\nURL:http://www.x.de/"),
        json!({
            "kind": "person", "given_name": "A", "family_name": "B", "urls": ["www.x.de"],
            "phones": [{ "value": "0123", "label": "work" }, { "value": "0123", "label": "home" }],
        })
    );
}

#[test]
fn a_card_beyond_the_limit_is_rejected_and_the_next_is_read() {
    let mut text = String::from("BEGIN:VCARD\nFN:A B\nPHOTO;ENCODING=b:");
    text.push_str(&"A".repeat(MAX_CARD_BYTES));
    text.push_str("\nEND:VCARD\nBEGIN:VCARD\nFN:C D\nEND:VCARD\n");
    let entries = all(text.as_bytes());
    assert_eq!(entries[0].as_ref().unwrap_err().reason, Reason::TooLong);
    assert!(matches!(&entries[1], Ok(Entry::Card(card)) if card.line == 5));
    // A large picture within the limit is fine.
    let text = format!("BEGIN:VCARD\nFN:A B\nPHOTO;ENCODING=b:{}\nEND:VCARD\n", "A".repeat(3 << 20));
    assert!(one(&text).photo.is_some());
}
