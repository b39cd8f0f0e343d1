//! Days and times of the group's own calendar.
//!
//! In: a count of days since 1970-01-01 and a minute of the day. Out: year, month, day and the ways they are written. Reads no clock:
//! the last day of a corpus is always 2026-11-20.

/// The last day anything is published.
pub const LAST_DAY: i64 = 20_777;
/// How many days the group has been publishing: fifteen years.
pub const SPAN: i64 = 15 * 365 + 4;

/// A minute of a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    pub day: i64,
    pub minute: u32,
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub year: i64,
    pub month: u32,
    pub day: u32,
}

impl Moment {
    /// The calendar's day (the usual civil-from-days reckoning over eras of 400 years).
    pub fn date(self) -> Day {
        let shifted = self.day + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let moved = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * moved + 2) / 5 + 1) as u32;
        let month = if moved < 10 { moved + 3 } else { moved - 9 } as u32;
        Day { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// The same minute, `days` later (or earlier), never after the last day.
    pub fn later(self, days: i64) -> Self {
        Self { day: (self.day + days).min(LAST_DAY), ..self }
    }

    /// `2026-11-03`
    pub fn iso_day(self) -> String {
        let Day { year, month, day } = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `2026-11-03 09:30`
    pub fn local(self) -> String {
        format!("{} {:02}:{:02}", self.iso_day(), self.minute / 60, self.minute % 60)
    }

    /// `2026-11-03T09:30:00+08:00`
    pub fn rfc3339(self) -> String {
        format!("{}T{:02}:{:02}:00+08:00", self.iso_day(), self.minute / 60, self.minute % 60)
    }
}
