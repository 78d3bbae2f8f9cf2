//! Whole numbers, decimal numbers and money, written as Germans and as machines write them.
use super::{Reading, Refusal, as_text, text};
use serde_json::{Value, json};

/// Most digits before and after the decimal point.
const MAX_WHOLE: usize = 15;
const MAX_FRACTION: usize = 6;

/// The currency of an amount that names none.
const CURRENCY: &str = "EUR";
const NO_MINOR_UNIT: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
const THREE_DIGITS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
const SYMBOLS: &[(&str, &str)] = &[("€", "EUR"), ("$", "USD"), ("£", "GBP"), ("¥", "JPY")];

fn not_a_number() -> Refusal {
    Refusal::new(
        "not_a_number",
        "Das ist keine Zahl (1.234,50 oder 1234.50).",
        "This is not a number (1234.50 or 1.234,50).",
    )
}

/// A whole number of 64 bits: `12`, `1.234`, `1 234`.
pub(in super::super) fn integer(value: &Value) -> Reading {
    if let Some(number) = value.as_i64() {
        return Ok(Some(number.into()));
    }
    let given = text::clean(&as_text(value)?, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    let whole = given.strip_suffix(".0").unwrap_or(&given); // a whole number written by a program that has doubles only
    let grouped = Digits::read(&if groups_of_three(whole) { whole.replace('.', "") } else { whole.to_owned() });
    let number =
        grouped.filter(|digits| digits.fraction.is_empty()).and_then(|digits| digits.to_string().parse::<i64>().ok());
    number
        .map(|number| Some(number.into()))
        .ok_or_else(|| Refusal::new("not_a_whole_number", "Das ist keine ganze Zahl.", "This is not a whole number."))
}

/// Whether dots stand only between groups of three digits.
fn groups_of_three(text: &str) -> bool {
    let mut groups = text.trim_start_matches(['-', '+']).split('.');
    groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_digits(first))
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal number as text: `"1234.50"`. Digits after the point stay as given.
pub(in super::super) fn decimal(value: &Value) -> Reading {
    let given = text::clean(&as_text(value)?, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    Digits::read(&given).map(|digits| Some(digits.to_string().into())).ok_or_else(not_a_number)
}

/// `{"amount": "12.50", "currency": "EUR"}`. Accepts that, a number, or a text with or without currency.
pub(in super::super) fn money(value: &Value) -> Reading {
    let (amount, currency) = match value {
        Value::Object(parts) => {
            if let Some(unknown) = parts.keys().find(|key| !["amount", "currency"].contains(&key.as_str())) {
                let message = format!("`{}`", unknown.escape_debug().take(40).collect::<String>());
                return Err(Refusal::new(
                    "unknown_part",
                    format!("Ein Geldbetrag hat keinen Teil {message}."),
                    format!("Money has no part {message}."),
                ));
            }
            let part = |name: &str| parts.get(name).filter(|part| !part.is_null()).map(as_text).transpose();
            let Some(amount) = part("amount")? else { return Err(not_a_number()) };
            (text::clean(&amount, false)?, part("currency")?.map(|text| text::clean(&text, false)).transpose()?)
        }
        other => {
            let given = text::clean(&as_text(other)?, false)?;
            if given.is_empty() {
                return Ok(None);
            }
            take_currency(&given)
        }
    };
    let currency = currency_code(currency.as_deref().unwrap_or(CURRENCY))?;
    let amount = amount.trim_end_matches('-');
    let digits = Digits::read(amount.strip_suffix([',', '.']).unwrap_or(amount)).ok_or_else(not_a_number)?;
    let amount = digits.with_fraction(minor_digits(&currency)).ok_or_else(|| {
        let places = minor_digits(&currency);
        Refusal::new(
            "too_precise",
            format!("Ein Betrag in {currency} hat höchstens {places} Nachkommastellen."),
            format!("An amount in {currency} has at most {places} decimal places."),
        )
    })?;
    Ok(Some(json!({"amount": amount.to_string(), "currency": currency})))
}

/// Takes a currency from either end.
fn take_currency(given: &str) -> (String, Option<String>) {
    let is_currency =
        |letter: char| letter.is_alphabetic() || SYMBOLS.iter().any(|(symbol, _)| symbol.starts_with(letter));
    let start = given.trim_start_matches(is_currency);
    if start.len() < given.len() {
        let currency = given.get(..given.len() - start.len()).unwrap_or_default();
        return (start.trim().to_owned(), Some(currency.to_owned()));
    }
    let end = given.trim_end_matches(is_currency);
    let currency = given.get(end.len()..).unwrap_or_default();
    (end.trim().to_owned(), (!currency.is_empty()).then(|| currency.to_owned()))
}

fn currency_code(given: &str) -> Result<String, Refusal> {
    if let Some((_, code)) = SYMBOLS.iter().find(|(symbol, _)| *symbol == given) {
        return Ok((*code).to_owned());
    }
    if given.len() == 3 && given.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(given.to_ascii_uppercase());
    }
    Err(Refusal::new(
        "not_a_currency",
        "Die Währung ist ein Code aus drei Buchstaben (EUR).",
        "The currency is a code of three letters (EUR).",
    ))
}

fn minor_digits(currency: &str) -> usize {
    if NO_MINOR_UNIT.contains(&currency) {
        0
    } else if THREE_DIGITS.contains(&currency) {
        3
    } else {
        2
    }
}

/// A decimal number by its digits, so that none is lost.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Digits {
    negative: bool,
    whole: String,
    pub fraction: String,
}

impl Digits {
    /// Reads `1234.50`, `1.234,50`, `1,234.50`, `1 234,50`, `1'234.50`, `-3`. Where a text has one kind of mark and has it once, that is
    /// the decimal mark: `1.234` is a little more than one.
    pub fn read(text: &str) -> Option<Self> {
        let text: String =
            text.chars().filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')).collect();
        let unsigned = text.trim_start_matches(['-', '+', '−']);
        if text.chars().count() - unsigned.chars().count() > 1 {
            return None;
        }
        let (dots, commas) = (unsigned.matches('.').count(), unsigned.matches(',').count());
        let last = unsigned.chars().rev().find(|letter| matches!(letter, '.' | ','));
        let groups_only = (dots == 0 || commas == 0) && dots + commas != 1;
        let mark = last.filter(|_| !groups_only);
        let (whole, fraction) = mark.and_then(|mark| unsigned.rsplit_once(mark)).unwrap_or((unsigned, ""));
        let group = match mark {
            Some('.') => ',',
            Some(_) => '.',
            None => last.unwrap_or('.'),
        };
        let mut groups = whole.split(group);
        let first = groups.next().unwrap_or_default();
        let rest: Vec<&str> = groups.collect();
        let grouped_well =
            rest.is_empty() || (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
        let whole: String = std::iter::once(first).chain(rest).collect();
        if !grouped_well || (whole.is_empty() && fraction.is_empty()) || (mark.is_some() && fraction.is_empty()) {
            return None;
        }
        if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        if whole.len() > MAX_WHOLE || fraction.len() > MAX_FRACTION {
            return None;
        }
        let negative = text.starts_with(['-', '−']) && (!whole.is_empty() || fraction.bytes().any(|byte| byte != b'0'));
        Some(Self { negative, whole, fraction: fraction.to_owned() })
    }

    /// The same number with exactly so many digits after the point, or `None` if it has more that matter.
    fn with_fraction(mut self, places: usize) -> Option<Self> {
        let kept = self.fraction.get(..places.min(self.fraction.len()))?.to_owned();
        if self.fraction.get(kept.len()..)?.bytes().any(|byte| byte != b'0') {
            return None;
        }
        self.fraction = format!("{kept:0<places$}");
        Some(self)
    }

    /// As a person reads it: `1.234,50` in German, `1,234.50` in English.
    pub fn display(&self, english: bool) -> String {
        let (group, mark) = if english { (',', '.') } else { ('.', ',') };
        let mut shown = String::new();
        if self.negative {
            shown.push('-');
        }
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                shown.push(group);
            }
            shown.push(digit);
        }
        if !self.fraction.is_empty() {
            shown.push(mark);
            shown.push_str(&self.fraction);
        }
        shown
    }
}

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{}", self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal_of(text: &str) -> Option<String> {
        decimal(&text.into()).ok().flatten().and_then(|value| value.as_str().map(str::to_owned))
    }

    #[test]
    fn decimals_are_read_as_germans_and_machines_write_them() {
        for (given, canonical) in [
            ("1.234,50", "1234.50"),
            ("1234.50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1 234,5", "1234.5"),
            ("1'234.50", "1234.50"),
            ("1.234.567", "1234567"),
            ("-0,00", "0.00"),
            ("+3", "3"),
            ("007", "7"),
            (",5", "0.5"),
            ("1.234.567,8", "1234567.8"),
            ("−2", "-2"),
        ] {
            assert_eq!(decimal_of(given).as_deref(), Some(canonical), "{given}");
        }
        for bad in ["1,2,3", "1.2.3", "12.34,56.7", "--1", "1e5", "abc", "1.", "1,23.456,7", "1234567890123456"] {
            assert_eq!(decimal_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn money_keeps_its_currency_and_its_cents() {
        let read = |value: Value| {
            money(&value).ok().flatten().map(|value| {
                (value["amount"].as_str().unwrap().to_owned(), value["currency"].as_str().unwrap().to_owned())
            })
        };
        let pair = |amount: &str, currency: &str| Some((amount.to_owned(), currency.to_owned()));
        assert_eq!(read("12,50 EUR".into()), pair("12.50", "EUR"));
        assert_eq!(read("1.234,5 €".into()), pair("1234.50", "EUR"));
        assert_eq!(read("USD 3".into()), pair("3.00", "USD"));
        assert_eq!(read("12,-".into()), pair("12.00", "EUR"));
        assert_eq!(read(json!(32.38)), pair("32.38", "EUR"));
        assert_eq!(read(json!({"amount": "32.3800", "currency": "usd"})), pair("32.38", "USD"));
        assert_eq!(read("100 JPY".into()), pair("100", "JPY"));
        for bad in ["1.234", "12,505", "EUR", "12 Mark", "1,50 EUR x"] {
            assert_eq!(read(bad.into()), None, "{bad}");
        }
        assert_eq!(read(json!({"amount": 1, "note": "x"})), None);
    }

    #[test]
    fn whole_numbers_may_have_groups() {
        for (given, number) in
            [(json!(5), 5), (json!(5.0), 5), (json!("1.234"), 1234), (json!("120 000"), 120_000), (json!("-7"), -7)]
        {
            assert_eq!(integer(&given).unwrap(), Some(number.into()), "{given}");
        }
        for bad in [json!(5.5), json!("12,5"), json!("x"), json!("99999999999999999999"), json!(true)] {
            assert!(integer(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_shown_in_the_readers_way() {
        assert_eq!(Digits::read("1234567.50").unwrap().display(false), "1.234.567,50");
        assert_eq!(Digits::read("-123").unwrap().display(true), "-123");
    }
}
