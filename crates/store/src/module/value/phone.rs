//! Telephone numbers: kept as typed, compared by their digits.
use super::{Reading, Refusal, text};

/// A number as typed, without `tel:`; at least three digits, at most 60 characters.
pub(in super::super) fn phone(given: &str) -> Reading {
    let given = text::clean(given, false)?;
    let number = given.trim_start_matches("tel:").trim();
    if number.is_empty() {
        return Ok(None);
    }
    if number.chars().filter(char::is_ascii_digit).count() < 3 {
        return Err(Refusal::new(
            "not_a_phone",
            "Eine Telefonnummer hat mindestens drei Ziffern.",
            "A telephone number has at least three digits.",
        ));
    }
    if number.chars().count() > 60 {
        return Err(Refusal::new("too_long", "Höchstens 60 Zeichen.", "At most 60 characters."));
    }
    Ok(Some(number.into()))
}

/// The digits of a number in international form without the plus, so that `030 / 123`, `+49 (0)30 123` and `0049 30 123` are the same.
/// A number without a leading 0 or + stays as it is: whether it is a local or a foreign one cannot be known. Germany is assumed for a
/// single leading 0. An extension (`ext. 12`, `x12`, `;ext=12`) is left out.
pub fn phone_digits(text: &str) -> String {
    let number = text.trim().trim_start_matches("tel:");
    let end = number
        .find(|letter: char| letter.is_alphabetic() || letter == ';')
        .filter(|place| *place > 0)
        .unwrap_or(number.len());
    let number = number.get(..end).unwrap_or(number).replace("(0)", "");
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if number.trim_start().trim_start_matches('(').starts_with('+') {
        digits
    } else if let Some(international) = digits.strip_prefix("00") {
        international.to_owned()
    } else if let Some(national) = digits.strip_prefix('0') {
        format!("49{national}")
    } else {
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_has_the_same_digits() {
        for text in [
            "030 / 123-456",
            "+49 30 123456",
            "+49 (0)30 123456",
            "0049 30 123456",
            "(030) 123456",
            "tel:+4930123456",
            "030 123456 ext. 12",
        ] {
            assert_eq!(phone_digits(text), "4930123456", "{text}");
        }
        assert_eq!(phone_digits("(5) 555-4729"), "55554729");
        assert_eq!(phone_digits(""), "");
    }

    #[test]
    fn a_number_is_kept_as_typed() {
        assert_eq!(phone(" 030 / 12-3 ").unwrap(), Some("030 / 12-3".into()));
        assert!(phone("n/a").is_err());
    }
}
