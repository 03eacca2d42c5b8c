//! The clock of the database, which all nodes on one follow, and what a process notes about the clock it follows.
//!
//! This is the only place where SQL reads a clock. No statement compares it with data: it only tells a process the time.

use crate::conditions::{Condition, Conditions, Part, Stops};
use crate::error::StoreError;
use crate::statements;
use crate::store::Store;
use crate::tx::Tx;
use postrider_core::timeline::Course;

/// Stable reason: the clock that this process follows has run away from its monotonic clock.
pub const CLOCK_UNSTEADY: &str = "clock_unsteady";
/// Stable reason: the wall clock of this machine differs from the clock of the database.
pub const CLOCK_OFF: &str = "clock_off";
/// A wall clock that differs by more than this from the clock of the database is reported, in milliseconds.
pub const OFF_MAX_MS: i64 = 500;

statements! { "clock":
    /// An embedded database has no clock but that of its machine.
    READ = fork sqlite "SELECT NULL"
        postgres "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
}

impl Tx<'_> {
    /// Reads the clock of the database, in microseconds since the epoch.
    ///
    /// # Errors
    /// Any [`StoreError`]; an embedded database has no clock to be read.
    pub fn database_clock_us(&mut self) -> Result<i64, StoreError> {
        self.query_number(&READ, &[])
    }
}

impl Store {
    /// Notes what the clock that this process follows does, and how far its wall clock is ahead of it.
    pub fn note_clock(&self, course: Course, wall_ahead_ms: i64) {
        let conditions = self.conditions();
        match (course, self.is_embedded()) {
            (Course::Ignored { ahead_us }, is_embedded) if course.is_runaway() => {
                let sentence = format!(
                    "The clock of {} has moved {} against the monotonic clock of this process, so no job starts \
                    until it has been steady for a minute.",
                    whose(is_embedded),
                    difference(ahead_us / 1_000)
                );
                unsteady(conditions, sentence, Stops::Starts);
            }
            (Course::Disputed { ahead_us }, is_embedded) if course.is_runaway() => {
                let sentence = format!(
                    "The clock of {} differs by {} from the instant at which the database was last used, so nothing is \
                    sent until it has been steady for a minute.",
                    whose(is_embedded),
                    difference(ahead_us / 1_000)
                );
                unsteady(conditions, sentence, Stops::Sending);
            }
            (Course::Settling { .. }, is_embedded) => {
                let sentence = format!(
                    "The clock of {} has moved, and this process follows it. No job starts before the other processes had \
                    the time to follow it too.",
                    whose(is_embedded)
                );
                unsteady(conditions, sentence, Stops::Starts);
            }
            (_, false) if wall_ahead_ms.saturating_abs() > OFF_MAX_MS => {
                let sentence = format!(
                    "The clock of this machine differs by {} from the database's, which jobs follow. Let the machine set \
                    its clock from the network.",
                    difference(wall_ahead_ms)
                );
                let condition = Condition { reason: CLOCK_OFF, sentence, stops: Stops::Nothing };
                conditions.begin(Part::Clock, condition);
            }
            _ => drop(conditions.end(Part::Clock)),
        }
    }
}

const fn whose(is_embedded: bool) -> &'static str {
    if is_embedded { "this machine" } else { "the database" }
}

fn unsteady(conditions: &Conditions, sentence: String, stops: Stops) {
    conditions.begin(Part::Clock, Condition { reason: CLOCK_UNSTEADY, sentence, stops });
}

/// Milliseconds as signed seconds: `+7200.0 s`.
#[must_use]
pub fn difference(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    let tenths = ms.unsigned_abs() / 100;
    format!("{sign}{}.{} s", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_signed_seconds() {
        for (ms, text) in
            [(7_200_000, "+7200.0 s"), (-650, "-0.6 s"), (0, "+0.0 s"), (i64::MIN, "-9223372036854775.8 s")]
        {
            assert_eq!(difference(ms), text);
        }
    }
}
