//! The help texts in German. The definitions in `cli.rs` and the command files are English; here stands the German for each, in one table, and a test holds
//! that none is missing and none is left over.
mod german;

use crate::output::Lang;
use clap::builder::StyledStr;
use clap::{Arg, Command};
use std::ffi::OsString;

/// How a German help page is laid out; clap's own has its headings in English.
const TEMPLATE: &str = "{before-help}{about-with-newline}\nAufruf: {usage}\n\n{all-args}{after-help}";

/// The command line in that language.
pub(crate) fn localised(command: Command, lang: Lang) -> Command {
    match lang {
        Lang::En => command,
        Lang::De => german(command, "obhut"),
    }
}

/// The language that was asked for on the command line, read before anything else is understood: help ends the reading.
pub(crate) fn asked(words: &[OsString]) -> Option<Lang> {
    let mut words = words.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let value = if word == "--lang" { words.next() } else { word.strip_prefix("--lang=") };
        match value {
            Some("de") => return Some(Lang::De),
            Some("en") => return Some(Lang::En),
            _ => {}
        }
    }
    None
}

fn german(command: Command, path: &str) -> Command {
    let about = command.get_about().map(translated);
    let after = command.get_after_help().map(translated);
    let usage = command.clone().bin_name(path).render_usage().to_string();
    let nested = command.get_subcommands().next().is_some();
    let has_version = command.get_version().is_some();
    let mut command = command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .help_template(TEMPLATE)
        .subcommand_help_heading("Befehle")
        .subcommand_value_name("BEFEHL")
        .override_usage(usage_in_german(&usage))
        .mut_args(argument)
        .arg(
            Arg::new("help")
                .long("help")
                .short('h')
                .action(clap::ArgAction::Help)
                .help("Diese Hilfe")
                .help_heading(OPTIONS),
        );
    if has_version {
        let version = Arg::new("version").long("version").short('V').action(clap::ArgAction::Version);
        command = command.arg(version.help("Version").help_heading(OPTIONS));
    }
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    if !nested {
        return command;
    }
    command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        german(inner, &path)
    })
}

const OPTIONS: &str = "Optionen";
const ARGUMENTS: &str = "Angaben";

fn argument(argument: Arg) -> Arg {
    let mut notes = argument.get_help().map(translated).unwrap_or_default();
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|value| value.get_name().to_owned())
        .collect();
    if !possible.is_empty() {
        notes.extend([" [möglich: ", &possible.join(", "), "]"]);
    }
    let defaults: Vec<&str> = argument.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        notes.extend([" [sonst: ", &defaults.join(", "), "]"]);
    }
    let heading = if argument.is_positional() { ARGUMENTS } else { OPTIONS };
    let takes = argument.get_action().takes_values();
    let argument = argument.help(notes).help_heading(heading);
    if takes { argument.hide_possible_values(true).hide_default_value(true) } else { argument }
}

/// The usage line in German, without the word before it.
fn usage_in_german(usage: &str) -> String {
    let line = usage.trim_start_matches("Usage:").trim();
    line.replace("[OPTIONS]", "[OPTIONEN]").replace("<COMMAND>", "<BEFEHL>").replace("[COMMAND]", "[BEFEHL]")
}

/// The German of a text; the text itself if the table lacks it, which the test finds.
fn translated(text: &StyledStr) -> String {
    let english = text.to_string();
    let found = german::TEXTS.iter().find(|(from, _)| *from == english);
    found.map_or(english, |(_, german)| (*german).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    fn texts(command: &Command, all: &mut BTreeSet<String>) {
        all.extend(command.get_about().map(ToString::to_string));
        all.extend(command.get_after_help().map(ToString::to_string));
        for argument in command.get_arguments() {
            all.extend(argument.get_help().map(ToString::to_string));
        }
        for inner in command.get_subcommands() {
            texts(inner, all);
        }
    }

    #[test]
    fn every_text_has_its_german_and_none_is_left_over() {
        let mut english = BTreeSet::new();
        texts(&Cli::command(), &mut english);
        let known: BTreeSet<String> = german::TEXTS.iter().map(|(from, _)| (*from).to_owned()).collect();
        assert_eq!(known.len(), german::TEXTS.len(), "a text stands twice");
        let missing: Vec<_> = english.difference(&known).collect();
        assert!(missing.is_empty(), "no German for {missing:#?}");
        let left_over: Vec<_> = known.difference(&english).collect();
        assert!(left_over.is_empty(), "left over: {left_over:#?}");
        for (from, to) in german::TEXTS {
            assert!(from != to && !to.is_empty() && !to.ends_with('.') || from.ends_with('.'), "{from}");
        }
    }

    /// Every command with the words that lead to it.
    fn pages(command: &Command, path: &[String], all: &mut Vec<Vec<String>>) {
        all.push(path.to_vec());
        for inner in command.get_subcommands() {
            let path = [path, &[inner.get_name().to_owned()]].concat();
            pages(inner, &path, all);
        }
    }

    #[test]
    fn no_english_word_of_the_frame_is_on_a_german_page() {
        let mut all = Vec::new();
        pages(&Cli::command(), &["obhut".to_owned()], &mut all);
        assert!(all.len() > 50);
        for words in all {
            let asked = words.iter().map(String::as_str).chain(["--help"]);
            let error = localised(Cli::command(), Lang::De).try_get_matches_from(asked).unwrap_err();
            assert_eq!(error.exit_code(), 0, "{words:?}: {error}");
            let page = error.to_string();
            for english in [
                "Usage",
                "Options:",
                "Commands:",
                "Arguments:",
                "Print ",
                "[default",
                "[possible",
                "OPTIONS]",
                "COMMAND",
            ] {
                assert!(!page.contains(english), "{words:?} says {english}:\n{page}");
            }
            assert!(page.contains("Aufruf: obhut"), "{page}");
        }
    }

    #[test]
    fn the_language_is_known_before_anything_else() {
        let asked = |line: &str| asked(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(asked("obhut --lang de --help"), Some(Lang::De));
        assert_eq!(asked("obhut --help --lang=en"), Some(Lang::En));
        assert_eq!(asked("obhut --lang"), None);
        assert_eq!(asked("obhut --lang fr"), None);
    }
}
