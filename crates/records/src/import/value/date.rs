//! Dates and moments as exports write them.
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::import::map::DateOrder;

/// Names of months, German and English, by their first letters.
const MONTHS: [(&str, i8); 17] = [
    ("jan", 1),
    ("jän", 1),
    ("feb", 2),
    ("mär", 3),
    ("mrz", 3),
    ("mar", 3),
    ("maer", 3),
    ("apr", 4),
    ("mai", 5),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("okt", 10),
    ("oct", 10),
    ("nov", 11),
];

/// Whether a cell is the "no date" of some program: Outlook writes `0.0.00` and `0/0/00`, databases `0000-00-00`.
pub fn no_date(text: &str) -> bool {
    let text = text.trim();
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    !day.is_empty() && day.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'/' | b'-'))
}

/// A calendar date, with or without a time behind it: ISO 8601, `23.11.2026`, `11/23/2026`, `20261123`, `23. Nov. 2026`.
/// A year of two digits lies in 1930 to 2029. `formats` (strptime) go first. `None` is no date.
pub fn date(text: &str, order: DateOrder, formats: &[String]) -> Option<Date> {
    moment(text, order, formats).map(jiff::civil::DateTime::date)
}

/// A moment as RFC 3339 in UTC; without an offset it is taken in `zone`. `None` is no moment.
pub fn date_time(text: &str, order: DateOrder, formats: &[String], zone: &TimeZone) -> Option<String> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.to_string());
    }
    let moment = moment(text, order, formats)?;
    Some(moment.to_zoned(zone.clone()).ok()?.timestamp().to_string())
}

fn moment(text: &str, order: DateOrder, formats: &[String]) -> Option<DateTime> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    for format in formats {
        if let Ok(broken) = strtime::parse(format, text)
            && let Ok(date) = broken.to_date()
        {
            return Some(date.to_datetime(broken.to_time().unwrap_or(Time::midnight())));
        }
    }
    if let Some(digits) = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        let rest = text.get(8..).unwrap_or_default();
        let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
        let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        return Some(date.to_datetime(time_behind(rest)?));
    }
    let (day, time) = separate_time(text);
    Some(day_of(day, order)?.to_datetime(time_behind(time)?))
}

/// Cuts a time from the end: behind a `T` between digits, or behind a blank and with a colon.
fn separate_time(text: &str) -> (&str, &str) {
    if let Some((day, time)) = text.split_once(['T', 't']) {
        let between = day.ends_with(|letter: char| letter.is_ascii_digit())
            && time.starts_with(|letter: char| letter.is_ascii_digit());
        if between {
            return (day, time);
        }
    }
    match text.find(':') {
        None => (text, ""),
        Some(colon) => {
            let before = text.get(..colon).unwrap_or_default();
            match before.rfind([' ', ',']) {
                Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
                None => (text, ""),
            }
        }
    }
}

/// The time behind a date; nothing is midnight, an offset is dropped, what is no time is an error.
fn time_behind(text: &str) -> Option<Time> {
    let text = text.trim().trim_start_matches(['T', 't']).trim_end_matches(" Uhr").trim();
    if text.is_empty() {
        return Some(Time::midnight());
    }
    let lower = text.to_ascii_lowercase();
    let (clock, half) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
        (Some(clock), _) => (clock.trim(), Some(true)),
        (_, Some(clock)) => (clock.trim(), Some(false)),
        _ => (lower.as_str(), None),
    };
    let clock = clock.trim_end_matches('z');
    let clock = clock.get(..clock.find(['+', '-']).unwrap_or(clock.len()))?;
    let clock = clock.split(['.', ',']).next()?.trim();
    let parts: Vec<&str> = if clock.contains(':') {
        clock.split(':').collect()
    } else {
        [clock.get(..2), clock.get(2..4), clock.get(4..6)].into_iter().flatten().collect()
    };
    let mut hour: i8 = parts.first()?.trim().parse().ok()?;
    match half {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    let part = |at: usize| parts.get(at).map_or(Some(0_i8), |part| part.trim().parse().ok());
    if hour == 24 {
        hour = 0;
    }
    Time::new(hour, part(1)?, part(2)?.min(59), 0).ok()
}

fn day_of(text: &str, order: DateOrder) -> Option<Date> {
    let text = text.trim().trim_end_matches(',');
    let has_letters = text.chars().any(char::is_alphabetic);
    let parts: Vec<&str> = text
        .split(|letter: char| matches!(letter, '.' | '/' | '-' | ',') || letter.is_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    let (year, month, day) = if has_letters {
        // A weekday in front is dropped: "Mo, 23. November 2026".
        let parts: Vec<&str> = parts
            .into_iter()
            .filter(|part| part.starts_with(|letter: char| letter.is_ascii_digit()) || month_of(part).is_some())
            .collect();
        let [first, second, year] = parts.as_slice() else { return None };
        let (day, month) = if month_of(first).is_some() { (second, first) } else { (first, second) };
        (year_of(year)?, month_of(month)?, day.parse().ok()?)
    } else {
        let [first, second, third] = parts.as_slice() else { return None };
        if first.len() == 4 {
            (first.parse().ok()?, second.parse().ok()?, third.parse().ok()?)
        } else {
            let (first, second): (i8, i8) = (first.parse().ok()?, second.parse().ok()?);
            // Points are always day first; where only one order is a date, it is that one.
            let month_first = !text.contains('.') && order == DateOrder::MonthFirst;
            let (day, month) = match (month_first, first > 12, second > 12) {
                (false, _, true) | (true, false, _) => (second, first),
                (false, ..) | (true, true, _) => (first, second),
            };
            (year_of(third)?, month, day)
        }
    };
    Date::new(year, month, day).ok()
}

fn month_of(text: &str) -> Option<i8> {
    let lower = text.to_lowercase();
    if lower.starts_with("dez") || lower.starts_with("dec") {
        return Some(12);
    }
    MONTHS.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, month)| *month)
}

fn year_of(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 30 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: DateOrder) -> String {
        date(text, order, &[]).map_or_else(|| "-".to_owned(), |date| date.to_string())
    }

    #[test]
    fn dates_as_programs_write_them() {
        for text in [
            "1996-07-04 00:00:00.000",
            "1996-07-04",
            "1996-07-04T10:11:12Z",
            "4.7.1996",
            "04.07.1996",
            "4.7.96",
            "19960704",
            "19960704T101112Z",
            "4. Juli 1996",
            "Jul 4, 1996",
            "4-Jul-96",
            "04.07.1996 10:15 Uhr",
            "4/7/1996 3:04 PM",
            "Do, 4. Juli 1996",
            "1996/07/04",
            "1996-07-04T10:11:12+02:00",
        ] {
            assert_eq!(read(text, DateOrder::DayFirst), "1996-07-04", "{text}");
        }
        assert_eq!(read("7/4/1996", DateOrder::MonthFirst), "1996-07-04");
        assert_eq!(read("7/14/1996", DateOrder::DayFirst), "1996-07-14");
        assert_eq!(read("14/7/1996", DateOrder::MonthFirst), "1996-07-14");
        assert_eq!(read("4.7.1996", DateOrder::MonthFirst), "1996-07-04");
        assert_eq!(read("3. März 1985", DateOrder::DayFirst), "1985-03-03");
        assert_eq!(read("24. Dezember 2020", DateOrder::DayFirst), "2020-12-24");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "heute", "30.2.2020", "2020-13-01", "1.2", "--0203", "12", "1996-07-04 morgens", "1.2.3.4", "99/99/99"]
        {
            assert_eq!(read(text, DateOrder::DayFirst), "-", "{text}");
        }
        for text in ["0.0.00", "0/0/00", "0000-00-00", "00.00.0000", "0000-00-00 00:00:00"] {
            assert!(no_date(text), "{text}");
        }
        assert!(!no_date("") && !no_date("1.1.2000"));
    }

    #[test]
    fn formats_of_the_mapping_go_first() {
        let formats = ["%Y.%d.%m".to_owned()];
        assert_eq!(date("2020.02.03", DateOrder::DayFirst, &formats).unwrap().to_string(), "2020-03-02");
    }

    #[test]
    fn a_moment_without_offset_is_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text| date_time(text, DateOrder::DayFirst, &[], &berlin).unwrap();
        assert_eq!(read("23.11.2026 10:00"), "2026-11-23T09:00:00Z");
        assert_eq!(read("2026-11-23T10:00:00+05:00"), "2026-11-23T05:00:00Z");
        assert_eq!(read("2026-07-01"), "2026-06-30T22:00:00Z");
    }
}
