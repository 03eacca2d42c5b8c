//! The time by which a process goes: a source that may jump, carried on by a monotonic clock that cannot.
//!
//! The source is the wall clock of the machine, or the clock of a database that several processes share. The timeline
//! follows it while it is *steady*, which means that it keeps step with the monotonic clock. A source that jumps or
//! drifts is ignored until it has been steady for [`STEADY_US`]; meanwhile time passes at the rate of the monotonic
//! clock. The reader of the clocks calls [`Timeline::observe`] about once a second.
//!
//! All numbers are microseconds. A monotonic instant has an origin of its own and also counts while the machine is
//! suspended, where the system offers such a clock.

use crate::time::Timestamp;

/// How long a source must be watched to be steady before it is followed again.
pub const STEADY_US: i64 = 60_000_000;
/// How far a steady source may move against the monotonic clock. More than this in any one minute is a drift.
const PLAY_US: i64 = 100_000;
/// A source that is further than this from the timeline holds starts.
pub const RUNAWAY_US: i64 = 5_000_000;
/// The most that one observation adds to the time watched: in a longer gap the source was not seen.
const WATCHED_MAX_US: i64 = 10_000_000;
/// A reading that took longer than this says too little to be used.
const READING_MAX_US: i64 = 1_000_000;

/// One look at the source, between two looks at the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The monotonic clock before.
    pub before_us: i64,
    /// The source, since the epoch.
    pub source_us: i64,
    /// The monotonic clock after.
    pub after_us: i64,
}

impl Reading {
    /// The bounds of how far the source was ahead of the monotonic clock.
    const fn bounds(self) -> (i64, i64) {
        (self.source_us.saturating_sub(self.after_us), self.source_us.saturating_sub(self.before_us))
    }

    const fn width_us(self) -> i64 {
        self.after_us.saturating_sub(self.before_us)
    }
}

/// What an observation led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The timeline follows the source, and moved by so much to do so.
    Followed {
        /// Forwards, or backwards if negative.
        moved_us: i64,
    },
    /// As [`Self::Followed`], but shortly after so great a move that other processes may not have made it yet.
    Settling {
        /// Forwards, or backwards if negative; 0 after the observation that moved the timeline.
        moved_us: i64,
    },
    /// The source has not been steady for long enough; the timeline goes on without it.
    Ignored {
        /// How far the source is ahead of the timeline, or behind it if negative.
        ahead_us: i64,
    },
    /// The source is behind what an earlier process noted, and has not been steady for long enough since this timeline
    /// began: either of the two may be wrong.
    Disputed {
        /// How far the source is ahead of the timeline: negative.
        ahead_us: i64,
    },
}

impl Course {
    /// Whether the source has run away, so that nothing may start by the timeline.
    #[must_use]
    pub const fn is_runaway(self) -> bool {
        match self {
            Self::Ignored { ahead_us } | Self::Disputed { ahead_us } => ahead_us.saturating_abs() > RUNAWAY_US,
            Self::Followed { .. } | Self::Settling { .. } => false,
        }
    }
}

/// The bounds that all offsets of a span kept to, and for how long they were watched.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// The greatest of the lower bounds.
    low_us: i64,
    /// The least of the upper bounds.
    high_us: i64,
    watched_us: i64,
    seen_us: i64,
}

/// A timeline of one process.
#[derive(Debug, Clone, Copy)]
pub struct Timeline {
    /// How far it is ahead of the monotonic clock.
    offset_us: i64,
    span: Span,
    course: Course,
    /// How long other processes may need until they have followed a great move as well.
    settle_us: i64,
    /// Until when they may.
    settled_at_us: i64,
    /// Whether it began at another instant than its source, which it has not followed since.
    is_disputed: bool,
}

impl Timeline {
    /// Begins at the first reading, which is trusted. `heard` is the last instant that an earlier process noted, if there
    /// is one: a source that is well behind it has been set back since, so the timeline begins at that instant, and the
    /// source must be steady first.
    #[must_use]
    pub fn begin(reading: Reading, heard: Option<Timestamp>) -> Self {
        let (low, high) = reading.bounds();
        let span = Span { low_us: low, high_us: high, watched_us: STEADY_US, seen_us: reading.after_us };
        let mut timeline = Self {
            offset_us: low,
            span,
            course: Course::Followed { moved_us: 0 },
            settle_us: 0,
            settled_at_us: i64::MIN,
            is_disputed: false,
        };
        let heard = heard.map(|heard| heard.as_millis().saturating_mul(1_000).saturating_sub(reading.after_us));
        if let Some(heard) = heard.filter(|heard| heard.saturating_sub(high) > RUNAWAY_US) {
            timeline.offset_us = heard;
            timeline.span.watched_us = 0;
            timeline.is_disputed = true;
            timeline.course = Course::Disputed { ahead_us: high.saturating_sub(heard) };
        }
        timeline
    }

    /// The same timeline among others on the same source, which may need so long until they have followed a move of
    /// more than [`RUNAWAY_US`] as well and have renewed what they hold by the new time.
    #[must_use]
    pub const fn settling_for(self, settle_us: i64) -> Self {
        Self { settle_us, ..self }
    }

    /// The time at a monotonic instant. Never ahead of a source that is followed.
    #[must_use]
    pub const fn at(&self, monotonic_us: i64) -> Timestamp {
        Timestamp::from_millis(monotonic_us.saturating_add(self.offset_us).div_euclid(1_000))
    }

    /// What the last observation led to.
    #[must_use]
    pub const fn course(&self) -> Course {
        self.course
    }

    /// Observes the source. A reading that took too long changes nothing.
    pub fn observe(&mut self, reading: Reading) -> Course {
        if reading.width_us() > READING_MAX_US {
            return self.course;
        }
        let (low, high) = reading.bounds();
        self.span.extend(low, high, reading.after_us);
        // A reading that the timeline agrees with moves nothing, such as a slow answer of a database. Otherwise the lower
        // bound is the one that is certainly not ahead of the source.
        let agrees = (low..=high).contains(&self.offset_us);
        let ahead_us = if agrees { 0 } else { low.saturating_sub(self.offset_us) };
        self.course = match (self.span.watched_us >= STEADY_US, self.is_disputed) {
            (true, _) => self.follow(if agrees { self.offset_us } else { self.span.keep(low) }, reading.after_us),
            (false, true) => Course::Disputed { ahead_us },
            (false, false) => Course::Ignored { ahead_us },
        };
        self.course
    }

    /// Moves to an offset of a source that is steady.
    const fn follow(&mut self, offset_us: i64, now_us: i64) -> Course {
        let moved_us = offset_us.saturating_sub(self.offset_us);
        self.offset_us = offset_us;
        self.is_disputed = false;
        if moved_us.saturating_abs() > RUNAWAY_US {
            self.settled_at_us = now_us.saturating_add(self.settle_us);
        }
        if now_us < self.settled_at_us { Course::Settling { moved_us } } else { Course::Followed { moved_us } }
    }
}

impl Span {
    /// The offset of the whole span that is nearest to that of one reading, which may have been slow.
    fn keep(&self, offset_us: i64) -> i64 {
        // A steady source moves a little, so the bounds may have crossed.
        offset_us.clamp(self.low_us.min(self.high_us), self.low_us.max(self.high_us))
    }

    /// Adds the bounds of one reading, or starts again with them if the source has certainly moved.
    fn extend(&mut self, low: i64, high: i64, now_us: i64) {
        let watched = now_us.saturating_sub(self.seen_us).clamp(0, WATCHED_MAX_US);
        let extended = Self {
            low_us: self.low_us.max(low),
            high_us: self.high_us.min(high),
            watched_us: self.watched_us.saturating_add(watched).min(STEADY_US),
            seen_us: now_us,
        };
        let has_moved = extended.low_us.saturating_sub(extended.high_us) > PLAY_US;
        *self = if has_moved { Self { low_us: low, high_us: high, watched_us: 0, seen_us: now_us } } else { extended };
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
