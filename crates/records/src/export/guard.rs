//! Guard against formula injection: a cell that a spreadsheet would run as a formula gets an apostrophe in front.
//!
//! A spreadsheet takes a cell for a formula that starts with `=`, `+`, `-` or `@` (also in their full-width forms), with a tab
//! or a line break in front of one of them, or with blanks in front. Excel also splits at the separator of its own language,
//! not ours: a German one tears `1,"x;=cmd"` apart behind the semicolon. Therefore the guard also looks behind each separator
//! and each line break within a cell.
//!
//! Not guarded are numbers: a sign and behind it nothing but digits, blanks, points, commas and brackets (`-12,50`,
//! `+49 (30) 1234`), which hold no operator and no name. Numbers such as `+49-30-1234` or `+49/30` would be calculated and are
//! guarded.
//!
//! Our own import takes the apostrophe off again ([`unguard`]), so that a round trip changes nothing: the guard also adds one to a
//! cell that has such apostrophes already.
use std::borrow::Cow;

/// What starts a formula.
fn starts_formula(letter: char) -> bool {
    matches!(letter, '=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
}

/// What stands before a place at which a spreadsheet may see the start of a cell.
fn separates(letter: char) -> bool {
    matches!(letter, ',' | ';' | '\t' | '|' | '\n' | '\r')
}

/// Blanks that a spreadsheet may skip at the start of a cell.
fn is_blank(letter: char) -> bool {
    letter == '\t' || letter == '\n' || letter == '\r' || (letter.is_whitespace() && letter != '\u{85}')
}

/// A cell that is safe in a spreadsheet.
pub fn guard(cell: &str) -> Cow<'_, str> {
    if is_number(cell) {
        return Cow::Borrowed(cell);
    }
    edit(cell, true)
}

/// The cell as it was before [`guard`].
pub fn unguard(cell: &str) -> Cow<'_, str> {
    edit(cell, false)
}

/// A sign, digits, and nothing by which it could be calculated.
fn is_number(cell: &str) -> bool {
    let Some(rest) = cell.strip_prefix(['+', '-']) else { return false };
    rest.chars().any(|letter| letter.is_ascii_digit())
        && rest.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ' ' | '.' | ',' | '(' | ')'))
        // Behind a comma another sign cannot stand, for signs are no part of it.
        && rest.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '(' | '.' | ',' | ' '))
}

/// Adds or removes one apostrophe at each place where a cell may start and `'…'=` follows.
fn edit(cell: &str, add: bool) -> Cow<'_, str> {
    // Most cells have nothing of it.
    if !cell.chars().any(starts_formula) {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len() + 4);
    let mut changed = false;
    let mut at_start = true;
    let mut rest = cell;
    while let Some(letter) = rest.chars().next() {
        if at_start && (letter == '\'' || starts_formula(letter)) {
            let marks = rest.len() - rest.trim_start_matches('\'').len();
            let behind = rest.get(marks..).unwrap_or_default();
            // Apostrophes may be followed by blanks only in cells that were never guarded; those are left alone.
            if behind.starts_with(starts_formula) {
                if add {
                    out.push('\'');
                    changed = true;
                }
                let kept = usize::from(!(add || marks == 0));
                changed |= kept == 1;
                out.push_str(rest.get(kept..marks).unwrap_or_default());
                rest = behind;
                at_start = false;
                continue;
            }
        }
        at_start = separates(letter) || (at_start && is_blank(letter));
        out.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    if changed { Cow::Owned(out) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_get_an_apostrophe() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("+49-30-1234", "'+49-30-1234"),
            ("\t=1", "\t'=1"),
            ("\r=1", "\r'=1"),
            ("  =1", "  '=1"),
            ("\u{FF1D}1", "'\u{FF1D}1"),
            ("x;=cmd()", "x;'=cmd()"),
            ("a\n-b", "a\n'-b"),
            ("'=1", "''=1"),
            ("-", "'-"),
            ("-1+2", "'-1+2"),
            ("-2,=1", "'-2,'=1"),
        ] {
            assert_eq!(guard(cell), safe, "{cell:?}");
            assert_eq!(unguard(safe), cell, "{cell:?}");
        }
    }

    #[test]
    fn other_cells_stay() {
        for cell in [
            "",
            "Müller",
            "-12,50",
            "+49 (30) 1234",
            "-0.5",
            "a=b",
            "max@example.org",
            "'s-Hertogenbosch",
            "12-13",
            "'quoted'",
            "O'Neil",
        ] {
            assert_eq!(guard(cell), cell);
            assert_eq!(unguard(cell), cell);
        }
    }

    fn a_cell_may_start(cell: &str) -> bool {
        let bare = cell.split(separates).any(|part| part.trim_start().starts_with(starts_formula));
        bare || cell.trim_start().starts_with(starts_formula)
    }

    proptest! {
        #[test]
        fn a_round_trip_changes_nothing(cell in "[-+=@', ;\t\n\rab1|（＝]{0,12}") {
            let safe = guard(&cell).into_owned();
            prop_assert_eq!(unguard(&safe).into_owned(), cell.clone());
            if !is_number(&cell) {
                prop_assert!(!a_cell_may_start(&safe), "{:?}", safe);
            }
        }
    }
}
