//! Times as people write them, and what they mean in a zone.
//!
//! The grammar is the extended format of ISO 8601 that RFC 3339 profiles: `YYYY-MM-DDThh:mm[:ss[.fraction]]`
//! and then nothing, `Z`, `±hh:mm`, `±hhmm` or `±hh`. Not taken, and said so: week and ordinal dates, the
//! basic format, `24:00`, leap seconds, years beyond 0000–9999, zone names in brackets (RFC 9557).

use super::date::number;
use super::{Date, END, Timestamp, Zone, from_jiff};
use crate::campaign::words;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset};

/// Digits of a fraction of a second that are read: nanoseconds.
const FRACTION_DIGITS_MAX: usize = 9;
/// Characters of `YYYY-MM-DD`.
const DATE_LENGTH: usize = 10;

/// How a wall-clock time found its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolutionRule {
    /// It happens exactly once, or was written with an offset.
    Exact,
    /// It does not exist there that day: moved forward by the gap.
    GapShifted,
    /// It happens twice there that day: the first was taken.
    FoldFirst,
}

words!(ResolutionRule { Exact => "exact", GapShifted => "gap_shifted", FoldFirst => "fold_first" });

/// What a written time means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The instant. A fraction of a millisecond rounds up, so that nothing happens before what was written.
    pub instant: Timestamp,
    /// What a clock in the zone shows then, such as `2026-05-01T05:00:00`.
    pub local_time: String,
    /// Seconds east of Greenwich in the zone then.
    pub offset_seconds: i32,
    /// How it was found.
    pub rule: ResolutionRule,
    /// Which zone data were used, such as `2026f`.
    pub tzdb_version: String,
}

impl Resolution {
    /// How a zone reads an instant.
    #[must_use]
    pub fn of_instant(instant: Timestamp, zone: &Zone) -> Self {
        Self {
            instant,
            local_time: zone.local_time_at(instant),
            offset_seconds: zone.offset_seconds_at(instant),
            rule: ResolutionRule::Exact,
            tzdb_version: zone.version().to_owned(),
        }
    }

    /// The offset as RFC 3339 writes it: `-04:00`, or `Z` for none.
    #[must_use]
    pub fn offset_text(&self) -> String {
        offset_text(self.offset_seconds)
    }
}

/// Why a text is not a time: a clause that follows the name of the field.
pub type TimeProblem = &'static str;

/// A time as written, well formed, not yet read in any zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenTime {
    wall: civil::DateTime,
    offset: Option<Offset>,
}

impl WrittenTime {
    /// Reads the text.
    ///
    /// # Errors
    /// A clause that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TimeProblem> {
        let (date, rest) = text.split_at_checked(DATE_LENGTH).ok_or("is not an ISO 8601 timestamp")?;
        let date = Date::parse(date).ok_or("does not begin with a date written YYYY-MM-DD")?;
        let rest = rest
            .strip_prefix(['T', 't', ' '])
            .ok_or("is not an ISO 8601 timestamp: after the date comes T and the time of day")?;
        let (time, offset) = split_offset(rest)?;
        Ok(Self { wall: date.civil().to_datetime(time_of_day(time)?), offset })
    }

    /// The wall-clock time 00:00 of a day.
    #[must_use]
    pub fn midnight(date: Date) -> Self {
        Self { wall: date.civil().to_datetime(civil::Time::midnight()), offset: None }
    }

    /// Whether it was written with `Z` or an offset, and so is an instant in itself.
    #[must_use]
    pub const fn has_offset(&self) -> bool {
        self.offset.is_some()
    }

    /// The offset it was written with, in seconds east of Greenwich.
    #[must_use]
    pub fn offset_seconds(&self) -> Option<i32> {
        self.offset.map(Offset::seconds)
    }

    /// What it means in a zone: with an offset, that instant; without, the wall-clock time there.
    ///
    /// # Errors
    /// The instant lies after 9999-12-30T22:00:00Z, where the calendar ends in the last zone to see that day.
    pub fn resolve(&self, zone: &Zone) -> Result<Resolution, TimeProblem> {
        let (instant, rule) = match self.offset {
            Some(offset) => (offset.to_timestamp(self.wall), ResolutionRule::Exact),
            None => {
                let found = zone.rules().to_ambiguous_timestamp(self.wall);
                let rule = match found.offset() {
                    AmbiguousOffset::Unambiguous { .. } => ResolutionRule::Exact,
                    AmbiguousOffset::Gap { .. } => ResolutionRule::GapShifted,
                    AmbiguousOffset::Fold { .. } => ResolutionRule::FoldFirst,
                };
                (found.compatible(), rule)
            }
        };
        let beyond = "lies after 9999-12-30T22:00:00Z, the end of the calendar";
        let instant = from_jiff(instant.map_err(|_| beyond)?);
        if instant > END {
            return Err(beyond);
        }
        Ok(Resolution { rule, ..Resolution::of_instant(instant, zone) })
    }
}

/// An offset as RFC 3339 writes it; the seconds of historic offsets are shown too.
pub(crate) fn offset_text(seconds: i32) -> String {
    if seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 == 0 { text } else { format!("{text}:{:02}", seconds % 60) }
}

/// Parts the time of day from the offset behind it.
fn split_offset(text: &str) -> Result<(&str, Option<Offset>), TimeProblem> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Ok((time, Some(Offset::UTC)));
    }
    let Some(at) = text.find(['+', '-']) else { return Ok((text, None)) };
    let (time, offset) = text.split_at(at);
    let problem = "has an offset that is not Z or ±hh:mm";
    let (hours, minutes) = match offset.as_bytes() {
        [_, h1, h2, b':', m1, m2] | [_, h1, h2, m1, m2] => (number(&[*h1, *h2]), number(&[*m1, *m2])),
        [_, h1, h2] => (number(&[*h1, *h2]), Some(0)),
        _ => return Err(problem),
    };
    let (hours, minutes) = (hours.ok_or(problem)?, minutes.ok_or(problem)?);
    if hours > 23 || minutes > 59 {
        return Err(problem);
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).map_err(|_| problem)?;
    let seconds = if offset.starts_with('-') { -seconds } else { seconds };
    Ok((time, Some(Offset::from_seconds(seconds).map_err(|_| problem)?)))
}

/// Reads `hh:mm[:ss[.fraction]]`; a comma before the fraction is ISO 8601's own choice and taken too.
fn time_of_day(text: &str) -> Result<civil::Time, TimeProblem> {
    let problem = "has a time of day that is not hh:mm, hh:mm:ss or hh:mm:ss.fraction";
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) if clock.len() == 8 => (clock, Some(fraction)),
        Some(_) => return Err(problem),
        None => (text, None),
    };
    let (hour, minute, second) = match *clock.as_bytes() {
        [h1, h2, b':', m1, m2] => (number(&[h1, h2]), number(&[m1, m2]), Some(0)),
        [h1, h2, b':', m1, m2, b':', s1, s2] => (number(&[h1, h2]), number(&[m1, m2]), number(&[s1, s2])),
        _ => return Err(problem),
    };
    let (hour, minute, second) = (hour.ok_or(problem)?, minute.ok_or(problem)?, second.ok_or(problem)?);
    if hour == 24 {
        return Err("has the hour 24; write 00:00 of the next day");
    }
    if second == 60 {
        return Err("is a leap second, which no clock here can show");
    }
    let nanos = fraction.map_or(Ok(0), nanoseconds)?;
    let part = |value: u32| i8::try_from(value).map_err(|_| problem);
    civil::Time::new(part(hour)?, part(minute)?, part(second)?, nanos).map_err(|_| problem)
}

/// Reads one to nine digits behind the point as nanoseconds.
fn nanoseconds(digits: &str) -> Result<i32, TimeProblem> {
    let problem = "has a fraction that is not one to nine digits";
    let missing = FRACTION_DIGITS_MAX.checked_sub(digits.len()).ok_or(problem)?;
    let scale = 10_u32.pow(u32::try_from(missing).map_err(|_| problem)?);
    i32::try_from(number(digits.as_bytes()).ok_or(problem)? * scale).map_err(|_| problem)
}
