//! `subject show ID`: everything held about a person, and until when and why each part stays.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::Exit;
use crate::output::{Lang, Output, Table};
use privacy::SubjectView;
use serde_json::{Value, json};

/// What `subject show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The person: the id of the record that is the person
    id: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let id = subject::id(&args.id)?;
    let tenant = context.tenant(&args.of)?;
    let view = privacy::subject(&mut tenant.reader()?, &context.caller(), id)?;
    out.answer(&document(&view, out.lang()), |lang| page(&view, lang))?;
    Ok(Exit::Done)
}

fn document(view: &SubjectView, lang: Lang) -> Value {
    let code = lang.code();
    let records: Vec<Value> = view
        .records
        .iter()
        .map(|record| {
            json!({
                "module": record.module, "id": record.id, "title": record.title, "values": record.values,
                "restricted": record.restricted, "own": record.own,
            })
        })
        .collect();
    let units: Vec<Value> = view
        .units
        .iter()
        .map(|unit| {
            json!({
                "id": unit.id, "class": unit.class, "label": unit.label.get(code), "records": unit.records,
                "until": unit.until, "basis": unit.basis, "reason": unit.reason.get(code),
            })
        })
        .collect();
    json!({"id": view.id, "title": view.title, "state": view.state, "aliases": view.aliases, "records": records, "units": units})
}

fn page(view: &SubjectView, lang: Lang) -> String {
    let code = lang.code();
    let title = view.title.as_deref().unwrap_or("–");
    let mut text = format!("{title}  {}  ({})\n\n", view.id, view.state);
    let mut records = Table::new(match lang {
        Lang::De => ["MODUL", "TITEL", "KENNUNG", ""],
        Lang::En => ["MODULE", "TITLE", "ID", ""],
    });
    for record in &view.records {
        let note = match (record.restricted, record.own) {
            (true, _) => lang.pick("eingeschränkt", "restricted"),
            (false, false) => lang.pick("nur einzelne Angaben", "single values only"),
            (false, true) => "",
        };
        records.row([record.module.clone(), record.title.clone(), record.id.to_string(), note.to_owned()]);
    }
    text.push_str(&records.to_string());
    text.push('\n');
    let mut units = Table::new(match lang {
        Lang::De => ["LÖSCHKLASSE", "DATENSÄTZE", "MUSS BLEIBEN BIS", "WEIL"],
        Lang::En => ["CLASS", "RECORDS", "MUST STAY UNTIL", "BECAUSE"],
    });
    for unit in &view.units {
        let until = unit.until.map_or_else(|| "–".to_owned(), |date| date.to_string());
        let because =
            if unit.until.is_some() { format!("{} {}", unit.basis, unit.reason.get(code)) } else { String::new() };
        units.row([unit.label.get(code).to_owned(), unit.records.len().to_string(), until, because]);
    }
    text.push_str(&units.to_string());
    text
}
