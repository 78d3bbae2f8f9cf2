//! What a command says: results to stdout, messages and progress to stderr, one JSON document with `--json`.
//!
//! A command writes through [`Output`] and never knows whether it runs in the terminal's own process or inside a server: what
//! differs is the [`Surface`] below, one for a terminal ([`terminal`]) and one for the local socket (`socket::server`).
mod table;
mod terminal;

use crate::failure::{Exit, Failure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io;

pub(crate) use table::Table;
pub(crate) use terminal::Terminal;

/// The languages of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// German.
    De,
    /// English.
    En,
}

impl Lang {
    /// As labels name it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }
    /// The language of the user's environment: German where it says so, English everywhere else.
    pub(crate) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first =
            ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        if first.is_some_and(|value| value.to_ascii_lowercase().starts_with("de")) { Self::De } else { Self::En }
    }
    /// One of two words.
    pub(crate) fn pick<'t>(self, de: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::De => de,
            Self::En => en,
        }
    }
}

/// How far a long command has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// What is being done.
    pub label: String,
    /// So much of it.
    pub done: u64,
    /// Of so much; 0 is not known.
    pub total: u64,
}

/// Something that a command needs from the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Everything on standard input, up to a size in bytes: `--password-stdin`.
    Input(u64),
    /// A line typed at a terminal; none if nobody sits at one.
    Line(String),
    /// The same without showing what is typed.
    Secret(String),
}

/// Where a command's words go and come from.
pub(crate) trait Surface: Send {
    /// Bytes of the result.
    fn result(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// A message for a person, without the line's end.
    fn message(&mut self, text: &str) -> io::Result<()>;
    /// How far it has come.
    fn progress(&mut self, progress: &Progress) -> io::Result<()>;
    /// The bar, if there is one, goes away.
    fn end_progress(&mut self) -> io::Result<()>;
    /// The user's answer; `None` if there is nobody to ask.
    fn ask(&mut self, question: &Question) -> io::Result<Option<String>>;
}

/// What a command writes to.
pub(crate) struct Output<'s> {
    surface: &'s mut dyn Surface,
    lang: Lang,
    json: bool,
}

impl<'s> Output<'s> {
    /// Writes to a surface in a language, as JSON or for a person.
    pub(crate) fn new(surface: &'s mut dyn Surface, lang: Lang, json: bool) -> Self {
        Self { surface, lang, json }
    }
    /// The language.
    pub(crate) const fn lang(&self) -> Lang {
        self.lang
    }
    /// Whether a script reads the result.
    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// The result: one JSON document, or a text for a person.
    pub(crate) fn answer(
        &mut self,
        document: &impl Serialize,
        text: impl FnOnce(Lang) -> String,
    ) -> Result<(), Failure> {
        let mut line = if self.json {
            serde_json::to_string(document).map_err(|error| {
                Failure::system("Das Ergebnis ließ sich nicht schreiben", "The result could not be written", &error)
            })?
        } else {
            text(self.lang)
        };
        if !line.is_empty() && !line.ends_with('\n') {
            line.push('\n');
        }
        self.raw(line.as_bytes())
    }
    /// A list: `{"items": […]}` or a table.
    pub(crate) fn list(&mut self, items: &[Value], table: impl FnOnce(Lang) -> Table) -> Result<(), Failure> {
        self.answer(&serde_json::json!({"items": items}), |lang| table(lang).to_string())
    }
    /// Bytes of the result as they are: an exported file.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.surface.result(bytes).map_err(|error| Failure::nobody_listens(&error))
    }
    /// A message beside the result.
    pub(crate) fn note(&mut self, de: &str, en: &str) -> Result<(), Failure> {
        self.surface.message(self.lang.pick(de, en)).map_err(|error| Failure::nobody_listens(&error))
    }
    /// How far it has come. Fails when nobody listens any more, so that a long command ends between two steps.
    pub(crate) fn progress(&mut self, label: &str, done: u64, total: u64) -> Result<(), Failure> {
        let progress = Progress { label: label.to_owned(), done, total };
        self.surface.progress(&progress).map_err(|error| Failure::nobody_listens(&error))
    }
    /// Takes the bar away.
    pub(crate) fn end_progress(&mut self) -> Result<(), Failure> {
        self.surface.end_progress().map_err(|error| Failure::nobody_listens(&error))
    }
    /// What the user answers; `None` if there is nobody to ask.
    pub(crate) fn ask(&mut self, question: &Question) -> Result<Option<String>, Failure> {
        self.surface.ask(question).map_err(|error| Failure::nobody_listens(&error))
    }
    /// Whether the user agrees. Only a typed yes does; without a terminal nobody has.
    pub(crate) fn agrees(&mut self, de: &str, en: &str) -> Result<bool, Failure> {
        let prompt = format!("{} ", self.lang.pick(de, en));
        let typed = self.ask(&Question::Line(prompt))?;
        Ok(typed.is_some_and(|line| matches!(line.trim().to_lowercase().as_str(), "j" | "ja" | "y" | "yes")))
    }

    /// Says what went wrong, to both readers, and how the command ends.
    pub(crate) fn fail(&mut self, failure: &Failure) -> Exit {
        if !failure.silent {
            // Whoever cannot be told the failure cannot be told that either; the exit code remains.
            let _ = self.surface.end_progress();
            if self.json {
                let _ = self.surface.result(format!("{}\n", failure.document(self.lang.code())).as_bytes());
            }
            let _ = self.surface.message(&format!("obhut: {}", failure.sentence(self.lang.code())));
        }
        failure.exit
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A surface that keeps what was said.
    #[derive(Default)]
    pub(crate) struct Kept {
        pub stdout: Vec<u8>,
        pub stderr: Vec<String>,
        pub answer: Option<String>,
    }
    impl Surface for Kept {
        fn result(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.stdout.extend_from_slice(bytes);
            Ok(())
        }
        fn message(&mut self, text: &str) -> io::Result<()> {
            self.stderr.push(text.to_owned());
            Ok(())
        }
        fn progress(&mut self, _: &Progress) -> io::Result<()> {
            Ok(())
        }
        fn end_progress(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn ask(&mut self, _: &Question) -> io::Result<Option<String>> {
            Ok(self.answer.clone())
        }
    }

    #[test]
    fn json_is_one_document_and_a_failure_is_one_too() {
        let mut kept = Kept::default();
        Output::new(&mut kept, Lang::En, true).answer(&serde_json::json!({"a": 1}), |_| "one".into()).unwrap();
        assert_eq!(kept.stdout, b"{\"a\":1}\n");
        let mut kept = Kept::default();
        let exit = Output::new(&mut kept, Lang::De, true).fail(&Failure::usage("So nicht.", "Not so."));
        assert_eq!(exit, Exit::Usage);
        let document: Value = serde_json::from_slice(&kept.stdout).unwrap();
        assert_eq!(document["error"]["message"], "So nicht.");
        assert_eq!(kept.stderr, ["obhut: So nicht."]);
    }

    #[test]
    fn only_a_typed_yes_agrees() {
        for (typed, agreed) in
            [(None, false), (Some(""), false), (Some("nein"), false), (Some(" Ja\n"), true), (Some("y"), true)]
        {
            let mut kept = Kept { answer: typed.map(str::to_owned), ..Kept::default() };
            assert_eq!(Output::new(&mut kept, Lang::De, false).agrees("?", "?").unwrap(), agreed, "{typed:?}");
        }
    }

    #[test]
    fn the_language_comes_from_the_environment() {
        let lang = |set: &'static [(&str, &str)]| {
            Lang::of_environment(move |name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(lang(&[("LANG", "de_DE.UTF-8")]), Lang::De);
        assert_eq!(lang(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(lang(&[]), Lang::En);
    }
}
