//! The form of a record, new or changed: what both have in common. Everything that was typed comes back with what is wrong with it.
use crate::fail::Failure;
use crate::form::{self, Action, Context, Control, FieldInput, Row, Typed};
use crate::layout::{Page, html};
use crate::pages::{Visit, suggest};
use crate::show::{self, Showing};
use crate::words::Words;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use records::RecordView;
use std::collections::HashMap;
use std::fmt::Write;
use store::Reader;
use store::module::{Definition, Field, FieldError, FieldType, Map};

#[derive(Template)]
#[template(path = "form.html")]
struct Sheet {
    page: Page,
    module: String,
    plural: String,
    record_title: Option<String>,
    action: String,
    cancel: String,
    version: Option<i64>,
    inputs: Vec<FieldInput>,
    summary: Vec<Problem>,
    conflict: Vec<Conflict>,
    labels: Vec<String>,
}

struct Problem {
    message: String,
    target: String,
}

/// A field in which the typed and the stored value differ.
struct Conflict {
    label: String,
    yours: String,
    stored: String,
}

#[derive(Template)]
#[template(path = "control.html")]
struct ControlView<'a> {
    input: &'a FieldInput,
    row: &'a Row,
    words: Words,
    test: String,
    attributes: String,
}

impl FieldInput {
    /// Whether the value has several inputs, which need a group around them.
    pub(crate) fn grouped(&self) -> bool {
        self.rows
            .iter()
            .any(|row| matches!(row.control, Control::Address { .. } | Control::Checks { .. } | Control::Money { .. }))
    }
}

impl Sheet {
    /// The control of one value. Templates of templates: each kind of control stands once.
    fn control(&self, input: &FieldInput, row: &Row) -> String {
        let bad = !(input.errors.is_empty() && row.errors.is_empty());
        // Writing to a string cannot fail.
        let mut attributes = String::new();
        if input.required {
            attributes.push_str(" required");
        }
        if bad {
            let owner = if row.errors.is_empty() && input.many { &input.name } else { &row.base };
            let _ = write!(attributes, " aria-invalid=\"true\" aria-describedby=\"{owner}-error\"");
        }
        if input.many {
            // One of several has no label of its own; the group's and its number name it.
            let name = self.page.w.say2("value-number", "label", &input.label, "n", row.place + 1);
            let _ = write!(attributes, " aria-label=\"{}\"", escape(&name));
        }
        let test = if row.place == 0 {
            format!("field-{}", input.name)
        } else {
            format!("field-{}-{}", input.name, row.place)
        };
        let view = ControlView { input, row, words: self.page.w, test, attributes };
        view.render().unwrap_or_default()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// What a form is about.
pub(crate) struct About<'a> {
    pub definition: &'a Definition,
    /// The stored record; `None` for a new one.
    pub record: Option<&'a RecordView>,
    /// What is typed.
    pub typed: Typed,
    /// What the pressed button asks for.
    pub pressed: Action,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// Whether somebody else has changed the record meanwhile.
    pub stale: bool,
}

/// Whether a form shows a field: what the caller may not see, he may not overwrite either, and what only a correction sets is nobody's to type.
pub(crate) fn shown<'a>(visit: &'a Visit, definition: &'a Definition) -> impl Fn(&Field) -> bool + 'a {
    |field| records::may_see(definition, &field.name, visit.caller()) && !definition.is_correction_link(&field.name)
}

/// The page of a form.
pub(crate) fn show(visit: &Visit, reader: &mut Reader, mut about: About<'_>) -> Result<Response, Failure> {
    let definition = about.definition;
    let lang = visit.lang();
    if let Action::Remove(name, place) = &about.pressed
        && let Some(field) = definition.field(name)
    {
        about.typed.remove(field, *place);
    }
    about.typed.compact(definition);
    let add = if let Action::Add(name) = &about.pressed { Some(name.as_str()) } else { None };
    let links = links(visit, reader, definition, &about.typed, &about.pressed)?;
    let modules = visit.modules();
    let context = Context { words: visit.words, modules: &modules.set, errors: &about.errors, links: &links, add };
    let inputs = form::build(definition, &about.typed, &context, &shown(visit, definition));
    let summary = about.errors.iter().map(|error| Problem {
        message: match definition.field(name_of(&error.field)) {
            Some(field) => format!("{}: {}", field.label.get(lang), error.message.get(lang)),
            None => error.message.get(lang).to_owned(),
        },
        target: target(&inputs, name_of(&error.field)),
    });
    let summary: Vec<Problem> = summary.collect();
    let conflict = match about.record.filter(|_| about.stale) {
        Some(record) => differences(visit, reader, definition, &about.typed, record)?,
        None => Vec::new(),
    };
    let base = format!("/m/{}", definition.name);
    let (title, action, cancel) = match about.record {
        Some(record) => {
            (visit.words.say("edit"), format!("{base}/{}/edit", record.id), format!("{base}/{}", record.id))
        }
        None => (visit.words.say1("new-record-of", "label", definition.label.get(lang)), format!("{base}/new"), base),
    };
    let status = match (summary.is_empty(), about.stale) {
        (_, true) => StatusCode::CONFLICT,
        (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
        (true, false) => StatusCode::OK,
    };
    let labels = ["hint-label-work", "hint-label-home", "hint-label-mobile"].map(|key| visit.words.say(key)).to_vec();
    let mut response = html(&Sheet {
        page: visit.page(title),
        module: definition.name.clone(),
        plural: definition.plural.get(lang).to_owned(),
        record_title: about.record.map(|record| record.title.clone()),
        action,
        cancel,
        version: about.record.map(|record| record.version),
        inputs,
        summary,
        conflict,
        labels,
    });
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    Ok(response)
}

/// `emails` of `emails[2]`, `address` of `address.country`.
fn name_of(path: &str) -> &str {
    path.split(['[', '.']).next().unwrap_or_default()
}

/// Where a message of the summary leads.
fn target(inputs: &[FieldInput], name: &str) -> String {
    inputs.iter().find(|input| input.name == name).map(|input| format!("field-{}", input.name)).unwrap_or_default()
}

/// Who can be chosen in each link of the form: the present one, and what was looked for or the first ones by title.
fn links(
    visit: &Visit,
    reader: &mut Reader,
    definition: &Definition,
    typed: &Typed,
    pressed: &Action,
) -> Result<HashMap<String, Vec<(String, String)>>, Failure> {
    let mut links = HashMap::new();
    for field in definition.fields.iter().filter(|field| field.kind == FieldType::Link) {
        let rows = if field.many { typed.filled_rows(field) + 1 } else { 1 };
        let modules: Vec<&str> = field
            .to
            .iter()
            .map(String::as_str)
            .filter(|module| visit.caller().grants.allows(module, base::Access::Read))
            .collect();
        for place in 0..rows {
            let name = if field.many { format!("f.{}.{place}", field.name) } else { format!("f.{}", field.name) };
            let present = typed.text(&name);
            let looked_for =
                if *pressed == Action::Find(name.clone()) { typed.text(&format!("{name}.find")) } else { "" };
            let mut options = Vec::new();
            if let Ok(id) = present.parse() {
                let titles = records::titles(reader, visit.caller(), &[id])?;
                let title = titles.get(&id).map_or_else(|| visit.words.say("not-visible"), |(_, title)| title.clone());
                options.push((present.to_owned(), title));
            }
            for found in suggest::candidates(visit, reader, &modules, looked_for)? {
                if found.0 != present {
                    options.push(found);
                }
            }
            links.insert(name, options);
        }
    }
    Ok(links)
}

/// Fields in which the typed value is not the stored one, side by side.
fn differences(
    visit: &Visit,
    reader: &mut Reader,
    definition: &Definition,
    typed: &Typed,
    record: &RecordView,
) -> Result<Vec<Conflict>, Failure> {
    let modules = visit.modules();
    let given = form::read(definition, typed, &shown(visit, definition));
    let options = store::module::NormaliseOptions { patch: true, tolerant: false, zone: Some(visit.zone().clone()) };
    let mine = definition.normalise(&given, &options).unwrap_or(given);
    let mut ids = show::link_ids(definition, &record.values);
    ids.extend(show::link_ids(definition, &mine));
    let titles = records::titles(reader, visit.caller(), &ids)?;
    let showing = Showing { words: visit.words, zone: visit.zone(), titles: &titles, modules: &modules.set };
    let text = |values: &Map, field: &Field| match values.get(&field.name) {
        Some(value) if !value.is_null() => show::plain(definition, field, value, showing),
        _ => "–".to_owned(),
    };
    let fields = definition.fields.iter().filter(|field| mine.contains_key(&field.name));
    let rows = fields.map(|field| Conflict {
        label: field.label.get(visit.lang()).to_owned(),
        yours: text(&mine, field),
        stored: text(&record.values, field),
    });
    Ok(rows.filter(|row| row.yours != row.stored).collect())
}
