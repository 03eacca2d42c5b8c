//! What new zone data mean for times that were resolved with older ones.
//!
//! Wall-clock times and batch dates keep what was said and get the instant that the clock will now show it at. An
//! instant that was written as one, with `Z` or an offset, stays. Not here: storing it, telling it. Invariant: a
//! time that cannot be resolved again, or would come at another hour than a person could expect, waits for a person.

use super::{Intent, Mode};
use crate::time::{Date, MINUTE_MS, Resolution, Timestamp, WrittenTime, Zone, Zones};

/// Stable reason, followed by a sentence: new zone data move the time further than is tolerated.
pub const TIMEZONE_CHANGED: &str = "timezone_changed";
/// Stable reason, followed by a sentence: new zone data put the time into the past.
pub const TIMEZONE_CHANGED_TO_PAST: &str = "timezone_changed_to_past";
/// Stable reason, followed by a sentence: new zone data do not have the zone.
pub const TIMEZONE_VANISHED: &str = "timezone_vanished";

/// What a job that has not begun says about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonedTime {
    /// `sendAt` as written, of digital channels.
    pub send_at: Option<String>,
    /// `YYYY-MM-DD`, of direct mail.
    pub batch_date: Option<String>,
    /// The zone's name.
    pub timezone: String,
    /// How it was read last.
    pub resolution: Resolution,
    /// When the job is to begin.
    pub due_at: Timestamp,
    /// A job not begun by then is missed.
    pub latest_start: Option<Timestamp>,
    /// Nothing leaves at or after this instant.
    pub latest_finish: Option<Timestamp>,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rezoned {
    /// The time as read with the zone data in use. Of a zone that these do not have, the old reading.
    pub time: ZonedTime,
    /// Whether it goes on.
    pub verdict: Verdict,
}

/// Whether a job whose time was read again goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It begins when it was to begin.
    Same,
    /// It begins at another instant: what was written means that now.
    Moved,
    /// A person must decide: the reason and a sentence, as `reason: sentence`.
    Held(String),
}

/// Reads a time again with other zone data than it was read with.
#[must_use]
pub fn rezone(time: &ZonedTime, zones: &Zones, tolerance_ms: i64, now: Timestamp) -> Rezoned {
    let Some(zone) = zones.find(&time.timezone) else { return vanished(time, zones) };
    let Some(resolution) = reread(time.send_at.as_deref(), time.batch_date.as_deref(), &zone, &time.resolution) else {
        return vanished(time, zones);
    };
    let by = resolution.instant.millis_since(time.resolution.instant);
    if by == 0 {
        return Rezoned { time: ZonedTime { resolution, ..time.clone() }, verdict: Verdict::Same };
    }
    let moved = moved(time, resolution, by);
    let told = told(&moved, by);
    let leaves_no_time = moved.latest_finish.is_some_and(|finish| finish <= moved.due_at);
    let verdict = if is_past(&moved, &zone, now) {
        Verdict::Held(format!("{TIMEZONE_CHANGED_TO_PAST}: {told}; that has passed"))
    } else if by.abs() > tolerance_ms {
        Verdict::Held(format!("{TIMEZONE_CHANGED}: {told}; that is more than is tolerated"))
    } else if leaves_no_time {
        Verdict::Held(format!("{TIMEZONE_CHANGED}: {told}; that leaves no time before the latest finish"))
    } else {
        Verdict::Moved
    };
    Rezoned { time: moved, verdict }
}

impl Intent {
    /// The intent as the zone data read it now. What they cannot read stays as it was read last.
    #[must_use]
    pub fn read_again(mut self, zones: &Zones) -> Self {
        let Some(read) = self.resolution.as_ref().filter(|read| zones.supersede(&read.tzdb_version)) else {
            return self;
        };
        let again = zones
            .find(&self.timezone)
            .and_then(|zone| reread(self.send_at_text.as_deref(), self.batch_date.as_deref(), &zone, read));
        if let Some(resolution) = again {
            self.send_at = (self.mode == Mode::At).then_some(resolution.instant);
            self.resolution = Some(resolution);
        }
        self
    }
}

/// None if there is nothing that could be read.
fn reread(send_at: Option<&str>, batch_date: Option<&str>, zone: &Zone, read: &Resolution) -> Option<Resolution> {
    match (send_at, batch_date) {
        (Some(text), _) => WrittenTime::parse(text).ok()?.resolve(zone).ok(),
        (None, Some(date)) => WrittenTime::midnight(Date::parse(date)?).resolve(zone).ok(),
        (None, None) => Some(Resolution::of_instant(read.instant, zone)),
    }
}

/// An instant needs no zone: only how people read it is lost.
fn vanished(time: &ZonedTime, zones: &Zones) -> Rezoned {
    let is_instant = match (&time.send_at, &time.batch_date) {
        (Some(text), _) => WrittenTime::parse(text).is_ok_and(|written| written.has_offset()),
        (None, date) => date.is_none(),
    };
    let version = zones.version();
    let judged = time.resolution.tzdb_version == version;
    let verdict = if is_instant || judged {
        Verdict::Same
    } else {
        let zone = &time.timezone;
        Verdict::Held(format!("{TIMEZONE_VANISHED}: the zone data {version} have no zone {zone}"))
    };
    let resolution = Resolution { tzdb_version: version.to_owned(), ..time.resolution.clone() };
    Rezoned { time: ZonedTime { resolution, ..time.clone() }, verdict }
}

/// A batch that was to begin later than its day, since it was committed on that day, still does. The latest start
/// moves along with the job. The latest finish moves along only to be earlier: it was promised as an instant.
fn moved(time: &ZonedTime, resolution: Resolution, by: i64) -> ZonedTime {
    let begins_with_its_time = time.due_at == time.resolution.instant;
    let due_at = if begins_with_its_time { resolution.instant } else { resolution.instant.max(time.due_at) };
    let latest_finish = time.latest_finish.map(|finish| finish.min(finish.plus_millis(by)));
    let latest_start = time.latest_start.map(|start| {
        let start = start.plus_millis(due_at.millis_since(time.due_at));
        latest_finish.map_or(start, |finish| start.min(finish))
    });
    ZonedTime { resolution, due_at, latest_start, latest_finish, ..time.clone() }
}

/// A batch is past when its day is over there; its day may well have begun.
fn is_past(time: &ZonedTime, zone: &Zone, now: Timestamp) -> bool {
    let begins = time.resolution.instant;
    if time.batch_date.is_some() { zone.date_at(begins) < zone.date_at(now) } else { begins < now }
}

fn told(time: &ZonedTime, by: i64) -> String {
    let said = time.send_at.as_deref().or(time.batch_date.as_deref()).unwrap_or_default();
    let minutes = by.abs() / MINUTE_MS;
    let (instant, zone, version) = (time.resolution.instant, &time.timezone, &time.resolution.tzdb_version);
    let direction = if by < 0 { "earlier" } else { "later" };
    format!("with the zone data {version}, {said} in {zone} is {instant}, {minutes} minutes {direction} than before")
}
