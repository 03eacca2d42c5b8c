//! How many requests a client may make: a window of one minute that slides in steps of a second.
//!
//! The whole limit may come at once. Not here: where windows are kept, and how processes share them. Invariant: in any
//! minute, counted from any instant, no more requests are admitted than the limit.

use crate::campaign::words;
use crate::time::{SECOND_MS, Timestamp};
use std::collections::BTreeMap;

/// What a request is counted as; the classes do not touch each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateClass {
    /// Looks.
    Read,
    /// Changes one thing.
    Write,
    /// Changes many things at once.
    Batch,
    /// Makes messages leave, or stops them.
    Execute,
    /// Gets a token.
    Token,
}

words!(RateClass { Read => "read", Write => "write", Batch => "batch", Execute => "execute", Token => "token" });

/// Length of the window a limit speaks of, in seconds.
pub const WINDOW_S: i64 = 60;
/// How long a window remembers, in seconds: a minute that begins within a second touches one second more.
const KEPT_S: i64 = WINDOW_S + 1;

/// Requests a minute for each class; a class without a number has no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateLimits(BTreeMap<RateClass, u32>);

impl RateLimits {
    /// What a class may take; none: as much as it likes.
    #[must_use]
    pub fn of(&self, class: RateClass) -> Option<u32> {
        self.0.get(&class).copied()
    }

    /// Sets or takes away the limit of a class. A limit of 0 is none, too.
    pub fn set(&mut self, class: RateClass, per_minute: Option<u32>) {
        match per_minute.filter(|&limit| limit > 0) {
            Some(limit) => self.0.insert(class, limit),
            None => self.0.remove(&class),
        };
    }
}

/// Whether a request may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may, and so many more after it.
    Passes {
        /// How many more.
        remaining: u32,
    },
    /// It may not before this instant.
    Waits(Timestamp),
}

/// The requests of the last minute, by second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateWindow {
    /// Seconds since the epoch with what was admitted in each, ascending; none is 0.
    seconds: Vec<(i64, u32)>,
}

impl RateWindow {
    /// A window as [`RateWindow::seconds`] told it.
    #[must_use]
    pub fn new(seconds: impl IntoIterator<Item = (i64, u32)>) -> Self {
        let mut window = Self::default();
        for (second, requests) in seconds {
            window.put(second, requests);
        }
        window
    }

    /// Seconds since the epoch with what was admitted in each, ascending.
    #[must_use]
    pub fn seconds(&self) -> &[(i64, u32)] {
        &self.seconds
    }

    /// Requests in the window, as of the last look.
    #[must_use]
    pub fn spent(&self) -> u32 {
        self.seconds.iter().fold(0, |sum, (_, requests)| sum.saturating_add(*requests))
    }

    /// Whether nothing is in the window at `now`.
    #[must_use]
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.seconds.last().is_none_or(|(newest, _)| *newest <= second_of(now) - KEPT_S)
    }

    /// Forgets what lies outside the window at `now`; answers the second to count in. Of two clocks the later counts,
    /// but one that was a whole window ahead was wrong.
    pub fn look(&mut self, now: Timestamp) -> i64 {
        let now = second_of(now);
        let newest = self.seconds.last().map_or(now, |(newest, _)| *newest);
        if newest > now + KEPT_S {
            self.seconds.clear();
            return now;
        }
        let second = now.max(newest);
        self.seconds.retain(|(second_then, _)| *second_then > second - KEPT_S);
        second
    }

    /// Whether one more request would pass at `now`.
    pub fn admission(&mut self, limit: u32, now: Timestamp) -> Admission {
        self.look(now);
        match limit.checked_sub(self.spent()) {
            Some(left) if left > 0 => Admission::Passes { remaining: left - 1 },
            Some(_) | None => Admission::Waits(self.free_at(limit)),
        }
    }

    /// Counts requests at `now`.
    pub fn count(&mut self, requests: u32, now: Timestamp) {
        let second = self.look(now);
        self.put(second, requests);
    }

    /// Adds what another window holds.
    pub fn merge(&mut self, other: &Self) {
        for &(second, requests) in &other.seconds {
            self.put(second, requests);
        }
    }

    fn put(&mut self, second: i64, requests: u32) {
        if requests == 0 {
            return;
        }
        match self.seconds.binary_search_by_key(&second, |(second, _)| *second) {
            Ok(at) => self.seconds[at].1 = self.seconds[at].1.saturating_add(requests),
            Err(at) => self.seconds.insert(at, (second, requests)),
        }
    }

    /// When enough will have left the window for one more to pass.
    fn free_at(&self, limit: u32) -> Timestamp {
        let mut left = self.spent();
        let mut second = self.seconds.first().map_or(0, |(second, _)| *second);
        for &(then, requests) in &self.seconds {
            if left < limit {
                break;
            }
            left = left.saturating_sub(requests);
            second = then;
        }
        Timestamp::from_millis((second + KEPT_S).saturating_mul(SECOND_MS))
    }
}

const fn second_of(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(SECOND_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MINUTE_MS;
    use proptest::prelude::*;

    fn ask(window: &mut RateWindow, limit: u32, now: i64) -> Admission {
        let now = Timestamp::from_millis(now);
        let admission = window.admission(limit, now);
        if matches!(admission, Admission::Passes { .. }) {
            window.count(1, now);
        }
        admission
    }

    #[test]
    fn the_whole_limit_may_come_at_once_and_again_when_it_has_left_the_window() {
        let mut window = RateWindow::default();
        assert_eq!(ask(&mut window, 2, 5_500), Admission::Passes { remaining: 1 });
        assert_eq!(ask(&mut window, 2, 9_000), Admission::Passes { remaining: 0 });
        let until = Timestamp::from_millis(66_000);
        assert_eq!(ask(&mut window, 2, 9_000), Admission::Waits(until));
        assert_eq!(ask(&mut window, 2, 65_999), Admission::Waits(until));
        assert_eq!(ask(&mut window, 2, 66_000), Admission::Passes { remaining: 0 });
        assert_eq!(ask(&mut window, 2, 66_001), Admission::Waits(Timestamp::from_millis(70_000)));
    }

    #[test]
    fn a_limit_that_was_lowered_waits_for_all_that_is_over_it() {
        let mut window = RateWindow::new([(1, 3), (2, 3), (3, 3)]);
        assert_eq!(ask(&mut window, 4, 5_000), Admission::Waits(Timestamp::from_millis(63_000)));
        assert_eq!(ask(&mut window, 4, 63_000), Admission::Passes { remaining: 0 });
    }

    #[test]
    fn a_clock_a_little_behind_counts_with_the_others_and_one_far_ahead_is_forgotten() {
        let mut window = RateWindow::new([(100, 1)]);
        window.count(1, Timestamp::from_millis(99_000));
        assert_eq!(window.seconds(), [(100, 2)]);
        window.count(1, Timestamp::from_millis(1_000));
        assert_eq!(window.seconds(), [(1, 1)]);
        assert!(!window.is_idle(Timestamp::from_millis(61_999)));
        assert!(window.is_idle(Timestamp::from_millis(62_000)));
    }

    #[test]
    fn no_number_and_zero_are_no_limit() {
        let mut limits = RateLimits::default();
        limits.set(RateClass::Read, Some(7));
        limits.set(RateClass::Write, Some(0));
        assert_eq!((limits.of(RateClass::Read), limits.of(RateClass::Write)), (Some(7), None));
        limits.set(RateClass::Read, None);
        assert_eq!(limits, RateLimits::default());
    }

    proptest! {
        #[test]
        fn no_minute_is_over_its_limit_and_no_wait_is_too_short(
            limit in 1_u32..60,
            pauses in proptest::collection::vec(prop_oneof![0_i64..50, 0_i64..9_000], 1..600),
        ) {
            let (mut window, mut now, mut admitted) = (RateWindow::default(), 0, Vec::new());
            for pause in pauses {
                now += pause;
                match ask(&mut window, limit, now) {
                    Admission::Passes { .. } => admitted.push(now),
                    Admission::Waits(until) => {
                        prop_assert!(until.as_millis() > now && until.as_millis() <= now + 61_000);
                        let passes = window.clone().admission(limit, until);
                        prop_assert!(matches!(passes, Admission::Passes { .. }), "{:?} {:?}", until, passes);
                    }
                }
            }
            for (index, first) in admitted.iter().enumerate() {
                let within = admitted[index..].iter().take_while(|at| **at < first + MINUTE_MS).count();
                prop_assert!(within <= limit as usize, "{} in a minute", within);
            }
        }

        #[test]
        fn who_asks_all_the_time_gets_the_limit_but_for_one_part_in_fifty(limit in 1_u32..2_000) {
            let (mut window, mut now, mut admitted) = (RateWindow::default(), 0, 0_u32);
            while now < 10 * MINUTE_MS {
                match ask(&mut window, limit, now) {
                    Admission::Passes { .. } => admitted += 1,
                    Admission::Waits(until) => now = until.as_millis(),
                }
            }
            prop_assert!(admitted >= limit * 10 * 98 / 100, "{} of {}", admitted, limit * 10);
        }
    }
}
