//! Which character separates the cells: said by a `sep=` line, else the one with which most rows match the head line.
use super::csv::{Fed, Splitter};

/// The characters that are tried, the likelier first.
const CANDIDATES: [u8; 4] = [b';', b',', b'\t', b'|'];

/// Rows that are looked at.
const ROWS: usize = 40;

/// The separator of the line `sep=;` with which a file tells Excel.
pub(super) fn named_separator(line: &str) -> Option<u8> {
    let plain = line.trim_start().trim_matches('"');
    let named = plain.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).and_then(|_| plain.get(4..))?;
    let named = if named.starts_with('\t') { "\t" } else { named.trim_end_matches(['"', ' ']) };
    match named.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => Some(*byte),
        _ => None,
    }
}

/// The separator that explains the lines best; a comma where there is none at all.
pub(super) fn separator_of(lines: &[String], named: bool) -> u8 {
    let mut best = (0_usize, 0_usize, b',');
    for candidate in CANDIDATES {
        let mut head = 0;
        let (mut rows, mut matching) = (0, 0);
        let mut cells = Splitter::new(candidate);
        let mut skip = named;
        for line in lines {
            if cells.cells.is_empty() && line.trim().is_empty() {
                continue;
            }
            if std::mem::take(&mut skip) {
                continue;
            }
            if matches!(cells.feed(line), Fed::Open) {
                continue;
            }
            let row = std::mem::replace(&mut cells, Splitter::new(candidate)).cells;
            if head == 0 {
                head = row.len();
                continue;
            }
            rows += 1;
            let surplus = row.iter().skip(head).all(|cell| cell.trim().is_empty());
            matching += usize::from(row.len() >= head && surplus);
            if rows >= ROWS {
                break;
            }
        }
        if head < 2 {
            continue;
        }
        // In tenths: a few broken rows do not make another separator better than one with more columns.
        let share = (matching * 10).checked_div(rows).unwrap_or(10);
        if (share, head) > (best.0, best.1) {
            best = (share, head, candidate);
        }
    }
    best.2
}
