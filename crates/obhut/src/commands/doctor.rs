//! `doctor`: looks at the machine and the settings, before and after installing, and says what is missing and how to get it. Changes nothing
//! and needs no data.
mod data;
mod machine;
mod servers;

use super::Ended;
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Output};
use crate::settings::Settings;
use base::Severity;
use serde_json::{Value, json};
use std::path::Path;
use store::module::Label;

/// What `doctor` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// One thing that was looked at.
pub(crate) struct Looked {
    /// Stable name for scripts.
    code: &'static str,
    /// None: as it should be.
    severity: Option<Severity>,
    /// What was seen.
    seen: Label,
    /// How to mend it.
    how: Label,
}

impl Looked {
    /// As it should be.
    fn good(code: &'static str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, severity: None, seen: Label::new(de, en), how: Label::default() }
    }
    /// Not as it should be.
    fn bad(
        code: &'static str,
        severity: Severity,
        seen: (impl Into<String>, impl Into<String>),
        how: (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self { code, severity: Some(severity), seen: Label::new(seen.0, seen.1), how: Label::new(how.0, how.1) }
    }
    fn document(&self, lang: Lang) -> Value {
        let code = lang.code();
        let mut value = json!({"code": self.code, "ok": self.severity.is_none(), "message": self.seen.get(code)});
        if let (Some(severity), Some(parts)) = (self.severity, value.as_object_mut()) {
            parts.insert("severity".into(), json!(severity));
            parts.insert("how".into(), self.how.get(code).into());
        }
        value
    }
    fn line(&self, lang: Lang) -> String {
        let mark = match self.severity {
            None => lang.pick("gut    ", "good   "),
            Some(Severity::Note) => lang.pick("Hinweis", "note   "),
            Some(Severity::Warning) => lang.pick("Warnung", "warning"),
            Some(Severity::Error) => lang.pick("FEHLER ", "ERROR  "),
        };
        let mut line = format!("{mark}  {}\n", self.seen.get(lang.code()));
        if self.severity.is_some() {
            line.push_str("         → ");
            line.push_str(self.how.get(lang.code()));
            line.push('\n');
        }
        line
    }
}

pub(crate) fn run(_: &Args, folder: &Path, settings: &Settings, out: &mut Output<'_>) -> Ended {
    let mut all = data::look(folder, settings)?;
    all.extend(machine::look(folder, settings));
    all.extend(settings.servers().iter().map(servers::look));
    let documents: Vec<Value> = all.iter().map(|looked| looked.document(out.lang())).collect();
    let sound = all.iter().all(|looked| looked.severity.is_none_or(|severity| severity == Severity::Note));
    out.answer(&json!({"ok": sound, "version": env!("CARGO_PKG_VERSION"), "checks": documents}), |lang| {
        all.iter().map(|looked| looked.line(lang)).collect()
    })?;
    Ok(if sound { Exit::Done } else { Exit::Found })
}

/// Reads a small file of the operating system; empty if there is none.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

impl From<&'static str> for Looked {
    /// Something that this machine does not tell.
    fn from(code: &'static str) -> Self {
        Self::bad(code, Severity::Note, ("ließ sich nicht feststellen", "could not be found out"), ("–", "–"))
    }
}

/// The data folder could not be looked at.
fn unreadable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::file(folder, error)
}
