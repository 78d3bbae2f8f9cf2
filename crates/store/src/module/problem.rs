//! What is wrong with a definition, worded as a compiler does: file, line, column, what, and what was probably meant.
use std::fmt;

/// One thing wrong with a definition. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Problem {
    /// The file as the caller named it.
    pub file: String,
    /// Line; 0 if the whole file is meant.
    pub line: usize,
    /// Column; 0 if the whole file is meant.
    pub column: usize,
    /// Stable name, for scripts: `unknown_key`.
    pub code: String,
    /// A sentence, with the nearest known name where one is near.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}: {}", self.file, self.code, self.message)
        } else {
            write!(f, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.code, self.message)
        }
    }
}

/// Everything that is wrong, in the order of the files and lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl base::Kinded for Problems {
    fn kind(&self) -> base::Kind {
        base::Kind::Invalid
    }
}

/// Line and column of a byte offset, both from 1.
pub(super) fn place_of(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The known name that `word` is nearest to, if it is near enough to be a slip of the hand.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3).clamp(1, 3); // two letters swapped are two steps
    known
        .into_iter()
        .map(|name| (distance(word, name), name))
        .filter(|(steps, _)| *steps <= limit)
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, name)| name)
}

/// `; did you mean …?` or nothing.
pub(super) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Letters to insert, remove or replace to get from one word to the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().take(64).enumerate() {
        let mut next = vec![line + 1];
        for ((other, above), above_left) in right.iter().zip(row.iter().skip(1)).zip(row.iter()) {
            let beside = next.last().copied().unwrap_or(0);
            let replaced = above_left + usize::from(letter != *other);
            next.push(replaced.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("lable", ["label", "plural"]), Some("label"));
        assert_eq!(nearest("protecton", ["label", "protection"]), Some("protection"));
        assert_eq!(nearest("colour", ["label", "plural"]), None);
    }

    #[test]
    fn places_count_from_one_and_in_characters() {
        assert_eq!(place_of("ä = 1\nx = ü", 0), (1, 1));
        assert_eq!(place_of("ä = 1\nx = ü", 11), (2, 5));
        assert_eq!(place_of("ä", 1), (1, 1));
        assert_eq!(place_of("a", 99), (1, 2));
    }
}
