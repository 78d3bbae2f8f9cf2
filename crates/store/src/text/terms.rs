//! What a typed search asks for.
use super::fold::{Umlaut, normal, strip};
use super::numbers::{self, Run};
use super::tokens::{Piece, SENSITIVE, cut, foldings, mail_address, pieces};

/// Words of a search beyond this are ignored.
pub const MAX_TERMS: usize = 10;

/// One token that must be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// Folded letters and digits; an e-mail address also has `@ . - _ +`.
    pub text: String,
    /// Whether a token that only begins with it counts.
    pub prefix: bool,
    /// Whether a token of a sensitive field counts as well ([`with_sensitive`]).
    pub sensitive: bool,
}

/// One part of a search; every part must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Any of these suffices; of each, all words must be there.
    pub alternatives: Vec<Vec<Word>>,
}

impl Term {
    /// Whether a text with these tokens (as [`super::index_tokens`] wrote them) has what the term asks for.
    pub fn matches(&self, tokens: &str) -> bool {
        let is = |token: &str, word: &Word| {
            if word.prefix { token.starts_with(&word.text) } else { token == word.text }
        };
        let has = |word: &Word| {
            tokens.split(' ').any(|token| {
                is(token, word) || word.sensitive && token.strip_prefix(SENSITIVE).is_some_and(|token| is(token, word))
            })
        };
        self.alternatives.iter().any(|words| words.iter().all(has))
    }
}

/// Reads a search as typed: every word must be found, in any case and either spelling of umlauts, the last one as a prefix (of
/// two or more letters); numbers also joined and with or without country code. Empty if nothing searchable was typed.
pub fn query_terms(text: &str) -> Vec<Term> {
    let text = normal(text);
    let open_end = text.chars().next_back().is_some_and(char::is_alphanumeric);
    let mut terms = Vec::new();
    let chunks: Vec<&str> = text.split_whitespace().collect();
    let mut start = 0;
    while start < chunks.len() && terms.len() < MAX_TERMS {
        let rest = chunks.get(start..).unwrap_or_default();
        // Chunks up to the next address are read together, because a number may be spread over several.
        let plain = rest.iter().position(|chunk| mail_address(chunk).is_some()).unwrap_or(rest.len());
        if plain == 0 {
            let last = rest.len() == 1 && open_end;
            terms.extend(rest.first().and_then(|chunk| mail_address(chunk)).map(|address| address_term(address, last)));
            start += 1;
        } else {
            let joined = rest.get(..plain).unwrap_or_default().join(" ");
            terms.extend(word_terms(&joined, plain == rest.len() && open_end));
            start += plain;
        }
    }
    terms.truncate(MAX_TERMS);
    terms
}

/// The same search, in sensitive fields too: only for a caller who may read them.
pub fn with_sensitive(mut terms: Vec<Term>) -> Vec<Term> {
    let words = terms.iter_mut().flat_map(|term| &mut term.alternatives).flatten();
    words.for_each(|word| word.sensitive = true);
    terms
}

fn word(text: String, last: bool) -> Word {
    // A single letter as prefix would mean most of the records.
    let prefix = last && text.chars().nth(1).is_some();
    Word { text, prefix, sensitive: false }
}

fn address_term(address: &str, last: bool) -> Term {
    let parts = pieces(address);
    let end = parts.len();
    let by_parts = parts
        .iter()
        .enumerate()
        .map(|(place, part)| word(cut(strip(part.text, Umlaut::Plain)), last && place + 1 == end));
    Term { alternatives: vec![vec![word(cut(strip(address, Umlaut::Plain)), last)], by_parts.collect()] }
}

fn word_terms(text: &str, open_end: bool) -> Vec<Term> {
    let words = pieces(text);
    let end = words.len();
    let runs = numbers::runs(&words);
    let mut terms = Vec::new();
    let mut place = 0;
    while let Some(piece) = words.get(place) {
        let run = runs.iter().copied().find(|run| run.first == place);
        if let Some(run) = run {
            terms.push(number_term(&words, run, open_end && place + run.count == end));
            place += run.count;
            continue;
        }
        let last = open_end && place + 1 == end;
        let alternatives: Vec<Vec<Word>> =
            foldings(piece.text).into_iter().map(|token| vec![word(token, last)]).collect();
        if !alternatives.is_empty() {
            terms.push(Term { alternatives });
        }
        place += 1;
    }
    terms
}

fn number_term(words: &[Piece<'_>], run: Run, last: bool) -> Term {
    let mut alternatives: Vec<Vec<Word>> = Vec::new();
    let mut put = |alternative: Vec<Word>| {
        if !alternative.is_empty() && !alternatives.contains(&alternative) {
            alternatives.push(alternative);
        }
    };
    for joined in numbers::spellings(words, run) {
        // Typed without + or 00 in front, 49… may still be a country code.
        if let Some(rest) = joined.strip_prefix("49").filter(|rest| rest.len() >= 7 && !rest.starts_with('0')) {
            put(vec![word(format!("0{rest}"), last)]);
        }
        put(vec![word(cut(joined), last)]);
    }
    let groups = words.get(run.first..run.first + run.count).unwrap_or_default();
    let each = groups.iter().enumerate().filter_map(|(place, group)| {
        let token = foldings(group.text).into_iter().next()?;
        Some(word(token, last && place + 1 == run.count))
    });
    put(each.collect());
    // The spelled-out folding of a single group with an umlaut in it.
    if let [group] = groups {
        foldings(group.text).into_iter().skip(1).for_each(|token| put(vec![word(token, last)]));
    }
    Term { alternatives }
}
