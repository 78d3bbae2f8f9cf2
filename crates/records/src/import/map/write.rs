//! Writes a mapping as the file that reads back as the same.
use std::fmt::Write;

use super::{DateOrder, Decimal, EXTERNAL_ID, LinkRule, Mapping, RecordMap, Rule, Template};

impl Mapping {
    /// The mapping as a file for [`Mapping::parse`]; a guess is shown and kept so.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        if !self.null.is_empty() {
            line(format!("null = [{}]", self.null.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")));
        }
        if let Some(field) = &self.unfit {
            line(format!("unfit = {}", quote(field)));
        }
        if self.date_order == DateOrder::MonthFirst {
            line("date_order = \"month-first\"".into());
        }
        if !self.date_formats.is_empty() {
            line(format!(
                "date_formats = [{}]",
                self.date_formats.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")
            ));
        }
        match self.decimal {
            Decimal::Auto => {}
            Decimal::Comma => line("decimal = \",\"".into()),
            Decimal::Point => line("decimal = \".\"".into()),
        }
        if let Some(zone) = self.zone.iana_name().filter(|name| *name != "Europe/Berlin") {
            line(format!("zone = {}", quote(zone)));
        }
        let table = &self.table;
        if let Some(separator) = table.separator {
            line(format!("separator = {}", quote(&char::from(separator).to_string())));
        }
        for (key, value) in [("encoding", &table.encoding), ("sheet", &table.sheet)] {
            if let Some(value) = value {
                line(format!("{key} = {}", quote(value)));
            }
        }
        if table.skip_lines > 0 {
            line(format!("skip_lines = {}", table.skip_lines));
        }
        if table.short_rows {
            line("short_rows = true".into());
        }
        for record in &self.records {
            write_record(&mut out, record);
        }
        out.trim_start().to_owned()
    }
}

fn write_record(out: &mut String, record: &RecordMap) {
    let _ = writeln!(out, "\n[[record]]\nmodule = {}", quote(&record.module));
    if record.alias != record.module {
        let _ = writeln!(out, "as = {}", quote(&record.alias));
    }
    for (key, value) in [("key", &record.key), ("id", &record.id), ("when", &record.when)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {}", quoted(value));
        }
    }
    if !record.fields.is_empty() {
        out.push_str("[record.fields]\n");
        for (field, rule) in &record.fields {
            if let Rule::Many(rules) = rule {
                let _ = writeln!(out, "{} = [", key(field));
                for rule in rules {
                    let _ = writeln!(out, "  {},", rule_text(rule));
                }
                out.push_str("]\n");
            } else {
                let _ = writeln!(out, "{} = {}", key(field), rule_text(rule));
            }
        }
    }
    if !record.links.is_empty() {
        out.push_str("[record.links]\n");
        for (field, link) in &record.links {
            let text = match link {
                LinkRule::Row(alias) => format!("{{ ref = {} }}", quote(alias)),
                LinkRule::Stored { module, by, value, create, id } => {
                    let by = if by == EXTERNAL_ID { String::new() } else { format!("by = {}, ", quote(by)) };
                    let create = if *create { ", create = true" } else { "" };
                    let id = id.as_ref().map_or_else(String::new, |id| format!(", id = {}", quoted(id)));
                    format!("{{ module = {}, {by}value = {}{create}{id} }}", quote(module), quoted(value))
                }
            };
            let _ = writeln!(out, "{} = {text}", key(field));
        }
    }
}

fn rule_text(rule: &Rule) -> String {
    match rule {
        Rule::Text(template) => quoted(template),
        Rule::Many(rules) => format!("[{}]", rules.iter().map(rule_text).collect::<Vec<_>>().join(", ")),
        Rule::Labelled { rule, label } => format!("{{ {}, label = {} }}", inner(rule), quoted(label)),
        other => format!("{{ {} }}", inner(other)),
    }
}

/// A rule without its braces.
fn inner(rule: &Rule) -> String {
    match rule {
        Rule::Text(template) => format!("value = {}", quoted(template)),
        Rule::Many(_) | Rule::Labelled { .. } => format!("value = {}", rule_text(rule)),
        Rule::Date(template) => format!("date = {}", quoted(template)),
        Rule::DateTime(template) => format!("date_time = {}", quoted(template)),
        Rule::Integer(template) => format!("integer = {}", quoted(template)),
        Rule::Decimal(template) => format!("decimal = {}", quoted(template)),
        Rule::Boolean(template) => format!("boolean = {}", quoted(template)),
        Rule::Country(template) => format!("country_code = {}", quoted(template)),
        Rule::Money { amount, currency } => format!("amount = {}, currency = {}", quoted(amount), quoted(currency)),
        Rule::Choice { value, map, other, strict } => {
            let map =
                map.iter().map(|(from, to)| format!("{} = {}", quote(from), quote(to))).collect::<Vec<_>>().join(", ");
            let other = other.as_ref().map_or_else(String::new, |other| format!(", other = {}", quote(other)));
            let strict = if *strict { ", strict = true" } else { "" };
            format!("value = {}, map = {{ {map} }}{other}{strict}", quoted(value))
        }
        Rule::If { test, then, otherwise } => {
            let otherwise = otherwise.as_ref().map_or_else(String::new, |rule| format!(", else = {}", rule_text(rule)));
            format!("if = {}, then = {}{otherwise}", quoted(test), rule_text(then))
        }
        Rule::Split { name, part, persons } => {
            let persons = if *persons { ", persons = true" } else { "" };
            format!("split = {}, part = {}{persons}", quoted(name), quote(part.name()))
        }
        Rule::Several { value, of } => format!("several = {}, of = {}", quoted(value), quote(of.name())),
        Rule::Lines(rules) => format!("lines = [{}]", rules.iter().map(rule_text).collect::<Vec<_>>().join(", ")),
        Rule::Values(template) => format!("values = {}", quoted(template)),
        Rule::Parts { field, many, .. } => {
            format!("parts = {}{}", quote(field), if *many { ", many = true" } else { "" })
        }
        Rule::Form { form, part } => format!("form = {}, part = {}", quoted(form), quote(part.name())),
        Rule::First(rules) => format!("first = [{}]", rules.iter().map(rule_text).collect::<Vec<_>>().join(", ")),
        Rule::List { value, separator } => format!("value = {}, separator = {}", quoted(value), quote(separator)),
        Rule::Address(parts) => {
            parts.iter().map(|(part, template)| format!("{part} = {}", quoted(template))).collect::<Vec<_>>().join(", ")
        }
    }
}

fn quoted(template: &Template) -> String {
    quote(&template.to_string())
}

/// A basic TOML string on one line.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { quote(name) }
}
