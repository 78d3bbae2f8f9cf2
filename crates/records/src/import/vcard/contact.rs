//! From the properties of a card to the fields of a contact.
use std::collections::HashMap;

use serde_json::{Map, Value, json};
use store::module::country_code;

use super::label::{label_of, label_of_apple};
use super::leftover::{Leftover, leftover, plain_date};
use super::property::Property;
use super::{Card, Entry, FIELD_PROPERTY, Group, Photo, VCARD_FIELDS};
use crate::import::map::{DateOrder, EXTERNAL_ID};
use crate::import::value::{date, is_salutation, split_name, split_prefix};
use crate::import::{Message, cut};

/// What of an untaken value is kept in the report.
const UNMAPPED_BYTES: usize = 200;

/// A contact while its properties are read.
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

use super::plausible::{
    ADDRESS_CHARS, LABEL_CHARS, MAX_ITEMS, bare_web_address, is_email, is_phone, is_web_address, max_of, phone_number, sniff,
};

/// Reads the properties of one card. The error says that it names nobody.
pub(super) fn entry(line: u64, properties: Vec<Property>, german: bool) -> Result<Entry, Message> {
    let kind =
        properties.iter().find(|property| property.name == "KIND" || property.name == "X-ADDRESSBOOKSERVER-KIND");
    if kind.is_some_and(|kind| kind.text().eq_ignore_ascii_case("group")) {
        return group(line, &properties);
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
                _ => card.unmapped.push((FIELD_PROPERTY.into(), property.plain())),
            }
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
                    matches!(property.text().to_lowercase().as_str(), "org" | "organization" | "location")
            }
            "X-ABSHOWAS" => self.institution |= property.text().eq_ignore_ascii_case("company"),
            "X-SALUTATION" => {
                let text = property.text();
                self.add_text("salutation", &text);
            }
            "PHOTO" => return self.photo(property),
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
                self.unmapped.push((property.name.clone(), value));
            }
        }
    }

    fn name(&mut self, property: &Property) {
        // A comma in vCard 2.1 is a comma, later it separates several names.
        let parts: Vec<Vec<String>> = if self.old {
            property.parts().into_iter().map(|part| if part.is_empty() { Vec::new() } else { vec![part] }).collect()
        } else {
            property.part_items()
        };
        if parts.iter().all(Vec::is_empty) || self.has_name {
            return;
        }
        self.has_name = true;
        let joined = |at: usize| parts.get(at).map(|items| items.join(" ")).unwrap_or_default();
        for (at, field) in [(0, "family_name"), (1, "given_name"), (2, "additional_names")] {
            self.add_text(field, &joined(at));
        }
        self.add_text("suffix", &parts.get(4).map(|items| items.join(", ")).unwrap_or_default());
        let (mut salutations, mut titles) = (Vec::new(), Vec::new());
        for item in parts.get(3).into_iter().flatten() {
            if is_salutation(item) {
                salutations.push(item.clone());
            } else {
                let (salutation, title) = if parts.get(3).is_some_and(|items| items.len() == 1) {
                    split_prefix(item)
                } else {
                    (String::new(), item.clone())
                };
                salutations.extend(Some(salutation).filter(|text| !text.is_empty()));
                titles.push(title);
            }
        }
        self.add_text("salutation", &salutations.join(" "));
        self.add_text("prefix", &titles.join(" "));
    }

    fn organisation(&mut self, property: &Property) {
        let mut parts = property.parts().into_iter().filter(|part| !part.is_empty());
        // ";Sales" is a department without a company.
        let has_name = property.parts().first().is_some_and(|name| !name.is_empty());
        if has_name {
            if let Some(name) = parts.next() {
                if !self.organisations.contains(&name) {
                    self.organisations.push(name);
                }
            }
        }
        let units: Vec<String> = parts.collect();
        self.add_text("department", &units.join(", "));
    }

    fn email(&mut self, property: &Property, label: Option<String>, preference: u32) {
        let text = property.text();
        let address = text.strip_prefix("mailto:").unwrap_or(&text).trim();
        // `Name <name@example.org>`
        let address = address.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(address).trim();
        if is_email(address) && self.emails.0.len() < MAX_ITEMS {
            self.emails.add(preference, labelled(Value::String(address.to_owned()), label));
        } else if !text.is_empty() {
            let word = self.word("E-Mail", "E-mail");
            self.remark(&with_label(&word, label.as_deref()), &text);
        }
    }

    fn phone(&mut self, property: &Property, label: Option<String>, preference: u32) {
        let text = property.text();
        let number = one_line(&phone_number(&text));
        if is_phone(&number) && self.phones.0.len() < MAX_ITEMS {
            self.phones.add(preference, labelled(Value::String(number), label));
        } else if !text.is_empty() {
            let word = self.word("Telefon", "Telephone");
            self.remark(&with_label(&word, label.as_deref()), &text);
        }
    }

    fn address(&mut self, property: &Property, label: Option<String>, preference: u32) {
        let parts = property.parts();
        let part = |at: usize| parts.get(at).map(String::as_str).unwrap_or_default();
        let formatted = property.param_text("LABEL").unwrap_or_default();
        let mut object = Map::new();
        let mut put = |key: &str, value: &str| {
            if !value.is_empty() {
                object.insert(key.to_owned(), Value::String(value.to_owned()));
            }
        };
        let filled: Vec<usize> = (0..7).filter(|at| !part(*at).is_empty()).collect();
        match filled.as_slice() {
            [] => put("text", formatted.trim()),
            // The whole address in one piece, as Gmail writes what a person typed.
            [at @ (1 | 2)] if part(*at).contains('\n') => put("text", part(*at)),
            _ => {
                put("street", part(2));
                put("city", &one_line(part(3)));
                put("region", &one_line(part(4)));
                put("postal_code", &one_line(part(5)));
                let mut extra: Vec<&str> = [part(0), part(1)].into_iter().filter(|text| !text.is_empty()).collect();
                match country_code(part(6)) {
                    Some(code) => put("country", code),
                    None => extra.extend(Some(part(6)).filter(|country| !country.is_empty())),
                }
                put("extra", &extra.join("\n"));
            }
        }
        let fits = object.values().filter_map(Value::as_str).all(|part| part.chars().count() <= ADDRESS_CHARS);
        if object.is_empty() {
            return;
        }
        if fits && self.addresses.0.len() < MAX_ITEMS {
            self.addresses.add(preference, labelled(Value::Object(object), label));
        } else {
            let word = self.word("Anschrift", "Address");
            let all: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            self.remark(&with_label(&word, label.as_deref()), &all.join(", "));
        }
    }

    /// Adds an address of the web, unless it is there already in another spelling.
    fn add_url(&mut self, preference: u32, url: String, label: Option<String>) {
        let same = |value: &Value| {
            let known = value.get("value").unwrap_or(value).as_str().unwrap_or_default();
            known != url && bare_web_address(known) == bare_web_address(&url)
        };
        if self.urls.0.len() >= MAX_ITEMS {
            self.remark("URL", &url);
        } else if !self.urls.0.iter().any(|(_, value)| same(value)) {
            self.urls.add(preference, labelled(Value::String(url), label));
        }
    }

    fn birthday(&mut self, property: &Property) {
        let text = property.text();
        if text.is_empty() {
            return;
        }
        let omitted = property.param_text("X-APPLE-OMIT-YEAR").is_some_and(|year| text.starts_with(year));
        let known = date(&text, DateOrder::DayFirst, &[])
            .filter(|_| property.param("VALUE").first().is_none_or(|kind| kind != "text"));
        let word = self.word("Geburtstag", "Birthday");
        match known {
            Some(day) if omitted => self.remark(&word, &format!("--{:02}-{:02}", day.month(), day.day())),
            Some(day) => match self.fields.get("birthday") {
                None => {
                    self.fields.insert("birthday".into(), Value::String(day.to_string()));
                }
                Some(known) if *known == day.to_string() => {}
                Some(_) => self.remark(&word, &plain_date(&text)),
            },
            None => self.remark(&word, &text),
        }
    }

    fn photo(&mut self, property: &Property) -> bool {
        if let (Some((media_type, bytes)), None) = (property.binary(), &self.photo) {
            let named =
                property.param("TYPE").into_iter().chain(property.param("MEDIATYPE")).find(|kind| !kind.is_empty());
            let named = named.map(|kind| if kind.contains('/') { kind } else { format!("image/{kind}") });
            let media_type = sniff(&bytes).map(str::to_owned).or(media_type).or(named);
            self.photo =
                Some(Photo { media_type: media_type.unwrap_or_else(|| "application/octet-stream".into()), bytes });
            return true;
        }
        let text = property.plain();
        if !property.is_base64() && text.contains("://") && text.len() < 2_000 {
            let word = self.word("Foto", "Photo");
            self.remark(&word, &text);
            return true;
        }
        false
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
            uid: self.uid,
            unmapped: self.unmapped,
            warnings: self.warnings,
        })
    }

    /// Addresses that stand on the card only as a label for a letter; those that also stand in parts are not taken twice.
    fn formatted_addresses(&mut self) {
        for (label, text) in std::mem::take(&mut self.labels_of_addresses) {
            let of_label = |value: &Value| value.get("label").and_then(Value::as_str) == label.as_deref();
            if text.is_empty() || self.addresses.0.iter().any(|(_, value)| of_label(value)) {
                self.unmapped.push(("LABEL".into(), text));
            } else {
                self.addresses.add(100, labelled(json!({ "text": text }), label));
            }
        }
    }

    /// Settles who or what the card is. Returns the organisation of a person.
    fn names(&mut self) -> Option<String> {
        let mut organisations = std::mem::take(&mut self.organisations).into_iter();
        let organisation = organisations.next();
        let sound = |name: &str| name.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned();
        for other in organisations.filter(|other| Some(sound(other)) != organisation) {
            let word = self.word("Weitere Firma", "Other organisation");
            self.remark(&word, &other);
        }
        let full = self.full_name.take().filter(|full| !full.contains('@') || self.has_name);
        let is_organisation = |name: &str| organisation.as_deref().is_some_and(|known| words(known) == words(name));
        if self.has_name {
            // A company whose name the program put where a person's belongs.
            let lone = self.fields.get("given_name").is_none();
            let family = self.fields.get("family_name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if self.institution || (lone && is_organisation(&family)) {
                self.institution = true;
                let name = organisation.or(full).unwrap_or(family);
                if lone {
                    self.fields.remove("family_name");
                }
                self.add_text("full_name", &name);
                return None;
            }
            self.keep_other_name(full, organisation.as_deref());
            return organisation;
        }
        match (full, organisation) {
            (Some(full), organisation)
                if self.institution || organisation.as_deref().is_some_and(|known| words(known) == words(&full)) =>
            {
                self.institution = true;
                self.fields.insert("full_name".into(), Value::String(full));
                organisation
                    .filter(|known| Some(known.as_str()) != self.fields.get("full_name").and_then(Value::as_str))
                    .filter(|known| {
                        self.fields
                            .get("full_name")
                            .and_then(Value::as_str)
                            .is_some_and(|full| words(full) != words(known))
                    })
            }
            (Some(full), organisation) => {
                let name = split_name(&full);
                for (field, text) in [
                    ("salutation", name.salutation),
                    ("prefix", name.prefix),
                    ("given_name", name.given),
                    ("family_name", name.family),
                    ("suffix", name.suffix),
                ] {
                    self.add_text(field, &text);
                }
                organisation
            }
            (None, Some(name)) if !self.fields.contains_key("nickname") => {
                self.institution = true;
                self.add_text("full_name", &name);
                None
            }
            (None, organisation) => organisation,
        }
    }

    /// Keeps the name as the card shows it if it has a word that the parts do not have.
    fn keep_other_name(&mut self, full: Option<String>, organisation: Option<&str>) {
        let Some(full) = full else { return };
        let mut known = organisation.map(words).unwrap_or_default();
        for field in ["salutation", "prefix", "given_name", "additional_names", "family_name", "suffix", "nickname"] {
            known.extend(self.fields.get(field).and_then(Value::as_str).map(words).unwrap_or_default());
        }
        let is_address = self.emails.0.iter().any(|(_, value)| value.get("value").unwrap_or(value) == full.as_str());
        if !is_address && words(&full).iter().any(|word| !known.contains(word)) {
            self.add_text("full_name", &full);
        }
    }
}

/// The words of a name without case and punctuation.
fn words(text: &str) -> Vec<String> {
    let all = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    all.map(str::to_lowercase).collect()
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
