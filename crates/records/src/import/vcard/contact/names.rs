//! Who or what a card is: the parts of its name, and whether it is a person or an institution.
use serde_json::Value;

use super::Builder;
use crate::import::value::{is_salutation, split_name, split_prefix};
use crate::import::vcard::property::Property;

impl Builder {
    pub(super) fn name(&mut self, property: &Property) {
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

    /// Settles who or what the card is. Returns the organisation of a person.
    pub(super) fn names(&mut self) -> Option<String> {
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
    pub(super) fn keep_other_name(&mut self, full: Option<String>, organisation: Option<&str>) {
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
