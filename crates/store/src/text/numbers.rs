//! Numbers written in groups: telephone numbers, IBAN, number plates, customer numbers. Found with or without the blanks.
use super::tokens::Piece;

/// Shortest and longest joined number worth a token, and the most groups in one.
const MIN_JOINED: usize = 4;
const MAX_JOINED: usize = 40;
const MAX_GROUPS: usize = 12;

/// Words in a row that together read as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Index of its first word.
    pub first: usize,
    /// How many words.
    pub count: usize,
}

/// Whether a word can be part of a number: it has a digit.
fn is_group(word: &Piece<'_>) -> bool {
    word.text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether what stands between two groups holds them together.
fn joins(gap: &str) -> bool {
    gap.chars().count() <= 4
        && gap.chars().all(|c| matches!(c, ' ' | '\u{a0}' | '-' | '–' | '/' | '.' | '(' | ')' | '+' | '_' | ':'))
}

/// Short letters directly in front of a number belong to it: `m-ab 1234`, `re 2026/17`.
fn is_lead(word: &Piece<'_>) -> bool {
    word.text.len() <= 3 && word.text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The runs of groups in a row of words. Two or more groups, or one that a country code may precede.
pub(super) fn runs(words: &[Piece<'_>]) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    let mut open: Option<Run> = None;
    for (place, word) in words.iter().enumerate() {
        let fits = is_group(word);
        open = match open {
            Some(run) if fits && run.count < MAX_GROUPS && joins(word.gap) => Some(Run { count: run.count + 1, ..run }),
            before => {
                found.extend(before);
                fits.then_some(Run { first: place, count: 1 })
            }
        };
    }
    found.extend(open);
    found
}

fn words_of<'w, 't>(words: &'w [Piece<'t>], run: Run) -> &'w [Piece<'t>] {
    words.get(run.first..run.first + run.count).unwrap_or_default()
}

fn fits(joined: &str) -> bool {
    (MIN_JOINED..=MAX_JOINED).contains(&joined.len())
}

/// The run in one word, without the `(0)` that people write behind a country code.
pub(super) fn join(words: &[Piece<'_>], run: Run) -> String {
    let groups = words_of(words, run);
    let abroad = groups.first().is_some_and(|first| first.gap.ends_with('+') || first.text.starts_with("00"));
    groups
        .iter()
        .enumerate()
        .filter(|(place, group)| !(abroad && *place > 0 && group.text == "0" && group.gap.ends_with('(')))
        .map(|(_, group)| group.text)
        .collect()
}

/// A telephone number without country code, as it is dialled in Germany, when the joined number begins with +49 or 0049.
fn national(joined: &str, after_plus: bool) -> Option<String> {
    let rest = if after_plus { joined.strip_prefix("49") } else { joined.strip_prefix("0049") }?;
    (rest.len() >= 3 && rest.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("0{}", rest.trim_start_matches('0')))
}

fn after_plus(words: &[Piece<'_>], run: Run) -> bool {
    words_of(words, run).first().is_some_and(|first| first.gap.ends_with('+'))
}

/// Every way of writing the run in one word that a search may use.
pub(super) fn spellings(words: &[Piece<'_>], run: Run) -> Vec<String> {
    let joined = join(words, run);
    let mut all = Vec::new();
    if let Some(number) = national(&joined, after_plus(words, run)) {
        all.push(number);
    }
    if let Some(number) = joined.strip_prefix("00") {
        all.push(number.to_owned());
    }
    all.push(joined);
    all.retain(|number| fits(number) && number.is_ascii());
    all
}

/// The joined tokens of a text's words.
pub(super) fn joined_for_index(words: &[Piece<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    for run in runs(words) {
        let spellings = spellings(words, run);
        if run.count > 1 || spellings.len() > 1 {
            all.extend(spellings);
        }
        // Up to two short words in front: the letters of a number plate.
        let mut lead = String::new();
        let mut first = run.first;
        while run.first - first < 2 && first > 0 {
            let (Some(before), Some(here)) = (words.get(first - 1), words.get(first)) else { break };
            if !is_lead(before) || !matches!(here.gap, " " | "-" | "/" | " - ") {
                break;
            }
            lead.insert_str(0, before.text);
            first -= 1;
            let joined = format!("{lead}{}", join(words, run));
            if fits(&joined) && joined.is_ascii() {
                all.push(joined);
            }
        }
    }
    all
}
