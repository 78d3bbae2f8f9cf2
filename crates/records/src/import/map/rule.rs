//! Rules: how one field gets its value.
use serde_json::{Map, Value, json};
use store::module::country_code;

use super::{Mapping, Template};
use crate::import::table::Row;
use crate::import::value::{boolean, date, date_time, decimal, integer, money, no_date, split_name, split_prefix};

/// A part of a name that is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamePart {
    /// Herr, Frau, Mr.
    Salutation,
    /// Dr., Prof.
    Prefix,
    /// First names.
    Given,
    /// Family name.
    Family,
    /// Jr., M.Sc.
    Suffix,
}

impl NamePart {
    /// The part as a mapping file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Salutation => "salutation",
            Self::Prefix => "prefix",
            Self::Given => "given",
            Self::Family => "family",
            Self::Suffix => "suffix",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        [Self::Salutation, Self::Prefix, Self::Given, Self::Family, Self::Suffix]
            .into_iter()
            .find(|part| part.name() == name)
    }
}

/// How one field gets its value from a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The text.
    Text(Template),
    /// A date; also with a time behind it, which is dropped.
    Date(Template),
    /// A moment; without an offset in the tenant's zone.
    DateTime(Template),
    /// A whole number.
    Integer(Template),
    /// A number.
    Decimal(Template),
    /// An amount; its own currency goes before the given one.
    Money {
        /// Amount.
        amount: Template,
        /// Currency where the amount has none.
        currency: Template,
    },
    /// Yes or no.
    Boolean(Template),
    /// A country by name or code.
    Country(Template),
    /// A value replaced by another. An empty replacement means no value.
    Choice {
        /// The value.
        value: Template,
        /// From (compared without regard to case) and to.
        map: Vec<(String, String)>,
        /// What applies to all others; without it a value that is not in the map is rejected if `strict`, else kept.
        other: Option<String>,
        /// Whether an unknown value is an error.
        strict: bool,
    },
    /// One rule or another, by whether a template has a value.
    If {
        /// The test.
        test: Template,
        /// With a value.
        then: Box<Rule>,
        /// Without.
        otherwise: Option<Box<Rule>>,
    },
    /// A part of a name written in one.
    Split {
        /// The name.
        name: Template,
        /// Which part.
        part: NamePart,
    },
    /// Salutation or titles of a form of address: `Herrn Dr.`
    Form {
        /// The form of address.
        form: Template,
        /// [`NamePart::Salutation`] or [`NamePart::Prefix`].
        part: NamePart,
    },
    /// The first of several that has a value.
    First(Vec<Rule>),
    /// Several values in one cell.
    List {
        /// The cell.
        value: Template,
        /// What separates them.
        separator: String,
    },
    /// An address: component and template.
    Address(Vec<(String, Template)>),
    /// A value of a many-valued field with its label.
    Labelled {
        /// The value.
        rule: Box<Rule>,
        /// Its label.
        label: Template,
    },
    /// Several values of a many-valued field; equal ones are taken once.
    Many(Vec<Rule>),
}

/// A value that has not the form that the rule needs.
pub(super) struct Wrong {
    pub value: String,
    pub de: &'static str,
    pub en: &'static str,
}

impl Rule {
    /// The templates within, for checks.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template)
            | Self::Date(template)
            | Self::DateTime(template)
            | Self::Integer(template)
            | Self::Decimal(template)
            | Self::Boolean(template)
            | Self::Country(template) => vec![template],
            Self::Choice { value, .. } | Self::List { value, .. } => vec![value],
            Self::Split { name, .. } => vec![name],
            Self::Form { form, .. } => vec![form],
            Self::Money { amount, currency } => vec![amount, currency],
            Self::If { test, then, otherwise } => {
                let mut all = vec![test];
                all.extend(then.templates());
                all.extend(otherwise.iter().flat_map(|rule| rule.templates()));
                all
            }
            Self::First(rules) | Self::Many(rules) => rules.iter().flat_map(Self::templates).collect(),
            Self::Address(parts) => parts.iter().map(|(_, template)| template).collect(),
            Self::Labelled { rule, label } => {
                let mut all = rule.templates();
                all.push(label);
                all
            }
        }
    }

    /// The value for a row; `None` is no value.
    pub(super) fn value(&self, mapping: &Mapping, row: &Row) -> Result<Option<Value>, Wrong> {
        let fill = |template: &Template| template.fill(row, &mapping.null);
        match self {
            Self::Text(template) => Ok(fill(template).map(Value::String)),
            Self::Date(template) => {
                read(fill(template).filter(|value| !no_date(value)), "kein Datum", "no date", |value| {
                    date(value, mapping.date_order, &mapping.date_formats).map(|date| Value::String(date.to_string()))
                })
            }
            Self::DateTime(template) => {
                let given = fill(template).filter(|value| !no_date(value));
                read(given, "kein Zeitpunkt", "no date and time", |value| {
                    date_time(value, mapping.date_order, &mapping.date_formats, &mapping.zone).map(Value::String)
                })
            }
            Self::Integer(template) => read(fill(template), "keine ganze Zahl", "no whole number", |value| {
                integer(value, mapping.decimal).map(Value::from)
            }),
            Self::Decimal(template) => read(fill(template), "keine Zahl", "no number", |value| {
                decimal(value, mapping.decimal).map(Value::String)
            }),
            Self::Money { amount, currency } => read(fill(amount), "kein Betrag", "no amount", |value| {
                let (amount, own) = money(value, mapping.decimal)?;
                let currency = own.or_else(|| fill(currency)).unwrap_or_else(|| "EUR".to_owned());
                Some(json!({ "amount": amount, "currency": currency }))
            }),
            Self::Boolean(template) => read(fill(template), "weder ja noch nein", "neither yes nor no", |value| {
                boolean(value).map(Value::Bool)
            }),
            Self::Country(template) => read(fill(template), "kein bekanntes Land", "no known country", |value| {
                country_code(value).map(Value::from)
            }),
            Self::Choice { value, map, other, strict } => {
                let Some(value) = fill(value) else { return Ok(None) };
                let lower = value.to_lowercase();
                let known = map.iter().find(|(from, _)| from.to_lowercase() == lower).map(|(_, to)| to.clone());
                match known.or_else(|| other.clone()) {
                    Some(to) => Ok(filled(to)),
                    None if *strict => Err(Wrong { value, de: "kein bekannter Wert", en: "no known value" }),
                    None => Ok(Some(Value::String(value))),
                }
            }
            Self::If { test, then, otherwise } => match (fill(test), otherwise) {
                (Some(_), _) => then.value(mapping, row),
                (None, Some(otherwise)) => otherwise.value(mapping, row),
                (None, None) => Ok(None),
            },
            Self::Split { name, part } => Ok(filled(part_of(&fill(name).unwrap_or_default(), *part))),
            Self::Form { form, part } => {
                let (salutation, prefix) = split_prefix(&fill(form).unwrap_or_default());
                Ok(filled(if *part == NamePart::Salutation { salutation } else { prefix }))
            }
            Self::First(rules) => rules.iter().find_map(|rule| rule.value(mapping, row).transpose()).transpose(),
            Self::List { value, separator } => {
                let text = fill(value).unwrap_or_default();
                let items = text.split(separator.as_str()).map(str::trim).filter(|item| !item.is_empty());
                let items: Vec<Value> = items.map(Value::from).collect();
                Ok((!items.is_empty()).then_some(Value::Array(items)))
            }
            Self::Address(parts) => {
                Ok(address(parts.iter().filter_map(|(name, template)| Some((name.as_str(), fill(template)?)))))
            }
            Self::Labelled { rule, label } => Ok(rule.value(mapping, row)?.map(|value| labelled(value, fill(label)))),
            Self::Many(rules) => many(rules, mapping, row),
        }
    }
}

/// A text read as something else; one that cannot be is an error.
fn read(
    given: Option<String>,
    de: &'static str,
    en: &'static str,
    reader: impl Fn(&str) -> Option<Value>,
) -> Result<Option<Value>, Wrong> {
    let Some(value) = given else { return Ok(None) };
    match reader(&value) {
        Some(read) => Ok(Some(read)),
        None => Err(Wrong { value, de, en }),
    }
}

fn filled(text: String) -> Option<Value> {
    (!text.is_empty()).then_some(Value::String(text))
}

fn part_of(name: &str, part: NamePart) -> String {
    let name = split_name(name);
    match part {
        NamePart::Salutation => name.salutation,
        NamePart::Prefix => name.prefix,
        NamePart::Given => name.given,
        NamePart::Family => name.family,
        NamePart::Suffix => name.suffix,
    }
}

/// The values of several rules, each once.
fn many(rules: &[Rule], mapping: &Mapping, row: &Row) -> Result<Option<Value>, Wrong> {
    let mut items: Vec<Value> = Vec::new();
    for rule in rules {
        let found = match rule.value(mapping, row)? {
            None => Vec::new(),
            Some(Value::Array(several)) => several,
            Some(one) => vec![one],
        };
        for value in found {
            if !items.contains(&value) {
                items.push(value);
            }
        }
    }
    Ok((!items.is_empty()).then_some(Value::Array(items)))
}

/// A value with its label: an address carries it itself, several values each get it.
fn labelled(value: Value, label: Option<String>) -> Value {
    let Some(label) = label.and_then(|label| plain_label(&label)) else { return value };
    match value {
        Value::Object(mut object) => {
            object.insert("label".into(), Value::String(label));
            Value::Object(object)
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| labelled(item, Some(label.clone()))).collect())
        }
        plain => json!({ "value": plain, "label": label }),
    }
}

/// An address of its parts; a country that is not known by name stays as the last line of `extra`.
pub(crate) fn address<'a>(parts: impl Iterator<Item = (&'a str, String)>) -> Option<Value> {
    let mut object = Map::new();
    let mut unknown_country = None;
    for (name, value) in parts {
        if value.is_empty() {
            continue;
        }
        if name != "country" {
            object.insert(name.to_owned(), Value::String(value));
        } else if let Some(code) = country_code(&value) {
            object.insert(name.to_owned(), Value::String(code.to_owned()));
        } else {
            unknown_country = Some(value);
        }
    }
    if let Some(country) = unknown_country {
        let extra = match object.get("extra").and_then(Value::as_str) {
            Some(extra) => format!("{extra}\n{country}"),
            None => country,
        };
        object.insert("extra".into(), Value::String(extra));
    }
    // A label alone is no address.
    let filled = object.keys().any(|key| key != "label");
    filled.then_some(Value::Object(object))
}

/// A label as it stands in a column: Google marks the first with a star, Outlook calls each mail address SMTP; the usual words
/// become ours.
fn plain_label(label: &str) -> Option<String> {
    let label = label.trim_start_matches('*').trim();
    let lower = label.to_lowercase();
    Some(match lower.as_str() {
        "" | "smtp" | "ex" => return None,
        "privat" | "private" | "personal" | "zuhause" | "home" => "home".into(),
        "geschäftlich" | "arbeit" | "dienstlich" | "business" | "work" => "work".into(),
        "mobil" | "handy" | "cell" | "mobile" => "mobile".into(),
        "fax geschäftlich" | "work fax" | "workfax" => "work fax".into(),
        "fax privat" | "home fax" | "homefax" => "home fax".into(),
        "andere" | "anderes" | "other" => "other".into(),
        "telefax" | "fax" => "fax".into(),
        _ => label.to_owned(),
    })
}
