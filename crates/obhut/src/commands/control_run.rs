//! `control run [ID…]`: runs controls now and says which hold. What is broken is named, and the exit code is 1.
use super::{Context, Ended, OfTenant};
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use base::Finding;
use serde_json::{Value, json};
use std::fmt::Write;
use store::checks::About;
use store::{Check, TenantInfo};

/// What `control run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The controls, as `control list` names them; without any, all
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// The business; without it, every business
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
}

/// How a control was found.
enum State {
    Kept,
    Broken(Vec<Finding>),
    /// It could not be found out.
    Unknown(String),
}

impl State {
    const fn code(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken(_) => "broken",
            Self::Unknown(_) => "unknown",
        }
    }
    fn word(&self, lang: Lang) -> &'static str {
        match self {
            Self::Kept => lang.pick("erfüllt", "kept"),
            Self::Broken(_) => lang.pick("VERLETZT", "BROKEN"),
            Self::Unknown(_) => lang.pick("unbekannt", "unknown"),
        }
    }
}

pub(crate) fn run(context: &Context<'_>, args: &Args, out: &mut Output<'_>) -> Ended {
    let mut checks = context.instance.checks();
    if let Some(unknown) = args.ids.iter().find(|id| !checks.iter().any(|check| check.id() == id.as_str())) {
        let names = checks.iter().map(|check| check.id()).collect::<Vec<_>>().join(", ");
        return Err(Failure::not_found(
            format!("Es gibt keine Kontrolle „{unknown}“. Vorhanden: {names}."),
            format!("There is no control “{unknown}”. There are: {names}."),
        ));
    }
    checks.retain(|check| args.ids.is_empty() || args.ids.iter().any(|id| id == check.id()));
    let infos = context.infos(&OfTenant { tenant: args.tenant.clone() })?;
    let mut items: Vec<Value> = Vec::new();
    let mut text = String::new();
    let mut all_kept = true;
    for check in &checks {
        let about: Vec<Option<&TenantInfo>> = match check.about() {
            About::Tenant => infos.iter().map(Some).collect(),
            About::Instance => vec![None],
        };
        for info in about {
            let state = look(context, check.as_ref(), info);
            all_kept &= matches!(state, State::Kept);
            text.push_str(&shown(check.as_ref(), info, &state, out.lang()));
            items.push(document(check.as_ref(), info, &state));
        }
    }
    out.answer(&json!({"ok": all_kept, "items": items}), |_| text)?;
    Ok(if all_kept { Exit::Done } else { Exit::Found })
}

fn look(context: &Context<'_>, check: &dyn Check, info: Option<&TenantInfo>) -> State {
    match check.run(context.instance, info.map(|info| info.id)) {
        Ok(findings) if findings.is_empty() => State::Kept,
        Ok(findings) => State::Broken(findings),
        Err(error) => State::Unknown(error.to_string()),
    }
}

fn document(check: &dyn Check, info: Option<&TenantInfo>, state: &State) -> Value {
    let mut value = json!({"id": check.id(), "tenant": info.map(|info| &info.name), "state": state.code()});
    if let Some(parts) = value.as_object_mut() {
        match state {
            State::Kept => {}
            State::Broken(findings) => drop(parts.insert("findings".into(), json!(findings))),
            State::Unknown(why) => drop(parts.insert("why".into(), why.as_str().into())),
        }
    }
    value
}

fn shown(check: &dyn Check, info: Option<&TenantInfo>, state: &State, lang: Lang) -> String {
    let place = info.map(|info| format!(" ({})", info.name)).unwrap_or_default();
    let mut text = format!("{:<9}  {}{place}\n", state.word(lang), check.statement().get(lang.code()));
    // Writing to a string cannot fail.
    match state {
        State::Kept => {}
        State::Broken(findings) => {
            for finding in findings {
                let _ = writeln!(text, "           {}: {} ({})", finding.place, finding.message, finding.code);
            }
        }
        State::Unknown(why) => {
            let _ = writeln!(text, "           {why}");
        }
    }
    text
}
