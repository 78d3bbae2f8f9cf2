//! Sort keys: bytes whose order is the order that a German reader expects (CLDR, locale de).
use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;
use std::sync::LazyLock;

/// What lies behind this many characters of a text no longer decides its place in a list.
pub const MAX_SORTED_CHARS: usize = 200;

fn collator(strength: Strength) -> Option<CollatorBorrowed<'static>> {
    let mut options = CollatorOptions::default();
    options.strength = Some(strength);
    Collator::try_new(locale!("de").into(), options).ok()
}

static FULL: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| collator(Strength::Tertiary));
static CASELESS: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| collator(Strength::Secondary));

fn key(collator: Option<&CollatorBorrowed<'static>>, text: &str) -> Vec<u8> {
    let end = text.char_indices().nth(MAX_SORTED_CHARS).map_or(text.len(), |(place, _)| place);
    let text = text.get(..end).unwrap_or(text);
    let mut bytes = Vec::with_capacity(text.len() * 2);
    // The data is compiled in, so there is always a collator; should there ever be none, code point order is still an order.
    match collator {
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_to(text, &mut bytes);
        }
        None => bytes.extend_from_slice(text.as_bytes()),
    }
    bytes
}

/// The sort key of a text: letters first, then accents, then case. Compare bytewise. Input beyond [`MAX_SORTED_CHARS`] is ignored.
pub fn sort_key(text: &str) -> Vec<u8> {
    key(FULL.as_ref(), text)
}

/// What the sort keys of all texts that differ from this one only in case begin with.
pub fn sort_key_caseless(text: &str) -> Vec<u8> {
    let mut bytes = key(CASELESS.as_ref(), text);
    bytes.push(1); // the separator in front of the level for case
    bytes
}

/// What the sort keys of all texts that begin with this one (accents and case aside) begin with.
pub fn sort_key_prefix(text: &str) -> Vec<u8> {
    let mut bytes = key(FULL.as_ref(), text);
    if let Some(end) = bytes.iter().position(|byte| *byte == 1) {
        bytes.truncate(end);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn germans_find_their_names_where_they_look() {
        let mut names = [
            "Zebra", "Ärger", "apfel", "Öse", "Arger", "Ofen", "Straße", "Strasse", "Straßf", "äpfel", "Apfel", "1",
            "10",
        ];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(
            names,
            [
                "1", "10", "apfel", "Apfel", "äpfel", "Arger", "Ärger", "Ofen", "Öse", "Strasse", "Straße", "Straßf",
                "Zebra"
            ]
        );
    }

    #[test]
    fn prefixes_are_prefixes_of_the_key() {
        let words = [
            "Müller",
            "MÜLLER, Sabine",
            "muller GmbH",
            "Müllerei-Öfen",
            "Москва 7",
            "Straße 12 a",
            "ﬁx",
            "日本 GmbH",
            "a-b c",
            "x1",
        ];
        for word in words {
            for end in (1..=word.len()).filter(|end| word.is_char_boundary(*end)) {
                let prefix = sort_key_prefix(&word[..end]);
                assert!(sort_key(word).starts_with(&prefix), "{word} {}", &word[..end]);
            }
            if !word.contains('ß') {
                assert!(sort_key(&word.to_uppercase()).starts_with(&sort_key_caseless(&word.to_lowercase())), "{word}");
            }
            assert!(!sort_key("Maler").starts_with(&sort_key_prefix(word)));
        }
        assert!(!sort_key("Müllerin").starts_with(&sort_key_caseless("Müller")));
        assert!(!sort_key("Muller").starts_with(&sort_key_caseless("Müller")));
    }

    #[test]
    fn endless_text_has_a_bounded_key() {
        assert_eq!(sort_key(&"x".repeat(100_000)), sort_key(&"x".repeat(MAX_SORTED_CHARS)));
    }
}
