//! Values as a page shows them: links with the title of what they lead to, telephone numbers that can be called, addresses by line.
use crate::words::Words;
use base::{RecordId, TimeZone, Timestamp};
use serde_json::Value;
use std::collections::HashMap;
use store::module::{Definition, Field, FieldType, Map, Modules, Protection};

/// Module and title of records, by id.
pub type Titles = HashMap<RecordId, (String, String)>;

/// A field with what it holds.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What a user reads.
    pub label: String,
    /// One for each value; empty if there is none.
    pub pieces: Vec<Piece>,
    /// Whether it takes the whole width.
    pub wide: bool,
    /// Whether it is hidden from readers without the right.
    pub sensitive: bool,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// As text; lines apart.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
    /// Whether that is outside of Obhut.
    pub outside: bool,
    /// Its label: `work`.
    pub note: Option<String>,
}

impl Piece {
    /// A text that leads nowhere.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None, outside: false, note: None }
    }
}

/// What values are shown with.
#[derive(Clone, Copy)]
pub struct Showing<'a> {
    /// Texts in the reader's language.
    pub words: Words,
    /// Zone in which moments are shown.
    pub zone: &'a TimeZone,
    /// Titles of what links lead to.
    pub titles: &'a Titles,
    /// The tenant's modules.
    pub modules: &'a Modules,
}

/// The ids that the links among the values name.
pub fn link_ids(definition: &Definition, values: &Map) -> Vec<RecordId> {
    let links = definition.fields.iter().filter(|field| field.kind == FieldType::Link);
    let values = links.filter_map(|field| values.get(&field.name));
    let items = values.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    items.filter_map(|item| inner(item).as_str()?.parse().ok()).collect()
}

/// The facts of a record; fields without a value are left out. `origin` and `activity` stand in the panel of their own.
pub fn facts(definition: &Definition, values: &Map, showing: Showing<'_>) -> Vec<Fact> {
    let fields = definition.fields.iter().filter(|field| !matches!(field.name.as_str(), "origin" | "activity"));
    of_fields(fields, definition, values, showing)
}

/// The same with where the data are from and what for, as the person's page shows them.
pub fn all_facts(definition: &Definition, values: &Map, showing: Showing<'_>) -> Vec<Fact> {
    of_fields(definition.fields.iter(), definition, values, showing)
}

fn of_fields<'a>(
    fields: impl Iterator<Item = &'a Field>,
    definition: &Definition,
    values: &Map,
    showing: Showing<'_>,
) -> Vec<Fact> {
    fields.filter_map(|field| values.get(&field.name).map(|value| fact(definition, field, value, showing))).collect()
}

/// One field with its value.
pub fn fact(definition: &Definition, field: &Field, value: &Value, showing: Showing<'_>) -> Fact {
    let whole = std::slice::from_ref(value);
    let items = if field.kind == FieldType::Choices { whole } else { value.as_array().map_or(whole, Vec::as_slice) };
    Fact {
        label: field.label.get(showing.words.code()).to_owned(),
        pieces: items.iter().map(|item| piece(definition, field, item, showing)).collect(),
        wide: field.kind == FieldType::LongText,
        sensitive: field.protection == Protection::Sensitive,
    }
}

fn inner(item: &Value) -> &Value {
    item.get("value").unwrap_or(item)
}

fn piece(definition: &Definition, field: &Field, item: &Value, showing: Showing<'_>) -> Piece {
    let note = item.get("label").and_then(Value::as_str).map(str::to_owned);
    let bare = inner(item);
    let mut piece = Piece { note, ..Piece::text(plain(definition, field, bare, showing)) };
    match field.kind {
        FieldType::Email => {
            piece.href = Some(format!("mailto:{}", crate::query::encode(&piece.text).replace("%40", "@")));
        }
        FieldType::Phone => {
            let number: String =
                piece.text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
            piece.href = (number.len() > 2).then(|| format!("tel:{number}"));
        }
        FieldType::Url => {
            // Only what a browser opens as a page becomes a link: nothing that runs.
            let lower = piece.text.to_ascii_lowercase();
            let good = lower.starts_with("https://") || lower.starts_with("http://");
            piece.href = good.then(|| piece.text.clone());
            piece.outside = good;
        }
        FieldType::Link => {
            let found = bare
                .as_str()
                .and_then(|id| id.parse::<RecordId>().ok())
                .and_then(|id| Some((id, showing.titles.get(&id)?)));
            match found {
                Some((id, (module, title))) => {
                    piece.text.clone_from(title);
                    piece.href = Some(format!("/m/{module}/{id}"));
                }
                None => piece.text = showing.words.say("not-visible"),
            }
        }
        FieldType::Address => piece.text = address(definition, field, bare, showing.words),
        _ => {}
    }
    piece
}

/// A value on one line; links by title, moments in the tenant's zone.
pub fn plain(definition: &Definition, field: &Field, value: &Value, showing: Showing<'_>) -> String {
    let lang = showing.words.code();
    match (field.kind, value) {
        (FieldType::DateTime, Value::String(text)) => Timestamp::try_from(text.clone()).map_or_else(
            |_| text.clone(),
            |moment| crate::format::moment(moment, showing.zone, showing.words.english()),
        ),
        (FieldType::LongText, Value::String(text)) => text.clone(),
        (FieldType::Text, Value::String(key)) if field.name == "activity" => {
            showing.modules.activity(key).map_or_else(|| key.clone(), |activity| activity.label.get(lang).to_owned())
        }
        (FieldType::Link, Value::Array(items)) => {
            items.iter().map(|item| plain(definition, field, item, showing)).collect::<Vec<_>>().join(", ")
        }
        (FieldType::Link, item) => {
            let id = inner(item).as_str().and_then(|id| id.parse::<RecordId>().ok());
            let title = id.and_then(|id| showing.titles.get(&id)).map(|(_, title)| title.clone());
            title.unwrap_or_else(|| showing.words.say("not-visible"))
        }
        (FieldType::Integer, Value::Number(number)) => number.to_string(),
        _ => definition.display(&field.name, value, lang),
    }
}

/// An address by line, as it stands on an envelope.
fn address(definition: &Definition, field: &Field, value: &Value, words: Words) -> String {
    let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let place = format!("{} {}", part("postal_code"), part("city"));
    let country = match part("country") {
        "" => String::new(),
        // `display` knows the country's name; alone in an address it is the whole text.
        code => definition.display(&field.name, &serde_json::json!({"country": code}), words.code()),
    };
    let lines = [part("extra"), part("street"), place.trim(), part("region"), country.as_str(), part("text")];
    lines.iter().filter(|line| !line.is_empty()).copied().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;
    use serde_json::json;

    fn shown(name: &str, value: &Value) -> Vec<Piece> {
        let definition = crate::form::tests::everything();
        let (zone, modules) = (base::zone("Europe/Berlin").unwrap(), store::module::packs::load(&[]).unwrap());
        let id: RecordId = "00000000000000000000000001".parse().unwrap();
        let titles = Titles::from([(id, ("thing".to_owned(), "<script>".to_owned()))]);
        let showing = Showing { words: Words(Lang::De), zone: &zone, titles: &titles, modules: &modules };
        fact(&definition, definition.field(name).unwrap(), value, showing).pieces
    }

    #[test]
    fn links_lead_to_the_record_by_its_title() {
        let pieces = shown("link", &json!("00000000000000000000000001"));
        assert_eq!(pieces[0].href.as_deref(), Some("/m/thing/00000000000000000000000001"));
        assert_eq!(pieces[0].text, "<script>");
        assert_eq!(shown("link", &json!("00000000000000000000000002"))[0].href, None);
    }

    #[test]
    fn only_pages_become_links() {
        assert_eq!(shown("url", &json!("https://example.org/"))[0].href.as_deref(), Some("https://example.org/"));
        assert_eq!(shown("url", &json!("javascript:alert(1)"))[0].href, None);
        assert_eq!(shown("phone", &json!("+49 (30) 12-3"))[0].href.as_deref(), Some("tel:+4930123"));
    }

    #[test]
    fn several_values_have_their_labels() {
        let pieces = shown("email_list", &json!(["a@example.org", {"value": "b@example.org", "label": "work"}]));
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1].note.as_deref(), Some("work"));
        assert_eq!(pieces[1].href.as_deref(), Some("mailto:b@example.org"));
        assert_eq!(shown("date_time", &json!("2026-11-23T09:30:00.000Z"))[0].text, "23.11.2026, 10:30");
    }

    #[test]
    fn an_address_stands_by_line() {
        let pieces =
            shown("address", &json!({"street": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "FR"}));
        assert_eq!(pieces[0].text, "Weg 1\n10115 Berlin\nFrankreich");
    }
}
