//! `module show M`: a module's fields, each with its purpose, deletion class and protection (O-86); without a business, of the packs that
//! come with the program.
use super::{Context, Ended};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output, Table};
use serde_json::json;
use store::module::{Definition, Modules, packs};

/// What `module show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The module's name
    pub module: String,
    /// The business; without it, the packs that come with the program
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&super::OfTenant { tenant: args.tenant.clone() })?;
    show(&tenant.shared().modules().set, &args.module, out)
}

/// A module of the packs; needs no data.
pub(crate) fn shipped(args: &Args, out: &mut Output<'_>) -> Ended {
    show(&packs::load(packs::NAMES).map_err(Failure::from)?, &args.module, out)
}

fn show(modules: &Modules, name: &str, out: &mut Output<'_>) -> Ended {
    let Some(module) = modules.get(name) else {
        let known: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
        let known = known.join(", ");
        return Err(Failure::not_found(
            format!("Es gibt kein Modul „{name}“. Vorhanden: {known}."),
            format!("There is no module “{name}”. There are: {known}."),
        ));
    };
    out.answer(&json!(module), |lang| page(module, lang))?;
    Ok(Exit::Done)
}

fn page(module: &Definition, lang: Lang) -> String {
    let code = lang.code();
    let mut text = format!("{} ({})\n{}\n\n", module.plural.get(code), module.name, module.purpose.get(code));
    let mut table = Table::new(match lang {
        Lang::De => ["FELD", "ART", "SCHUTZ", "LÖSCHKLASSE", "ZWECK"],
        Lang::En => ["FIELD", "TYPE", "PROTECTION", "CLASS", "PURPOSE"],
    });
    for field in &module.fields {
        let kind = if field.many { format!("{} …", field.kind.name()) } else { field.kind.name().to_owned() };
        table.row([field.name.as_str(), &kind, field.protection.name(), &field.class, field.purpose.get(code)]);
    }
    text.push_str(&table.to_string());
    if !module.states.is_empty() {
        text.push('\n');
        let mut table = Table::new(match lang {
            Lang::De => ["STATUS", "NAME", "DANACH", "BRAUCHT"],
            Lang::En => ["STATE", "NAME", "THEN", "NEEDS"],
        });
        for state in &module.states {
            table.row([state.name.as_str(), state.label.get(code), &state.to.join(" "), &state.requires.join(" ")]);
        }
        text.push_str(&table.to_string());
    }
    text
}
