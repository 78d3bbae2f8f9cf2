use super::*;
use crate::import::{ImportError, Reason, Row, TableOptions, TableReader};
use serde_json::json;
use std::io::Cursor;

fn rows(csv: &str) -> Vec<Row> {
    let reader = TableReader::open(Cursor::new(csv.as_bytes().to_vec()), &TableOptions::default()).unwrap();
    reader.map(|row| row.unwrap()).collect()
}

fn map_one(map: &str, csv: &str) -> Vec<MappedRecord> {
    let mapping = Mapping::parse(map).unwrap();
    assert_eq!(Mapping::parse(&mapping.to_toml()).unwrap(), mapping, "{}", mapping.to_toml());
    apply(&mapping, &rows(csv)[0]).unwrap()
}

#[test]
fn a_row_fills_two_linked_records() {
    let map = r#"
null = ["NULL"]
[[record]]
module = "organisation"
key = "{id}"
[record.fields]
name = "{company}"
phones = [{ value = "{phone}", label = "work" }, { value = "{fax}", label = "work fax" }]
addresses = [{ street = "{street}", city = "{city}", country = "{country}", label = "work" }]
[[record]]
module = "contact"
key = "c-{id}"
when = "{person}"
[record.fields]
kind = "person"
given_name = { split = "{person}", part = "given" }
family_name = { split = "{person}", part = "family" }
[record.links]
organisation = { ref = "organisation" }
"#;
    let csv = "id,company,person,phone,fax,street,city,country\n7,Müller & Söhne,Maria Anders,030-1,NULL,Obere Str. 57,Berlin,Germany\n";
    let records = map_one(map, csv);
    assert_eq!(records.len(), 2);
    assert_eq!(
        serde_json::Value::Object(records[0].values.clone()),
        json!({
            "external_id": "7", "name": "Müller & Söhne", "phones": [{ "value": "030-1", "label": "work" }],
            "addresses": [{ "street": "Obere Str. 57", "city": "Berlin", "country": "DE", "label": "work" }],
        })
    );
    assert_eq!(
        serde_json::Value::Object(records[1].values.clone()),
        json!({ "external_id": "c-7", "kind": "person", "given_name": "Maria", "family_name": "Anders" })
    );
    assert_eq!(records[1].links, [("organisation".to_owned(), LinkTarget::Row(0))]);
    // Without a person there is one record.
    let csv = "id,company,person,phone,fax,street,city,country\n7,Müller,NULL,,,,,\n";
    let records = map_one(map, csv);
    assert_eq!(records.len(), 1);
    assert_eq!(serde_json::Value::Object(records[0].values.clone()), json!({ "external_id": "7", "name": "Müller" }));
}

#[test]
fn every_rule_does_what_it_says() {
    let map = r#"
decimal = ","
[[record]]
module = "m"
[record.fields]
date = { date = "{date}" }
moment = { date_time = "{moment}" }
number = { integer = "{number}" }
share = { decimal = "{share}" }
total = { amount = "{total}", currency = "USD" }
paid = { boolean = "{paid}" }
land = { country_code = "{land}" }
kind = { value = "{kind}", map = { P = "person", "" = "" }, other = "institution" }
tags = { value = "{tags}", separator = ";" }
name = { first = ["{nick}", "{name}"] }
which = { if = "{nick}", then = "has nick", else = { value = "{name}" } }
salutation = { form = "{form}", part = "salutation" }
prefix = { form = "{form}", part = "prefix" }
mails = [{ value = "{m1}", label = "{l1}" }, "{m1}", "{m2}", "{m2}"]
fixed = "immer"
"#;
    let csv = "date|moment|number|share|total|paid|land|kind|tags|nick|name|form|m1|l1|m2\n\
        4.7.1996|4.7.1996 12:00|1.234|0,5|12,50 €|ja|Österreich|p|a; b ;|\
        |Max|Herrn Dr.|a@b.de|* Work|c@d.de\n";
    let records = map_one(map, csv);
    assert_eq!(
        serde_json::Value::Object(records[0].values.clone()),
        json!({
            "date": "1996-07-04", "moment": "1996-07-04T10:00:00Z", "number": 1234, "share": "0.5",
            "total": { "amount": "12.50", "currency": "EUR" }, "paid": true, "land": "AT", "kind": "person", "tags": ["a", "b"],
            "name": "Max", "which": "Max", "salutation": "Herrn", "prefix": "Dr.", "fixed": "immer",
            "mails": [{ "value": "a@b.de", "label": "work" }, "a@b.de", "c@d.de"],
        })
    );
}

#[test]
fn a_wrong_value_rejects_the_row_and_names_field_and_value() {
    let mapping = Mapping::parse("[[record]]\nmodule = \"m\"\n[record.fields]\nday = { date = \"{a}\" }").unwrap();
    let all = rows("a,b\nheute,x\n0000-00-00,x\n,x\n");
    let reject = apply(&mapping, &all[0]).unwrap_err();
    assert_eq!((reject.line, reject.reason), (2, Reason::Value));
    assert_eq!(reject.message.en, "day: \"heute\" is no date");
    assert_eq!(reject.raw, ["heute", "x"]);
    // Nothing in it for the mapping: reported, not silently left out.
    assert_eq!(apply(&mapping, &all[2]).unwrap_err().reason, Reason::Missing);
}

#[test]
fn an_empty_key_rejects_the_row() {
    let mapping = Mapping::parse("[[record]]\nmodule = \"m\"\nkey = \"{a}\"\n[record.fields]\nx = \"{b}\"").unwrap();
    assert_eq!(apply(&mapping, &rows("a,b\n,x\n")[0]).unwrap_err().reason, Reason::Missing);
}

#[test]
fn links_to_stored_records() {
    let map = "[[record]]\nmodule = \"order\"\n[record.fields]\nnumber = \"{id}\"\n[record.links]\ncustomer = { module = \"contact\", value = \"{c}\" }\nshop = { module = \"organisation\", by = \"name\", value = \"{s}\", create = true }";
    let records = map_one(map, "id,c,s\n1,ALFKI,\n");
    let target = LinkTarget::Stored {
        module: "contact".into(),
        by: "external_id".into(),
        value: "ALFKI".into(),
        create: false,
        id: None,
    };
    assert_eq!(records[0].links, [("customer".to_owned(), target)]);
}

#[test]
fn wrong_mappings_say_what_is_wrong() {
    let message = |text: &str| Mapping::parse(text).unwrap_err().to_string();
    let record = "[[record]]\nmodule = \"m\"\n";
    for (text, expected) in [
        ("", "no [[record]]"),
        ("x = \n", "line 1"),
        ("colour = 1", "\"colour\" is not known"),
        ("[[record]]\n", "has no module"),
        (record, "neither"),
        (&format!("{record}[record.fields]\na = {{ date = \"{{a\" }}"), "not closed"),
        (&format!("{record}[record.fields]\na = {{ dat = \"{{a}}\" }}"), "\"dat\" does not belong here"),
        (&format!("{record}[record.fields]\na = {{ split = \"{{a}}\", part = \"x\" }}"), "part is given"),
        (&format!("{record}[record.links]\na = {{ ref = \"other\" }}"), "no earlier"),
        (&format!("{record}[record.fields]\na = \"x\"\n{record}[record.fields]\na = \"x\""), "the name is taken"),
        ("date_order = \"any\"", "day-first"),
        ("zone = \"Mars/Base\"", "no time zone"),
    ] {
        assert!(message(text).contains(expected), "{text}\n{}", message(text));
    }
    let deep = "[".repeat(30) + "\"x\"" + &"]".repeat(30);
    assert!(message(&format!("{record}[record.fields]\na = {deep}")).contains("too deep"));
}

#[test]
fn a_mapping_is_checked_against_the_columns() {
    let mapping = Mapping::parse("[[record]]\nmodule = \"m\"\n[record.fields]\nx = \"{Nmae}\"").unwrap();
    let all = rows("Name,Ort\n1,2\n");
    let reader = TableReader::open(Cursor::new(b"Name,Ort\n".to_vec()), &TableOptions::default()).unwrap();
    let error = mapping.check(reader.headers()).unwrap_err();
    assert!(matches!(&error, ImportError::UnknownColumn { column, present } if column == "Nmae" && present.len() == 2));
    let good = Mapping::parse("[[record]]\nmodule = \"m\"\n[record.fields]\nx = \"{Name}\"").unwrap();
    assert!(good.check(reader.headers()).is_ok());
    assert_eq!(good.unused(reader.headers()), ["Ort"]);
    assert_eq!(all.len(), 1);
}
