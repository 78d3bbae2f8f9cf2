//! Why a command did not do what it was asked to, and the exit code that says so.
//!
//! Every failure has two readers: a person, who reads a sentence (what happened, what was saved, what to do) in German or English,
//! and a script, which reads the exit code and with `--json` a stable code. The libraries' errors become a [`Failure`] here and
//! nowhere else.
use base::{Kind, Kinded};
use serde_json::{Value, json};
use std::any::Any;
use std::path::Path;
use store::module::{FieldError, Label, Problems};

/// How a command ended; the numbers that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// It ran and found something, or could not now and may later.
    Found = 1,
    /// Usage or settings.
    Usage = 2,
    /// Refused: rights, hold, validation, no such thing.
    Refused = 3,
    /// Damaged or unreadable.
    Broken = 4,
}

impl Exit {
    /// The number for the operating system.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
    /// How a kind of failure ends. What is not there is refused like what may not be seen: a caller is not told which.
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::NotFound | Kind::Denied | Kind::Invalid | Kind::Conflict | Kind::Stale => Self::Refused,
            Kind::Busy => Self::Found,
            Kind::Broken => Self::Broken,
        }
    }
}

/// A command that failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// How it ends.
    pub exit: Exit,
    /// Stable name for scripts.
    pub code: String,
    /// The sentence.
    pub text: Label,
    /// Fields that cannot be taken as they are.
    pub fields: Vec<FieldError>,
    /// Whether nobody is left to read the sentence.
    pub silent: bool,
}

impl Failure {
    /// A failure with its sentence in both languages.
    pub(crate) fn new(exit: Exit, code: &str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), text: Label::new(de, en), fields: Vec::new(), silent: false }
    }
    /// Wrong usage or settings: exit 2.
    pub(crate) fn usage(de: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", de, en)
    }
    /// Refused: exit 3.
    pub(crate) fn refused(code: &str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Exit::Refused, code, de, en)
    }
    /// There is no such thing.
    pub(crate) fn not_found(de: impl Into<String>, en: impl Into<String>) -> Self {
        Self::refused("not-found", de, en)
    }
    /// Whoever was to read the answer has gone away.
    pub(crate) fn nobody_listens(error: &std::io::Error) -> Self {
        let silent = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self {
            silent,
            ..Self::new(
                Exit::Found,
                "output",
                format!(
                    "Die Ausgabe ließ sich nicht schreiben: {error}. Was bis dahin gespeichert war, bleibt gespeichert."
                ),
                format!("The output could not be written: {error}. What had been saved stays saved."),
            )
        }
    }
    /// A file that the user named cannot be read or written: exit 2, since the name is what he can mend.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Self::usage(
            format!("{path}: {error}. Es wurde nichts verändert."),
            format!("{path}: {error}. Nothing was changed."),
        )
    }
    /// The operating system refused something that the program needs.
    pub(crate) fn system(what_de: &str, what_en: &str, error: &dyn std::fmt::Display) -> Self {
        Self::new(Exit::Broken, "system", format!("{what_de}: {error}."), format!("{what_en}: {error}."))
    }

    /// The sentence in a language, with the fields below it.
    pub(crate) fn sentence(&self, lang: &str) -> String {
        let mut text = self.text.get(lang).to_owned();
        for field in &self.fields {
            text.push_str("\n  ");
            if !field.field.is_empty() {
                text.push_str(&field.field);
                text.push_str(": ");
            }
            text.push_str(field.message.get(lang));
        }
        text
    }

    /// The document that `--json` prints.
    pub(crate) fn document(&self, lang: &str) -> Value {
        let errors: Vec<Value> = self
            .fields
            .iter()
            .map(|field| json!({"field": field.field, "code": field.code, "message": field.message.get(lang)}))
            .collect();
        let mut error = json!({"code": self.code, "exit": self.exit.code(), "message": self.text.get(lang)});
        if !errors.is_empty()
            && let Some(parts) = error.as_object_mut()
        {
            parts.insert("errors".into(), errors.into());
        }
        json!({"error": error})
    }
}

impl<E: Kinded + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let exit = Exit::of(error.kind());
        let any: &dyn Any = &error;
        if let Some(error) = any.downcast_ref::<store::Error>() {
            return of_store(exit, error);
        }
        if let Some(problems) = any.downcast_ref::<Problems>() {
            let text = problems.to_string();
            return Self::new(exit, "definition", text.clone(), text);
        }
        if let Some(error) = any.downcast_ref::<identity::Error>() {
            return of_identity(exit, error);
        }
        let text = sentence(&error.to_string());
        Self::new(exit, word_of(error.kind()), text.clone(), text)
    }
}

/// Identity's errors: the store's own below them, fields and codes as they are.
fn of_identity(exit: Exit, error: &identity::Error) -> Failure {
    let english = sentence(&error.to_string());
    match error {
        identity::Error::Store(error) => of_store(exit, error),
        identity::Error::Fields(fields) => of_store(exit, &store::Error::Fields(fields.clone())),
        identity::Error::NotFound { what } => of_store(exit, &store::Error::NotFound { what: what.clone() }),
        identity::Error::Conflict { code, .. } => {
            let german = match *code {
                "login-taken" => "Diesen Anmeldenamen hat schon ein anderer Benutzer. Es wurde nichts gespeichert.",
                "last-administrator" => {
                    "Das ist der letzte, der alles darf; ohne ihn käme niemand mehr an die Verwaltung. Es wurde nichts gespeichert."
                }
                "successor" => "Der Nachfolger muss ein anderer, aktiver Benutzer sein. Es wurde nichts gespeichert.",
                _ => english.as_str(),
            };
            Failure::new(exit, code, german, english.clone())
        }
        other => Failure::new(exit, word_of(other.kind()), english.clone(), english.clone()),
    }
}

/// The store's errors, worded for a person at the command line.
fn of_store(exit: Exit, error: &store::Error) -> Failure {
    let english = sentence(&error.to_string());
    let failure = |code: &str, german: String| Failure::new(exit, code, german, english.clone());
    match error {
        store::Error::NotFound { what } => failure("not-found", format!("{what} wurde nicht gefunden.")),
        store::Error::Stale { given, present } => failure(
            "stale",
            format!("Der Datensatz wurde inzwischen geändert: Sie haben Fassung {given}, er steht bei Fassung {present}. Es wurde nichts gespeichert."),
        ),
        store::Error::Conflict { code, message } => failure(code, format!("{} Es wurde nichts gespeichert.", sentence(message))),
        store::Error::Input { code, message } => {
            // A mapping file is an argument: what is wrong in it is mended like one.
            let exit = if *code == "mapping" { Exit::Usage } else { exit };
            Failure::new(
                exit,
                code,
                format!("{} Es wurde nichts gespeichert.", sentence(&message.de)),
                format!("{} Nothing was saved.", sentence(&message.en)),
            )
        }
        store::Error::Fields(fields) => Failure {
            fields: fields.clone(),
            ..failure("invalid", format!("{} Angaben können so nicht übernommen werden. Es wurde nichts gespeichert.", fields.len()))
        },
        store::Error::Denied { message } => failure("denied", format!("Nicht erlaubt: {message}.")),
        store::Error::InUse { folder, pid } => failure(
            "in-use",
            format!("{folder} wird von einem anderen obhut benutzt (Prozess {pid}). Beenden Sie ihn, oder warten Sie, bis er fertig ist. Es wurde nichts verändert."),
        ),
        store::Error::Elsewhere { node } => failure(
            "elsewhere",
            format!("An diesem Mandanten arbeitet gerade der Knoten {node}. Hier wurde nichts gespeichert; versuchen Sie es gleich noch einmal."),
        ),
        store::Error::Full { file } => failure(
            "disk-full",
            format!("Die Platte mit {file} ist voll. Die Änderung wurde nicht gespeichert; alles Frühere ist sicher und lesbar. Schaffen Sie Platz und versuchen Sie es noch einmal."),
        ),
        store::Error::Keys(keys::Error::WrongKey { .. }) => failure(
            "wrong-key",
            "Der Hauptschlüssel passt nicht: diese Daten wurden mit einem anderen angelegt. Es wurde nichts verändert. Geben Sie den Schlüssel an, der zu diesen Daten gehört, oder öffnen Sie den Ordner, der zu diesem Schlüssel gehört.".to_owned(),
        ),
        other => Failure::new(exit, word_of(other.kind()), english.clone(), english.clone()),
    }
}

const fn word_of(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "not-found",
        Kind::Denied => "denied",
        Kind::Invalid => "invalid",
        Kind::Conflict => "conflict",
        Kind::Stale => "stale",
        Kind::Busy => "busy",
        Kind::Broken => "broken",
    }
}

/// A message of a library as a sentence: a capital first, a full stop last.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters
        .next()
        .map(|letter| if message.starts_with('/') { letter.to_string() } else { letter.to_uppercase().to_string() });
    let mut text: String = first.into_iter().chain(letters.map(String::from)).collect();
    if !text.ends_with(['.', '!', '?', '…', '\n']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_become_the_codes_that_scripts_know() {
        let exits = [
            (store::Error::not_found("x"), Exit::Refused),
            (store::Error::invalid("x"), Exit::Refused),
            (store::Error::conflict("final", "x"), Exit::Refused),
            (store::Error::Busy { message: "x".into() }, Exit::Found),
            (store::Error::Damaged { file: "x".into(), message: "y".into() }, Exit::Broken),
            (store::Error::Keys(keys::Error::WrongKey { key: "The master key" }), Exit::Broken),
        ];
        for (error, exit) in exits {
            assert_eq!(Failure::from(error).exit, exit);
        }
        assert_eq!(Exit::Broken.code(), 4);
    }

    #[test]
    fn fields_stand_below_the_sentence() {
        let message = Label::new("Herkunft fehlt.", "Origin is missing.");
        let field = FieldError { field: "origin".into(), code: "required".into(), message };
        let failure = Failure::from(store::Error::Fields(vec![field]));
        assert!(failure.sentence("de").ends_with("\n  origin: Herkunft fehlt."));
        assert_eq!(failure.document("en")["error"]["errors"][0]["message"], "Origin is missing.");
        assert_eq!(failure.document("en")["error"]["exit"], 3);
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("a thing is wrong"), "A thing is wrong.");
        assert_eq!(sentence("/x is full."), "/x is full.");
    }
}
