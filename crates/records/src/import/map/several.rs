//! Several e-mail addresses, telephone numbers or web addresses in one cell, as people write them.
use crate::import::vcard::plausible::{is_email, is_phone, is_web_address, phone_number};

/// What the values of a cell are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Several {
    /// E-mail addresses; also `Eva <eva@example.org>`.
    Email,
    /// Telephone numbers.
    Phone,
    /// Web addresses.
    Url,
}

impl Several {
    /// The name in a mapping file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
        }
    }

    /// By the type of a field or the name in a mapping file.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Email, Self::Phone, Self::Url].into_iter().find(|kind| kind.name() == name)
    }

    /// What a text that is none is called, in German and English.
    pub(super) fn refusal(self) -> (&'static str, &'static str) {
        match self {
            Self::Email => ("keine E-Mail-Adresse", "no e-mail address"),
            Self::Phone => ("keine Telefonnummer", "no telephone number"),
            Self::Url => ("keine Internetadresse", "no web address"),
        }
    }
}

/// Words between two values.
const BETWEEN: [&str; 7] = ["oder", "or", "und", "and", "bzw", "bzw.", "sowie"];
/// Fewer digits are a part of a number: the code of a town in front of a stroke.
const WHOLE_NUMBER_DIGITS: usize = 6;

/// The values in a cell, and whether all of it was understood.
pub(super) fn several(of: Several, text: &str) -> (Vec<String>, bool) {
    let mut found: Vec<String> = Vec::new();
    let mut all_read = true;
    for part in text.split(" ::: ") {
        all_read &= match of {
            Several::Email => emails(part, &mut found),
            Several::Phone => phones(part, &mut found),
            Several::Url => urls(part, &mut found),
        };
    }
    (found, all_read)
}

fn add(found: &mut Vec<String>, value: &str) {
    if !found.iter().any(|known| known == value) {
        found.push(value.to_owned());
    }
}

fn emails(text: &str, found: &mut Vec<String>) -> bool {
    let mut rest = text;
    let mut outside = String::new();
    let mut named = false;
    // `Eva <eva@example.org>`: the name is the contact's own.
    while let Some((before, (inner, after))) =
        rest.split_once('<').and_then(|(before, after)| Some((before, after.split_once('>')?)))
    {
        if !is_email(plain(inner)) {
            break;
        }
        outside.push_str(before);
        outside.push(' ');
        add(found, plain(inner));
        named = true;
        rest = after;
    }
    outside.push_str(rest);
    let mut all_read = true;
    for word in outside.split([';', ',', '|']).flat_map(str::split_whitespace) {
        let word = plain(word);
        if is_email(word) {
            add(found, word);
        } else if word.contains('/') && word.split('/').all(is_email) {
            word.split('/').for_each(|word| add(found, word));
        } else {
            all_read &= word.is_empty() || named && !word.contains('@') || is_between(word);
        }
    }
    all_read && !found.is_empty()
}

/// A word without what stands around an address.
fn plain(word: &str) -> &str {
    let word = word.trim().trim_matches(['"', '\'', '(', ')', '<', '>']);
    word.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).and_then(|_| word.get(7..)).unwrap_or(word)
}

fn is_between(word: &str) -> bool {
    matches!(word, "/" | "&" | "+") || BETWEEN.contains(&word.to_lowercase().as_str())
}

fn phones(text: &str, found: &mut Vec<String>) -> bool {
    let mut all_read = true;
    for line in text.split([';', '\n', '|']) {
        for number in parted(line) {
            let number = phone_number(number.trim());
            if number.is_empty() {
                continue;
            }
            if is_phone(&number) {
                add(found, &number);
            } else {
                all_read = false;
            }
        }
    }
    all_read && !found.is_empty()
}

/// Numbers of a line: parted by a word, or by a stroke or comma between two that are whole numbers each.
fn parted(line: &str) -> Vec<String> {
    let mut numbers: Vec<String> = vec![String::new()];
    for word in line.split_whitespace() {
        if BETWEEN.contains(&word.to_lowercase().as_str()) {
            numbers.push(String::new());
        } else if let Some(last) = numbers.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    let whole = |text: &str| {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        digits >= WHOLE_NUMBER_DIGITS && text.trim_start().starts_with(['0', '+', '('])
    };
    let parted = |text: String| {
        for mark in ['/', ','] {
            let parts: Vec<&str> = text.split(mark).collect();
            if parts.len() > 1 && parts.iter().all(|part| whole(part)) {
                return parts.into_iter().map(str::to_owned).collect();
            }
        }
        vec![text]
    };
    numbers.into_iter().flat_map(parted).collect()
}

fn urls(text: &str, found: &mut Vec<String>) -> bool {
    if is_web_address(text.trim()) {
        add(found, text.trim());
        return true;
    }
    let mut all_read = true;
    for word in text.split([';', ',', '|']).flat_map(str::split_whitespace) {
        if is_web_address(word) {
            add(found, word);
        } else {
            all_read &= is_between(word);
        }
    }
    all_read && !found.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_several_values() {
        let (email, phone, url) = (Several::Email, Several::Phone, Several::Url);
        for (of, text, expected, all) in [
            (email, "a@x.example; b@x.example", vec!["a@x.example", "b@x.example"], true),
            (email, "a@x.example,b@x.example", vec!["a@x.example", "b@x.example"], true),
            (email, "a@x.example\nb@x.example", vec!["a@x.example", "b@x.example"], true),
            (email, "a@x.example oder b@x.example", vec!["a@x.example", "b@x.example"], true),
            (email, "Eva <eva@x.example>", vec!["eva@x.example"], true),
            (email, "\"Stein, Eva\" <eva@x.example>, max@x.example", vec!["eva@x.example", "max@x.example"], true),
            (email, "a@x.example (privat)", vec!["a@x.example"], false),
            (email, "unklar", vec![], false),
            (phone, "0171 1 oder 0172 2", vec!["0171 1", "0172 2"], true),
            (phone, "030 123 / 030 124", vec!["030 123", "030 124"], true),
            (phone, "030 / 12 34 56", vec!["030 / 12 34 56"], true),
            (phone, "030/123; 030/124", vec!["030/123", "030/124"], true),
            (phone, "030 123\n030 124", vec!["030 123", "030 124"], true),
            (phone, "0171-1 (abends)", vec!["0171-1 (abends)"], true),
            (phone, "auf Anfrage", vec![], false),
            (url, "https://a.example; https://b.example", vec!["https://a.example", "https://b.example"], true),
            (url, "www.a.example/x,y", vec!["www.a.example/x,y"], true),
        ] {
            assert_eq!(several(of, text), (expected.iter().map(ToString::to_string).collect(), all), "{text}");
        }
    }
}
