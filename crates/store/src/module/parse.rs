//! Reading one definition: everything about it that can be judged without the other modules. The rest is in `modules`.
mod field;
mod rules;
#[cfg(test)]
mod tests;

use super::definition::Source;
use super::fingerprint::fingerprint;
use super::problem::{Problem, hint};
use super::reader::{Reader, Span, Table, is_name};
use super::{Definition, Expression, Field, FieldType, Label, Subject, Title};
use std::collections::HashMap;

const KEYS: &[&str] = &[
    "name",
    "label",
    "plural",
    "purpose",
    "class",
    "title",
    "subject",
    "subject_when",
    "origin",
    "checks",
    "correction",
    "field",
    "state",
];
/// Names that routes of the API have already.
const RESERVED_MODULES: &[&str] =
    &["modules", "changes", "subjects", "erasure_plans", "openapi", "batch", "none", "self"];
/// Most fields, states and checks of one module.
const MAX_PARTS: usize = 200;

/// Reads a definition. `file` is the name that problems carry. All that is wrong at once, in the order of the lines.
pub fn parse(text: &str, file: &str) -> Result<Definition, Vec<Problem>> {
    let mut reader = Reader::new(text, file);
    let root = reader.root();
    let root = Table { entries: root.get_ref(), span: 0..0, what: "a module".to_owned() };
    let definition = read(&mut reader, root, file);
    reader.problems.sort();
    reader.problems.dedup();
    if reader.problems.is_empty() { Ok(definition) } else { Err(reader.problems) }
}

/// A definition on its way, with the byte ranges of its parts for messages.
struct Draft {
    spans: HashMap<String, Span>,
}

impl Draft {
    fn keep(&mut self, part: impl Into<String>, found: Option<(String, Span)>) -> Option<String> {
        let (text, span) = found?;
        self.spans.insert(part.into(), span);
        Some(text)
    }
    fn span(&self, part: &str) -> Span {
        self.spans.get(part).cloned().unwrap_or(0..0)
    }
}

fn read(reader: &mut Reader, mut root: Table, file: &str) -> Definition {
    let mut draft = Draft { spans: HashMap::new() };
    let found = reader.needed_text(&root, "name");
    let name = draft.keep("name", found).unwrap_or_default();
    if !name.is_empty() {
        root.what = format!("the module `{name}`");
        if !is_name(&name) || RESERVED_MODULES.contains(&name.as_str()) {
            reader.problem(draft.span("name"), "bad_name", format!("`{name}` cannot be a module's name: lower-case letters, digits and _, at most 40, and none that a route has"));
        }
    }
    reader.only(&root, KEYS);
    let (label, plural, purpose) =
        (reader.label(&root, "label"), reader.label(&root, "plural"), reader.label(&root, "purpose"));
    let found = reader.needed_text(&root, "class");
    let class = draft.keep("class", found).unwrap_or_default();
    let found = reader.needed_text(&root, "title");
    let title = draft.keep("title", found);
    let subject = read_subject(reader, &root, &mut draft);

    let mut fields = field::read_all(reader, &root, &class, &mut draft);
    if !matches!(subject, Subject::None) {
        fields.extend(implied(&class));
    }
    let positions: HashMap<String, usize> =
        fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
    let mut definition = Definition {
        name,
        label,
        plural,
        purpose,
        class,
        title: read_title(reader, title, &draft),
        subject,
        fields,
        states: Vec::new(),
        checks: Vec::new(),
        correction: None,
        fingerprint: [0; 32],
        source: Source { file: file.to_owned(), spots: HashMap::new() },
        positions,
    };
    definition.checks = rules::read_checks(reader, &root, &mut draft);
    definition.states = rules::read_states(reader, &root, &mut draft);
    definition.correction = rules::read_correction(reader, &root, &mut draft);
    field::finish(reader, &mut definition, &mut draft);
    rules::judge(reader, &mut definition, &draft);
    definition.source.spots = draft.spans.iter().map(|(part, span)| (part.clone(), reader.place(span.start))).collect();
    definition.fingerprint = fingerprint(&definition);
    definition
}

fn read_subject(reader: &mut Reader, root: &Table, draft: &mut Draft) -> Subject {
    let found = reader.text(root, "subject");
    let subject = draft.keep("subject", found);
    let found = reader.text(root, "subject_when");
    let when = draft.keep("subject_when", found);
    if when.is_some() && subject.as_deref() != Some("self") {
        let message = "`subject_when` says when the record itself is the person: it goes with `subject = \"self\"`";
        reader.problem(draft.span("subject_when"), "subject_when_alone", message);
    }
    if let Some(origin) = reader.truth_or_absent(root, "origin")
        && origin != subject.is_some()
    {
        let message = if origin {
            "`origin` is for modules with a `subject`"
        } else {
            "a record about a person says where the data is from: `origin` cannot be switched off in a module with a `subject`"
        };
        reader.problem(root.span.clone(), "origin_differs", message);
    }
    match subject.as_deref() {
        None => Subject::None,
        Some("self") => {
            Subject::Own { when: when.and_then(|source| compile(reader, &source, draft.span("subject_when"))) }
        }
        Some(link) => Subject::Link(link.to_owned()),
    }
}

fn compile(reader: &mut Reader, source: &str, span: Span) -> Option<Expression> {
    match Expression::compile(source) {
        Ok(expression) => Some(expression),
        Err(message) => {
            reader.problem(span, "bad_expression", message);
            None
        }
    }
}

fn read_title(reader: &mut Reader, source: Option<String>, draft: &Draft) -> Title {
    let source = source.unwrap_or_else(|| "{id}".to_owned()); // its absence has been noted
    Title::parse(&source).unwrap_or_else(|message| {
        reader.problem(draft.span("title"), "bad_title", message);
        Title::parse("{id}").unwrap_or_default()
    })
}

/// The two fields that every module about people has (H-102, H-106).
fn implied(class: &str) -> [Field; 2] {
    let field = |name: &str, kind, label, purpose, protection, max| Field {
        name: name.to_owned(),
        kind,
        label,
        purpose,
        class: class.to_owned(),
        protection,
        of: None,
        required: false, // asked for by `check_origin`, once the record is known to be about a person
        unique: false,
        many: false,
        searchable: false,
        list: false,
        index: true,
        choices: Vec::new(),
        default: None,
        to: Vec::new(),
        identifier: None,
        max,
        start_event: false,
        identifies: false,
    };
    [
        field(
            "origin",
            FieldType::LongText,
            Label::new("Datenherkunft", "Origin of the data"),
            Label::new(
                "Auskunft darüber, woher die Daten stammen (Art. 14 Abs. 2 lit. f, Art. 15 Abs. 1 lit. g DSGVO).",
                "To be able to say where the data came from (Art. 14(2)(f), Art. 15(1)(g) GDPR).",
            ),
            super::Protection::Personal,
            2000,
        ),
        field(
            "activity",
            FieldType::Text,
            Label::new("Verarbeitungstätigkeit", "Processing activity"),
            Label::new(
                "Bindung an Zweck und Rechtsgrundlage (Art. 5 Abs. 1 lit. b DSGVO).",
                "Ties the data to its purpose and legal basis (Art. 5(1)(b) GDPR).",
            ),
            super::Protection::Internal,
            40,
        ),
    ]
}

/// Notes that `name` is no field of the module, if it is none.
fn known_field<'a>(reader: &mut Reader, fields: &'a [Field], name: &str, span: Span, what: &str) -> Option<&'a Field> {
    let found = fields.iter().find(|field| field.name == name);
    if found.is_none() {
        let near = hint(name, fields.iter().map(|field| field.name.as_str()));
        reader.problem(span, "no_such_field", format!("{what} names the field `{name}`, which does not exist{near}"));
    }
    found
}
