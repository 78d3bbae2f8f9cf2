//! Texts: the same keys with the same arguments in both languages, all of them used, all that are used there.
use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Keys of a file with the arguments that each names.
fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =")
            && line.starts_with(|first: char| first.is_ascii_lowercase())
        {
            key.clone_into(&mut current);
            assert!(found.insert(current.clone(), BTreeSet::new()).is_none(), "{current} is there twice");
        }
        for piece in line.split('$').skip(1) {
            let name: String = piece.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.get_mut(&current).unwrap().insert(name);
        }
    }
    found
}

fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Prefixes of keys that are put together at run time: `problem-` and the code.
const MADE_UP: &[&str] =
    &["problem-", "conflict-", "filter-op-", "protection-", "action-", "case-", "hint-", "address-", "right-", "role-"];

#[test]
fn both_files_can_be_read() {
    for text in [GERMAN, ENGLISH] {
        if let Err((_, errors)) = FluentResource::try_new(text.to_owned()) {
            panic!("{errors:?}");
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_arguments() {
    let (german, english) = (keys(GERMAN), keys(ENGLISH));
    for (key, arguments) in &german {
        assert_eq!(english.get(key), Some(arguments), "{key}");
    }
    assert_eq!(
        german.len(),
        english.len(),
        "keys only in English: {:?}",
        english.keys().filter(|key| !german.contains_key(*key)).collect::<Vec<_>>()
    );
}

#[test]
fn every_key_is_used_and_every_used_key_exists() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    sources(&here.join("src"), &mut code);
    sources(&here.join("templates"), &mut code);
    let known = keys(GERMAN);
    let unused: Vec<&String> = known
        .keys()
        .filter(|key| !code.contains(&format!("\"{key}\"")) && !MADE_UP.iter().any(|prefix| key.starts_with(prefix)))
        .collect();
    assert!(unused.is_empty(), "used nowhere: {unused:?}");
    let mut missing = BTreeSet::new();
    for call in [".say(\"", ".say1(\"", ".say2(\""] {
        for after in code.split(call).skip(1) {
            let (key, _) = after.split_once('"').unwrap();
            if !known.contains_key(key) && key != "no-such-key" {
                missing.insert(key.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "not in locales/de.ftl: {missing:?}");
}

#[test]
fn texts_are_filled_in() {
    assert_eq!(Words(Lang::De).say("save"), "Speichern");
    assert_eq!(Words(Lang::En).say("save"), "Save");
    assert_eq!(Words(Lang::De).say1("count-records", "n", 1_usize), "1 Datensatz");
    assert_eq!(Words(Lang::En).say1("count-records", "n", 2_usize), "2 records");
    assert_eq!(Words(Lang::En).say("no-such-key"), "no-such-key");
}
