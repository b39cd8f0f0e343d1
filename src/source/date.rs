//! Dates as authors write them, in the group's own time.
//!
//! In: the text of a date and the group's time zone. Out: a [`Date`], which sorts, compares and writes itself back. Reads no clock.

use std::fmt;

use jiff::civil::{self, DateTime};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// A point in the group's local time, to the second; `2026-11-03` keeps that it has no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, bitcode::Encode, bitcode::Decode)]
pub struct Date {
    /// Seconds since 1970-01-01 00:00:00 of the local calendar (not UTC).
    seconds: i64,
    has_time: bool,
}

impl Date {
    /// Reads `2026-11-03`, `2026-11-03 09:30[:00]` (also with `T`, `/` or `.` as the calendar's separator) or RFC 3339 with an offset,
    /// which is turned into `zone`.
    #[must_use]
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
            return Some(Self::from_civil(stamp.to_zoned(zone.clone()).datetime(), true));
        }
        let (day, time) = match text.split_once([' ', 'T', 't']) {
            Some((day, time)) => (day, Some(time.trim())),
            None => (text, None),
        };
        let mut parts = day.split(['-', '/', '.']).map(str::parse::<i16>);
        let (year, month, date) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        if parts.next().is_some() || !(1000..=9999).contains(&year) {
            return None;
        }
        let day = civil::Date::new(year, month.try_into().ok()?, date.try_into().ok()?).ok()?;
        let Some(time) = time else { return Some(Self::from_civil(day.to_datetime(civil::Time::midnight()), false)) };
        let mut parts = time.split(':').map(str::parse::<i8>);
        let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let second = match parts.next() {
            Some(second) => second.ok()?,
            None => 0,
        };
        if parts.next().is_some() {
            return None;
        }
        Some(Self::from_civil(day.to_datetime(civil::Time::new(hour, minute, second, 0).ok()?), true))
    }

    /// The moment `stamp` as the group's calendar shows it.
    #[must_use]
    pub fn at(stamp: jiff::Timestamp, zone: &TimeZone) -> Self {
        Self::from_civil(stamp.to_zoned(zone.clone()).datetime(), true)
    }

    fn from_civil(t: DateTime, has_time: bool) -> Self {
        let seconds = t.to_zoned(TimeZone::UTC).map_or(0, |z| z.timestamp().as_second());
        Self { seconds, has_time }
    }

    /// The calendar's date and time.
    #[must_use]
    pub fn civil(self) -> DateTime {
        jiff::Timestamp::from_second(self.seconds).map_or(DateTime::default(), |t| t.to_zoned(TimeZone::UTC).datetime())
    }

    /// Whether a time of day was given.
    #[must_use]
    pub fn has_time(self) -> bool {
        self.has_time
    }

    /// The last second this date covers: the end of the day when no time was given.
    #[must_use]
    pub fn end(self) -> Self {
        if self.has_time { self } else { Self { seconds: self.seconds + 86_399, has_time: true } }
    }

    /// Whether this moment has come at `now`.
    #[must_use]
    pub fn reached(self, now: Self) -> bool {
        self.seconds <= now.seconds
    }

    /// How long after `earlier` this moment is; nothing when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::try_from(self.seconds - earlier.seconds).unwrap_or(0))
    }

    /// `2026-11-03`.
    #[must_use]
    pub fn day(self) -> String {
        self.printed(DAY)
    }

    /// `2026-11-03 09:30`, midnight when no time was given.
    #[must_use]
    pub fn minute(self) -> String {
        self.printed(MINUTE)
    }

    /// RFC 3339 with the zone's offset: `2026-11-03T09:30:00+08:00`.
    #[must_use]
    pub fn rfc3339(self, zone: &TimeZone) -> String {
        let zoned = self.civil().to_zoned(zone.clone());
        zoned.map_or_else(|_| self.to_string(), |z| DateTimePrinter::new().timestamp_with_offset_to_string(&z.timestamp(), z.offset()))
    }

    /// So many characters of `2026-11-03 09:30:05`. Every page has several dates: the library's printer takes a tenth of what a format takes.
    fn printed(self, characters: usize) -> String {
        let mut text = DateTimePrinter::new().separator(b' ').datetime_to_string(&self.civil());
        text.truncate(characters);
        text
    }
}

/// Characters of `2026-11-03`.
const DAY: usize = 10;
/// Characters of `2026-11-03 09:30`.
const MINUTE: usize = 16;

/// `2026-11-03`, `2026-11-03 09:30` or `2026-11-03 09:30:05`: what [`Date::parse`] reads back.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = match (self.has_time, self.civil().second()) {
            (false, _) => DAY,
            (true, 0) => MINUTE,
            (true, _) => usize::MAX,
        };
        f.write_str(&self.printed(characters))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { (self.seconds, self.has_time).serialize(serializer) }
    }
}

impl schemars::JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "2026-11-03, 2026-11-03 09:30 or RFC 3339",
            "type": "string",
            "pattern": r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ Tt]\d{1,2}:\d{2}(:\d{2})?.*)?$"
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reads_and_the_canonical_one_reads_back() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        for (text, shown) in [
            ("2026-11-03", "2026-11-03"),
            ("2026/11/3", "2026-11-03"),
            ("2026-11-03 09:30", "2026-11-03 09:30"),
            ("2026-11-03T09:30:05", "2026-11-03 09:30:05"),
            ("2026-11-03T01:30:00Z", "2026-11-03 09:30"),
            ("2026-11-03T09:30:00+08:00", "2026-11-03 09:30"),
        ] {
            let date = Date::parse(text, &zone).unwrap();
            assert_eq!(date.to_string(), shown);
            assert_eq!(Date::parse(shown, &zone), Some(date));
        }
        for text in ["", "2026-13-01", "2026-02-30", "昨天", "2026-11-03 25:00", "20261103", "26-11-03"] {
            assert_eq!(Date::parse(text, &zone), None, "{text}");
        }
        assert_eq!(Date::parse("2026-11-03 09:30", &zone).unwrap().rfc3339(&zone), "2026-11-03T09:30:00+08:00");
    }
}
