//! From the properties of a card to the fields of a contact.
mod names;
mod values;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::label::{label_of, label_of_apple};
use super::leftover::{Leftover, leftover};
use super::plausible::{LABEL_CHARS, MAX_ITEMS, is_web_address, max_of};
use super::property::Property;
use super::{Card, Entry, FIELD_PROPERTY, Group, ID_PROPERTY, Photo, VCARD_FIELDS, id_of_urn};
use crate::import::map::EXTERNAL_ID;
use crate::import::{Message, cut};

/// What of an untaken value is kept in the report.
const UNMAPPED_BYTES: usize = 200;

/// A contact while its properties are read.
#[expect(clippy::struct_excessive_bools, reason = "four facts of a card that are independent of each other")]
struct Builder {
    german: bool,
    old: bool,
    fields: Map<String, Value>,
    phones: Many,
    emails: Many,
    addresses: Many,
    urls: Many,
    profiles: Many,
    categories: Many,
    languages: Many,
    organisations: Vec<String>,
    full_name: Option<String>,
    has_name: bool,
    institution: bool,
    labels_of_addresses: Vec<(Option<String>, String)>,
    notes: Vec<String>,
    remarks: Vec<String>,
    photo: Option<Photo>,
    uid: Option<String>,
    id: Option<String>,
    dropped: Vec<(u64, String)>,
    unmapped: Vec<(String, String)>,
    warnings: Vec<Message>,
}

/// Values of a many-valued field with their preference; the preferred go first.
#[derive(Default)]
struct Many(Vec<(u32, Value)>);

impl Many {
    /// Adds a value once; a label that is missing so far is added.
    fn add(&mut self, preference: u32, value: Value) {
        let plain = |value: &Value| value.get("value").unwrap_or(value).clone();
        let same = self.0.iter().position(|(_, known)| {
            *known == value || plain(known) == plain(&value) && (known == &plain(known) || value == plain(&value))
        });
        match same.and_then(|at| self.0.get_mut(at)) {
            Some((known_preference, known)) => {
                *known_preference = preference.min(*known_preference);
                if !known.is_object() {
                    *known = value;
                }
            }
            None => self.0.push((preference, value)),
        }
    }

    fn into_value(mut self) -> Option<Value> {
        self.0.sort_by_key(|(preference, _)| *preference);
        (!self.0.is_empty()).then(|| Value::Array(self.0.into_iter().map(|(_, value)| value).collect()))
    }
}

/// Reads the properties of one card. The error says that it names nobody.
pub(super) fn entry(line: u64, properties: &[Property], german: bool) -> Result<Entry, Message> {
    let kind =
        properties.iter().find(|property| property.name == "KIND" || property.name == "X-ADDRESSBOOKSERVER-KIND");
    if kind.is_some_and(|kind| kind.text().eq_ignore_ascii_case("group")) {
        return group(line, properties);
    }
    let mut labels: HashMap<String, String> = HashMap::new();
    for property in properties.iter().filter(|property| property.name == "X-ABLABEL") {
        if let (Some(group), Some(label)) = (&property.group, label_of_apple(&property.text())) {
            labels.insert(group.clone(), label);
        }
    }
    let version = properties.iter().find(|property| property.name == "VERSION").map(Property::text);
    let mut own: Vec<(String, Value)> = Vec::new();
    let mut card = Builder::new(german, version.as_deref() == Some("2.1"));
    for property in properties.iter().filter(|property| property.name != "VERSION") {
        if property.stray > 0 {
            card.warnings.push(Message::new(
                format!("Zeile {}: Text ohne Bezeichnung wurde zur Angabe davor genommen", property.line),
                format!("line {}: text without a name was taken as part of the one before", property.line),
            ));
        }
        if property.damaged() {
            card.warnings.push(Message::new(
                format!("Zeile {}: {} enthält Bytes, die kein Text sind", property.line, property.name),
                format!("line {}: {} holds bytes that are no text", property.line, property.name),
            ));
        }
        if property.name == FIELD_PROPERTY {
            let name = property.param_text("NAME").unwrap_or_default().to_owned();
            let known = name == "organisation" || VCARD_FIELDS.contains(&name.as_str());
            match serde_json::from_str(&property.text()) {
                Ok(value) if known => own.push((name, value)),
                _ => {
                    card.dropped.push((property.line, FIELD_PROPERTY.into()));
                    card.unmapped.push((FIELD_PROPERTY.into(), property.plain()));
                }
            }
            continue;
        }
        if property.name == ID_PROPERTY {
            card.id = Some(property.text()).filter(|id| !id.is_empty() && id.chars().count() <= 200);
            continue;
        }
        let label = property.group.as_ref().and_then(|group| labels.get(group)).map(String::as_str);
        if !card.field(property, label) {
            card.left(property, label);
        }
    }
    let mut card = card.finish(line, !own.is_empty())?;
    for (name, value) in own {
        match value {
            Value::String(text) if name == "organisation" => card.organisation = Some(text),
            _ if name == "organisation" => card.organisation = None,
            Value::Null => {
                card.fields.remove(&name);
            }
            value => {
                card.fields.insert(name, value);
            }
        }
    }
    Ok(Entry::Card(Box::new(card)))
}

fn group(line: u64, properties: &[Property]) -> Result<Entry, Message> {
    let text = |name: &str| {
        properties.iter().find(|property| property.name == name).map(Property::text).filter(|text| !text.is_empty())
    };
    let name = text("FN").or_else(|| text("N").map(|name| name.trim_matches(';').to_owned())).or_else(|| text("ORG"));
    let Some(name) = name else { return Err(Message::new("Die Gruppe hat keinen Namen", "the group has no name")) };
    let is_member = |property: &&Property| matches!(property.name.as_str(), "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER");
    let members =
        properties.iter().filter(is_member).map(Property::plain).filter(|member| !member.is_empty()).collect();
    Ok(Entry::Group(Group { line, name, members }))
}

impl Builder {
    fn new(german: bool, old: bool) -> Self {
        Self {
            german,
            old,
            fields: Map::new(),
            phones: Many::default(),
            emails: Many::default(),
            addresses: Many::default(),
            urls: Many::default(),
            profiles: Many::default(),
            categories: Many::default(),
            languages: Many::default(),
            organisations: Vec::new(),
            full_name: None,
            has_name: false,
            institution: false,
            labels_of_addresses: Vec::new(),
            notes: Vec::new(),
            remarks: Vec::new(),
            photo: None,
            uid: None,
            id: None,
            dropped: Vec::new(),
            unmapped: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn word(&self, de: &str, en: &str) -> String {
        if self.german { de.to_owned() } else { en.to_owned() }
    }

    fn remark(&mut self, label: &str, value: &str) {
        self.remarks.push(format!("{label}: {value}"));
    }

    /// Adds to a text field; a second, other value goes on behind a comma. What is too long for the field goes into the notes.
    fn add_text(&mut self, field: &str, value: &str) {
        let value = one_line(value);
        if value.is_empty() {
            return;
        }
        let known = self.fields.get(field).and_then(Value::as_str);
        if known.is_some_and(|known| known == value || known.split(", ").any(|part| part == value)) {
            return;
        }
        let whole = known.map_or_else(|| value.clone(), |known| format!("{known}, {value}"));
        if whole.chars().count() > max_of(field) {
            self.remark(field, &value);
        } else {
            self.fields.insert(field.to_owned(), Value::String(whole));
        }
    }

    /// Adds to a list of texts; what is too long for an item goes into the notes.
    fn add_item(&mut self, field: &'static str, value: &str) {
        let value = one_line(value);
        let list = if field == "categories" { &mut self.categories } else { &mut self.languages };
        if value.chars().count() > max_of(field) || list.0.len() >= MAX_ITEMS {
            self.remark(field, &value);
        } else if !value.is_empty() {
            list.add(100, Value::String(value));
        }
    }

    /// Takes a property into a field; false if none takes it.
    fn field(&mut self, property: &Property, apple: Option<&str>) -> bool {
        let label = apple.map(str::to_owned).or_else(|| label_of(&property.param("TYPE")));
        let preference = preference(property);
        match property.name.as_str() {
            "N" => self.name(property),
            "FN" => {
                let text = property.text();
                if self.full_name.is_none() && !text.is_empty() {
                    self.full_name = Some(text);
                }
            }
            "NICKNAME" => {
                for item in property.items() {
                    self.add_text("nickname", &item);
                }
            }
            "ORG" => self.organisation(property),
            "TITLE" => self.add_text("job_title", &property.text()),
            "ROLE" => self.add_text("role", &property.text()),
            "EMAIL" => self.email(property, label, preference),
            "TEL" => self.phone(property, label, preference),
            "ADR" => self.address(property, label, preference),
            "LABEL" => self.labels_of_addresses.push((label, property.text())),
            "URL" => {
                let text = property.text();
                if is_web_address(&text) {
                    self.add_url(preference, text, label);
                } else if !text.is_empty() {
                    self.remark("URL", &text);
                }
            }
            "X-SOCIALPROFILE" | "SOCIALPROFILE" | "X-TWITTER" | "X-FACEBOOK" | "X-LINKEDIN" | "X-INSTAGRAM"
            | "X-XING" => {
                let url = property.text();
                if !is_web_address(&url) {
                    return false;
                }
                let service = property.param_text("SERVICE-TYPE").map(str::to_owned);
                let own =
                    property.name.strip_prefix("X-").filter(|name| *name != "SOCIALPROFILE").map(str::to_lowercase);
                self.profiles.add(preference, labelled(Value::String(url), service.or(own).or(label)));
            }
            "BDAY" => self.birthday(property),
            "CATEGORIES" | "X-CATEGORIES" => {
                for item in property.items() {
                    self.add_item("categories", &item);
                }
            }
            "LANG" => {
                let text = one_line(&property.text());
                if text.chars().count() > max_of("languages") {
                    return false;
                }
                if !text.is_empty() {
                    self.languages.add(preference, Value::String(text));
                }
            }
            "NOTE" => {
                let text = property.text();
                if !text.is_empty() && !self.notes.contains(&text) {
                    self.notes.push(text);
                }
            }
            "UID" => {
                let text = property.text();
                if !text.is_empty() && text.chars().count() <= 200 {
                    self.uid.get_or_insert(text);
                }
            }
            "KIND" => {
                self.institution |=
                    matches!(property.text().to_lowercase().as_str(), "org" | "organization" | "location");
            }
            "X-ABSHOWAS" => self.institution |= property.text().eq_ignore_ascii_case("company"),
            "X-SALUTATION" => {
                let text = property.text();
                self.add_text("salutation", &text);
            }
            "PHOTO" => {
                let before = self.photo.is_some();
                let taken = self.photo(property);
                if taken && !before && self.photo.is_some() {
                    self.dropped.push((property.line, "PHOTO".into()));
                }
                return taken;
            }
            _ => return false,
        }
        true
    }

    /// Something that no field takes.
    fn left(&mut self, property: &Property, label: Option<&str>) {
        if property.name == "X-ABLABEL" && label.is_some() {
            return;
        }
        match leftover(property, label, self.german) {
            Leftover::Note(text) => {
                if !self.remarks.contains(&text) {
                    self.remarks.push(text);
                }
            }
            Leftover::Drop => {
                let value = if property.raw_length() > UNMAPPED_BYTES {
                    format!("({} bytes)", property.raw_length())
                } else {
                    property.plain()
                };
                self.dropped.push((property.line, property.name.clone()));
                self.unmapped.push((property.name.clone(), value));
            }
        }
    }

    fn finish(mut self, line: u64, more: bool) -> Result<Card, Message> {
        self.formatted_addresses();
        let organisation = self.names();
        let (people, phones, addresses) =
            (self.emails.into_value(), self.phones.into_value(), self.addresses.into_value());
        let named =
            ["given_name", "family_name", "full_name", "nickname"].iter().any(|field| self.fields.contains_key(*field));
        if !more && !named && people.is_none() && phones.is_none() && organisation.is_none() {
            return Err(Message::new(
                "Die Karte enthält weder Name noch Firma, E-Mail-Adresse oder Telefonnummer",
                "the card has neither a name nor an organisation, e-mail address or phone number",
            ));
        }
        self.fields
            .insert("kind".into(), Value::String(if self.institution { "institution" } else { "person" }.into()));
        let notes = [self.notes.join("\n\n"), self.remarks.join("\n")];
        let notes = notes.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("\n\n");
        for (field, value) in [
            ("emails", people),
            ("phones", phones),
            ("addresses", addresses),
            ("urls", self.urls.into_value()),
            ("profiles", self.profiles.into_value()),
            ("categories", self.categories.into_value()),
            ("languages", self.languages.into_value()),
            ("notes", (!notes.is_empty()).then_some(Value::String(notes))),
            (EXTERNAL_ID, self.uid.clone().map(Value::String)),
        ] {
            if let Some(value) = value {
                self.fields.insert(field.into(), value);
            }
        }
        for (_, value) in &mut self.unmapped {
            *value = cut(value, UNMAPPED_BYTES).to_owned();
        }
        Ok(Card {
            line,
            fields: self.fields,
            organisation,
            photo: self.photo,
            id: self.id.or_else(|| self.uid.clone().filter(|uid| id_of_urn(uid).is_some())),
            uid: self.uid,
            dropped: self.dropped,
            unmapped: self.unmapped,
            warnings: self.warnings,
        })
    }
}

/// The text on one line.
fn one_line(text: &str) -> String {
    text.split(['\n', '\t']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// 1 is the most preferred; 100 is none said.
fn preference(property: &Property) -> u32 {
    if let Some(number) = property.param_text("PREF").and_then(|number| number.parse().ok()) {
        return u32::clamp(number, 1, 99);
    }
    let bare = property.params.iter().any(|(name, _)| name == "PREF");
    if bare || property.param("TYPE").iter().any(|kind| kind == "pref") { 1 } else { 100 }
}

fn labelled(value: Value, label: Option<String>) -> Value {
    let label = label.map(|label| one_line(&label).chars().take(LABEL_CHARS).collect::<String>().trim().to_owned());
    match (value, label.filter(|label| !label.is_empty())) {
        (value, None) => value,
        (Value::Object(mut object), Some(label)) => {
            object.insert("label".into(), Value::String(label));
            Value::Object(object)
        }
        (value, Some(label)) => json!({ "value": value, "label": label }),
    }
}

fn with_label(word: &str, label: Option<&str>) -> String {
    label.map_or_else(|| word.to_owned(), |label| format!("{word} ({label})"))
}
