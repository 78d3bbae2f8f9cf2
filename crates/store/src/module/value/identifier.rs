//! Identifiers with a check of their own.
use super::{Reading, Refusal, text};
use crate::module::IdentifierKind;

/// Length of an IBAN by country (SWIFT registry).
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// Capitals without spaces and hyphens, if the check holds.
pub(in super::super) fn identifier(kind: Option<IdentifierKind>, given: &str) -> Reading {
    let given: String =
        text::clean(given, false)?.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    if given.is_empty() {
        return Ok(None);
    }
    let given = given.to_ascii_uppercase();
    match kind {
        Some(IdentifierKind::Vin) if !is_vin(&given) => Err(Refusal::new(
            "not_a_vin",
            "Eine Fahrzeug-Identifizierungsnummer hat 17 Ziffern und Buchstaben ohne I, O und Q.",
            "A vehicle identification number has 17 digits and letters, without I, O and Q.",
        )),
        Some(IdentifierKind::Iban) if !is_iban(&given) => Err(Refusal::new(
            "not_an_iban",
            "Die IBAN stimmt nicht: Länge oder Prüfziffer.",
            "The IBAN is not right: length or check digits.",
        )),
        _ => Ok(Some(given.into())),
    }
}

/// ISO 3779: 17 signs. The check digit in place 9 is used in North America only (see [`vin_check_digit_fits`]).
fn is_vin(text: &str) -> bool {
    text.len() == 17
        && text.bytes().all(|byte| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"IOQ".contains(&byte)))
}

/// Whether place 9 is the check digit that 49 CFR 565 asks for. Elsewhere that place is free, so a `false` is a hint, not an error.
pub fn vin_check_digit_fits(vin: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'H' => u32::from(byte - b'A') + 1,
        b'J'..=b'R' => u32::from(byte - b'J') + 1,
        b'S'..=b'Z' => u32::from(byte - b'S') + 2,
        _ => 0,
    };
    let sum: u32 = vin.bytes().zip(WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    let expected = char::from_digit(sum % 11, 10).unwrap_or('X');
    is_vin(vin) && vin.chars().nth(8) == Some(expected)
}

/// ISO 13616: the country's length and ISO 7064 MOD 97-10.
fn is_iban(text: &str) -> bool {
    let length = IBAN_LENGTHS.iter().find(|(country, _)| text.starts_with(country)).map(|(_, length)| *length);
    if length != Some(text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return false;
    }
    let (head, tail) = text.split_at(4); // ASCII and at least 15 long
    let remainder =
        tail.chars().chain(head.chars()).filter_map(|sign| sign.to_digit(36)).fold(0, |remainder, digit| {
            let shifted = if digit < 10 { remainder * 10 } else { remainder * 100 };
            (shifted + digit) % 97
        });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_checked() {
        for good in [
            "DE89 3704 0044 0532 0130 00",
            "GB82WEST12345698765432",
            "NO9386011117947",
            "mt84malt011000012345mtlcast001s",
        ] {
            assert!(identifier(Some(IdentifierKind::Iban), good).is_ok(), "{good}");
        }
        for bad in ["DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "DE", "ß"] {
            assert!(identifier(Some(IdentifierKind::Iban), bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn vins_are_checked_and_the_check_digit_only_reported() {
        assert_eq!(
            identifier(Some(IdentifierKind::Vin), "wvw zzz1jz-xw000001").unwrap(),
            Some("WVWZZZ1JZXW000001".into())
        );
        assert!(identifier(Some(IdentifierKind::Vin), "WVWZZZ1JZXW00000O").is_err());
        assert!(vin_check_digit_fits("1M8GDM9AXKP042788"));
        assert!(!vin_check_digit_fits("WVWZZZ1JZXW000001"));
    }
}
