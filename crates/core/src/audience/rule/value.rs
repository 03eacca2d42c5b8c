//! What a condition compares with.

use super::{RULE_NUMBER_MAX, RULE_SPAN_DAYS_MAX};
use crate::time::{Date, HOUR_MS, MINUTE_MS, Timestamp, WrittenTime, Zone};

/// Milliseconds in a day of 24 hours.
const DAY_MS: i64 = 24 * HOUR_MS;
/// Digits of a span, at most.
const SPAN_DIGITS_MAX: usize = 8;

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text, compared letter for letter.
    Text(String),
    /// A number; 1 and 1.0 are the same.
    Number(Number),
    /// True or false.
    Bool(bool),
}

/// A number within ±[`RULE_NUMBER_MAX`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole one.
    Int(i64),
    /// One that is not whole.
    Real(f64),
}

/// What can be less or greater.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A number; only numbers compare with it.
    Number(Number),
    /// An instant; only dates compare with it.
    Moment(Moment),
}

/// An instant, or one relative to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// This one.
    At(Timestamp),
    /// So many milliseconds after now, negative before it.
    FromNow(i64),
}

impl Number {
    /// A number from a whole one, if it is within the limits.
    #[must_use]
    pub const fn int(number: i64) -> Option<Self> {
        if number.unsigned_abs() <= RULE_NUMBER_MAX.unsigned_abs() { Some(Self::Int(number)) } else { None }
    }

    /// A number from any, if it is finite and within the limits.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "within 2^53 both are exact")]
    pub fn real(number: f64) -> Option<Self> {
        let within = number.is_finite() && number.abs() <= RULE_NUMBER_MAX as f64;
        let whole = number.fract().abs() < f64::MIN_POSITIVE;
        within.then_some(if whole { Self::Int(number as i64) } else { Self::Real(number) })
    }
}

impl Moment {
    /// The instant that is meant if it is `now`.
    #[must_use]
    pub const fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::FromNow(ms) => now.plus_millis(ms),
        }
    }

    /// Reads a date (its first instant in UTC) or a date and time; without an offset that is UTC too.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let written = match Date::parse(text) {
            Some(date) => WrittenTime::midnight(date),
            None => WrittenTime::parse(text)?,
        };
        written.resolve(&Zone::utc()).map(|resolution| Self::At(resolution.instant))
    }

    /// Reads a span such as `30d` (units m, h, d, w: minutes, hours, days, weeks) before or after now.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn from_now(span: &str, ahead: bool) -> Result<Self, &'static str> {
        let problem = "must be a whole number with a unit, such as 90m, 24h, 30d or 2w";
        let unit_ms = match span.as_bytes().last() {
            Some(b'm') => MINUTE_MS,
            Some(b'h') => HOUR_MS,
            Some(b'd') => DAY_MS,
            Some(b'w') => 7 * DAY_MS,
            _ => return Err(problem),
        };
        let digits = &span[..span.len() - 1];
        if digits.is_empty() || digits.len() > SPAN_DIGITS_MAX || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(problem);
        }
        let ms = digits.parse::<i64>().map_err(|_| problem)? * unit_ms;
        if ms > RULE_SPAN_DAYS_MAX * DAY_MS {
            return Err("is more than a hundred years");
        }
        Ok(Self::FromNow(if ahead { ms } else { -ms }))
    }
}
