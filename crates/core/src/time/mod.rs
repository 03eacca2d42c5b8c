//! Time. The only module that names jiff.
//!
//! Zone data are those built into the program, never the machine's: the same text means the same instant on
//! every node. Here is neither a clock (see [`crate::env::Clock`]) nor a rule about schedules.

mod date;
mod local;
mod zone;

#[cfg(test)]
mod zone_tests;

pub use date::Date;
pub(crate) use local::offset_text;
pub use local::{Resolution, ResolutionRule, TimeProblem, WrittenTime};
pub use zone::{Zone, tzdb_version};

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

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

    /// Milliseconds from `earlier` to this instant, negative if it is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds: `2026-05-01T09:00:00.000Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// The nearest instant that jiff can hold (years −9999 to 9999).
fn to_jiff(instant: Timestamp) -> jiff::Timestamp {
    let end = if instant.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(instant.0).unwrap_or(end)
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
    }
}
