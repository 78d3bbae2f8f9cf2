//! `GET /m/{module}/fields`: the data dictionary of a module: what is kept, why, for how long (F-067, O-86).
use crate::fail::Failure;
use crate::layout::{Page, html};
use crate::pages::Visit;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::Access;

#[derive(Template)]
#[template(path = "fields.html")]
struct Fields {
    page: Page,
    module: String,
    plural: String,
    purpose: String,
    lines: Vec<FieldLine>,
}

struct FieldLine {
    name: String,
    label: String,
    purpose: String,
    protection: String,
    class: String,
    required: bool,
}

pub(crate) async fn show(visit: Visit, Path(module): Path<String>) -> Result<Response, Failure> {
    visit.query.only(&[])?;
    visit.caller().needs_access(&module, Access::Read)?;
    let modules = visit.modules();
    let definition = modules.set.get(&module).ok_or_else(Failure::not_found)?;
    let lang = visit.lang();
    let fields = definition.fields.iter().map(|field| FieldLine {
        name: field.name.clone(),
        label: field.label.get(lang).to_owned(),
        purpose: field.purpose.get(lang).to_owned(),
        protection: visit.words.say(&format!("protection-{}", field.protection.name())),
        class: modules.set.class(&field.class).map_or(field.class.as_str(), |class| class.label.get(lang)).to_owned(),
        required: field.required,
    });
    let plural = definition.plural.get(lang).to_owned();
    let page = visit.page(format!("{plural}: {}", visit.words.say("data-dictionary")));
    let purpose = definition.purpose.get(lang).to_owned();
    Ok(html(&Fields { page, module, plural, purpose, lines: fields.collect() }))
}
