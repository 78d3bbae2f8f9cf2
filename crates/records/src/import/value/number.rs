//! Numbers, amounts and yes or no.
use crate::import::map::Decimal;

/// A whole number, thousands separators allowed. `None` is none.
pub fn integer(text: &str, style: Decimal) -> Option<i64> {
    let plain = decimal(text, style)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
    if fraction.bytes().any(|byte| byte != b'0') {
        return None;
    }
    whole.parse().ok()
}

/// A number in the canonical form: `1.234,50` is `1234.50`. The digits behind the point stay as they are. `None` is none.
pub fn decimal(text: &str, style: Decimal) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let (negative, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => match text.strip_suffix('-') {
            // Bookkeeping programs put the sign behind.
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        },
    };
    let plain: String =
        digits.trim().chars().filter(|letter| !matches!(letter, ' ' | '\u{A0}' | '\u{202F}' | '\'' | '’')).collect();
    let Mark::Known(point) = fraction_mark(&plain, style) else { return None };
    let (whole, fraction) = match point.and_then(|mark| plain.rsplit_once(mark)) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain.as_str(), None),
    };
    let group = if point == Some('.') { ',' } else { '.' };
    let whole = ungroup(whole, if point.is_none() { ['.', ','] } else { [group, group] })?;
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(&whole)
        || !fraction.is_none_or(all_digits)
        || (whole.is_empty() && fraction.is_none_or(str::is_empty))
    {
        return None;
    }
    let trimmed = whole.trim_start_matches('0');
    let whole = if trimmed.is_empty() { "0" } else { trimmed };
    let sign = if negative { "-" } else { "" };
    Some(match fraction {
        Some(fraction) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{whole}"),
    })
}

/// What is known of the mark in front of the fraction.
enum Mark {
    /// It is this one, or there is no fraction.
    Known(Option<char>),
    /// The marks contradict each other: it is no number.
    Unclear,
}

/// Which of the marks in the text separates the fraction, if one does.
fn fraction_mark(text: &str, style: Decimal) -> Mark {
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let given = match style {
        Decimal::Comma => Some(','),
        Decimal::Point => Some('.'),
        Decimal::Auto => None,
    };
    if let Some(mark) = given {
        return match text.matches(mark).count() {
            0 => Mark::Known(None),
            1 => Mark::Known(Some(mark)),
            _ => Mark::Unclear,
        };
    }
    match (points, commas) {
        (1, 0) => Mark::Known(Some('.')),
        (0, 1) => Mark::Known(Some(',')),
        (_, 0) | (0, _) => Mark::Known(None),
        _ => {
            let last = text.chars().rev().find(|letter| matches!(letter, '.' | ','));
            let repeated = last.is_some_and(|mark| text.matches(mark).count() > 1);
            if repeated { Mark::Unclear } else { Mark::Known(last) }
        }
    }
}

/// Digits without their thousands separators; each group behind the first must have three digits.
fn ungroup(text: &str, marks: [char; 2]) -> Option<String> {
    let mut groups = text.split(marks);
    let first = groups.next().unwrap_or_default();
    let mut all = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.is_empty() || first.len() > 3 {
            return None;
        }
        all.push_str(group);
    }
    Some(all)
}

/// An amount and its currency: `1.234,50 €`, `EUR 12`, `$12.50`. Without a currency the second part is `None`.
pub fn money(text: &str, style: Decimal) -> Option<(String, Option<String>)> {
    let text = text.trim();
    let number: String =
        text.chars().filter(|letter| !letter.is_alphabetic() && !matches!(letter, '€' | '$' | '£')).collect();
    let letters: String =
        text.chars().filter(|letter| letter.is_alphabetic() || matches!(letter, '€' | '$' | '£')).collect();
    let currency = match letters.to_uppercase().as_str() {
        "" => None,
        "€" | "EURO" => Some("EUR".to_owned()),
        "$" => Some("USD".to_owned()),
        "£" => Some("GBP".to_owned()),
        "FR" | "SFR" => Some("CHF".to_owned()),
        code if code.len() == 3 && code.is_ascii() => Some(code.to_owned()),
        _ => return None,
    };
    // "12,-" and "12.--"
    let number = number.trim().trim_end_matches(['-', '–', '—']);
    let number = if number.ends_with([',', '.']) { number.trim_end_matches([',', '.']) } else { number };
    let negative = text.ends_with('-') && !text.contains(",-") && !text.contains(".-");
    let amount = decimal(number, style)?;
    Some((if negative && !amount.starts_with('-') { format!("-{amount}") } else { amount }, currency))
}

/// Yes or no, in German and English. `None` is neither.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "1" | "ja" | "j" | "yes" | "y" | "true" | "wahr" | "x" | "on" | "an" | "✓" | "-1" => Some(true),
        "0" | "nein" | "n" | "no" | "false" | "falsch" | "off" | "aus" | "-" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_of_both_tongues() {
        for (text, expected) in [
            ("12", "12"),
            ("12,50", "12.50"),
            ("12.50", "12.50"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1.234.567", "1234567"),
            ("-0,5", "-0.5"),
            ("007", "7"),
            ("1 234,5", "1234.5"),
            ("12,50-", "-12.50"),
            (",5", "0.5"),
            ("1'234.50", "1234.50"),
            ("0.00", "0.00"),
            ("32.38", "32.38"),
        ] {
            assert_eq!(decimal(text, Decimal::Auto).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(decimal("1.234", Decimal::Comma).as_deref(), Some("1234"));
        assert_eq!(decimal("1.234", Decimal::Point).as_deref(), Some("1.234"));
        for text in ["", "abc", "1.2.3", "1,2,3", "1.23,4,5", "--1", ".", ",", "12 EUR", "1,23.45.6", "-"] {
            assert_eq!(decimal(text, Decimal::Auto), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(integer("1.234", Decimal::Comma), Some(1234));
        assert_eq!(integer("12,00", Decimal::Auto), Some(12));
        assert_eq!(integer("12,5", Decimal::Auto), None);
        assert_eq!(integer("99999999999999999999", Decimal::Auto), None);
    }

    #[test]
    fn amounts() {
        let read = |text| money(text, Decimal::Auto).map(|(amount, currency)| (amount, currency.unwrap_or_default()));
        assert_eq!(read("1.234,50 €"), Some(("1234.50".into(), "EUR".into())));
        assert_eq!(read("EUR 12"), Some(("12".into(), "EUR".into())));
        assert_eq!(read("$12.50"), Some(("12.50".into(), "USD".into())));
        assert_eq!(read("12,-"), Some(("12".into(), String::new())));
        assert_eq!(read("-12,50"), Some(("-12.50".into(), String::new())));
        assert_eq!(read("viel Geld"), None);
    }

    #[test]
    fn yes_and_no() {
        assert_eq!(boolean(" Ja "), Some(true));
        assert_eq!(boolean("FALSCH"), Some(false));
        assert_eq!(boolean("vielleicht"), None);
    }
}
