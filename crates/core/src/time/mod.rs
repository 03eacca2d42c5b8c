//! Time. The only module that names jiff.
//!
//! Zone data are those built into the program unless it is told otherwise, never by chance the machine's: the same
//! text means the same instant on every node. Here is neither a clock (see [`crate::env::Clock`]) nor a rule about
//! schedules.

mod date;
mod local;
pub mod testkit;
mod zone;
mod zones;

#[cfg(test)]
mod written_tests;
#[cfg(test)]
mod zone_tests;
#[cfg(test)]
mod zones_tests;

pub use date::Date;
pub(crate) use local::offset_text;
pub use local::{Resolution, ResolutionRule, TimeProblem, WrittenTime};
pub use zone::Zone;
pub use zones::{VERSION_UNKNOWN, Zones};

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day of 24 hours, in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant moved by so many milliseconds, saturating.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Reads an RFC 3339 date and time with `Z` or an offset; a fraction of a millisecond rounds up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let written = WrittenTime::parse(text).ok()?;
        if !written.has_offset() {
            return None;
        }
        written.resolve(&Zone::utc()).ok().map(|resolution| resolution.instant)
    }

    /// Reads a date as HTTP writes it (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        text.ends_with(" GMT").then(|| from_jiff(date.timestamp()))
    }

    /// Milliseconds from `earlier` to this instant, negative if it is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds: `2026-05-01T09:00:00.000Z`. What lies beyond the calendar is its end.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3}", to_jiff(*self))
    }
}

/// The end of the calendar, 9999-12-30T22:00:00Z: every zone still has the year 9999 then.
const END: Timestamp = Timestamp(253_402_207_200_000);

/// The nearest instant that jiff can hold (years −9999 to 9999).
fn to_jiff(instant: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(instant.min(END).0).unwrap_or(jiff::Timestamp::MIN)
}

/// Whole milliseconds, rounded up: what must not happen before an instant does not happen before it.
fn from_jiff(instant: jiff::Timestamp) -> Timestamp {
    let nanos = instant.as_nanosecond();
    let millis = nanos.div_euclid(1_000_000) + i128::from(nanos.rem_euclid(1_000_000) > 0);
    Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_goes_in_and_out() {
        let instant = Timestamp::from_millis(1_777_626_000_000);
        for text in ["2026-05-01T09:00:00.000Z", "2026-05-01T11:00:00+02:00", "2026-05-01T08:59:59.999000001Z"] {
            assert_eq!(Timestamp::parse(text), Some(instant), "{text}");
        }
        for text in ["2026-05-01T09:00:00", "2026-05-01", "", "now"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_written_with_milliseconds_and_z() {
        assert_eq!(Timestamp::from_millis(1_777_626_000_000).to_string(), "2026-05-01T09:00:00.000Z");
        assert_eq!(Timestamp::from_millis(1_777_626_000_007).to_string(), "2026-05-01T09:00:00.007Z");
        assert_eq!(END.plus_millis(HOUR_MS).to_string(), "9999-12-30T22:00:00.000Z", "not a number of another kind");
        assert_eq!(END, Timestamp::parse("9999-12-30T22:00:00Z").expect("the end"));
    }
}
