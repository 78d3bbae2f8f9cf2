//! `subject erase ID`: plan, show, approve, perform (design, *Erasure*). `--plan` stops after showing; `--yes` answers the prompt and
//! replaces no approval that the business requires.
use super::{Context, Ended, OfTenant, subject};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use privacy::{Certificate, Plan, PlanItem};
use serde_json::json;
use std::fmt::Write;

/// What `subject erase` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The person
    id: String,
    #[command(flatten)]
    of: OfTenant,
    /// Why: request, purpose-ended, consent-withdrawn, objection, unlawful, legal-duty, other. Any other text counts as other and is not kept, since it might name the person
    #[arg(long, value_name = "R")]
    reason: String,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    plan: bool,
    /// Perform it without asking
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let id = subject::id(&args.id)?;
    let tenant = context.tenant(&args.of)?;
    let caller = context.caller();
    if args.plan {
        let plan = privacy::draft(&mut tenant.reader()?, &caller, id)?;
        out.answer(&json!(plan), |lang| page(&plan, lang))?;
        return Ok(Exit::Done);
    }
    let plan = if args.yes {
        privacy::plan(&tenant, &caller, id, &args.reason)?
    } else {
        let draft = privacy::draft(&mut tenant.reader()?, &caller, id)?;
        out.note(&page(&draft, Lang::De), &page(&draft, Lang::En))?;
        if !out.agrees("Unwiderruflich löschen? [j/N]", "Erase for good? [y/N]")? {
            return Err(Failure::refused(
                "not-confirmed",
                "Nicht bestätigt: es wurde nichts gelöscht. Ohne Rückfrage: --yes",
                "Not confirmed: nothing was erased. Without being asked: --yes",
            ));
        }
        // What is agreed to is what was shown; anything else is refused, here and again under the writer.
        privacy::plan_as_shown(&tenant, &caller, id, &args.reason, &draft.hash)?
    };
    let certificate = privacy::perform(&tenant, &caller, plan.id)?;
    out.answer(&json!(certificate), |lang| told(&certificate, lang))?;
    Ok(Exit::Done)
}

// Writing to a string cannot fail.
fn page(plan: &Plan, lang: Lang) -> String {
    let mut text = format!("{} {}\n", lang.pick("Löschplan für", "Erasure plan for"), plan.subject);
    let _ = writeln!(text, "\n{}", lang.pick("Wird jetzt gelöscht:", "Will be erased now:"));
    items(&mut text, &plan.goes, lang);
    let _ = writeln!(text, "\n{}", lang.pick("Bleibt, eingeschränkt:", "Stays, restricted:"));
    items(&mut text, &plan.stays, lang);
    if plan.mentions_incomplete {
        let more = lang.pick(
            "Die Liste der Erwähnungen ist vielleicht nicht vollständig: Ein Wert der Person ist zu häufig, um danach zu suchen, oder es wären zu viele.",
            "The list of mentions may be incomplete: a value of the person is too common to be searched for, or there would be too many.",
        );
        let _ = writeln!(text, "\n{more}");
    }
    if !plan.mentions.is_empty() {
        let heading = lang.pick(
            "Erwähnt in Datensätzen anderer (darüber entscheidet ein Mensch):",
            "Mentioned in records of others (for a human to decide):",
        );
        let _ = writeln!(text, "\n{heading}");
        for mention in &plan.mentions {
            let _ = writeln!(text, "  {} {}: {}", mention.module, mention.record, mention.fields.join(", "));
        }
    }
    text
}

fn items(text: &mut String, items: &[PlanItem], lang: Lang) {
    if items.is_empty() {
        let _ = writeln!(text, "  –");
    }
    for item in items {
        let _ = write!(text, "  {}", item.label().get(lang.code()));
        if let Some(until) = item.until {
            let until_word = lang.pick("bis", "until");
            let _ = write!(text, " – {until_word} {until}: {} {}", item.basis, item.reason().get(lang.code()));
        }
        text.push('\n');
        for (module, record) in &item.records {
            let _ = writeln!(text, "    {module} {record}");
        }
    }
}

fn told(certificate: &Certificate, lang: Lang) -> String {
    let mut text = format!("{} {}\n", lang.pick("Gelöscht. Bescheinigung", "Erased. Certificate"), certificate.case);
    let keys = lang.pick("Schlüssel vernichtet am", "Keys destroyed at");
    let ciphertext = lang.pick("Chiffrat gelöscht am", "Ciphertext deleted at");
    let _ = writeln!(
        text,
        "  {keys}: {}\n  {ciphertext}: {}",
        certificate.keys_destroyed_at, certificate.ciphertext_deleted_at
    );
    if !certificate.stays.is_empty() {
        let _ = writeln!(text, "{}", lang.pick("Bleibt, eingeschränkt:", "Stays, restricted:"));
        items(&mut text, &certificate.stays, lang);
    }
    text
}
