use super::*;
use proptest::prelude::*;
use serde_json::json;

fn read(text: &str) -> (Map<String, Value>, Option<String>, Option<Photo>) {
    let mut all: Vec<_> = CardReader::open(Cursor::new(text.as_bytes().to_vec()), true).unwrap().collect();
    assert_eq!(all.len(), 1, "{text}");
    match all.remove(0) {
        Ok(Entry::Card(card)) => (card.fields, card.organisation, card.photo),
        other => panic!("{other:?}\n{text}"),
    }
}

fn round_trip(fields: &Value, organisation: Option<&str>) -> String {
    let fields = fields.as_object().unwrap();
    let text = card_text(fields, organisation, None);
    let (again, again_organisation, _) = read(&text);
    assert_eq!(&again, fields, "{text}");
    assert_eq!(again_organisation.as_deref(), organisation, "{text}");
    assert!(text.split("\r\n").all(|line| line.len() <= LINE_BYTES), "{text}");
    assert!(text.ends_with("END:VCARD\r\n"));
    text
}

fn full() -> Value {
    json!({
        "kind": "person", "salutation": "Frau", "prefix": "Prof. Dr.", "given_name": "Änne", "additional_names": "Maria, Luise",
        "family_name": "von der Müller; Söhne", "suffix": "M.Sc.", "nickname": "Änni", "department": "Vertrieb, Süd", "job_title": "Leiterin",
        "role": "Einkauf", "birthday": "1980-02-29", "external_id": "urn:uuid:1", "languages": ["de", "en"], "categories": ["VIP", "a,b"],
        "emails": [{ "value": "a@b.de", "label": "work" }, "c@d.de"],
        "phones": [{ "value": "+49 30 1", "label": "work fax" }, { "value": "0170 12", "label": "mobile" }, { "value": "0301", "label": "Ferien\\haus" }],
        "addresses": [
            { "street": "Weg 1\nHinterhaus", "postal_code": "50667", "city": "Köln", "region": "NRW", "country": "DE", "extra": "c/o X", "label": "home" },
            { "text": "Irgendwo\n\"hier\" ^ dort" },
        ],
        "urls": ["https://x.de/a,b;c"], "profiles": [{ "value": "https://xing.com/x", "label": "xing" }], "notes": "Zeile 1\nZeile 2; mit, allem \\ drin\n\nEnde",
    })
}

#[test]
fn a_full_card_comes_back_and_needs_no_property_of_ours() {
    let text = round_trip(&full(), Some("Müller & Söhne; GmbH"));
    assert!(!text.contains(FIELD_PROPERTY), "{text}");
    assert!(text.starts_with("BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN:Prof. Dr. Änne"), "{text}");
    assert!(text.contains("TEL;TYPE=\"work,fax\":+49 30 1\r\n"), "{text}");
}

#[test]
fn institutions_and_bare_cards() {
    let text = round_trip(&json!({ "kind": "institution", "full_name": "Muster AG", "phones": ["030 1"] }), None);
    assert!(text.contains("KIND:org\r\nFN:Muster AG\r\n") && !text.contains(FIELD_PROPERTY), "{text}");
    round_trip(&json!({ "kind": "person", "emails": ["a@b.de"] }), None);
    round_trip(&json!({ "kind": "person", "notes": "only notes" }), None);
    round_trip(
        &json!({ "kind": "person", "full_name": "Max Muster", "given_name": "Max", "family_name": "Muster" }),
        Some("X"),
    );
    round_trip(&json!({ "kind": "person", "salutation": "Lieber Freund", "family_name": "Dr." }), None);
}

#[test]
fn fields_that_a_card_does_not_have_stay_here() {
    let fields = json!({ "kind": "person", "given_name": "A", "origin": "secret", "activity": "customer-care" });
    let text = card_text(fields.as_object().unwrap(), None, None);
    assert!(!text.contains("secret") && !text.contains("customer"), "{text}");
}

#[test]
fn groups_number_and_id_go_along() {
    let mut fields = json!({
        "kind": "person", "given_name": "A", "family_name": "B", "groups": ["customer", "partner"], "customer_number": "K-1",
    });
    round_trip(&fields, None);
    let id = base::RecordId::from_bytes([7; 16]);
    fields["id"] = id.to_string().into();
    let text = card_text(fields.as_object().unwrap(), None, None);
    assert!(text.contains("UID:urn:uuid:07070707-0707-0707-0707-070707070707\r\n"), "{text}");
    let mut cards = CardReader::open(Cursor::new(text.clone().into_bytes()), true).unwrap();
    let Some(Ok(Entry::Card(card))) = cards.next() else { panic!("{text}") };
    // The identity is ours, not a key of a source; and it is found where another program has dropped our own properties.
    assert!(!card.fields.contains_key("external_id"), "{text}");
    assert_eq!(card.id.as_deref(), Some(id.to_string().as_str()));
    let bare: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with("X-OBHUT")).collect();
    let bare = bare.join("\n");
    let mut cards = CardReader::open(Cursor::new(bare.clone().into_bytes()), true).unwrap();
    let Some(Ok(Entry::Card(card))) = cards.next() else { panic!("{bare}") };
    assert_eq!(crate::import::vcard::id_of_urn(card.id.as_deref().unwrap()), Some(id));
}

#[test]
fn a_picture_goes_along() {
    let photo = Photo { media_type: "image/png".into(), bytes: vec![0x89, b'P', b'N', b'G', 1, 2, 3, 255] };
    let text = card_text(full().as_object().unwrap(), None, Some(&photo));
    assert_eq!(read(&text).2.as_ref(), Some(&photo));
}

#[test]
fn the_cards_of_other_programs_survive_our_export() {
    let folder = format!("{}/tests-data/vcards", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        for entry in CardReader::open(std::fs::File::open(file.unwrap().path()).unwrap(), true).unwrap() {
            let Ok(Entry::Card(card)) = entry else { panic!("{entry:?}") };
            let text = card_text(&card.fields, card.organisation.as_deref(), card.photo.as_ref());
            let (fields, organisation, photo) = read(&text);
            assert_eq!((fields, organisation, photo), (card.fields, card.organisation, card.photo), "{text}");
            count += 1;
        }
    }
    assert_eq!(count, 14);
}

fn text() -> impl Strategy<Value = String> {
    "[ -~äß\u{1F600}\n\t\u{85}\u{7f}]{1,30}"
}

proptest! {
    #[test]
    fn any_contact_comes_back(
        names in proptest::collection::vec(proptest::option::of(text()), 10),
        values in proptest::collection::vec((text(), proptest::option::of(text())), 0..4),
        institution: bool,
        organisation in proptest::option::of(text()),
    ) {
        let mut fields = Map::new();
        fields.insert("kind".into(), json!(if institution { "institution" } else { "person" }));
        let keys = ["salutation", "prefix", "given_name", "additional_names", "family_name", "suffix", "nickname", "full_name", "notes", "birthday"];
        for (key, value) in keys.iter().zip(names) {
            if let Some(value) = value {
                fields.insert((*key).into(), json!(value));
            }
        }
        for key in ["emails", "phones", "urls", "profiles"] {
            let items: Vec<Value> = values.iter().map(|(value, label)| match label {
                Some(label) => json!({ "value": value, "label": label }),
                None => json!(value),
            }).collect();
            if !items.is_empty() {
                fields.insert(key.into(), Value::Array(items));
            }
        }
        let addresses: Vec<Value> = values.iter().map(|(value, label)| json!({ "street": value, "text": label.clone().unwrap_or_default() })).collect();
        if !addresses.is_empty() {
            fields.insert("addresses".into(), Value::Array(addresses));
        }
        let text = card_text(&fields, organisation.as_deref(), None);
        let (again, again_organisation, _) = read(&text);
        prop_assert_eq!(&again, &fields, "{}", text);
        prop_assert_eq!(again_organisation, organisation, "{}", text);
        prop_assert!(text.split("\r\n").all(|line| line.len() <= LINE_BYTES));
    }
}
