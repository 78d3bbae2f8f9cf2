//! Properties that become values of fields: mail and other addresses, numbers, dates, pictures.
use serde_json::{Map, Value, json};
use store::module::country_code;

use super::{Builder, labelled, one_line, with_label};
use crate::import::map::DateOrder;
use crate::import::value::date;
use crate::import::vcard::Photo;
use crate::import::vcard::leftover::plain_date;
use crate::import::vcard::plausible::{
    ADDRESS_CHARS, MAX_ITEMS, bare_web_address, is_email, is_phone, phone_number, sniff,
};
use crate::import::vcard::property::Property;

impl Builder {
    pub(super) fn organisation(&mut self, property: &Property) {
        let mut parts = property.parts().into_iter().filter(|part| !part.is_empty());
        // ";Sales" is a department without a company.
        let has_name = property.parts().first().is_some_and(|name| !name.is_empty());
        if has_name
            && let Some(name) = parts.next()
            && !self.organisations.contains(&name)
        {
            self.organisations.push(name);
        }
        let units: Vec<String> = parts.collect();
        self.add_text("department", &units.join(", "));
    }

    pub(super) fn email(&mut self, property: &Property, label: Option<String>, preference: u32) {
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

    pub(super) fn phone(&mut self, property: &Property, label: Option<String>, preference: u32) {
        let text = property.text();
        let number = one_line(&phone_number(&text));
        if is_phone(&number) && self.phones.0.len() < MAX_ITEMS {
            self.phones.add(preference, labelled(Value::String(number), label));
        } else if !text.is_empty() {
            let word = self.word("Telefon", "Telephone");
            self.remark(&with_label(&word, label.as_deref()), &text);
        }
    }

    pub(super) fn address(&mut self, property: &Property, label: Option<String>, preference: u32) {
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
    pub(super) fn add_url(&mut self, preference: u32, url: String, label: Option<String>) {
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

    pub(super) fn birthday(&mut self, property: &Property) {
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

    pub(super) fn photo(&mut self, property: &Property) -> bool {
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

    /// Addresses that stand on the card only as a label for a letter; those that also stand in parts are not taken twice.
    pub(super) fn formatted_addresses(&mut self) {
        for (label, text) in std::mem::take(&mut self.labels_of_addresses) {
            let of_label = |value: &Value| value.get("label").and_then(Value::as_str) == label.as_deref();
            if text.is_empty() || self.addresses.0.iter().any(|(_, value)| of_label(value)) {
                self.unmapped.push(("LABEL".into(), text));
            } else {
                self.addresses.add(100, labelled(json!({ "text": text }), label));
            }
        }
    }
}
