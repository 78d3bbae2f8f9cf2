//! Mentions: other people's records in whose text the person's name, address or a number or identifier of theirs is found. A human decides on each.
//!
//! What is looked for: given and family name together, and every field that names somebody by itself: e-mail addresses, telephone numbers, addresses by
//! street, identifiers (VIN, IBAN), and the texts that a module marks `identifies` (a name in one piece, a customer number, a plate). It is looked for in
//! all that the full-text search knows. What could not be looked for is said ([`Mentions::incomplete`]), never passed over.
use crate::held::{Held, HeldRecord};
use base::RecordId;
use serde_json::Value;
use std::collections::BTreeSet;
use store::index::{self, SearchQuery};
use store::module::{Definition, Field, FieldType, IdentifierKind, Map};
use store::rows::Access;
use store::text::{fold, query_terms, with_sensitive};
use store::{Reader, Result};

/// A record that mentions the person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mention {
    /// Its module.
    pub module: String,
    /// Its id.
    pub record: RecordId,
    /// The fields in which something of the person was found.
    pub fields: Vec<String>,
}

/// Mentions, and whether these are all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentions {
    /// By record id.
    pub found: Vec<Mention>,
    /// Whether there may be more: a value is too common to be searched for, or a limit cut the list.
    pub incomplete: bool,
}

/// Mentions listed in a plan.
pub const MAX_MENTIONS: usize = 200;
/// Candidates looked at per search.
const MAX_CANDIDATES: u32 = 200;
/// Values of one person that are searched for.
const MAX_NEEDLES: usize = 500;
/// Shorter values are too common to name anybody.
const MIN_CHARS: usize = 4;

/// Searches the other records for what names the person.
pub fn mentions(reader: &mut Reader, held: &Held) -> Result<Mentions> {
    let mut needles = needles(reader, held);
    let mut incomplete = needles.len() > MAX_NEEDLES;
    needles.truncate(MAX_NEEDLES);
    let own: BTreeSet<RecordId> =
        held.records.values().filter(|record| record.own).map(|record| record.opened.stored.id).collect();
    let modules = reader.tenant().modules();
    let every: Vec<String> = modules.set.iter().map(|definition| definition.name.clone()).collect();
    let mut candidates: BTreeSet<RecordId> = BTreeSet::new();
    for typed in needles.iter().flat_map(Needle::searches) {
        let terms = with_sensitive(query_terms(&typed));
        if terms.is_empty() {
            continue;
        }
        let mut query = SearchQuery::new(every.clone(), [0].into_iter().collect(), terms);
        query.limit = MAX_CANDIDATES;
        query.include_restricted = true;
        match index::search(reader.index()?, &query) {
            Ok(page) => {
                incomplete |= page.next.is_some();
                candidates.extend(page.rows.into_iter().map(|row| row.id).filter(|id| !own.contains(id)));
            }
            // A name as common as that is no reason to stop; what was found stands, and the plan says that the list may not be complete.
            Err(index::Error::TooBroad { .. }) => incomplete = true,
            Err(error) => return Err(error.into()),
        }
    }
    let mut found = Vec::new();
    for id in candidates {
        let Some(opened) = reader.opened(id)? else { continue };
        let Some(definition) = modules.rows.get(&opened.stored.module).and_then(|row| modules.set.get(&row.name))
        else {
            continue;
        };
        let fields = fields_with(definition, &opened.values, &needles);
        if fields.is_empty() {
            continue;
        }
        if found.len() == MAX_MENTIONS {
            incomplete = true;
            break;
        }
        found.push(Mention { module: definition.name.clone(), record: id, fields });
    }
    Ok(Mentions { found, incomplete })
}

/// A value that names the person, and how it is known again in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Needle {
    /// Words, folded: they must stand there as whole words in this order.
    Words(String),
    /// A telephone number as typed: only its digits count, without country code and leading zero.
    Number(String),
    /// An identifier or number with letters as typed: only letters and digits count.
    Code(String),
    /// A street with its number, folded, and the postal code if it is known: another address with another postal code is another place.
    Address(String, Option<String>),
}

impl Needle {
    fn words(text: &str) -> Option<Self> {
        let text = fold(text.trim());
        (text.chars().count() >= MIN_CHARS).then_some(Self::Words(text))
    }
    /// A text that names the person: one with a digit in it is a number that may be typed with other gaps.
    fn text(text: &str) -> Option<Self> {
        let coded = text.chars().any(|letter| letter.is_ascii_digit()) && text.split_whitespace().count() <= 4;
        if coded && squeezed(text).chars().count() >= MIN_CHARS {
            Some(Self::Code(text.trim().to_owned()))
        } else {
            Self::words(text)
        }
    }
    /// What a search is asked for.
    fn searches(&self) -> Vec<String> {
        match self {
            Self::Words(text) | Self::Number(text) | Self::Address(text, _) => vec![text.clone()],
            Self::Code(text) => {
                let joined = squeezed(text);
                let letters: Vec<char> = joined.chars().collect();
                // An IBAN is written in groups of four.
                let grouped = letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>();
                let mut all = vec![text.clone(), joined.clone()];
                if joined.len() >= 15 {
                    all.push(grouped.join(" "));
                }
                all.dedup();
                all
            }
        }
    }
    fn stands_in(&self, text: &Text, address: bool) -> bool {
        match self {
            Self::Words(words) => as_words(&text.folded, words),
            Self::Number(number) => {
                let number = national(number);
                number.len() >= 6 && text.digits.contains(&number)
            }
            Self::Code(code) => text.has_code(&squeezed(code)),
            Self::Address(street, postal_code) => {
                let other_place = address && postal_code.as_ref().is_some_and(|code| !as_words(&text.folded, code));
                as_words(&text.folded, street) && !other_place
            }
        }
    }
}

/// A value of another record, in the forms in which needles are looked for.
struct Text {
    folded: String,
    digits: String,
    squeezed: String,
    /// Where words of the folded text begin in the squeezed one, in bytes; its end too.
    edges: BTreeSet<usize>,
}

impl Text {
    fn of(value: &Value) -> Self {
        let folded = fold(&flat(value));
        let mut squeezed = String::with_capacity(folded.len());
        let mut edges = BTreeSet::new();
        let mut inside = false;
        for letter in folded.chars() {
            if letter.is_alphanumeric() {
                if !inside {
                    edges.insert(squeezed.len());
                }
                squeezed.push(letter);
            }
            inside = letter.is_alphanumeric();
        }
        edges.insert(squeezed.len());
        Self { digits: folded.chars().filter(char::is_ascii_digit).collect(), squeezed, edges, folded }
    }
    /// Whether a code stands there, with whatever gaps, and not as part of a longer one.
    fn has_code(&self, code: &str) -> bool {
        let at_edges = |at: usize| self.edges.contains(&at) && self.edges.contains(&(at + code.len()));
        self.squeezed.match_indices(code).any(|(at, _)| at_edges(at))
    }
}

/// Only letters and digits, folded.
fn squeezed(text: &str) -> String {
    fold(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// The digits of a number behind country code and leading zero: `+49 (0)171 12` and `0171 12` are one.
fn national(number: &str) -> String {
    let international = number.trim_start().starts_with('+') || number.trim_start().starts_with("00");
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let behind = if international { digits.strip_prefix("49").unwrap_or(digits) } else { digits };
    behind.trim_start_matches('0').to_owned()
}

/// Whether a folded text has these words, not as part of longer ones: `Hauptstraße 1` does not stand in `Hauptstraße 12`.
fn as_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + words.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// What names the person: of every record that is theirs.
fn needles(reader: &Reader, held: &Held) -> Vec<Needle> {
    let mut needles = BTreeSet::new();
    let modules = reader.tenant().modules();
    for record in held.records.values().filter(|record| record.own) {
        let Some(definition) = modules.set.get(&record.module) else { continue };
        if modules.set.can_be_person(&record.module) {
            needles.extend(names(record));
        }
        for field in &definition.fields {
            let Some(value) = record.opened.values.get(&field.name) else { continue };
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            needles.extend(items.iter().filter_map(|item| needle(field, item)));
        }
    }
    needles.into_iter().collect()
}

/// Given and family name both ways round.
fn names(record: &HeldRecord) -> Vec<Needle> {
    let text = |name: &str| {
        record.opened.values.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    };
    let (Some(given), Some(family)) = (text("given_name"), text("family_name")) else { return Vec::new() };
    [format!("{given} {family}"), format!("{family} {given}"), format!("{family}, {given}")]
        .iter()
        .filter_map(|name| Needle::words(name))
        .collect()
}

fn needle(field: &Field, item: &Value) -> Option<Needle> {
    match field.kind {
        FieldType::Address => {
            let part = |name: &str| {
                let whole = item.get("value").unwrap_or(item);
                whole.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
            };
            let street = part("street").filter(|street| street.chars().any(|letter| letter.is_ascii_digit()));
            let street = street.map(fold).filter(|street| street.chars().count() >= MIN_CHARS)?;
            Some(Needle::Address(street, part("postal_code").map(fold)))
        }
        FieldType::Email => Needle::words(item.get("value").unwrap_or(item).as_str()?),
        FieldType::Phone => {
            let number = item.get("value").unwrap_or(item).as_str()?;
            (national(number).len() >= 6).then(|| Needle::Number(number.to_owned()))
        }
        FieldType::Identifier if matches!(field.identifier, Some(IdentifierKind::Vin | IdentifierKind::Iban)) => {
            Some(Needle::Code(item.get("value").unwrap_or(item).as_str()?.to_owned()))
        }
        _ if field.identifies => Needle::text(item.get("value").unwrap_or(item).as_str()?),
        _ => None,
    }
}

fn fields_with(definition: &Definition, values: &Map, needles: &[Needle]) -> Vec<String> {
    let contains = |name: &String, value: &Value| {
        let text = Text::of(value);
        let address = definition.field(name).is_some_and(|field| field.kind == FieldType::Address);
        needles.iter().any(|needle| needle.stands_in(&text, address))
    };
    values.iter().filter(|(name, value)| contains(name, value)).map(|(name, _)| name.clone()).collect()
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join("\n"),
        Value::Object(parts) => parts.values().map(flat).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
