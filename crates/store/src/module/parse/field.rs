//! The fields of a definition.
use super::super::definition::RESERVED_FIELDS;
use super::super::problem::hint;
use super::super::reader::{Reader, Span, Table, is_name};
use super::super::{Choice, Definition, Field, FieldType, IdentifierKind, NormaliseOptions, Protection, Subject};
use super::{Draft, MAX_PARTS, known_field};
use serde_json::Value;
use toml::de::DeValue;

const KEYS: &[&str] = &[
    "name",
    "type",
    "label",
    "purpose",
    "class",
    "protection",
    "of",
    "required",
    "unique",
    "many",
    "searchable",
    "list",
    "index",
    "choices",
    "default",
    "to",
    "identifier",
    "max",
    "start_event",
    "identifies",
];
/// Words that a CEL expression could not use as a name.
const CEL_WORDS: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "null",
    "package",
    "namespace",
    "return",
    "today",
    "true",
    "var",
    "void",
    "while",
];
const PROTECTIONS: &[(&str, Protection)] = &[
    ("public", Protection::Public),
    ("internal", Protection::Internal),
    ("personal", Protection::Personal),
    ("sensitive", Protection::Sensitive),
];
const IDENTIFIERS: &[(&str, IdentifierKind)] = &[("vin", IdentifierKind::Vin), ("iban", IdentifierKind::Iban)];

/// All `[[field]]` tables.
pub(super) fn read_all(reader: &mut Reader, root: &Table, class: &str, draft: &mut Draft) -> Vec<Field> {
    let tables = reader.tables(root, "field", "a field");
    if tables.is_empty() {
        reader.problem(root.span.clone(), "no_field", format!("{} needs at least one `[[field]]`", root.what));
    }
    if tables.len() > MAX_PARTS {
        reader.problem(root.span.clone(), "too_many", format!("{} has more than {MAX_PARTS} fields", root.what));
    }
    let mut fields: Vec<Field> = Vec::new();
    for table in tables.into_iter().take(MAX_PARTS) {
        let field = read_one(reader, table, class, draft);
        if !field.name.is_empty() && fields.iter().any(|other| other.name == field.name) {
            let message = format!("the field `{}` is there twice", field.name);
            reader.problem(draft.span(&format!("field.{}", field.name)), "twice", message);
        }
        fields.push(field);
    }
    fields
}

fn read_one(reader: &mut Reader, mut table: Table, class: &str, draft: &mut Draft) -> Field {
    let found = reader.needed_text(&table, "name");
    let name = found.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
    draft.keep(format!("field.{name}"), found);
    if !name.is_empty() {
        table.what = format!("the field `{name}`");
        judge_name(reader, &name, draft.span(&format!("field.{name}")));
    }
    reader.only(&table, KEYS);
    let kind = reader.needed_text(&table, "type");
    let kind = reader.word(kind, "type", FieldType::ALL);
    let (label, purpose) = (reader.label(&table, "label"), reader.label(&table, "purpose"));
    let found = reader.text(&table, "class");
    let own_class = draft.keep(format!("field.{name}.class"), found);
    let protection = reader.needed_text(&table, "protection");
    let protection = reader.word(protection, "protection", PROTECTIONS);
    let found = reader.text(&table, "of");
    let of = draft.keep(format!("field.{name}.of"), found);
    let identifier = reader.text(&table, "identifier");
    let identifier = reader.word(identifier, "identifier", IDENTIFIERS);
    let to = reader.texts(&table, "to");
    if let Some((_, span)) = to.first() {
        draft.spans.insert(format!("field.{name}.to"), span.clone());
    }
    let kind = kind.unwrap_or(FieldType::Text);
    let max = reader.number(&table, "max", 1..=100_000).and_then(|max| usize::try_from(max).ok());
    let field = Field {
        kind,
        label,
        purpose,
        class: own_class.unwrap_or_else(|| class.to_owned()),
        protection: protection.unwrap_or(Protection::Internal), // its absence has been noted
        of,
        required: reader.truth(&table, "required"),
        unique: reader.truth(&table, "unique"),
        many: reader.truth(&table, "many"),
        searchable: reader.truth(&table, "searchable"),
        list: reader.truth(&table, "list"),
        index: reader.truth(&table, "index"),
        choices: read_choices(reader, &table),
        default: read_default(reader, &table, &name, draft),
        to: to.into_iter().map(|(module, _)| module).collect(),
        identifier,
        max: max.unwrap_or(if kind == FieldType::LongText { 20_000 } else { 200 }),
        start_event: reader.truth(&table, "start_event"),
        identifies: reader.truth(&table, "identifies"),
        name,
    };
    judge(reader, &table, &field);
    field
}

fn judge_name(reader: &mut Reader, name: &str, span: Span) {
    if !is_name(name) {
        reader.problem(span, "bad_name", format!("`{name}` is no name: lower-case letters, digits and _, at most 40"));
    } else if RESERVED_FIELDS.contains(&name) || ["origin", "activity"].contains(&name) {
        reader.problem(span, "reserved_name", format!("every record has `{name}` already; choose another name"));
    } else if CEL_WORDS.contains(&name) {
        reader.problem(
            span,
            "reserved_name",
            format!("`{name}` has a meaning of its own in expressions; choose another name"),
        );
    }
}

fn read_choices(reader: &mut Reader, table: &Table) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for table in reader.tables(table, "choices", "a choice") {
        reader.only(&table, &["key", "label"]);
        let label = reader.label(&table, "label");
        let Some((key, span)) = reader.needed_text(&table, "key") else { continue };
        if !is_name(&key) {
            reader.problem(
                span.clone(),
                "bad_name",
                format!("`{key}` is no key: lower-case letters, digits and _, at most 40"),
            );
        }
        if choices.iter().any(|other| other.key == key) {
            reader.problem(span, "twice", format!("the choice `{key}` is there twice"));
        }
        choices.push(Choice { key, label });
    }
    choices
}

fn read_default(reader: &mut Reader, table: &Table, name: &str, draft: &mut Draft) -> Option<Value> {
    let value = table.get("default")?;
    draft.spans.insert(format!("field.{name}.default"), value.span());
    match value.get_ref() {
        DeValue::Boolean(truth) => Some((*truth).into()),
        DeValue::String(text) => Some(text.to_string().into()),
        DeValue::Integer(digits) => Some(digits.to_string().into()), // normalising makes the number of it
        DeValue::Float(digits) => Some(digits.to_string().into()),
        DeValue::Datetime(moment) => Some(moment.to_string().into()),
        DeValue::Array(_) | DeValue::Table(_) => {
            reader.problem(value.span(), "wrong_type", "`default` is a text, a number, a date, true or false");
            None
        }
    }
}

/// What a field may be, judged by itself.
fn judge(reader: &mut Reader, table: &Table, field: &Field) {
    let what = &table.what;
    let mut wrong = |code: &str, message: String| reader.problem(table.span.clone(), code, message);
    let chooses = matches!(field.kind, FieldType::Choice | FieldType::Choices);
    if chooses && field.choices.is_empty() {
        wrong("missing_key", format!("{what} needs `choices`"));
    }
    if !chooses && !field.choices.is_empty() {
        wrong("key_without_use", format!("{what} has `choices` but is no choice"));
    }
    if (field.kind == FieldType::Link) == field.to.is_empty() {
        wrong("link_target", format!("{what}: `to` names the modules that a link leads to, and only a link has it"));
    }
    if (field.kind == FieldType::Identifier) != field.identifier.is_some() {
        wrong(
            "identifier_kind",
            format!("{what}: `identifier` says which (vin, iban), and only the type `identifier` has it"),
        );
    }
    if field.start_event && field.kind != FieldType::Date {
        wrong("start_event_type", format!("{what} starts a period, so it is of type `date`"));
    }
    if field.start_event && field.protection.sealed() {
        wrong(
            "start_event_sealed",
            format!("{what} starts a period, so it must be readable without a key: protection `internal` or `public`"),
        );
    }
    if field.many && matches!(field.kind, FieldType::Boolean | FieldType::Choice | FieldType::Choices) {
        wrong("many_choice", format!("{what} cannot be `many`: several choices are of type `choices`"));
    }
    if field.many && (field.unique || field.start_event) {
        wrong("many_unique", format!("{what} cannot be `many` and `unique` or `start_event`"));
    }
    if field.of.is_some() && !field.protection.sealed() {
        wrong(
            "of_without_use",
            format!("{what} belongs to somebody by `of`, so its protection is `personal` or `sensitive`"),
        );
    }
}

/// What needs all fields: whose a field is, and its default.
pub(super) fn finish(reader: &mut Reader, definition: &mut Definition, draft: &mut Draft) {
    let subject_link = definition.subject_link().map(|field| field.name.clone());
    let has_subject = !matches!(definition.subject, Subject::None);
    let links: Vec<(String, bool, bool)> = definition
        .fields
        .iter()
        .filter(|field| field.kind == FieldType::Link)
        .map(|field| (field.name.clone(), field.many, field.protection.sealed()))
        .collect();
    let mut fields = std::mem::take(&mut definition.fields);
    for field in &mut fields {
        let span = draft.span(&format!("field.{}.of", field.name));
        match field.of.clone() {
            Some(of) if of == "self" || subject_link.as_deref() == Some(of.as_str()) => field.of = None,
            Some(of) => match links.iter().find(|(name, _, _)| *name == of) {
                Some((_, false, false)) => {}
                Some(_) => {
                    let message = format!(
                        "`of = \"{of}\"`: the link that says whose a field is names one record and is not sealed itself"
                    );
                    reader.problem(span, "of_link", message);
                }
                None => {
                    let near = hint(&of, links.iter().map(|(name, _, _)| name.as_str()));
                    reader.problem(span, "of_unknown", format!("`of = \"{of}\"` names no link of this module{near}"));
                }
            },
            None if field.protection.sealed() && !has_subject => {
                let message = format!(
                    "the field `{}` is {} but the module has no `subject`: say with `of` whose it is",
                    field.name,
                    field.protection.name()
                );
                reader.problem(draft.span(&format!("field.{}", field.name)), "nobodys", message);
            }
            None => {}
        }
    }
    definition.fields = fields;
    finish_defaults(reader, definition, draft);
    if let Subject::Link(link) = definition.subject.clone()
        && let Some(field) = known_field(reader, &definition.fields, &link, draft.span("subject"), "`subject`")
        && (field.kind != FieldType::Link || field.many || field.protection.sealed())
    {
        let message = "the subject is named by a link to one record that is not sealed itself";
        reader.problem(draft.span("subject"), "subject_link", message);
    }
}

fn finish_defaults(reader: &mut Reader, definition: &mut Definition, draft: &Draft) {
    let mut defaults = Vec::new();
    for (place, field) in definition.fields.iter().enumerate() {
        let Some(default) = &field.default else { continue };
        let given = [(field.name.clone(), default.clone())].into_iter().collect();
        match definition.normalise(&given, &NormaliseOptions { patch: true, ..NormaliseOptions::default() }) {
            Ok(mut values) => defaults.push((place, values.remove(&field.name))),
            Err(errors) => {
                let why = errors.first().map(|error| error.message.en.clone()).unwrap_or_default();
                reader.problem(
                    draft.span(&format!("field.{}.default", field.name)),
                    "bad_default",
                    format!("the default of `{}`: {why}", field.name),
                );
            }
        }
    }
    for (place, default) in defaults {
        if let Some(field) = definition.fields.get_mut(place) {
            field.default = default;
        }
    }
}
