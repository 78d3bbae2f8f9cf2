//! Older data: the plan is shown before anything is changed, and what became of it afterwards (design, *Limits and failures*).
use crate::failure::Failure;
use crate::output::{Lang, Output};
use base::TenantId;
use std::collections::BTreeSet;
use std::fmt::Write;
use store::Plan;

/// Businesses that a plan lists by id; of more it gives the number.
const SHOWN: usize = 10;

/// Says what is about to happen.
pub(crate) fn announce(plan: &Plan, keep_days: u32, out: &mut Output<'_>) -> Result<(), Failure> {
    let ending = |lang: Lang| match lang {
        Lang::De => format!("Vorher wird eine Kopie angelegt und {keep_days} Tage aufgehoben.\n"),
        Lang::En => format!("A copy is made before and kept for {keep_days} days.\n"),
    };
    let text = |lang| format!("{}{}", shown(plan, lang), ending(lang));
    out.note(text(Lang::De).trim_end(), text(Lang::En).trim_end())
}

/// The plan in words.
pub(crate) fn shown(plan: &Plan, lang: Lang) -> String {
    let tenants: BTreeSet<TenantId> = plan.files.iter().filter_map(|file| file.tenant).collect();
    let from = plan.files.iter().map(|file| file.from).min().unwrap_or(plan.to);
    let mib = plan.copy_bytes.div_ceil(1024 * 1024);
    let mut text = match lang {
        Lang::De => format!(
            "Die Daten sind von einer älteren Version (Format {from}) und werden auf Format {} gebracht: {} Dateien von {} Mandanten, etwa {mib} MiB.\n",
            plan.to,
            plan.files.len(),
            tenants.len()
        ),
        Lang::En => format!(
            "The data is of an older version (format {from}) and is taken to format {}: {} files of {} businesses, about {mib} MiB.\n",
            plan.to,
            plan.files.len(),
            tenants.len()
        ),
    };
    let steps: BTreeSet<&str> = plan.files.iter().flat_map(|file| file.steps.iter().copied()).collect();
    // Writing to a string cannot fail.
    for step in steps {
        let count = plan.files.iter().filter(|file| file.steps.contains(&step)).count();
        let _ = writeln!(text, "  {step} ({count} {})", lang.pick("Dateien", "files"));
    }
    for tenant in tenants.iter().take(SHOWN) {
        let bytes: u64 = plan.files.iter().filter(|file| file.tenant == Some(*tenant)).map(|file| file.bytes).sum();
        let _ = writeln!(text, "  {tenant}: {} KiB", bytes.div_ceil(1024));
    }
    if tenants.len() > SHOWN {
        let _ = writeln!(text, "  … {}", tenants.len() - SHOWN);
    }
    text
}
