//! Address cards: vCard 2.1, 3.0 and 4.0 as Android, iPhone, Outlook, Thunderbird, Evolution, Gmail and Nextcloud write them.
//!
//! The reader is our own, because it must do what a strict one must not: tell the line of every card, read each value in the
//! encoding that it really has, go on behind a damaged card, and account for every property: it fills a field, or stands in
//! the notes, or is listed as not taken.
mod contact;
mod content;
mod label;
mod leftover;
pub(crate) mod plausible;
mod property;

use std::collections::{HashMap, VecDeque};
use std::io::Read;

use serde_json::{Map, Value};

use super::text::{Line, Lines, decode_guessing};
use super::{ImportError, MAX_CARD_BYTES, MAX_RAW_BYTES, Message, Reason, Reject, cut};

pub(crate) use label::types_of;

/// Fields of a contact that an address card has a place for.
pub const VCARD_FIELDS: [&str; 24] = [
    "kind",
    "salutation",
    "prefix",
    "given_name",
    "additional_names",
    "family_name",
    "suffix",
    "nickname",
    "full_name",
    "department",
    "job_title",
    "role",
    "emails",
    "phones",
    "addresses",
    "urls",
    "profiles",
    "birthday",
    "categories",
    "languages",
    "notes",
    "external_id",
    "customer_number",
    "groups",
];
/// Property in which our own export carries what vCard has no place for; only [`VCARD_FIELDS`] are read from it.
pub(crate) const FIELD_PROPERTY: &str = "X-OBHUT-FIELD";
/// Property in which our own export carries the record's id.
pub(crate) const ID_PROPERTY: &str = "X-OBHUT-ID";
/// What stands in front of an id that is written as 128 bits (RFC 9562).
const URN: &str = "urn:uuid:";

/// A record's id as the `UID` of its card.
pub(crate) fn urn_of_id(id: base::RecordId) -> String {
    let hex = store::hex(id.bytes());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{URN}{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The id that [`urn_of_id`] wrote, or that of anybody else: whether a record has it shows when it is looked for.
pub(crate) fn id_of_urn(uid: &str) -> Option<base::RecordId> {
    let uid = uid.trim();
    let hex = uid.get(..URN.len()).filter(|urn| urn.eq_ignore_ascii_case(URN)).and_then(|_| uid.get(URN.len()..))?;
    let hex: String = hex.chars().filter(|letter| *letter != '-').collect();
    if hex.len() != 32 {
        return None;
    }
    u128::from_str_radix(&hex, 16).ok().map(|bits| base::RecordId::from_bytes(bits.to_be_bytes()))
}

/// Picture of a person or a logo on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg`, `image/png`, …
    pub media_type: String,
    /// The picture itself, unchecked.
    pub bytes: Vec<u8>,
}

/// An address card as the values of a record of the module contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Line on which the card begins, from 1.
    pub line: u64,
    /// Fields in the canonical JSON form. The link `organisation` is not among them; see there.
    pub fields: Map<String, Value>,
    /// Name of the organisation for which the person works; `None` for a card that is the institution itself.
    pub organisation: Option<String>,
    /// The picture, if the card holds one.
    pub photo: Option<Photo>,
    /// The card's own identity (`UID`); also in the fields as `external_id`.
    pub uid: Option<String>,
    /// Id of the record, on a card of our own; else the `UID` if it may be one.
    pub id: Option<String>,
    /// Line and name of each property that no record of an import keeps, the picture among them.
    pub dropped: Vec<(u64, String)>,
    /// Properties that were not taken, with their values as far as they are short.
    pub unmapped: Vec<(String, String)>,
    /// What was read with a doubt.
    pub warnings: Vec<Message>,
}

/// A card that is no person and no institution but a list of other cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Line on which the card begins, from 1.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// Identities (`UID`) of its members.
    pub members: Vec<String>,
}

/// What stands in a file of cards.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A person or an institution.
    Card(Box<Card>),
    /// A group; its name becomes a category of its members if the reader was told of it, see [`CardReader::with_groups`].
    Group(Group),
}

/// Groups by the identity of their members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    by_member: HashMap<String, Vec<String>>,
}

impl Groups {
    /// Reads a whole file for its groups only; cards refer to groups that may stand behind them.
    pub fn read(input: impl Read + Send + 'static) -> Result<Self, ImportError> {
        let mut all = Self::default();
        for entry in CardReader::open(input, true)? {
            if let Ok(Entry::Group(group)) = entry {
                all.add(&group);
            }
        }
        Ok(all)
    }

    /// Adds one group.
    pub fn add(&mut self, group: &Group) {
        for member in &group.members {
            let names = self.by_member.entry(plain_uid(member).to_owned()).or_default();
            if !names.contains(&group.name) {
                names.push(group.name.clone());
            }
        }
    }
}

fn plain_uid(uid: &str) -> &str {
    uid.trim().trim_start_matches("urn:uuid:")
}

/// Reads cards one by one; memory grows with the largest card only.
pub struct CardReader {
    lines: Lines,
    german: bool,
    groups: Groups,
    pending: VecDeque<Line>,
    ended: bool,
}

impl CardReader {
    /// Opens a file of cards. What no field takes is written into the notes with German or English words.
    pub fn open(input: impl Read + Send + 'static, german: bool) -> Result<Self, ImportError> {
        let lines = Lines::open(input, None)?.with_limit(MAX_CARD_BYTES);
        Ok(Self { lines, german, groups: Groups::default(), pending: VecDeque::new(), ended: false })
    }

    /// Lets the members of groups have the groups' names among their categories.
    #[must_use]
    pub fn with_groups(mut self, groups: Groups) -> Self {
        self.groups = groups;
        self
    }

    fn take(&mut self) -> std::io::Result<Option<Line>> {
        match self.pending.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next_line(),
        }
    }

    fn read(&mut self) -> std::io::Result<Option<Result<Entry, Reject>>> {
        let mut outside: Vec<Line> = Vec::new();
        let mut outside_bytes = 0;
        let begin = loop {
            let Some(line) = self.take()? else { break None };
            if is(&line, "BEGIN:VCARD") {
                break Some(line);
            }
            if !blank(&line) {
                outside_bytes += line.bytes.len();
                if outside.is_empty() || outside_bytes <= MAX_RAW_BYTES {
                    outside.push(line);
                }
            }
        };
        if let Some(first) = outside.first() {
            let number = first.number;
            self.pending.extend(begin);
            let message = Message::new("Text, der zu keiner Karte gehört", "text that belongs to no card");
            return Ok(Some(Err(Reject::new(number, Reason::OutsideCard, message, raw(&outside)))));
        }
        let Some(begin) = begin else { return Ok(None) };
        let number = begin.number;
        let mut bytes = 0;
        let mut card: Vec<Line> = Vec::new();
        let mut nested = Nested::default();
        let mut too_long = false;
        let ended = loop {
            let Some(line) = self.take()? else { break false };
            if is(&line, "END:VCARD") {
                if nested.leave() {
                    continue;
                }
                break true;
            }
            if is(&line, "BEGIN:VCARD") && !nested.enter(card.last()) {
                // The card before has no end; this one is read next.
                self.pending.push_back(line);
                break false;
            }
            bytes += line.bytes.len() + 1;
            too_long |= bytes > MAX_CARD_BYTES || line.cut;
            if too_long {
                continue;
            }
            if nested.depth > 0 { nested.lines.push(line) } else { card.push(line) }
        };
        let reject = |reason, message| Ok(Some(Err(Reject::new(number, reason, message, raw(&card)))));
        if !ended {
            let message = Message::new("Der Karte fehlt das Ende (END:VCARD)", "the card has no end (END:VCARD)");
            return reject(Reason::CardWithoutEnd, message);
        }
        if too_long {
            let message = Message::new(
                format!("Die Karte ist größer als {} MiB", MAX_CARD_BYTES >> 20),
                format!("the card is larger than {} MiB", MAX_CARD_BYTES >> 20),
            );
            return reject(Reason::TooLong, message);
        }
        let properties = match content::properties(&card) {
            Ok(properties) => properties,
            Err(message) => return reject(Reason::TooLong, message),
        };
        match contact::entry(number, &properties, self.german) {
            Ok(Entry::Card(mut card)) => {
                if let Some(first) = nested.lines.first() {
                    card.dropped.retain(|(_, name)| name != "AGENT");
                    card.dropped.push((first.number.saturating_sub(1), "AGENT".into()));
                    card.dropped.sort();
                    card.unmapped.push(("AGENT".into(), raw(&nested.lines).join("\n")));
                }
                self.add_groups(&mut card);
                Ok(Some(Ok(Entry::Card(card))))
            }
            Ok(group) => Ok(Some(Ok(group))),
            Err(message) => reject(Reason::EmptyCard, message),
        }
    }

    fn add_groups(&self, card: &mut Card) {
        let Some(names) = card.uid.as_deref().and_then(|uid| self.groups.by_member.get(plain_uid(uid))) else { return };
        let categories = card.fields.entry("categories").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(categories) = categories {
            for name in names {
                let name = Value::String(name.clone());
                if !categories.contains(&name) {
                    categories.push(name);
                }
            }
        }
    }
}

impl Iterator for CardReader {
    type Item = Result<Entry, Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read() {
            Ok(Some(entry)) => Some(entry),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(Reject::unreadable(self.lines.line_number() + 1, &error)))
            }
        }
    }
}

/// Cards within a card: vCard 2.1 puts the card of a person's agent in full behind `AGENT:`.
#[derive(Default)]
struct Nested {
    depth: usize,
    lines: Vec<Line>,
}

impl Nested {
    /// Enters a card within the card, if the line before opens one.
    fn enter(&mut self, before: Option<&Line>) -> bool {
        let opens = self.depth > 0
            || before.is_some_and(|line| {
                line.bytes.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"AGENT"))
                    && line.bytes.trim_ascii_end().ends_with(b":")
            });
        if opens && self.depth < 4 {
            self.depth += 1;
        }
        opens
    }

    /// Leaves a card within the card, if in one.
    fn leave(&mut self) -> bool {
        let within = self.depth > 0;
        self.depth = self.depth.saturating_sub(1);
        within
    }
}

fn is(line: &Line, text: &str) -> bool {
    line.bytes.trim_ascii().eq_ignore_ascii_case(text.as_bytes())
}

fn blank(line: &Line) -> bool {
    line.bytes.trim_ascii().is_empty()
}

/// The lines as they stood, as text.
fn raw(lines: &[Line]) -> Vec<String> {
    let mut text = String::new();
    for line in lines {
        if text.len() > MAX_RAW_BYTES {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&decode_guessing(line.bytes.get(..MAX_RAW_BYTES).unwrap_or(&line.bytes)));
    }
    vec![cut(&text, MAX_RAW_BYTES).to_owned()]
}

#[cfg(test)]
mod tests;
