//! Text with references to columns: `{firstName} {lastName}`.
use std::fmt;

use crate::import::ImportError;
use crate::import::table::{Headers, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(String),
}

/// A text in which `{column}` stands for the row's cell; `{{` and `}}` are braces. In the name of a column `\{` and `\}` are braces, `\\` a backslash.
///
/// Where a cell has no value, the text between it and its neighbours goes too: `{street}, {city}` without a street is the
/// city alone. A template all of whose columns are empty has no value; one without columns always has its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = brace.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else if let Some(inner) = brace.strip_prefix('{') {
                let (column, after) = name(inner).ok_or_else(|| format!("\"{text}\": a brace is not closed"))?;
                if column.trim().is_empty() {
                    return Err(format!("\"{text}\": the name of a column is missing between the braces"));
                }
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Column(column));
                rest = after;
            } else {
                return Err(format!(
                    "\"{text}\": a closing brace without an opening one; a brace itself is written twice"
                ));
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The template that is one column.
    pub fn column(name: impl Into<String>) -> Self {
        Self { parts: vec![Part::Column(name.into())] }
    }

    /// The template that is a fixed text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// Several columns with a separator between them.
    pub fn joined(columns: &[String], separator: &str) -> Self {
        let mut parts = Vec::new();
        for column in columns {
            if !parts.is_empty() {
                parts.push(Part::Text(separator.to_owned()));
            }
            parts.push(Part::Column(column.clone()));
        }
        Self { parts }
    }

    /// The columns that it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Whether it has no column.
    pub fn is_fixed(&self) -> bool {
        self.columns().next().is_none()
    }

    /// Fails at the first column that the table does not have.
    pub(super) fn check(&self, headers: &Headers) -> Result<(), ImportError> {
        match self.columns().find(|column| headers.position(column).is_none()) {
            None => Ok(()),
            Some(column) => {
                Err(ImportError::UnknownColumn { column: column.to_owned(), present: headers.names().to_vec() })
            }
        }
    }

    /// The text for a row; `None` is no value.
    pub(super) fn fill(&self, row: &Row, null: &[String]) -> Option<String> {
        if self.is_fixed() {
            let text: String =
                self.parts.iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { "" }).collect();
            return (!text.trim().is_empty()).then_some(text);
        }
        let mut out = String::new();
        let mut filled = false;
        let mut between: &str = "";
        let mut last_filled = false;
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) if filled || at == 0 => {
                    // Behind an empty cell the later text replaces the earlier, so that one separator stays.
                    if last_filled || at == 0 || !filled {
                        between = text;
                    }
                }
                Part::Text(_) => {}
                Part::Column(name) => {
                    let value = row
                        .get(name)
                        .map(str::trim)
                        .filter(|value| !value.is_empty() && !null.iter().any(|none| none == value));
                    last_filled = value.is_some();
                    if let Some(value) = value {
                        out.push_str(between);
                        out.push_str(value);
                        between = "";
                        filled = true;
                    }
                }
            }
        }
        if last_filled {
            out.push_str(between);
        }
        filled.then(|| out.trim().to_owned())
    }
}

/// The name of a column up to its closing brace, and what stands behind it.
fn name(inner: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = inner.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '}' => return Some((name, inner.get(at + 1..)?)),
            '\\' => {
                name.push(chars.next_if(|(_, next)| matches!(next, '{' | '}' | '\\')).map_or('\\', |(_, next)| next));
            }
            other => name.push(other),
        }
    }
    None
}

impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Part::Column(name) => {
                    write!(out, "{{{}}}", name.replace('\\', "\\\\").replace('{', "\\{").replace('}', "\\}"))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::table::Headers;

    fn fill(template: &str, cells: &[(&str, &str)]) -> Option<String> {
        let headers = Headers::new(cells.iter().map(|(name, _)| (*name).to_owned()).collect()).unwrap();
        let row = Row::new(1, headers, cells.iter().map(|(_, value)| (*value).to_owned()).collect());
        let template = Template::parse(template).unwrap();
        assert_eq!(Template::parse(&template.to_string()).unwrap(), template);
        template.fill(&row, &["NULL".into()])
    }

    #[test]
    fn empty_cells_take_their_separators_along() {
        let cells = |a, b, c| [("a", a), ("b", b), ("c", c)];
        let fill3 = |a, b, c| fill("{a}, {b}; {c}", &cells(a, b, c)).unwrap_or_default();
        assert_eq!(fill3("1", "2", "3"), "1, 2; 3");
        assert_eq!(fill3("", "2", "3"), "2; 3");
        assert_eq!(fill3("1", "NULL", "3"), "1, 3");
        assert_eq!(fill3("1", "2", " "), "1, 2");
        assert_eq!(fill3("", "", ""), "");
        assert_eq!(fill("customer-{a}", &[("a", "7")]).unwrap(), "customer-7");
        assert_eq!(fill("customer-{a}", &[("a", "NULL")]), None);
        assert_eq!(fill("{a} ({b})", &[("a", "x"), ("b", "")]).unwrap(), "x");
        assert_eq!(fill("{a} ({b})", &[("a", "x"), ("b", "y")]).unwrap(), "x (y)");
        assert_eq!(fill("fixed {{text}}", &[("a", "")]).unwrap(), "fixed {text}");
    }

    #[test]
    fn a_column_may_have_any_name() {
        for column in ["a}", "{a}", "a} b\\", "\\}", "a\\b", "}}"] {
            let template = Template::column(column);
            assert_eq!(Template::parse(&template.to_string()).unwrap(), template, "{template}");
        }
        let beside = Template { parts: vec![Part::Column("a".into()), Part::Text("}".into())] };
        assert_eq!(Template::parse(&beside.to_string()).unwrap(), beside);
        assert_eq!(Template::parse(r"{C:\Temp}").unwrap(), Template::column(r"C:\Temp"));
    }

    #[test]
    fn wrong_templates_say_why() {
        assert!(Template::parse("{a").unwrap_err().contains("not closed"));
        assert!(Template::parse("a}").unwrap_err().contains("opening"));
        assert!(Template::parse("{ }").unwrap_err().contains("name of a column"));
    }
}
