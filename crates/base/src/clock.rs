//! Time as a parameter: every limit in Obhut is tested by advancing a clock, never by waiting.
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Later by so many milliseconds.
    #[must_use]
    pub const fn plus_ms(self, span_ms: i64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }
    /// Milliseconds since `earlier`; negative if that is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.instant())
    }
}
impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}
impl TryFrom<String> for Timestamp {
    type Error = jiff::Error;
    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(|moment| Self(moment.as_millisecond()))
    }
}

/// Where the time comes from. The program has one [`SystemClock`]; tests have one that they advance.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// A clock that several parts read.
pub type SharedClock = Arc<dyn Clock>;

/// The operating system's clock: the one place where it is read.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

/// The zone of that IANA name, from the database carried in the program; UTC's own if the name is unknown is *not* assumed.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The calendar date of a moment in a zone.
pub fn date_in(moment: Timestamp, zone: &TimeZone) -> Date {
    moment.instant().to_zoned(zone.clone()).date()
}

/// The hour of a moment by the clocks of a zone, 0 to 23.
pub fn hour_in(moment: Timestamp, zone: &TimeZone) -> i8 {
    moment.instant().to_zoned(zone.clone()).hour()
}

/// The end of the calendar year `years` after the year of `start` in `zone`: the first moment that is no longer in it.
///
/// This is how § 147(4) AO and § 257(5) HGB count: a voucher of any day of 2026 with 8 years is kept to the end of 2034.
pub fn end_of_year(start: Date, years: i16, zone: &TimeZone) -> Timestamp {
    let first_day_after = Date::new(start.year().saturating_add(years).saturating_add(1), 1, 1).unwrap_or(Date::MAX);
    first_day_after
        .to_zoned(zone.clone())
        .map_or(Timestamp(i64::MAX), |moment| Timestamp(moment.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_in_the_tenants_zone() {
        let berlin = zone("Europe/Berlin").unwrap();
        let end = end_of_year(Date::constant(2026, 3, 1), 8, &berlin);
        assert_eq!(end.to_string(), "2034-12-31T23:00:00.000Z");
        assert_eq!(date_in(end, &berlin), Date::constant(2035, 1, 1));
        assert_eq!(date_in(end.plus_ms(-1), &berlin), Date::constant(2034, 12, 31));
    }

    #[test]
    fn moments_are_read_and_written() {
        let moment = Timestamp::try_from("2026-11-23T02:00:00Z".to_owned()).unwrap();
        assert_eq!(moment.to_string(), "2026-11-23T02:00:00.000Z");
        assert_eq!(moment.plus_ms(1500).since(moment), 1500);
    }
}
