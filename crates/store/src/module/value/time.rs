//! Dates and moments.
use super::{Reading, Refusal, text};
use crate::module::NormaliseOptions;
use base::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// `2026-11-23`. Accepts `23.11.2026`, `20261123`, and either with a time of midnight.
pub(in super::super) fn date(given: &str) -> Reading {
    let given = text::clean(given, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    let refusal = || {
        Refusal::new(
            "not_a_date",
            "Das ist kein Datum (23.11.2026 oder 2026-11-23).",
            "This is not a date (2026-11-23 or 23.11.2026).",
        )
    };
    let (day, time) = split(&given);
    let date = read_day(day).ok_or_else(refusal)?;
    let Some(time) = time else { return Ok(Some(date.to_string().into())) };
    let zoneless = time.trim_end_matches(['Z', 'z']).trim_end_matches("+00:00").trim_end();
    match read_time(zoneless) {
        Some(time) if time == Time::midnight() => Ok(Some(date.to_string().into())),
        Some(_) => Err(Refusal::new(
            "date_with_time",
            "Hier steht ein Datum ohne Uhrzeit; die Uhrzeit ginge verloren.",
            "This is a date without a time of day; the time would be lost.",
        )),
        None => Err(refusal()),
    }
}

/// `2026-11-23T10:00:00.000Z`. Accepts any offset, and with [`NormaliseOptions::zone`] a local time or a day alone.
pub(in super::super) fn date_time(given: &str, options: &NormaliseOptions) -> Reading {
    let given = text::clean(given, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    let refusal = || {
        Refusal::new(
            "not_a_moment",
            "Das ist kein Zeitpunkt (2026-11-23T10:00:00Z).",
            "This is not a date with time (2026-11-23T10:00:00Z).",
        )
    };
    let instant = if let Ok(instant) = given.parse::<jiff::Timestamp>() {
        instant
    } else {
        let (day, time) = split(&given);
        let date = read_day(day).ok_or_else(refusal)?;
        let time = time.map_or(Some(Time::midnight()), read_time).ok_or_else(refusal)?;
        let zone = options.zone.clone().ok_or_else(refusal)?;
        DateTime::from_parts(date, time).to_zoned(zone).map_err(|_| refusal())?.timestamp()
    };
    let year = instant.to_zoned(jiff::tz::TimeZone::UTC).year();
    if !(1..=9999).contains(&year) {
        return Err(refusal());
    }
    Ok(Some(Timestamp(instant.as_millisecond()).to_string().into()))
}

/// Day and time of day, at the `T` or at a space.
fn split(given: &str) -> (&str, Option<&str>) {
    match given.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, Some(time.trim())),
        None => (given, None),
    }
}

fn read_day(text: &str) -> Option<Date> {
    let number = |digits: &str| {
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse::<i16>().ok())?
    };
    let parts = |mark: char| text.split(mark).collect::<Vec<_>>();
    let (year, month, day) = match (parts('-').as_slice(), parts('.').as_slice()) {
        ([year, month, day], _) if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        (_, [day, month, year]) if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        _ if text.len() == 8 => (number(text.get(..4)?)?, number(text.get(4..6)?)?, number(text.get(6..)?)?),
        _ => return None,
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (1..=9999).contains(&date.year()).then_some(date)
}

fn read_time(text: &str) -> Option<Time> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_ways_of_the_wild() {
        for given in [
            "2026-11-23",
            "23.11.2026",
            "2026-11-23 00:00:00.000",
            "2026-11-23T00:00:00Z",
            "20261123",
            "23.11.2026 00:00",
            "2026-11-23T00:00:00+00:00",
        ] {
            assert_eq!(date(given).unwrap_or_else(|_| panic!("{given}")), Some("2026-11-23".into()), "{given}");
        }
        assert_eq!(date("1.2.1996").unwrap(), Some("1996-02-01".into()));
        for bad in ["2026-02-30", "11/23/2026", "23.11.26", "--11-23", "2026", "heute", "0000-01-01", "2026-11-23 x"] {
            assert_eq!(date(bad).unwrap_err().code, "not_a_date", "{bad}");
        }
        assert_eq!(date("2026-11-23 10:30").unwrap_err().code, "date_with_time");
    }

    #[test]
    fn moments_are_kept_in_utc() {
        let plain = NormaliseOptions::default();
        let berlin = NormaliseOptions { zone: base::zone("Europe/Berlin"), ..NormaliseOptions::default() };
        assert_eq!(date_time("2026-11-23T10:00:00+01:00", &plain).unwrap(), Some("2026-11-23T09:00:00.000Z".into()));
        assert!(date_time("2026-11-23 10:00", &plain).is_err());
        assert_eq!(date_time("23.11.2026 10:00", &berlin).unwrap(), Some("2026-11-23T09:00:00.000Z".into()));
        assert!(date_time("morgen", &berlin).is_err());
    }
}
