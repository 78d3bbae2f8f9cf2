//! `tenant show T`: one business: its packs, its modules, how large its journal is.
use super::{Context, Ended, OfTenant};
use crate::failure::Exit;
use crate::output::Output;
use serde_json::json;

/// What `tenant show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its name or id
    tenant: String,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let info = context.info(&OfTenant { tenant: Some(args.tenant.clone()) })?;
    let tenant = context.open(info.id)?;
    let modules = tenant.shared().modules();
    let names: Vec<&str> = modules.set.iter().map(|module| module.name.as_str()).collect();
    let bytes = folder_bytes(&context.instance.paths(info.id).folder);
    let mut document = json!(info);
    if let Some(parts) = document.as_object_mut() {
        parts.insert("modules".into(), json!(names));
        parts.insert("bytes".into(), bytes.into());
    }
    let place = json!(info.place);
    let former = info.former.as_ref().map(|former| (json!(former.place), former.until));
    out.answer(&document, |lang| {
        let line = |de: &'static str, en: &'static str, value: &str| format!("{:16}{value}\n", lang.pick(de, en));
        [
            line("Name", "Name", &info.name),
            line("Kennung", "Id", &info.id.to_string()),
            line("Art", "Marker", &info.marker),
            line("Zeitzone", "Time zone", &info.zone),
            line("Angelegt", "Created", &info.created_at.to_string()),
            line("Pakete", "Packs", &info.packs.join(" ")),
            line("Module", "Modules", &names.join(" ")),
            line("Liegt in", "Lies in", place.as_str().unwrap_or_default()),
            former.as_ref().map_or_else(String::new, |(place, until)| {
                let place = place.as_str().unwrap_or_default();
                let kept = lang.pick("aufbewahrt bis", "kept until");
                line("Frühere Hälfte", "Former half", &format!("{place}, {kept} {until}"))
            }),
            line("Auf der Platte", "On disk", &format!("{} KiB", bytes.div_ceil(1024))),
        ]
        .concat()
    })?;
    Ok(Exit::Done)
}

/// What lies in a tenant's folder, in bytes; what cannot be seen is not counted.
fn folder_bytes(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|about| about.len()).sum()
}
