//! Writes contacts as vCard 4.0 (RFC 6350): lines of at most 75 bytes, everything escaped.
//!
//! The record's id goes along in `X-OBHUT-ID` and, where the source gave no key, as the `UID`, so that the card is known again.
//! What vCard has no place for (groups, the customer's number, a salutation of one's own, a name in one piece beside its parts) goes along in
//! `X-OBHUT-FIELD`, which only our own reader understands: each card is read again while it is written, and what does not come
//! back the same is added so.
use std::fmt::Write as _;
use std::io::{self, Cursor, Write};

use serde_json::{Map, Value};

use crate::import::vcard::{FIELD_PROPERTY, ID_PROPERTY, VCARD_FIELDS, types_of, urn_of_id};
use crate::import::{CardReader, Entry, Photo, value::is_salutation};

/// Longest line in bytes, without its end.
const LINE_BYTES: usize = 75;
/// Pseudo field for the name of the organisation, which is a link and stands beside the fields.
const ORGANISATION: &str = "organisation";

/// Writes cards one after another.
pub struct CardWriter<W: Write> {
    out: W,
}

impl<W: Write> CardWriter<W> {
    /// Starts with nothing.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes one contact. Fields that an address card does not have are left out; see [`VCARD_FIELDS`].
    pub fn write(
        &mut self,
        fields: &Map<String, Value>,
        organisation: Option<&str>,
        photo: Option<&Photo>,
    ) -> io::Result<()> {
        self.out.write_all(card_text(fields, organisation, photo).as_bytes())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// One contact as a card, with its line ends.
pub fn card_text(fields: &Map<String, Value>, organisation: Option<&str>, photo: Option<&Photo>) -> String {
    let mut properties = properties(fields, organisation);
    let read = read_again(&properties).unwrap_or_else(|| {
        // A card that names nobody is only read with a field of ours on it.
        let kind = if fields.get("kind").is_some_and(|kind| kind == "institution") { "institution" } else { "person" };
        properties.push(format!("{FIELD_PROPERTY};NAME=kind:\"{kind}\""));
        read_again(&properties).unwrap_or_default()
    });
    let mut wanted: Map<String, Value> = fields
        .iter()
        .filter(|(name, value)| VCARD_FIELDS.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    wanted.entry("kind").or_insert_with(|| Value::String("person".into()));
    if let Some(organisation) = organisation {
        wanted.insert(ORGANISATION.into(), Value::String(organisation.to_owned()));
    }
    for name in VCARD_FIELDS.iter().copied().chain([ORGANISATION]) {
        if wanted.get(name) != read.get(name) {
            let value = wanted.get(name).cloned().unwrap_or(Value::Null);
            properties.push(format!("{FIELD_PROPERTY};NAME={name}:{}", escape(&ascii_controls(&value.to_string()))));
        }
    }
    if let Some(photo) = photo {
        let data = data_encoding::BASE64.encode(&photo.bytes);
        properties.push(format!("PHOTO:data:{};base64,{data}", photo.media_type));
    }
    let mut out = String::new();
    for property in
        ["BEGIN:VCARD", "VERSION:4.0"].into_iter().chain(properties.iter().map(String::as_str)).chain(["END:VCARD"])
    {
        fold(&mut out, property);
    }
    out
}

/// What our reader makes of the properties.
fn read_again(properties: &[String]) -> Option<Map<String, Value>> {
    let mut text = String::from("BEGIN:VCARD\r\nVERSION:4.0\r\n");
    for property in properties {
        fold(&mut text, property);
    }
    text.push_str("END:VCARD\r\n");
    let Ok(mut reader) = CardReader::open(Cursor::new(text.into_bytes()), true) else { return None };
    match reader.next() {
        Some(Ok(Entry::Card(card))) => {
            let mut fields = card.fields;
            if let Some(organisation) = card.organisation {
                fields.insert(ORGANISATION.into(), Value::String(organisation));
            }
            Some(fields)
        }
        _ => None,
    }
}

fn properties(fields: &Map<String, Value>, organisation: Option<&str>) -> Vec<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let institution = text("kind") == "institution";
    let mut out = Lines { lines: Vec::new(), groups: 0 };
    out.push(format!("KIND:{}", if institution { "org" } else { "individual" }));
    out.push(format!("FN:{}", escape(&formatted_name(fields, organisation))));
    let salutation = text("salutation");
    let in_name = is_salutation(salutation);
    let prefix: Vec<String> = [if in_name { salutation } else { "" }, text("prefix")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(escape)
        .collect();
    let name = [
        escape(text("family_name")),
        escape(text("given_name")),
        escape(text("additional_names")),
        prefix.join(","),
        escape(text("suffix")),
    ];
    if name.iter().any(|part| !part.is_empty()) {
        out.push(format!("N:{}", name.join(";")));
    }
    if !in_name {
        out.text("X-SALUTATION", salutation);
    }
    out.text("NICKNAME", text("nickname"));
    let department = text("department");
    if organisation.is_some() || !department.is_empty() {
        let department = if department.is_empty() { String::new() } else { format!(";{}", escape(department)) };
        out.push(format!("ORG:{}{department}", escape(organisation.unwrap_or_default())));
    }
    out.text("TITLE", text("job_title"));
    out.text("ROLE", text("role"));
    for (field, property) in
        [("emails", "EMAIL"), ("phones", "TEL"), ("urls", "URL"), ("profiles", "SOCIALPROFILE"), ("addresses", "ADR")]
    {
        for item in items(fields, field) {
            let value = match item {
                Value::Object(object) if field == "addresses" => address(object),
                Value::Object(object) => escape(object.get("value").and_then(Value::as_str).unwrap_or_default()),
                other => escape(other.as_str().unwrap_or_default()),
            };
            let label = item.get("label").and_then(Value::as_str);
            let params = match (field, item.get("text").and_then(Value::as_str)) {
                ("addresses", Some(text)) => format!(";LABEL=\"{}\"", parameter(text)),
                _ => String::new(),
            };
            out.labelled(property, &params, label, &value);
        }
    }
    out.text("BDAY", text("birthday"));
    let categories: Vec<String> = items(fields, "categories").filter_map(Value::as_str).map(escape).collect();
    if !categories.is_empty() {
        out.push(format!("CATEGORIES:{}", categories.join(",")));
    }
    for language in items(fields, "languages").filter_map(Value::as_str) {
        out.text("LANG", language);
    }
    out.text("NOTE", text("notes"));
    let id = text("id").parse::<base::RecordId>().ok();
    match (text(crate::import::map::EXTERNAL_ID), id) {
        ("", Some(id)) => out.text("UID", &urn_of_id(id)),
        (key, _) => out.text("UID", key),
    }
    out.text(ID_PROPERTY, id.map(|id| id.to_string()).as_deref().unwrap_or_default());
    out.lines
}

fn items<'a>(fields: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    fields.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The name that every card must show: of the person, else of the organisation, else whatever tells the card apart.
fn formatted_name(fields: &Map<String, Value>, organisation: Option<&str>) -> String {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let full = text("full_name");
    if !full.is_empty() {
        return full.to_owned();
    }
    let parts: Vec<&str> = ["prefix", "given_name", "additional_names", "family_name", "suffix"]
        .into_iter()
        .map(text)
        .filter(|part| !part.is_empty())
        .collect();
    if !parts.is_empty() {
        return parts.join(" ");
    }
    let first = |name: &str| {
        let item = items(fields, name).next()?;
        item.get("value").unwrap_or(item).as_str().map(str::to_owned)
    };
    let nickname = Some(text("nickname")).filter(|name| !name.is_empty()).map(str::to_owned);
    nickname
        .or_else(|| organisation.map(str::to_owned))
        .or_else(|| first("emails"))
        .or_else(|| first("phones"))
        .unwrap_or_else(|| "?".into())
}

fn address(object: &Map<String, Value>) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    ["", text("extra"), text("street"), text("city"), text("region"), text("postal_code"), text("country")]
        .map(escape)
        .join(";")
}

/// Lines of a card, with the groups that join a value to its label.
struct Lines {
    lines: Vec<String>,
    groups: u32,
}

impl Lines {
    fn push(&mut self, line: String) {
        self.lines.push(line);
    }

    fn text(&mut self, property: &str, value: &str) {
        if !value.is_empty() {
            self.lines.push(format!("{property}:{}", escape(value)));
        }
    }

    fn labelled(&mut self, property: &str, params: &str, label: Option<&str>, value: &str) {
        match label.map(|label| (label, types_of(label))) {
            None => self.lines.push(format!("{property}{params}:{value}")),
            Some((_, Some(types))) => {
                let types = types.join(",");
                let types = if types.contains(',') { format!("\"{types}\"") } else { types };
                self.lines.push(format!("{property};TYPE={types}{params}:{value}"));
            }
            Some((label, None)) => {
                self.groups += 1;
                self.lines.push(format!("item{}.{property}{params}:{value}", self.groups));
                self.lines.push(format!("item{}.X-ABLabel:{}", self.groups, escape(label)));
            }
        }
    }
}

/// Escapes a text value.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            ',' => out.push_str("\\,"),
            ';' => out.push_str("\\;"),
            '\n' => out.push_str("\\n"),
            '\r' => {}
            letter => out.push(letter),
        }
    }
    out
}

/// JSON in which every control character is written as its number, so that none is lost on the way.
fn ascii_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_control() {
            let _ = write!(out, "\\u{:04x}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

/// Escapes the value of a parameter (RFC 6868), to stand between quotation marks.
fn parameter(text: &str) -> String {
    text.replace('^', "^^").replace('"', "^'").replace('\n', "^n").replace('\r', "")
}

/// Adds a line, broken at 75 bytes between letters.
fn fold(out: &mut String, line: &str) {
    let mut used = 0;
    for letter in line.chars() {
        if used + letter.len_utf8() > LINE_BYTES {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(letter);
        used += letter.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests;
