//! The inputs of a form: from the definition, what is typed, and what is wrong with it.
use super::{ADDRESS_PARTS, Choice, Control, FieldInput, Part, Row, Typed, base, is_sensitive, part_name};
use crate::words::Words;
use std::collections::HashMap;
use store::module::{Definition, Field, FieldError, FieldType, Modules, countries, country_code};

/// What a form is built with.
pub struct Context<'a> {
    /// Texts of the interface.
    pub words: Words,
    /// The tenant's modules: processing activities are a choice.
    pub modules: &'a Modules,
    /// What is wrong, by field.
    pub errors: &'a [FieldError],
    /// Records that can be chosen, by the name of the link's input.
    pub links: &'a HashMap<String, Vec<(String, String)>>,
    /// The field that gets one more, empty row.
    pub add: Option<&'a str>,
}

/// The inputs of a form whose rows are compact.
pub fn build(
    definition: &Definition,
    typed: &Typed,
    context: &Context<'_>,
    shown: &dyn Fn(&Field) -> bool,
) -> Vec<FieldInput> {
    definition.fields.iter().filter(|field| shown(field)).map(|field| build_field(field, typed, context)).collect()
}

fn build_field(field: &Field, typed: &Typed, context: &Context<'_>) -> FieldInput {
    let lang = context.words.code();
    let filled = typed.filled_rows(field);
    let more = usize::from(context.add == Some(field.name.as_str()) || filled == 0);
    let rows = if field.many { (filled + more).min(Field::MAX_ITEMS) } else { 1 };
    FieldInput {
        name: field.name.clone(),
        label: field.label.get(lang).to_owned(),
        required: field.required,
        many: field.many,
        sensitive: is_sensitive(field),
        wide: field.many || matches!(field.kind, FieldType::LongText | FieldType::Address | FieldType::Choices),
        rows: (0..rows).map(|place| build_row(field, typed, place, context)).collect(),
        errors: messages(context, |path| path == field.name),
    }
}

fn build_row(field: &Field, typed: &Typed, place: usize, context: &Context<'_>) -> Row {
    let base = base(field, place);
    // What is wrong with a value stands beside it; a part of an address beside the part.
    let path = if field.many { format!("{}[{place}]", field.name) } else { field.name.clone() };
    let errors = if field.many { messages(context, |found| found == path) } else { Vec::new() };
    Row {
        place,
        control: control(field, typed, &base, &path, context),
        note: note(field, typed.text(&part_name(&base, "label"))),
        base,
        errors,
    }
}

/// The label of a value: for what people have several of at several places, and wherever one stands already.
fn note(field: &Field, text: &str) -> Option<String> {
    let usual = matches!(field.kind, FieldType::Email | FieldType::Phone | FieldType::Url | FieldType::Address);
    (field.many && (usual || !text.is_empty())).then(|| text.to_owned())
}

fn messages(context: &Context<'_>, at: impl Fn(&str) -> bool) -> Vec<String> {
    let found = context.errors.iter().filter(|error| at(&error.field));
    found.map(|error| error.message.get(context.words.code()).to_owned()).collect()
}

fn control(field: &Field, typed: &Typed, base: &str, path: &str, context: &Context<'_>) -> Control {
    let lang = context.words.code();
    let text = typed.text(base).to_owned();
    let line =
        |kind: &'static str, mode: &'static str| Control::Line { kind, mode, max: field.max, value: text.clone() };
    let choices = || field.choices.iter().map(|choice| (choice.key.clone(), choice.label.get(lang).to_owned()));
    match field.kind {
        // The implied field `activity` holds the key of a processing activity.
        FieldType::Text if field.name == "activity" && !context.modules.activities().activities.is_empty() => {
            let known = context.modules.activities().activities.iter();
            select(known.map(|activity| (activity.key.clone(), activity.label.get(lang).to_owned())), &text)
        }
        FieldType::Country => Control::Select { options: country_options(lang, &text) },
        FieldType::Text | FieldType::Identifier => line("text", "text"),
        FieldType::Url => line("text", "url"),
        FieldType::Integer => line("text", "numeric"),
        FieldType::Decimal => line("text", "decimal"),
        FieldType::Email => line("email", "email"),
        FieldType::Phone => line("tel", "tel"),
        FieldType::Date => line("date", "text"),
        FieldType::DateTime => line("datetime-local", "text"),
        FieldType::LongText => Control::Area { max: field.max, value: text },
        FieldType::Boolean => {
            let answers = [("true", context.words.say("yes")), ("false", context.words.say("no"))];
            select(answers.into_iter().map(|(key, label)| (key.to_owned(), label)), &text)
        }
        FieldType::Choice => select(choices(), &text),
        FieldType::Choices => {
            let chosen = typed.chosen(base);
            let options = choices().map(|(key, label)| Choice { chosen: chosen.contains(&key), key, label }).collect();
            Control::Checks { options }
        }
        FieldType::Money => Control::Money {
            amount: typed.text(&part_name(base, "amount")).to_owned(),
            currency: typed.text(&part_name(base, "currency")).to_owned(),
        },
        FieldType::Address => {
            let part = |name: &'static str| Part {
                name,
                label: context.words.say(&format!("address-{}", name.replace('_', "-"))),
                value: typed.text(&part_name(base, name)).to_owned(),
                area: name == "text",
                options: if name == "country" {
                    country_options(lang, typed.text(&part_name(base, name)))
                } else {
                    Vec::new()
                },
                errors: messages(context, |found| found.strip_prefix(path) == Some(&format!(".{name}"))),
            };
            Control::Address { parts: ADDRESS_PARTS.into_iter().map(part).collect() }
        }
        FieldType::Link => {
            let known = context.links.get(base).cloned().unwrap_or_default();
            let Control::Select { options } = select(known.into_iter(), &text) else { return line("text", "text") };
            Control::Link {
                options,
                find: typed.text(&part_name(base, "find")).to_owned(),
                modules: field.to.join(","),
            }
        }
    }
}

/// Countries by name; the code is the value. A name that was typed elsewhere is the country that it means.
fn country_options(lang: &str, typed: &str) -> Vec<Choice> {
    let chosen = country_code(typed).unwrap_or(typed);
    let all = countries(lang).into_iter().map(|(code, name)| (code.to_owned(), name.to_owned()));
    match select(all, chosen) {
        Control::Select { options } => options,
        _ => Vec::new(),
    }
}

/// A select with an empty choice; what is chosen but unknown stays, so that saving does not change it.
fn select(choices: impl Iterator<Item = (String, String)>, chosen: &str) -> Control {
    let mut options = vec![Choice { key: String::new(), label: "–".to_owned(), chosen: chosen.is_empty() }];
    options.extend(choices.map(|(key, label)| Choice { chosen: key == chosen, key, label }));
    if !options.iter().any(|choice| choice.chosen) {
        options.push(Choice { key: chosen.to_owned(), label: chosen.to_owned(), chosen: true });
    }
    Control::Select { options }
}
