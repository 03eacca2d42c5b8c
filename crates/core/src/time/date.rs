//! Calendar days, and where they begin in a zone.

use super::{Timestamp, Zone, from_jiff};
use jiff::civil;

/// Minutes in a day of 24 hours.
const DAY_MINUTES: i64 = 24 * 60;

/// A day of the proleptic Gregorian calendar, years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// Reads `YYYY-MM-DD`, exactly ten characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
        let year = i16::try_from(number(&[y1, y2, y3, y4])?).ok()?;
        let month = i8::try_from(number(&[m1, m2])?).ok()?;
        let day = i8::try_from(number(&[d1, d2])?).ok()?;
        civil::Date::new(year, month, day).ok().map(Self)
    }

    pub(super) const fn from_civil(date: civil::Date) -> Self {
        Self(date)
    }

    pub(super) const fn civil(self) -> civil::Date {
        self.0
    }

    /// The first instant of the day in a zone. Where midnight does not exist, the clock has moved past it by the gap.
    #[must_use]
    pub fn start_in(self, zone: &Zone) -> Timestamp {
        self.instant(zone, civil::Time::midnight())
    }

    /// When a clock in the zone shows so many minutes after midnight (0 to 1440; more is taken as 1440, the
    /// start of the next day). A time in a gap moves forward by the gap, one that happens twice is the first.
    #[must_use]
    pub fn minute_in(self, zone: &Zone, minutes: i64) -> Timestamp {
        let minutes = minutes.clamp(0, DAY_MINUTES);
        if minutes == DAY_MINUTES {
            let next = self.0.tomorrow().unwrap_or(self.0);
            return Self(next).start_in(zone);
        }
        let hour = i8::try_from(minutes / 60).expect("fewer than 24 hours");
        let minute = i8::try_from(minutes % 60).expect("fewer than 60 minutes");
        self.instant(zone, civil::time(hour, minute, 0, 0))
    }

    fn instant(self, zone: &Zone, time: civil::Time) -> Timestamp {
        let resolved = zone.rules().to_ambiguous_timestamp(self.0.to_datetime(time)).compatible();
        from_jiff(resolved.unwrap_or(jiff::Timestamp::MAX))
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The value of one to nine ASCII digits.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0')))
}
