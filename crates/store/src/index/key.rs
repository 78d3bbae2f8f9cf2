//! Keys of index columns: bytes whose order is the order of the values.
//!
//! | value | bytes |
//! |---|---|
//! | text | ICU sort key, locale de ([`crate::text::sort_key`]) |
//! | choice, link, identifier, e-mail, country … | the text, lower case, at most 200 bytes |
//! | number, decimal, amount of money | sign, exponent, pairs of digits; exact, see [`Key::number`] |
//! | date | year + 32768, month, day: 4 bytes |
//! | moment | milliseconds since 1970 + 2⁶³: 8 bytes |
//! | boolean | 1 or 2 |
//! | no value | `ff`, which stands behind every value |
use crate::text;
use base::{Date, Timestamp};

/// Longest key of a text that is compared as it is, in bytes.
const MAX_EXACT_BYTES: usize = 200;
/// Most digits of a number that its key holds.
const MAX_DIGITS: usize = 100;

/// Place of a value in an index column. Compare bytewise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    /// Only the length: a key of a name can be turned back into the name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

/// What stands for "no value".
pub(super) const ABSENT: &[u8] = &[0xff];

impl Key {
    /// The key of no value.
    pub fn absent() -> Self {
        Self(ABSENT.to_vec())
    }
    /// Text that people read, in the order of a German list. Equal only if letters, accents and case are.
    pub fn text(value: &str) -> Self {
        Self::present(text::sort_key(value))
    }
    /// For [`Test::Prefix`](super::Test::Prefix): every text that differs only in case.
    pub fn text_caseless(value: &str) -> Self {
        Self::present(text::sort_key_caseless(value))
    }
    /// For [`Test::Prefix`](super::Test::Prefix): every text that begins so, accents and case aside.
    pub fn text_prefix(value: &str) -> Self {
        Self::present(text::sort_key_prefix(value))
    }
    /// Text that is compared as it is but for case: choices, links, identifiers, addresses. Cut at 200 bytes. Can also be a prefix.
    pub fn exact(value: &str) -> Self {
        let mut bytes = value.to_lowercase().into_bytes();
        bytes.truncate(MAX_EXACT_BYTES);
        Self::present(bytes)
    }
    /// A calendar date.
    pub fn date(value: Date) -> Self {
        let year = (i32::from(value.year()) + 0x8000).clamp(0, 0xfeff);
        let [_, _, high, low] = year.to_be_bytes();
        let part = |number: i8| u8::try_from(number).unwrap_or(0);
        Self(vec![high, low, part(value.month()), part(value.day())])
    }
    /// A moment.
    pub fn moment(value: Timestamp) -> Self {
        Self((value.0 ^ i64::MIN).to_be_bytes().to_vec())
    }
    /// Yes or no.
    pub fn boolean(value: bool) -> Self {
        Self(vec![if value { 2 } else { 1 }])
    }
    /// A whole number.
    pub fn integer(value: i64) -> Self {
        Self::number(&value.to_string()).unwrap_or_else(Self::absent)
    }
    /// A decimal number, exactly: `-12.50`, `7`, `+0.001`. `None` if it is not one or has more than 100 digits.
    ///
    /// First byte: 1 negative, 2 zero, 3 positive. Then the power of ten of the first digit (two bytes, biased), then the digits in
    /// pairs, each pair plus one, without trailing zeros; so a longer number with the same beginning is larger. For a negative number
    /// all of that is inverted and followed by `ff`, so there it is smaller.
    pub fn number(value: &str) -> Option<Self> {
        let (negative, digits) = match value.as_bytes().split_first()? {
            (b'-', _) => (true, value.get(1..)?),
            (b'+', _) => (false, value.get(1..)?),
            _ => (false, value),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let too_long = digits.len() > MAX_DIGITS + 1;
        if whole.is_empty()
            || too_long
            || (fraction.is_empty() && digits.contains('.'))
            || !all_digits(whole)
            || !all_digits(fraction)
        {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let (power, significant) = if whole.is_empty() {
            let trimmed = fraction.trim_start_matches('0');
            (-i16::try_from(fraction.len() - trimmed.len()).ok()?, trimmed.to_owned())
        } else {
            (i16::try_from(whole.len()).ok()?, format!("{whole}{fraction}"))
        };
        let significant = significant.trim_end_matches('0').as_bytes();
        if significant.is_empty() {
            return Some(Self(vec![2]));
        }
        let biased = u16::try_from(i32::from(power) + 0x4000).ok()?;
        let mut magnitude = biased.to_be_bytes().to_vec();
        for pair in significant.chunks(2) {
            let digit = |place: usize| pair.get(place).map_or(0, |byte| byte - b'0');
            magnitude.push(digit(0) * 10 + digit(1) + 1);
        }
        let mut bytes = vec![if negative { 1 } else { 3 }];
        if negative {
            bytes.extend(magnitude.iter().map(|byte| !byte));
            bytes.push(0xff);
        } else {
            bytes.extend(magnitude);
        }
        Some(Self(bytes))
    }
    /// Whether it stands for a value.
    pub fn is_present(&self) -> bool {
        self.0 != ABSENT
    }
    /// The bytes as stored.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
    /// The moment whose key it is.
    pub(super) fn as_moment(&self) -> Option<Timestamp> {
        self.0.as_slice().try_into().ok().map(|bytes| Timestamp(i64::from_be_bytes(bytes) ^ i64::MIN))
    }
    /// Takes bytes as stored.
    pub(super) const fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// An empty value is no value; and nothing may pass for [`ABSENT`], which some characters that are none (U+FFFD) would.
    fn present(mut bytes: Vec<u8>) -> Self {
        match bytes.first_mut() {
            None => return Self::absent(),
            Some(first) => *first = (*first).min(0xfe),
        }
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    /// Compares two decimals digit by digit, without the encoding.
    fn compare(left: &str, right: &str) -> Ordering {
        fn parts(text: &str) -> (bool, String, String) {
            let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            (negative, format!("{whole:0>40}"), format!("{fraction:0<40}"))
        }
        let (left, right) = (parts(left), parts(right));
        let zero =
            |(_, whole, fraction): &(bool, String, String)| whole.chars().chain(fraction.chars()).all(|c| c == '0');
        match (zero(&left), zero(&right)) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if right.0 { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if left.0 { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        match (left.0, right.0) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => (left.1, left.2).cmp(&(right.1, right.2)),
            (true, true) => (right.1, right.2).cmp(&(left.1, left.2)),
        }
    }

    proptest! {
        #[test]
        fn numbers_keep_their_order(left in "-?[0-9]{1,12}(\\.[0-9]{1,8})?", right in "-?[0-9]{1,12}(\\.[0-9]{1,8})?") {
            let keys = (Key::number(&left).unwrap(), Key::number(&right).unwrap());
            prop_assert_eq!(keys.0.cmp(&keys.1), compare(&left, &right), "{} {}", left, right);
            prop_assert!(keys.0 < Key::absent());
        }

        #[test]
        fn small_numbers_keep_their_order(left in "-?[01]{1,2}(\\.[019]{1,3})?", right in "-?[01]{1,2}(\\.[019]{1,3})?") {
            prop_assert_eq!(Key::number(&left).unwrap().cmp(&Key::number(&right).unwrap()), compare(&left, &right));
        }

        #[test]
        fn integers_and_moments_keep_their_order(left: i64, right: i64) {
            prop_assert_eq!(Key::integer(left).cmp(&Key::integer(right)), left.cmp(&right));
            prop_assert_eq!(Key::moment(Timestamp(left)).cmp(&Key::moment(Timestamp(right))), left.cmp(&right));
        }

        #[test]
        fn dates_keep_their_order(a in -4000i16..9999, b in 1i8..=12, c in 1i8..=28, d in -4000i16..9999, e in 1i8..=12, f in 1i8..=28) {
            let (left, right) = (Date::constant(a, b, c), Date::constant(d, e, f));
            prop_assert_eq!(Key::date(left).cmp(&Key::date(right)), left.cmp(&right));
        }

        #[test]
        fn nothing_passes_for_no_value(text in "\\PC{0,20}") {
            for key in [Key::text(&text), Key::exact(&text)] {
                prop_assert!(key <= Key::absent());
                prop_assert_eq!(key.is_present(), key < Key::absent());
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "1.", ".5", "1,5", "1e5", "--1", "1.2.3", " 1", "²"] {
            assert_eq!(Key::number(text), None, "{text}");
        }
        assert_eq!(Key::number(&"9".repeat(200)), None);
        assert_eq!(Key::number("-0.00"), Key::number("0"));
        assert_eq!(Key::number("+007.50"), Key::number("7.5"));
    }
}
