//! The given files with their exact counts, and what happens to them when they are damaged.
use std::fs::File;
use std::io::Cursor;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

mod packs;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests-data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// Rows and rejects of a Northwind table, and what its mapping makes of the rows.
fn northwind(name: &str) -> (Vec<Vec<MappedRecord>>, Vec<Reject>) {
    let map = std::fs::read_to_string(path(&format!("northwind/{name}.map.toml"))).unwrap();
    let mapping = Mapping::parse(&map).unwrap();
    let reader =
        TableReader::open(File::open(path(&format!("northwind/{name}.csv"))).unwrap(), &mapping.table).unwrap();
    mapping.check(reader.headers()).unwrap();
    let (mut records, mut rejects) = (Vec::new(), Vec::new());
    for row in reader {
        match row.and_then(|row| apply(&mapping, &row)) {
            Ok(made) => records.push(made),
            Err(reject) => rejects.push(reject),
        }
    }
    (records, rejects)
}

fn values(record: &MappedRecord) -> Value {
    Value::Object(record.values.clone())
}

#[test]
fn northwind_customers() {
    let (rows, rejects) = northwind("customers");
    assert_eq!((rows.len(), rejects.len()), (67, 24));
    assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), 134, "an organisation and a contact each");
    let address = json!([{ "street": "Obere Str. 57", "postal_code": "12209", "city": "Berlin", "country": "DE", "label": "work" }]);
    let phones = json!([{ "value": "030-0074321", "label": "work" }, { "value": "030-0076545", "label": "work fax" }]);
    assert_eq!(
        values(&rows[0][0]),
        json!({ "external_id": "ALFKI", "name": "Alfreds Futterkiste", "customer_number": "ALFKI", "groups": ["customer"], "phones": phones, "addresses": address })
    );
    assert_eq!(
        values(&rows[0][1]),
        json!({
            "external_id": "ALFKI", "kind": "person", "given_name": "Maria", "family_name": "Anders", "job_title": "Sales Representative",
            "customer_number": "ALFKI", "groups": ["customer"], "phones": phones, "addresses": address,
        })
    );
    assert_eq!(rows[0][1].links, [("organisation".to_owned(), LinkTarget::Row(0))]);
    // Every country of the file is known, and no field holds the word that means nothing.
    let text = serde_json::to_string(&rows.iter().flatten().map(values).collect::<Vec<_>>()).unwrap();
    assert!(!text.contains("NULL"));
    for row in &rows {
        assert!(row[0].values["addresses"][0].get("country").is_some(), "{row:?}");
    }
    // Umlauts and accents survive.
    assert!(text.contains("Berglunds snabbköp") && text.contains("México D.F.") && text.contains("Königlich Essen"));
    let blondel = &rejects[0];
    assert_eq!((blondel.line, blondel.reason, blondel.raw.len()), (8, Reason::ColumnCount, 12));
    assert!(blondel.message.en.starts_with("11 columns expected, 12 found"));
}

#[test]
fn northwind_suppliers_and_employees() {
    let (rows, rejects) = northwind("suppliers");
    assert_eq!((rows.len(), rejects.len()), (20, 9));
    assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), 40);
    let oviedo = rows.iter().find(|row| row[0].key.as_deref() == Some("supplier-5")).unwrap();
    assert_eq!(oviedo[1].values["family_name"], "del Valle Saavedra");
    let (rows, rejects) = northwind("employees");
    assert_eq!((rows.len(), rejects.len()), (9, 0));
    let nancy = &rows[0][0].values;
    assert_eq!(nancy["birthday"], "1948-12-08");
    assert_eq!((nancy["salutation"].as_str(), nancy.get("prefix")), (Some("Ms."), None));
    assert_eq!((rows[1][0].values["prefix"].as_str(), rows[1][0].values.get("salutation")), (Some("Dr."), None));
    assert!(nancy["notes"].as_str().unwrap().ends_with("Reports to: employee-2"));
    assert!(!rows[1][0].values["notes"].as_str().unwrap().contains("Reports to"), "nobody is above him");
}

#[test]
fn northwind_orders() {
    let (rows, rejects) = northwind("orders");
    assert_eq!((rows.len(), rejects.len()), (654, 176));
    assert_eq!(
        values(&rows[0][0]),
        json!({
            "external_id": "10248", "number": "10248", "ordered_on": "1996-07-04", "required_on": "1996-08-01", "shipped_on": "1996-07-16",
            "freight": { "amount": "32.38", "currency": "USD" }, "recipient_name": "Vins et alcools Chevalier", "employee": "Steven Buchanan",
            "recipient_address": { "street": "59 rue de l'Abbaye", "postal_code": "51100", "city": "Reims", "country": "FR" },
            "shipped_by": "Federal Shipping",
        })
    );
    let customer = LinkTarget::Stored {
        module: "contact".into(),
        by: "external_id".into(),
        value: "VINET".into(),
        create: false,
        id: None,
    };
    assert_eq!(rows[0][0].links, [("customer".to_owned(), customer)]);
    let rua_do_paco = rejects.iter().find(|reject| reject.raw[0] == "10250").unwrap();
    assert_eq!(rua_do_paco.line, 4);
    assert!(rua_do_paco.message.en.starts_with("14 columns expected, 15 found"));
    let open = rows.iter().filter(|row| !row[0].values.contains_key("shipped_on")).count();
    assert_eq!(open, 18, "orders not yet shipped have NULL there");
}

#[test]
fn address_cards() {
    for (file, cards, photos, lines) in [
        ("John_Doe_ANDROID", 6, 1, vec![1, 6, 11, 18, 36, 71]),
        ("John_Doe_EVOLUTION", 1, 0, vec![1]),
        ("John_Doe_GMAIL", 1, 0, vec![1]),
        ("John_Doe_MS_OUTLOOK", 1, 1, vec![1]),
        ("gmail-single", 1, 0, vec![1]),
        ("outlook-2003", 1, 0, vec![1]),
        ("rfc2426-example", 2, 0, vec![1, 13]),
        ("rfc6350-example", 1, 0, vec![1]),
    ] {
        let name = format!("vcards/{file}.vcf");
        assert_eq!(detect(&name, &bytes(&name)), Format::Vcard);
        let all: Vec<Card> = CardReader::open(File::open(path(&name)).unwrap(), true)
            .unwrap()
            .map(|entry| match entry {
                Ok(Entry::Card(card)) => *card,
                other => panic!("{file}: {other:?}"),
            })
            .collect();
        assert_eq!((all.len(), all.iter().filter(|card| card.photo.is_some()).count()), (cards, photos), "{file}");
        assert_eq!(all.iter().map(|card| card.line).collect::<Vec<_>>(), lines, "{file}");
    }
}

#[test]
fn the_mapping_of_the_documentation_is_one() {
    let text = include_str!("../../../../docs/import.md");
    let block = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mapping = Mapping::parse(block).unwrap();
    assert_eq!((mapping.records.len(), mapping.table.skip_lines), (2, 2));
}

/// Numbers that look random and are the same each time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % below.max(1) as u64).unwrap()
    }
}

/// Damages a file at a few places: bytes changed, cut out, doubled, swapped, put in.
fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) {
    const SPICE: [&[u8]; 16] = [
        b"\"",
        b"\"\"",
        b",",
        b";",
        b"\r",
        b"\n",
        b"\r\n ",
        b"=\r\n",
        b"\0",
        b"\xFF\xFE",
        b"BEGIN:VCARD\n",
        b"END:VCARD\n",
        b":",
        b"\\",
        b"=C3",
        b";ENCODING=QUOTED-PRINTABLE",
    ];
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(bytes.len());
        let to = (at + dice.roll(200)).min(bytes.len());
        match dice.roll(6) {
            0 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let part = bytes[at..to].to_vec();
                let place = dice.roll(bytes.len());
                bytes.splice(place..place, part);
            }
            3 => bytes.truncate(at.max(1)),
            4 => {
                let other = dice.roll(bytes.len());
                bytes.swap(at, other);
            }
            _ => {
                let spice = SPICE[dice.roll(SPICE.len())];
                bytes.splice(at..at, spice.iter().copied());
            }
        }
        if bytes.is_empty() {
            bytes.push(b'\n');
        }
    }
}

/// The lines of a text that hold more than blanks, as the readers count lines.
fn full_lines(bytes: &[u8]) -> Vec<u64> {
    let text: Vec<u8> = bytes.to_vec();
    let mut lines = text::Lines::open(Cursor::new(text), None).unwrap();
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        if !line.bytes.trim_ascii().is_empty() {
            found.push(line.number);
        }
    }
    found
}

#[test]
fn damaged_tables_lose_no_row_in_silence() {
    let mut dice = Dice(1);
    let files = ["customers", "suppliers", "employees"].map(|name| bytes(&format!("northwind/{name}.csv")));
    for round in 0..1_000 {
        let mut file = files[round % files.len()].clone();
        damage(&mut dice, &mut file);
        let lines = full_lines(&file);
        let Ok(mut reader) = TableReader::open(Cursor::new(file.clone()), &TableOptions::default()) else { continue };
        // Each line with text is the head line, belongs to a row (which then holds its line break), or to a reject.
        let mut seen = 0_usize;
        let mut last = 0;
        for row in reader.by_ref() {
            let (line, breaks) = match &row {
                Ok(row) => (row.line, row.values().iter().map(|cell| cell.matches('\n').count()).sum::<usize>()),
                Err(reject) => (reject.line, reject.raw.iter().map(|cell| cell.matches('\n').count()).sum::<usize>()),
            };
            assert!(line > last, "round {round}: line {line} after {last}");
            last = line;
            seen += 1 + breaks;
        }
        let blank = usize::try_from(reader.blank_rows()).unwrap();
        assert!(seen + blank + 3 >= lines.len(), "round {round}: {seen} of {} lines, {blank} blank", lines.len());
    }
}

#[test]
fn damaged_cards_are_read_or_rejected() {
    let mut dice = Dice(2);
    let names = [
        "John_Doe_ANDROID",
        "John_Doe_EVOLUTION",
        "John_Doe_GMAIL",
        "John_Doe_MS_OUTLOOK",
        "gmail-single",
        "outlook-2003",
        "rfc2426-example",
        "rfc6350-example",
    ];
    let files = names.map(|name| bytes(&format!("vcards/{name}.vcf")));
    for round in 0..1_000 {
        let mut file = files[round % files.len()].clone();
        damage(&mut dice, &mut file);
        let mut lines = text::Lines::open(Cursor::new(file.clone()), None).unwrap();
        let mut begins = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            if line.bytes.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCARD") {
                begins.push(line.number);
            }
        }
        let found: Vec<u64> = CardReader::open(Cursor::new(file), true)
            .unwrap()
            .filter_map(|entry| match entry {
                Ok(Entry::Card(card)) => Some(card.line),
                Ok(Entry::Group(group)) => Some(group.line),
                Err(reject) if reject.reason == Reason::OutsideCard => None,
                Err(reject) => Some(reject.line),
            })
            .collect();
        assert_eq!(found, begins, "round {round}: each card that begins is read or rejected");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), name in "[a-z.]{0,8}") {
        let _ = detect(&name, &bytes);
        if let Ok(reader) = TableReader::open(Cursor::new(bytes.clone()), &TableOptions::default()) {
            let headers = reader.headers().clone();
            let rows: Vec<Row> = reader.filter_map(Result::ok).collect();
            let found = guess("contact", &headers, &[TargetField::new("notes", "long_text", false)], &rows, Some(';'));
            for row in &rows {
                let _ = apply(&found.mapping, row);
            }
        }
        let _ = TableReader::open_workbook(Cursor::new(bytes.clone()), &TableOptions::default()).map(Iterator::count);
        let _ = CardReader::open(Cursor::new(bytes), true).unwrap().count();
    }

    #[test]
    fn arbitrary_card_text_never_panics(text in "(BEGIN:VCARD\r?\n([A-Z.]{1,6}(;[A-Z=\"]{1,8})?:?[-=;:,\\\\\" 0-9TÄ\n]{0,20}\r?\n){0,8}END:VCARD\n){0,3}") {
        for entry in CardReader::open(Cursor::new(text.into_bytes()), false).unwrap() {
            if let Ok(Entry::Card(card)) = entry {
                let _ = crate::export::card_text(&card.fields, card.organisation.as_deref(), card.photo.as_ref());
            }
        }
    }

    #[test]
    fn arbitrary_mappings_never_panic(text in "[\\[\\]a-z{}=\"., \n]{0,200}", values in proptest::collection::vec("\\PC{0,20}", 3)) {
        let _ = Mapping::parse(&text);
        for value in &values {
            let _ = value::split_name(value);
            let _ = value::date(value, map::DateOrder::DayFirst, &[]);
            let _ = value::decimal(value, map::Decimal::Auto);
            let _ = value::money(value, map::Decimal::Comma);
        }
    }
}
