//! Countries: ISO 3166-1 alpha-2, understood by name in German and English.
use super::{Reading, Refusal, text};
use icu_normalizer::DecomposingNormalizerBorrowed;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Code, three-letter code, German name, English name, further names. `XK` is not in the standard but in every list that includes Kosovo.
const LIST: &str = include_str!("countries.txt");

static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for parts in LIST.lines().map(|line| line.split('|').collect::<Vec<_>>()) {
        let Some((code, rest)) = parts.split_first() else { continue };
        for name in std::iter::once(code).chain(rest).flat_map(|part| part.split(';')).filter(|name| !name.is_empty()) {
            names.insert(fold(name), *code);
            names.insert(fold(&umlauts_spelled_out(name)), *code);
        }
    }
    names
});

/// The code in capitals.
pub(in super::super) fn country(given: &str) -> Reading {
    let given = text::clean(given, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    country_code(&given).map(|code| Some(code.into())).ok_or_else(|| {
        Refusal::new(
            "unknown_country",
            "Dieses Land ist nicht bekannt. Bitte den Namen oder den Code nach ISO 3166 (DE) angeben.",
            "This country is not known. Please give its name or its ISO 3166 code (DE).",
        )
    })
}

/// The alpha-2 code of a country given by code (two or three letters), German or English name, or another name in common use.
pub fn country_code(name: &str) -> Option<&'static str> {
    BY_NAME.get(&fold(name)).copied()
}

/// Every country: code and name in `lang` (English for `en`, else German), by name as people sort it.
pub fn countries(lang: &str) -> Vec<(&'static str, &'static str)> {
    let place = if lang == "en" || lang.starts_with("en-") { 3 } else { 2 };
    let parts = |line: &'static str| Some((line.split('|').next()?, line.split('|').nth(place)?));
    let mut all: Vec<_> = LIST.lines().filter_map(parts).filter(|(code, _)| code.len() == 2).collect();
    all.sort_by_cached_key(|(_, name)| fold(name));
    all
}

/// The country's name in `lang` (English for `en`, else German), or the code itself if it is none.
pub(in super::super) fn name_of<'a>(code: &'a str, lang: &str) -> &'a str {
    let place = if lang == "en" || lang.starts_with("en-") { 3 } else { 2 };
    let line = LIST.lines().find(|line| line.split('|').next() == Some(code));
    line.and_then(|line| line.split('|').nth(place)).unwrap_or(code)
}

fn umlauts_spelled_out(name: &str) -> String {
    let pairs = [('ä', "ae"), ('ö', "oe"), ('ü', "ue"), ('Ä', "ae"), ('Ö', "oe"), ('Ü', "ue")];
    pairs.iter().fold(name.to_owned(), |name, (letter, spelled)| name.replace(*letter, spelled))
}

/// Lower case, without accents, letters and digits only.
fn fold(name: &str) -> String {
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(name);
    apart.replace('ß', "ss").chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_many_names() {
        for (name, code) in [
            ("de", "DE"),
            ("Deutschland", "DE"),
            ("GERMANY", "DE"),
            ("DEU", "DE"),
            ("UK", "GB"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("Oesterreich", "AT"),
            ("Österreich", "AT"),
            ("Osterreich", "AT"),
            ("Schweiz", "CH"),
            ("Türkei", "TR"),
            ("Turkey", "TR"),
            ("Côte d’Ivoire", "CI"),
            ("Mexico", "MX"),
            ("United States of America", "US"),
            ("Venezuela", "VE"),
        ] {
            assert_eq!(country_code(name), Some(code), "{name}");
        }
        assert_eq!(country_code("Atlantis"), None);
        assert!(country("Atlantis").is_err());
        assert_eq!(name_of("FR", "de"), "Frankreich");
        assert_eq!(name_of("DE", "en"), "Germany");
    }

    #[test]
    fn no_name_means_two_countries() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for line in LIST.lines() {
            let parts: Vec<&str> = line.split('|').collect();
            assert_eq!(parts.len(), 5, "{line}");
            for name in parts.iter().flat_map(|part| part.split(';')).filter(|name| !name.is_empty()) {
                let other = seen.insert(fold(name), parts[0]);
                assert!(other.is_none_or(|other| other == parts[0]), "{name} is {other:?} and {}", parts[0]);
            }
        }
        assert_eq!(LIST.lines().count(), 250);
    }
}
