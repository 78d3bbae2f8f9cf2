//! Rules: how one field gets its value.
use serde_json::{Map, Value, json};
use store::module::country_code;

use super::{Mapping, Template};
use crate::import::table::Row;
use crate::import::value::{
    boolean, date, date_time, decimal, integer, money, no_date, split_name, split_prefix,
};

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
        let wrong = |value: String, de, en| Err(Wrong { value, de, en });
        let text = |text: String| Some(Value::String(text));
        Ok(match self {
            Self::Text(template) => fill(template).and_then(text),
            Self::Date(template) => match fill(template).filter(|value| !no_date(value)) {
                None => None,
                Some(value) => match date(&value, mapping.date_order, &mapping.date_formats) {
                    Some(date) => text(date.to_string()),
                    None => return wrong(value, "kein Datum", "no date"),
                },
            },
            Self::DateTime(template) => match fill(template).filter(|value| !no_date(value)) {
                None => None,
                Some(value) => match date_time(&value, mapping.date_order, &mapping.date_formats, &mapping.zone) {
                    Some(moment) => text(moment),
                    None => return wrong(value, "kein Zeitpunkt", "no date and time"),
                },
            },
            Self::Integer(template) => match fill(template) {
                None => None,
                Some(value) => match integer(&value, mapping.decimal) {
                    Some(number) => Some(json!(number)),
                    None => return wrong(value, "keine ganze Zahl", "no whole number"),
                },
            },
            Self::Decimal(template) => match fill(template) {
                None => None,
                Some(value) => match decimal(&value, mapping.decimal) {
                    Some(number) => text(number),
                    None => return wrong(value, "keine Zahl", "no number"),
                },
            },
            Self::Money { amount, currency } => match fill(amount) {
                None => None,
                Some(value) => match money(&value, mapping.decimal) {
                    Some((amount, own)) => {
                        let currency = own.or_else(|| fill(currency)).unwrap_or_else(|| "EUR".to_owned());
                        Some(json!({ "amount": amount, "currency": currency }))
                    }
                    None => return wrong(value, "kein Betrag", "no amount"),
                },
            },
            Self::Boolean(template) => match fill(template) {
                None => None,
                Some(value) => match boolean(&value) {
                    Some(answer) => Some(Value::Bool(answer)),
                    None => return wrong(value, "weder ja noch nein", "neither yes nor no"),
                },
            },
            Self::Country(template) => match fill(template) {
                None => None,
                Some(value) => match country_code(&value) {
                    Some(code) => text(code.to_owned()),
                    None => return wrong(value, "kein bekanntes Land", "no known country"),
                },
            },
            Self::Choice { value, map, other, strict } => match fill(value) {
                None => None,
                Some(value) => {
                    let lower = value.to_lowercase();
                    let known = map.iter().find(|(from, _)| from.to_lowercase() == lower).map(|(_, to)| to.clone());
                    match known.or_else(|| other.clone()) {
                        Some(to) if to.is_empty() => None,
                        Some(to) => text(to),
                        None if *strict => return wrong(value, "kein bekannter Wert", "no known value"),
                        None => text(value),
                    }
                }
            },
            Self::If { test, then, otherwise } => match (fill(test).is_some(), otherwise) {
                (true, _) => then.value(mapping, row)?,
                (false, Some(otherwise)) => otherwise.value(mapping, row)?,
                (false, None) => None,
            },
            Self::Split { name, part } => {
                let name = split_name(&fill(name).unwrap_or_default());
                let part = match part {
                    NamePart::Salutation => name.salutation,
                    NamePart::Prefix => name.prefix,
                    NamePart::Given => name.given,
                    NamePart::Family => name.family,
                    NamePart::Suffix => name.suffix,
                };
                Some(part).filter(|part| !part.is_empty()).and_then(text)
            }
            Self::Form { form, part } => {
                let (salutation, prefix) = split_prefix(&fill(form).unwrap_or_default());
                let part = if *part == NamePart::Salutation { salutation } else { prefix };
                Some(part).filter(|part| !part.is_empty()).and_then(text)
            }
            Self::First(rules) => {
                for rule in rules {
                    if let Some(value) = rule.value(mapping, row)? {
                        return Ok(Some(value));
                    }
                }
                None
            }
            Self::List { value, separator } => {
                let items: Vec<Value> = fill(value)
                    .iter()
                    .flat_map(|text| text.split(separator.as_str()))
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Value::String(item.to_owned()))
                    .collect();
                (!items.is_empty()).then_some(Value::Array(items))
            }
            Self::Address(parts) => {
                address(parts.iter().filter_map(|(name, template)| Some((name.as_str(), fill(template)?))))
            }
            Self::Labelled { rule, label } => rule.value(mapping, row)?.map(|value| labelled(value, fill(label))),
            Self::Many(rules) => {
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
                (!items.is_empty()).then_some(Value::Array(items))
            }
        })
    }
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
