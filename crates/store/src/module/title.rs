//! A record's title: a template over its fields.
use super::{Definition, Map};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Most characters of a title.
const MAX_TITLE: usize = 200;

/// A parsed title template: `{make} {model} ({plate}) | {vin}`.
///
/// The first alternative (between ` | `) with a value in it is taken. What stands between two fields appears only if both
/// sides do, so that missing values leave no loose commas or brackets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    source: String,
    alternatives: Vec<Vec<Segment>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Text(String),
    Field(String),
}

impl Serialize for Title {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl Title {
    /// Reads a template; the error is a sentence.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let alternatives = source.split(" | ").map(parse_alternative).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { source: source.to_owned(), alternatives })
    }
    /// The text as written in the definition.
    pub fn source(&self) -> &str {
        &self.source
    }
    /// The fields that it uses, in their order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.alternatives.iter().flatten().filter_map(|segment| match segment {
            Segment::Field(name) => Some(name.as_str()),
            Segment::Text(_) => None,
        })
    }
}

fn parse_alternative(source: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut rest = source;
    while let Some((text, after)) = rest.split_once('{') {
        if text.contains('}') {
            return Err("a `}` without a `{` before it".to_owned());
        }
        if !text.is_empty() {
            segments.push(Segment::Text(text.to_owned()));
        }
        let (name, after) = after.split_once('}').ok_or_else(|| "a `{` without a `}` after it".to_owned())?;
        segments.push(Segment::Field(name.trim().to_owned()));
        rest = after;
    }
    if rest.contains('}') {
        return Err("a `}` without a `{` before it".to_owned());
    }
    if !rest.is_empty() {
        segments.push(Segment::Text(rest.to_owned()));
    }
    if segments.iter().any(|segment| matches!(segment, Segment::Field(_))) {
        Ok(segments)
    } else {
        Err("each alternative of a title names at least one field, as in `{name}`".to_owned())
    }
}

impl Definition {
    /// The record's title, at most 200 characters on one line; the module's German label if none of its fields has a value.
    ///
    /// `lookup` gives the title of a linked record by id; with `|_| None` links vanish.
    pub fn title(&self, values: &Map, lookup: &dyn Fn(&str) -> Option<String>) -> String {
        let text = |name: &str| {
            let field = self.field(name)?;
            let value = values.get(name)?;
            let first = value.as_array().map_or(value, |items| items.first().unwrap_or(&Value::Null));
            let first = first.get("value").unwrap_or(first); // without the label of an item
            if field.kind == super::FieldType::Link {
                return lookup(first.as_str()?);
            }
            Some(self.display(name, first, "de")).filter(|text| !text.is_empty())
        };
        let found = self
            .title
            .alternatives
            .iter()
            .map(|alternative| render(alternative, &text))
            .find(|title| !title.is_empty());
        let title = found.unwrap_or_else(|| self.label.de.clone());
        let line: Vec<&str> = title.split_whitespace().collect();
        line.join(" ").chars().take(MAX_TITLE).collect()
    }
}

fn render(segments: &[Segment], text: &dyn Fn(&str) -> Option<String>) -> String {
    let mut title = String::new();
    let mut between = "";
    let mut last_field_shown = false;
    for segment in segments {
        match segment {
            Segment::Text(text) => between = text,
            Segment::Field(name) => {
                last_field_shown = false;
                if let Some(value) = text(name) {
                    // an opening text belongs to the first field; one between two fields needs something on its left
                    if !title.is_empty() || std::ptr::eq(segment, first_field(segments).unwrap_or(segment)) {
                        title.push_str(between);
                    }
                    title.push_str(&value);
                    last_field_shown = true;
                }
                between = "";
            }
        }
    }
    if last_field_shown {
        title.push_str(between);
    }
    title
}

fn first_field(segments: &[Segment]) -> Option<&Segment> {
    segments.iter().find(|segment| matches!(segment, Segment::Field(_)))
}
