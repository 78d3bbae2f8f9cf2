//! What a definition holds after reading: the module, its fields, its states. Plain data; how it is read is in `parse`.
use super::{Correction, Expression, Title};
use serde::Serialize;
use std::collections::HashMap;

/// Names that no field may have: they are part of every record's JSON.
pub const RESERVED_FIELDS: &[&str] =
    &["id", "module", "version", "title", "created_at", "changed_at", "restricted", "state"];

/// A text in German and English. German is what a user reads first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Label {
    /// German.
    pub de: String,
    /// English.
    pub en: String,
}

impl Label {
    /// Both languages at once.
    pub fn new(de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { de: de.into(), en: en.into() }
    }
    /// The text in `lang`: English for `en` and its regions, German for everything else.
    pub fn get(&self, lang: &str) -> &str {
        if lang == "en" || lang.starts_with("en-") { &self.en } else { &self.de }
    }
}

/// A module: a kind of record (design, *Modules are data*). Immutable once read.
#[derive(Debug, Clone, Serialize)]
pub struct Definition {
    /// Name in routes and files: `[a-z][a-z0-9_]*`, at most 40 characters.
    pub name: String,
    /// What one record is called.
    pub label: Label,
    /// What several are called.
    pub plural: Label,
    /// Why this register exists; stands in the data dictionary (O-86, T-02).
    pub purpose: Label,
    /// Deletion class of the fields that name none, and of the record itself.
    pub class: String,
    /// How a record's title is made.
    pub title: Title,
    /// Whose data a record is.
    pub subject: Subject,
    /// The fields in the order in which a form shows them; a module with a subject ends with the implied `origin` and `activity`.
    pub fields: Vec<Field>,
    /// The states; empty if the module has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    /// What must be true of a record's values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// How a record in a final state is corrected; `None`: it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// SHA-256 of the definition without comments, order of keys and spacing; journal entries name it.
    #[serde(skip)]
    pub fingerprint: [u8; 32],
    /// Where the parts stood in the file, for messages of the cross-check.
    #[serde(skip)]
    pub(super) source: Source,
    #[serde(skip)]
    pub(super) positions: HashMap<String, usize>,
}

/// The file that a definition came from, and the line and column of each part.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub file: String,
    pub spots: HashMap<String, (usize, usize)>,
}

impl Definition {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.positions.get(name).and_then(|place| self.fields.get(*place))
    }
    /// Whether a field is there only for those who may read what is sensitive (H-116).
    pub fn is_sensitive(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| field.protection == Protection::Sensitive)
    }
    /// The state of that name.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| state.name == name)
    }
    /// The state that a new record has unless it names one.
    pub fn initial_state(&self) -> Option<&State> {
        self.states.iter().find(|state| state.initial)
    }
    /// Whether any record of this module can hold personal data: its subject is somebody, or a field belongs to somebody.
    pub fn may_be_personal(&self) -> bool {
        self.fields.iter().any(|field| field.protection.sealed())
    }
    /// The link field that names the subject, if it is another record.
    pub fn subject_link(&self) -> Option<&Field> {
        match &self.subject {
            Subject::Link(name) => self.field(name),
            Subject::None | Subject::Own { .. } => None,
        }
    }
}

/// Whose data the records of a module are.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Nobody's, unless a field says `of`.
    None,
    /// The record is the person, when the condition holds (always, without one).
    Own {
        /// Over fields that are not sealed, so that it can be answered without a key.
        when: Option<Expression>,
    },
    /// The person is the record that this link field names, if that record is a person.
    Link(String),
}

/// One field of a module.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of the file format, each independent of the others")]
pub struct Field {
    /// Key in JSON: `[a-z][a-z0-9_]*`, at most 40 characters.
    pub name: String,
    /// What kind of value.
    pub kind: FieldType,
    /// What a user reads.
    pub label: Label,
    /// Why the value is kept (O-86).
    pub purpose: Label,
    /// Deletion class.
    pub class: String,
    /// Who may see it and how it is stored.
    pub protection: Protection,
    /// The link field that names whose it is; `None`: the record's own subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// A record without it is refused.
    pub required: bool,
    /// No two records of the module have the same.
    pub unique: bool,
    /// The value is an array.
    pub many: bool,
    /// Goes to full-text search.
    pub searchable: bool,
    /// Column of the list; sortable and filterable.
    pub list: bool,
    /// Sortable and filterable without being a column.
    pub index: bool,
    /// What a choice may be; empty for other kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What a new record gets when nothing is given, in canonical form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// Modules that a link may lead to; empty for other kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Which identifier; for the kind `identifier` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<IdentifierKind>,
    /// Most characters of a text (of each item, with `many`).
    pub max: usize,
    /// A date that starts the period of a deletion class; lies in the clear row.
    pub start_event: bool,
    /// Its value alone names somebody: before an erasure it is looked for in the records of others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub identifies: bool,
}

impl Field {
    /// Whether lists can be sorted and filtered by it.
    pub fn indexed(&self) -> bool {
        self.list || self.index
    }
    /// Most items of a `many` field.
    pub const MAX_ITEMS: usize = 50;
}

/// What kind of value a field has. The canonical JSON form of each stands with [`Definition::normalise`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// Whole number, 64 bits.
    Integer,
    /// Decimal number, as text so that no digit is lost.
    Decimal,
    /// Amount and currency.
    Money,
    /// Calendar date.
    Date,
    /// Moment in UTC.
    DateTime,
    /// Yes or no.
    Boolean,
    /// One of the choices.
    Choice,
    /// Some of the choices.
    Choices,
    /// E-mail address.
    Email,
    /// Telephone number as typed.
    Phone,
    /// Web or mail address.
    Url,
    /// ISO 3166-1 alpha-2.
    Country,
    /// Postal address.
    Address,
    /// VIN or IBAN.
    Identifier,
    /// Another record.
    Link,
}

impl FieldType {
    /// All kinds with the names that a definition file uses.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("long_text", Self::LongText),
        ("integer", Self::Integer),
        ("decimal", Self::Decimal),
        ("money", Self::Money),
        ("date", Self::Date),
        ("date_time", Self::DateTime),
        ("boolean", Self::Boolean),
        ("choice", Self::Choice),
        ("choices", Self::Choices),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("url", Self::Url),
        ("country", Self::Country),
        ("address", Self::Address),
        ("identifier", Self::Identifier),
        ("link", Self::Link),
    ];
    /// The name in a definition file.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// Which identifier, and so which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// Vehicle identification number, ISO 3779.
    Vin,
    /// Bank account, ISO 13616.
    Iban,
}

/// Who may see a field and how it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// Known to everybody anyway.
    Public,
    /// The business's own, identifies nobody.
    Internal,
    /// About a person; sealed.
    Personal,
    /// About a person and hidden from readers without the right to edit (H-116); sealed.
    Sensitive,
}

impl Protection {
    /// Whether the value lies in a sealed part instead of the clear row.
    pub const fn sealed(self) -> bool {
        matches!(self, Self::Personal | Self::Sensitive)
    }
    /// The name in a definition file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
        }
    }
}

/// One choice of a `choice` or `choices` field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What is stored.
    pub key: String,
    /// What a user reads.
    pub label: Label,
}

/// A state that a record can be in.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// Key in JSON.
    pub name: String,
    /// What a user reads.
    pub label: Label,
    /// New records begin here.
    pub initial: bool,
    /// States that may follow.
    pub to: Vec<String>,
    /// Fields that must have a value to enter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Nothing needs to be kept yet: a duty begins with a later state, or with the date that starts its period.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unsent: bool,
    /// Nothing changes any more: only a reversal and a new version (GoBD).
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Deletion class that the record's units of the module's class change to on entering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Date field that gets today's date on entering, if empty: the start of that class's period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// What is copied from linked records on entering, into fields that are empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copy: Vec<Copy>,
}

/// A value taken over from a linked record, so that this record stands by itself when the other one goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// The link field of this module.
    pub link: String,
    /// What is taken of the linked record.
    pub source: CopySource,
    /// The field of this module that receives it.
    pub to: String,
}

/// What of a linked record is copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CopySource {
    /// Its title.
    Title,
    /// A field, and for a `many` field which item.
    Field {
        /// Name of the field in the linked record's module.
        name: String,
        /// Item, counted from 0; `None` for a field that is not `many`.
        index: Option<usize>,
    },
}

/// A condition on a record's values.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Must be true; fields without a value are null in it, `today` is the date.
    pub when: Expression,
    /// The field beside which the message is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What a user reads when it is not true.
    pub message: Label,
}
