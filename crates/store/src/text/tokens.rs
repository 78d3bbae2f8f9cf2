//! What is put into the full-text index for a text.
use super::fold::{Umlaut, normal, strip};
use super::numbers;
use std::collections::HashSet;

/// More tokens than this of one text are not indexed.
pub const MAX_TOKENS: usize = 4_000;

/// Stands before every token of a sensitive field. No token begins with it: words begin with a letter or digit, and of an address what lies
/// behind its only `@` is taken.
pub(crate) const SENSITIVE: char = '@';

/// Longest token in characters; longer words are cut, when indexed and when asked.
pub(super) const MAX_TOKEN_CHARS: usize = 48;

/// A word of the text and what stood in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    /// Letters and digits, lower case, with accents.
    pub text: &'t str,
    /// What separates it from the word before (empty for the first).
    pub gap: &'t str,
}

/// Splits a text that [`normal`] returned into words of letters and digits.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut gap_start = 0;
    let mut word_start = None;
    for (place, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), word_start) {
            (true, None) => word_start = Some(place),
            (false, Some(start)) => {
                found.push(Piece {
                    text: text.get(start..place).unwrap_or_default(),
                    gap: text.get(gap_start..start).unwrap_or_default(),
                });
                gap_start = place;
                word_start = None;
            }
            _ => {}
        }
    }
    found
}

/// The e-mail address that a chunk without blanks holds, if it looks like one.
pub(super) fn mail_address(chunk: &str) -> Option<&str> {
    let address = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    let (local, domain) = address.split_once('@')?;
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    (!local.is_empty() && !domain.is_empty() && local.chars().all(fits) && domain.chars().all(fits)).then_some(address)
}

/// Cuts a token to its longest length.
pub(super) fn cut(token: String) -> String {
    match token.char_indices().nth(MAX_TOKEN_CHARS) {
        Some((end, _)) => token.get(..end).unwrap_or_default().to_owned(),
        None => token,
    }
}

/// Both foldings of a word; one if they are the same; none if nothing is left of it.
pub(super) fn foldings(word: &str) -> Vec<String> {
    let plain = cut(strip(word, Umlaut::Plain));
    if word.is_ascii() {
        return vec![plain];
    }
    let spelled = cut(strip(word, Umlaut::Spelled));
    let mut both = vec![plain];
    if both.first() != Some(&spelled) {
        both.push(spelled);
    }
    both.retain(|token| is_token(token));
    both
}

/// Whether the full-text table keeps this in one piece; folding can leave marks that are not letters.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.chars().all(char::is_alphanumeric)
}

/// The tokens of a text of sensitive fields: as [`index_tokens`] gives them, each marked, so that only a search that asks for them finds it.
pub fn sensitive_tokens(text: &str) -> String {
    let mut marked = String::new();
    for token in index_tokens(text).split(' ').filter(|token| !token.is_empty()) {
        if !marked.is_empty() {
            marked.push(' ');
        }
        marked.push(SENSITIVE);
        marked.push_str(token);
    }
    marked
}

/// The tokens of a text, folded and separated by blanks, each once: every word in both foldings of umlauts, numbers written in
/// groups also joined, e-mail addresses whole, by domain and by parts. Give each field by itself, so that numbers of two fields are
/// not joined. At most [`MAX_TOKENS`].
pub fn index_tokens(text: &str) -> String {
    let text = normal(text);
    let mut seen: HashSet<String> = HashSet::new();
    let mut tokens = String::with_capacity(text.len() * 2);
    let mut put = |token: String| {
        if seen.len() < MAX_TOKENS && !token.is_empty() && !seen.contains(&token) {
            if !tokens.is_empty() {
                tokens.push(' ');
            }
            tokens.push_str(&token);
            seen.insert(token);
        }
    };
    let words = pieces(&text);
    for word in &words {
        foldings(word.text).into_iter().for_each(&mut put);
    }
    for joined in numbers::joined_for_index(&words) {
        put(cut(joined));
    }
    for address in text.split_whitespace().filter_map(mail_address) {
        let folded = strip(address, Umlaut::Plain);
        if let Some((_, domain)) = folded.split_once('@') {
            put(cut(domain.to_owned()));
        }
        put(cut(folded));
    }
    tokens
}
