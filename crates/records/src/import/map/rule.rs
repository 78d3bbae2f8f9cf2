//! Rules: how one field gets its value.
use serde_json::{Map, Value, json};
use store::module::country_code;

use super::several::{Several, several};
use super::{Mapping, Template, own};
use crate::import::table::Row;
use crate::import::value::{
    boolean, date, date_time, decimal, integer, is_institution, is_placeholder, money, no_date, split_address,
    split_name, split_prefix, split_town,
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
    /// `institution` for a name with a legal form (`GmbH`, e.K., Ltd), else `person`.
    Kind,
    /// The whole name of an institution; no value for a person.
    Institution,
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
            Self::Kind => "kind",
            Self::Institution => "institution",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        [Self::Salutation, Self::Prefix, Self::Given, Self::Family, Self::Suffix, Self::Kind, Self::Institution]
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
        /// Whether the name of an institution has no such part, rather than being split like a person's.
        persons: bool,
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
    /// Several e-mail addresses, numbers or web addresses in one cell, as people write them.
    Several {
        /// The cell.
        value: Template,
        /// What they are.
        of: Several,
    },
    /// Several texts, one a line.
    Lines(Vec<Rule>),
    /// The values of a field with several of them, as an export of this program writes them into one cell.
    Values(Template),
    /// The addresses of a field in columns of their own (`addresses.street`), as an export of this program writes them.
    Parts {
        /// The field, with which the columns' names begin.
        field: String,
        /// Whether there may be several.
        many: bool,
        /// The columns, in the order of [`super::OWN_ADDRESS`] and with those of labels behind.
        columns: Vec<Template>,
    },
    /// An address: component and template. `whole` is split into its parts, `town` into postal code and city.
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
    /// The column, where the value comes from one.
    pub column: String,
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
            Self::Choice { value, .. }
            | Self::List { value, .. }
            | Self::Several { value, .. }
            | Self::Values(value) => vec![value],
            Self::Parts { columns, .. } => columns.iter().collect(),
            Self::Split { name, .. } => vec![name],
            Self::Form { form, .. } => vec![form],
            Self::Money { amount, currency } => vec![amount, currency],
            Self::If { test, then, otherwise } => {
                let mut all = vec![test];
                all.extend(then.templates());
                all.extend(otherwise.iter().flat_map(|rule| rule.templates()));
                all
            }
            Self::First(rules) | Self::Many(rules) | Self::Lines(rules) => {
                rules.iter().flat_map(Self::templates).collect()
            }
            Self::Address(parts) => parts.iter().map(|(_, template)| template).collect(),
            Self::Labelled { rule, label } => {
                let mut all = rule.templates();
                all.push(label);
                all
            }
        }
    }

    /// The value for a row; `None` is no value. What has not the form of its field goes to `unfit` if the mapping has a field for it.
    #[expect(clippy::too_many_lines, reason = "one arm for each rule; none is long")]
    pub(super) fn value(&self, mapping: &Mapping, row: &Row, unfit: &mut Vec<Wrong>) -> Result<Option<Value>, Wrong> {
        let fill = |template: &Template| template.fill(row, &mapping.null);
        let mut read = |template: &Template,
                        (de, en): (&'static str, &'static str),
                        empty: &dyn Fn(&str) -> bool,
                        reader: &dyn Fn(&str) -> Option<Value>| {
            let Some(value) = fill(template).filter(|value| !empty(value)) else { return Ok(None) };
            let lenient = mapping.unfit.is_some();
            match reader(&value) {
                Some(read) => Ok(Some(read)),
                None if lenient && is_placeholder(&value) => Ok(None),
                None => refuse(mapping, unfit, Wrong { column: column_of(template), value, de, en }).map(|()| None),
            }
        };
        let never = |_: &str| false;
        match self {
            Self::Text(template) => Ok(fill(template).map(Value::String)),
            Self::Date(template) => read(template, ("kein Datum", "no date"), &no_date, &|value| {
                date(value, mapping.date_order, &mapping.date_formats).map(|date| Value::String(date.to_string()))
            }),
            Self::DateTime(template) => read(template, ("kein Zeitpunkt", "no date and time"), &no_date, &|value| {
                date_time(value, mapping.date_order, &mapping.date_formats, &mapping.zone).map(Value::String)
            }),
            Self::Integer(template) => read(template, ("keine ganze Zahl", "no whole number"), &never, &|value| {
                integer(value, mapping.decimal).map(Value::from)
            }),
            Self::Decimal(template) => read(template, ("keine Zahl", "no number"), &never, &|value| {
                decimal(value, mapping.decimal).map(Value::String)
            }),
            Self::Money { amount, currency } => read(amount, ("kein Betrag", "no amount"), &never, &|value| {
                let (amount, own) = money(value, mapping.decimal)?;
                let currency = own.or_else(|| fill(currency)).unwrap_or_else(|| "EUR".to_owned());
                Some(json!({ "amount": amount, "currency": currency }))
            }),
            Self::Boolean(template) => read(template, ("weder ja noch nein", "neither yes nor no"), &never, &|value| {
                boolean(value).map(Value::Bool)
            }),
            Self::Country(template) => read(template, ("kein bekanntes Land", "no known country"), &never, &|value| {
                country_code(value).map(Value::from)
            }),
            Self::Choice { value: template, map, other, strict } => {
                let Some(value) = fill(template) else { return Ok(None) };
                let lower = value.to_lowercase();
                let known = map.iter().find(|(from, _)| from.to_lowercase() == lower).map(|(_, to)| to.clone());
                match known.or_else(|| other.clone()) {
                    Some(to) => Ok(filled(to)),
                    None if *strict => {
                        let column = column_of(template);
                        let wrong = Wrong { column, value, de: "kein bekannter Wert", en: "no known value" };
                        refuse(mapping, unfit, wrong).map(|()| None)
                    }
                    None => Ok(Some(Value::String(value))),
                }
            }
            Self::If { test, then, otherwise } => match (fill(test), otherwise) {
                (Some(_), _) => then.value(mapping, row, unfit),
                (None, Some(otherwise)) => otherwise.value(mapping, row, unfit),
                (None, None) => Ok(None),
            },
            Self::Split { name, part, persons } => {
                let name = fill(name).unwrap_or_default();
                let institution = is_institution(&name);
                Ok(filled(match part {
                    _ if name.is_empty() => String::new(),
                    NamePart::Kind => if institution { "institution" } else { "person" }.to_owned(),
                    NamePart::Institution if institution => name,
                    NamePart::Institution => String::new(),
                    _ if institution && *persons => String::new(),
                    part => part_of(&name, *part),
                }))
            }
            Self::Form { form, part } => {
                let (salutation, prefix) = split_prefix(&fill(form).unwrap_or_default());
                Ok(filled(if *part == NamePart::Salutation { salutation } else { prefix }))
            }
            Self::First(rules) => {
                for rule in rules {
                    if let Some(value) = rule.value(mapping, row, unfit)? {
                        return Ok(Some(value));
                    }
                }
                Ok(None)
            }
            Self::List { value, separator } => {
                let text = fill(value).unwrap_or_default();
                let items = text.split(separator.as_str()).map(str::trim).filter(|item| !item.is_empty());
                let items: Vec<Value> = items.map(Value::from).collect();
                Ok((!items.is_empty()).then_some(Value::Array(items)))
            }
            Self::Several { value: template, of } => {
                let Some(text) = fill(template).filter(|text| !is_placeholder(text)) else { return Ok(None) };
                let (items, all_read) = several(*of, &text);
                if !all_read {
                    let (de, en) = of.refusal();
                    refuse(mapping, unfit, Wrong { column: column_of(template), value: text, de, en })?;
                }
                let items: Vec<Value> = items.into_iter().map(Value::String).collect();
                Ok((!items.is_empty()).then_some(Value::Array(items)))
            }
            Self::Lines(rules) => {
                let mut lines = Vec::new();
                for rule in rules {
                    if let Some(Value::String(line)) = rule.value(mapping, row, unfit)? {
                        lines.push(line);
                    }
                }
                Ok(filled(lines.join("\n")))
            }
            Self::Values(template) => Ok(fill(template).map(|cell| own::read_values(&cell))),
            Self::Parts { columns, many, .. } => {
                let cells: Vec<String> = columns.iter().map(|column| fill(column).unwrap_or_default()).collect();
                Ok(own::read_addresses(&cells, *many))
            }
            Self::Address(parts) => {
                let filled: Vec<(&str, String)> =
                    parts.iter().filter_map(|(name, template)| Some((name.as_str(), fill(template)?))).collect();
                Ok(address(split_parts(filled).into_iter()))
            }
            Self::Labelled { rule, label } => {
                Ok(rule.value(mapping, row, unfit)?.map(|value| labelled(value, fill(label))))
            }
            Self::Many(rules) => many(rules, mapping, row, unfit),
        }
    }
}

/// Notes a value that has not the form of its field, or fails where the mapping has no place for it.
fn refuse(mapping: &Mapping, unfit: &mut Vec<Wrong>, wrong: Wrong) -> Result<(), Wrong> {
    if mapping.unfit.is_none() {
        return Err(wrong);
    }
    unfit.push(wrong);
    Ok(())
}

fn column_of(template: &Template) -> String {
    template.columns().next().unwrap_or_default().to_owned()
}

/// The parts of an address, those that came in one piece taken apart; what has a column of its own goes first.
fn split_parts(given: Vec<(&str, String)>) -> Vec<(&'static str, String)> {
    const NAMES: [&str; 7] = ["street", "postal_code", "city", "region", "country", "extra", "text"];
    let mut parts: Vec<(&'static str, String)> = Vec::new();
    let mut pieces = Vec::new();
    for (name, value) in given {
        match name {
            "whole" => pieces.extend(split_address(&value)),
            "town" => pieces.extend(split_town(&value)),
            name => parts.extend(NAMES.iter().find(|known| **known == name).map(|name| (*name, value))),
        }
    }
    for (name, value) in pieces {
        match parts.iter_mut().find(|(known, _)| *known == name) {
            None => parts.push((name, value)),
            Some((_, known)) if *known == value => {}
            // A second street or city is not thrown away.
            Some(_) => match parts.iter_mut().find(|(known, _)| *known == "extra") {
                Some((_, extra)) => *extra = format!("{extra}\n{value}"),
                None => parts.push(("extra", value)),
            },
        }
    }
    parts
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
        NamePart::Kind | NamePart::Institution => String::new(),
    }
}

/// The values of several rules, each once.
fn many(rules: &[Rule], mapping: &Mapping, row: &Row, unfit: &mut Vec<Wrong>) -> Result<Option<Value>, Wrong> {
    let mut items: Vec<Value> = Vec::new();
    for rule in rules {
        let found = match rule.value(mapping, row, unfit)? {
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
