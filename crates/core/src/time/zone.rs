//! Time zones of the IANA database.

use super::{Date, Timestamp, Zones, to_jiff};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// A time zone that a set of zone data has, under the name it was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    rules: TimeZone,
    version: Arc<str>,
}

impl Zone {
    /// Finds a zone in the [data in use](Zones::in_use).
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Zones::in_use().find(name)
    }

    /// `UTC`.
    #[must_use]
    pub fn utc() -> Self {
        Zones::in_use().utc()
    }

    pub(super) const fn new(rules: TimeZone, version: Arc<str>) -> Self {
        Self { rules, version }
    }

    /// The name in the database's own spelling.
    #[must_use]
    pub fn name(&self) -> &str {
        self.rules.iana_name().unwrap_or("UTC")
    }

    /// The version of the zone data that it is from, such as `2026f`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
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
        write!(f, "Zone({} of {})", self.name(), self.version)
    }
}
