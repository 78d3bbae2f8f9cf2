//! Dates, times and numbers as a reader of German or English writes them.
use base::{Date, TimeZone, Timestamp};

/// `23.11.2026`, in English `2026-11-23`: neither can be mistaken for another day.
pub fn date(date: Date, english: bool) -> String {
    if english { date.to_string() } else { format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year()) }
}

/// Time of day of a moment in a zone, `09:30`. `None` beyond the calendar.
pub fn clock(moment: Timestamp, zone: &TimeZone) -> Option<String> {
    let instant = jiff::Timestamp::from_millisecond(moment.0).ok()?.to_zoned(zone.clone());
    Some(format!("{:02}:{:02}", instant.hour(), instant.minute()))
}

/// Date and time of day: `23.11.2026, 09:30`.
pub fn moment(moment: Timestamp, zone: &TimeZone, english: bool) -> String {
    let day = date(base::date_in(moment, zone), english);
    clock(moment, zone).map_or_else(|| day.clone(), |time| format!("{day}, {time}"))
}

/// A whole number with groups: `1.234`, in English `1,234`.
pub fn count(number: u64, english: bool) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(if english { ',' } else { '.' });
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let berlin = base::zone("Europe/Berlin").unwrap();
        let at = Timestamp::try_from("2026-11-22T23:05:00Z".to_owned()).unwrap();
        assert_eq!(moment(at, &berlin, false), "23.11.2026, 00:05");
        assert_eq!(moment(at, &berlin, true), "2026-11-23, 00:05");
        assert_eq!(count(1_234_567, false), "1.234.567");
        assert_eq!(count(1_000, true), "1,000");
        assert_eq!(count(12, true), "12");
    }
}
