//! `module list`: the modules of a business; without one, those of the packs that come with the program.
use super::{Context, Ended};
use crate::failure::{Exit, Failure};
use crate::output::{Output, Table};
use serde_json::json;
use store::module::{Modules, packs};

/// What `module list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The business; without it, the packs that come with the program
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let tenant = context.tenant(&super::OfTenant { tenant: args.tenant.clone() })?;
    list(&tenant.shared().modules().set, out)
}

/// The modules of every pack; needs no data.
pub(crate) fn shipped(out: &mut Output<'_>) -> Ended {
    list(&packs::load(packs::NAMES).map_err(Failure::from)?, out)
}

fn list(modules: &Modules, out: &mut Output<'_>) -> Ended {
    let lang = out.lang().code();
    let items: Vec<_> = modules
        .iter()
        .map(|module| {
            json!({
                "name": module.name, "pack": modules.pack_of(&module.name), "label": module.label.get(lang),
                "plural": module.plural.get(lang), "class": module.class, "fields": module.fields.len(),
                "personal": module.may_be_personal(), "purpose": module.purpose.get(lang),
            })
        })
        .collect();
    out.list(&items, |lang| {
        let mut table = Table::new(match lang {
            crate::output::Lang::De => ["MODUL", "PAKET", "NAME", "LÖSCHKLASSE", "FELDER"],
            crate::output::Lang::En => ["MODULE", "PACK", "NAME", "CLASS", "FIELDS"],
        });
        for module in modules.iter() {
            table.row([
                module.name.as_str(),
                modules.pack_of(&module.name).unwrap_or_default(),
                module.plural.get(lang.code()),
                &module.class,
                &module.fields.len().to_string(),
            ]);
        }
        table
    })?;
    Ok(Exit::Done)
}
