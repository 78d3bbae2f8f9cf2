//! Which encoding a file has, from its bytes alone.
use encoding_rs::{MACINTOSH, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Encoding, Table};

/// What the first bytes of a file show.
pub(super) enum Seen {
    /// Two bytes a letter; `mark` bytes of byte order mark stand in front.
    Utf16 {
        /// Which of the two orders.
        table: &'static Table,
        /// Length of the mark, 0 or 2.
        mark: usize,
    },
    /// UTF-8 with its mark.
    Utf8Mark,
    /// No mark.
    Plain(Encoding),
}

/// Looks at the first bytes.
pub(super) fn see(head: &[u8]) -> Seen {
    if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Seen::Utf8Mark;
    }
    if head.starts_with(&[0xFF, 0xFE]) {
        return Seen::Utf16 { table: UTF_16LE, mark: 2 };
    }
    if head.starts_with(&[0xFE, 0xFF]) {
        return Seen::Utf16 { table: UTF_16BE, mark: 2 };
    }
    if let Some(table) = unmarked_utf16(head) {
        return Seen::Utf16 { table, mark: 0 };
    }
    let (letters, bad) = count_utf8(head);
    Seen::Plain(match (letters, bad) {
        (0, 0) => Encoding::Undecided,
        // A few broken lines in a UTF-8 file are rejected one by one; they do not turn it into another encoding.
        (letters, bad) if letters > bad => Encoding::Utf8,
        _ => single_byte(head),
    })
}

/// UTF-16 without its mark: ASCII text leaves every other byte zero.
fn unmarked_utf16(head: &[u8]) -> Option<&'static Table> {
    let (mut even, mut odd, mut pairs) = (0_usize, 0_usize, 0_usize);
    for pair in head.chunks_exact(2).take(2048) {
        pairs += 1;
        even += usize::from(pair.first() == Some(&0));
        odd += usize::from(pair.get(1) == Some(&0));
    }
    if pairs < 4 {
        return None;
    }
    if odd * 2 > pairs && even * 20 <= pairs {
        return Some(UTF_16LE);
    }
    if even * 2 > pairs && odd * 20 <= pairs {
        return Some(UTF_16BE);
    }
    None
}

/// How many letters of more than one byte are sound UTF-8, and how many places are not.
fn count_utf8(mut bytes: &[u8]) -> (usize, usize) {
    let (mut letters, mut bad) = (0, 0);
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => return (letters + wide(text), bad),
            Err(error) => {
                let (sound, rest) = bytes.split_at(error.valid_up_to());
                letters += wide(std::str::from_utf8(sound).unwrap_or_default());
                let Some(length) = error.error_len() else { return (letters, bad) };
                bad += 1;
                bytes = rest.get(length..).unwrap_or_default();
            }
        }
    }
}

fn wide(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_ascii()).count()
}

/// Which of the encodings with one byte a letter: Windows-1252 unless the bytes beside letters speak for Mac or DOS.
///
/// Windows has its letters from C0 on, Mac and DOS have theirs below A0, where Windows has quotation marks and dashes.
pub(super) fn single_byte(bytes: &[u8]) -> Encoding {
    let (mut windows, mut others, mut mac, mut dos) = (0_usize, 0_usize, 0_usize, 0_usize);
    for three in bytes.windows(3) {
        let [before, byte, after] = three else { continue };
        if byte.is_ascii() {
            continue;
        }
        let beside = usize::from(before.is_ascii_alphabetic()) + usize::from(after.is_ascii_alphabetic());
        match byte {
            // The apostrophe of Windows stands between letters too.
            0x91 | 0x92 => {}
            0x80..=0x9F
                if beside == 2 || (beside == 1 && matches!(byte, 0x80 | 0x81 | 0x8A | 0x8E | 0x99 | 0x9A | 0x9F)) =>
            {
                others += 1;
                mac += usize::from(matches!(byte, 0x8A | 0x9A | 0x9F | 0x80 | 0x85 | 0x86 | 0x8E));
                dos += usize::from(matches!(byte, 0x84 | 0x94 | 0x81 | 0x8E | 0x99 | 0x9A | 0x82));
            }
            0xA7 if beside > 0 => mac += 1,
            0xE1 if beside > 0 => {
                windows += 1;
                dos += 1;
            }
            0xC0..=0xFF if beside > 0 => windows += 1,
            _ => {}
        }
    }
    match (others > windows, mac > dos) {
        (true, true) => Encoding::Table(MACINTOSH),
        (true, false) => Encoding::Cp850,
        _ => Encoding::Table(WINDOWS_1252),
    }
}

/// The upper half of code page 850.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}";

/// Text of code page 850.
pub(super) fn cp850(bytes: &[u8]) -> String {
    let upper: Vec<char> = CP850.chars().collect();
    bytes
        .iter()
        .map(|byte| match byte.checked_sub(0x80) {
            None => char::from(*byte),
            Some(index) => upper.get(usize::from(index)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        })
        .collect()
}
