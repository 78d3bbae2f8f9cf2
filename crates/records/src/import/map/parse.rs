//! Reads a mapping file. Its errors name the record and the field, or the line where the file is no TOML.
use toml::{Table, Value};

use super::{
    DateOrder, Decimal, LinkRule, Mapping, NamePart, OWN_ADDRESS, OWN_LABEL, OWN_MORE, RecordMap, Rule, Several,
    Template,
};
use crate::import::{ImportError, MAX_MAP_BYTES, Message};

/// Components of an address.
const ADDRESS: [&str; 9] = ["street", "postal_code", "city", "region", "country", "extra", "text", "whole", "town"];
/// Rules nest at most so deep.
const MAX_DEPTH: usize = 8;

impl Mapping {
    /// Reads a mapping file (TOML).
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        if text.len() > MAX_MAP_BYTES {
            return Err(ImportError::TooLarge(Message::new(
                format!("eine Zuordnungsdatei darf {} KiB haben", MAX_MAP_BYTES >> 10),
                format!("a mapping file may have {} KiB", MAX_MAP_BYTES >> 10),
            )));
        }
        let table: Table = text.parse().map_err(|error: toml::de::Error| ImportError::Map {
            line: error.span().map(|span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count() as u64),
            message: error.message().to_owned(),
        })?;
        read(&table).map_err(|message| ImportError::Map { line: None, message })
    }
}

fn read(table: &Table) -> Result<Mapping, String> {
    let mut mapping = Mapping::default();
    for (key, value) in table {
        match key.as_str() {
            "null" => mapping.null = strings(value, key)?.into_iter().map(|text| text.trim().to_owned()).collect(),
            "unfit" => mapping.unfit = Some(string(value, key)?),
            "date_formats" => mapping.date_formats = strings(value, key)?,
            "date_order" => {
                mapping.date_order = match value.as_str() {
                    Some("day-first") => DateOrder::DayFirst,
                    Some("month-first") => DateOrder::MonthFirst,
                    _ => return Err("date_order is \"day-first\" or \"month-first\"".into()),
                }
            }
            "decimal" => {
                mapping.decimal = match value.as_str() {
                    Some(",") => Decimal::Comma,
                    Some(".") => Decimal::Point,
                    Some("auto") => Decimal::Auto,
                    _ => return Err("decimal is \",\", \".\" or \"auto\"".into()),
                }
            }
            "zone" => {
                let name = string(value, key)?;
                mapping.zone = base::TimeZone::get(&name).map_err(|_| format!("zone: \"{name}\" is no time zone"))?;
            }
            "separator" => match string(value, key)?.as_bytes() {
                [byte] if byte.is_ascii() && *byte != b'"' && *byte != b'\n' => mapping.table.separator = Some(*byte),
                _ => return Err("separator is one character: \";\", \",\", \"\\t\" or \"|\"".into()),
            },
            "encoding" => mapping.table.encoding = Some(string(value, key)?),
            "sheet" => mapping.table.sheet = Some(string(value, key)?),
            "short_rows" => mapping.table.short_rows = value.as_bool().ok_or("short_rows is true or false")?,
            "skip_lines" => {
                let lines = value.as_integer().and_then(|lines| u32::try_from(lines).ok());
                mapping.table.skip_lines = lines.ok_or("skip_lines is a number of lines")?;
            }
            "record" => {
                let all = value.as_array().ok_or("[[record]] stands in double brackets")?;
                for one in all {
                    let one = one.as_table().ok_or("[[record]] stands in double brackets")?;
                    let record = record(one, &mapping.records)?;
                    mapping.records.push(record);
                }
            }
            other => {
                return Err(format!(
                    "\"{other}\" is not known here; known are null, unfit, date_order, date_formats, decimal, zone, separator, encoding, sheet, skip_lines, short_rows and [[record]]"
                ));
            }
        }
    }
    if mapping.records.is_empty() {
        return Err("there is no [[record]]".into());
    }
    Ok(mapping)
}

fn record(table: &Table, earlier: &[RecordMap]) -> Result<RecordMap, String> {
    let module = table.get("module").and_then(Value::as_str).ok_or("a [[record]] has no module")?.to_owned();
    let alias = table.get("as").and_then(Value::as_str).unwrap_or(&module).to_owned();
    let within = |message: String| format!("record \"{alias}\": {message}");
    if earlier.iter().any(|record| record.alias == alias) {
        return Err(within("the name is taken; give one of them another with as = \"…\"".into()));
    }
    let mut out = RecordMap { alias: alias.clone(), module, ..RecordMap::default() };
    for (key, value) in table {
        match key.as_str() {
            "module" | "as" => {}
            "key" => out.key = Some(template(value).map_err(within)?),
            "id" => out.id = Some(template(value).map_err(within)?),
            "when" => out.when = Some(template(value).map_err(within)?),
            "fields" => {
                for (field, value) in value.as_table().ok_or_else(|| within("fields is a table".into()))? {
                    let rule = rule(value, 0).map_err(|message| within(format!("field \"{field}\": {message}")))?;
                    out.fields.push((field.clone(), rule));
                }
            }
            "links" => {
                for (field, value) in value.as_table().ok_or_else(|| within("links is a table".into()))? {
                    let link =
                        link(value, earlier).map_err(|message| within(format!("link \"{field}\": {message}")))?;
                    out.links.push((field.clone(), link));
                }
            }
            other => {
                return Err(within(format!(
                    "\"{other}\" is not known; known are module, as, key, id, when, fields and links"
                )));
            }
        }
    }
    if out.fields.is_empty() && out.links.is_empty() {
        return Err(within("it has neither [record.fields] nor [record.links]".into()));
    }
    Ok(out)
}

fn link(value: &Value, earlier: &[RecordMap]) -> Result<LinkRule, String> {
    let table =
        value.as_table().ok_or("a link is { ref = \"…\" } or { module = \"…\", by = \"…\", value = \"{…}\" }")?;
    if let Some(alias) = table.get("ref") {
        let alias = string(alias, "ref")?;
        only(table, &["ref"])?;
        if !earlier.iter().any(|record| record.alias == alias) {
            return Err(format!("no earlier [[record]] is named \"{alias}\""));
        }
        return Ok(LinkRule::Row(alias));
    }
    only(table, &["module", "by", "value", "create", "id"])?;
    Ok(LinkRule::Stored {
        module: string(table.get("module").ok_or("module is missing")?, "module")?,
        by: table.get("by").map_or_else(|| Ok(super::EXTERNAL_ID.to_owned()), |by| string(by, "by"))?,
        value: template(table.get("value").ok_or("value is missing")?)?,
        create: table.get("create").is_some_and(|create| create.as_bool() == Some(true)),
        id: table.get("id").map(template).transpose()?,
    })
}

fn rule(value: &Value, depth: usize) -> Result<Rule, String> {
    if depth > MAX_DEPTH {
        return Err("rules are nested too deep".into());
    }
    match value {
        Value::String(text) => Ok(Rule::Text(Template::parse(text)?)),
        Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => Ok(Rule::Text(Template::text(value.to_string()))),
        Value::Array(items) => {
            Ok(Rule::Many(items.iter().map(|item| rule(item, depth + 1)).collect::<Result<_, _>>()?))
        }
        Value::Table(table) => labelled(table, depth),
        Value::Datetime(date) => Ok(Rule::Text(Template::text(date.to_string()))),
    }
}

fn labelled(table: &Table, depth: usize) -> Result<Rule, String> {
    let inner = unlabelled(table, depth)?;
    match table.get("label") {
        None => Ok(inner),
        Some(label) => Ok(Rule::Labelled { rule: Box::new(inner), label: template(label)? }),
    }
}

fn unlabelled(table: &Table, depth: usize) -> Result<Rule, String> {
    let has = |key: &str| table.contains_key(key);
    let of = |key: &str| template(table.get(key).ok_or_else(|| format!("{key} is missing"))?);
    for (key, make) in [
        ("date", Rule::Date as fn(Template) -> Rule),
        ("date_time", Rule::DateTime),
        ("integer", Rule::Integer),
        ("decimal", Rule::Decimal),
        ("boolean", Rule::Boolean),
        ("country_code", Rule::Country),
        ("values", Rule::Values),
    ] {
        if has(key) {
            only(table, &[key, "label"])?;
            return Ok(make(of(key)?));
        }
    }
    if has("amount") {
        only(table, &["amount", "currency", "label"])?;
        let currency = if has("currency") { of("currency")? } else { Template::text("EUR") };
        return Ok(Rule::Money { amount: of("amount")?, currency });
    }
    if has("split") || has("form") {
        let key = if has("split") { "split" } else { "form" };
        only(table, &[key, "part", "persons", "label"])?;
        let part = table.get("part").and_then(Value::as_str).and_then(NamePart::by_name);
        let part = part.ok_or("part is given, family, salutation, prefix, suffix, kind or institution")?;
        return if key == "split" {
            let persons = table.get("persons").is_some_and(|persons| persons.as_bool() == Some(true));
            Ok(Rule::Split { name: of(key)?, part, persons })
        } else if matches!(part, NamePart::Salutation | NamePart::Prefix) {
            Ok(Rule::Form { form: of(key)?, part })
        } else {
            Err("of a form, part is salutation or prefix".into())
        };
    }
    if let Some(of) = table.get("of") {
        only(table, &["several", "of", "label"])?;
        let of = of.as_str().and_then(Several::by_name).ok_or("of is email, phone or url")?;
        let value = template(table.get("several").ok_or("several is missing")?)?;
        return Ok(Rule::Several { value, of });
    }
    if let Some(field) = table.get("parts") {
        only(table, &["parts", "many"])?;
        let many = table.get("many").is_some_and(|many| many.as_bool() == Some(true));
        return Ok(parts(&string(field, "parts")?, many));
    }
    if let Some(lines) = table.get("lines") {
        only(table, &["lines"])?;
        let all = lines.as_array().ok_or("lines is a list")?;
        return Ok(Rule::Lines(all.iter().map(|item| rule(item, depth + 1)).collect::<Result<_, _>>()?));
    }
    if let Some(first) = table.get("first") {
        only(table, &["first", "label"])?;
        let all = first.as_array().ok_or("first is a list")?;
        return Ok(Rule::First(all.iter().map(|item| rule(item, depth + 1)).collect::<Result<_, _>>()?));
    }
    if has("if") {
        only(table, &["if", "then", "else", "label"])?;
        let then = Box::new(rule(table.get("then").ok_or("then is missing")?, depth + 1)?);
        let otherwise = table.get("else").map(|other| rule(other, depth + 1)).transpose()?.map(Box::new);
        return Ok(Rule::If { test: of("if")?, then, otherwise });
    }
    if ADDRESS.iter().any(|part| has(part)) {
        let mut allowed = ADDRESS.to_vec();
        allowed.push("label");
        only(table, &allowed)?;
        let parts = ADDRESS.iter().filter(|part| has(part)).map(|part| Ok(((*part).to_owned(), of(part)?)));
        return Ok(Rule::Address(parts.collect::<Result<_, String>>()?));
    }
    if has("separator") {
        only(table, &["value", "separator", "label"])?;
        let separator = string(table.get("separator").ok_or("separator is missing")?, "separator")?;
        if separator.is_empty() {
            return Err("separator is empty".into());
        }
        return Ok(Rule::List { value: of("value")?, separator });
    }
    if has("map") {
        only(table, &["value", "map", "other", "strict", "label"])?;
        let map = table.get("map").and_then(Value::as_table).ok_or("map is a table { from = \"to\" }")?;
        let map = map
            .iter()
            .map(|(from, to)| Ok((from.trim().to_owned(), string(to, from)?)))
            .collect::<Result<_, String>>()?;
        let other = table.get("other").map(|other| string(other, "other")).transpose()?;
        let strict = table.get("strict").is_some_and(|strict| strict.as_bool() == Some(true));
        return Ok(Rule::Choice { value: of("value")?, map, other, strict });
    }
    only(table, &["value", "label"])?;
    table.get("value").map_or_else(|| Err("value is missing".into()), |value| rule(value, depth + 1))
}

/// The rule that reads the columns of a field of addresses of this program's own export.
pub(in crate::import) fn parts(field: &str, many: bool) -> Rule {
    let more = if many { [OWN_LABEL, OWN_MORE].as_slice() } else { &[] };
    let columns = OWN_ADDRESS.iter().chain(more).map(|part| Template::column(format!("{field}.{part}"))).collect();
    Rule::Parts { field: field.to_owned(), many, columns }
}

fn only(table: &Table, known: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("\"{key}\" does not belong here; {} does", known.join(", "))),
    }
}

fn template(value: &Value) -> Result<Template, String> {
    match value {
        Value::String(text) => Template::parse(text),
        Value::Integer(_) | Value::Boolean(_) | Value::Float(_) => Ok(Template::text(value.to_string())),
        _ => Err("a text with {column} is expected".into()),
    }
}

fn string(value: &Value, key: &str) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{key} is a text"))
}

fn strings(value: &Value, key: &str) -> Result<Vec<String>, String> {
    let all = value.as_array().ok_or_else(|| format!("{key} is a list of texts"))?;
    all.iter().map(|item| string(item, key)).collect()
}
