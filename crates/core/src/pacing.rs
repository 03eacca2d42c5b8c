//! How fast a job or a whole tenant may go: a budget of messages a minute, shared by everybody who sends for it.
//!
//! Nothing is saved up while nothing is sent, so a pause is not followed by a burst. Invariant (INV-7): in any
//! minute, counted from any instant, no more than the rate is taken.

use crate::time::{MINUTE_MS, Timestamp};

/// A take is at most this part of a minute's budget: the flow stays even, and the loss to rounding small.
const TAKES_PER_MINUTE: u32 = 600;

/// The last take from a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// How many messages.
    pub messages: u32,
}

/// What may leave now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// So many messages, at least 1.
    Messages(u32),
    /// None before this instant.
    Wait(Timestamp),
}

/// A budget as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Messages a minute, at least 1.
    pub rate: u32,
    /// The last take.
    pub last: Option<Taken>,
}

/// Takes up to `wanted` messages (at least 1) from all of the budgets at once: what each of them allows.
#[must_use]
pub fn take_from_all(budgets: impl IntoIterator<Item = Budget>, wanted: u32, now: Timestamp) -> Grant {
    let grants = budgets.into_iter().map(|budget| take(budget.last, budget.rate, wanted, now));
    grants.fold(Grant::Messages(wanted.max(1)), |all, grant| match (all, grant) {
        (Grant::Messages(one), Grant::Messages(other)) => Grant::Messages(one.min(other)),
        (Grant::Wait(one), Grant::Wait(other)) => Grant::Wait(one.max(other)),
        (wait @ Grant::Wait(_), Grant::Messages(_)) | (Grant::Messages(_), wait @ Grant::Wait(_)) => wait,
    })
}

/// Takes up to `wanted` messages (at least 1) from a budget of `rate` a minute (at least 1).
#[must_use]
pub fn take(last: Option<Taken>, rate: u32, wanted: u32, now: Timestamp) -> Grant {
    match free_at(last, rate, now) {
        Some(free) if free > now => Grant::Wait(free),
        _ => Grant::Messages(largest_take(rate).min(wanted.max(1))),
    }
}

/// When the next message may leave; none if one may at any time. A take that lies more than a minute ahead was made by a
/// clock that has been set back since, and does not count.
#[must_use]
pub fn free_at(last: Option<Taken>, rate: u32, now: Timestamp) -> Option<Timestamp> {
    let last = last.filter(|last| last.at.millis_since(now) <= MINUTE_MS)?;
    let rate = rate.max(1);
    // A minute that begins with the end of one take can end with the beginning of another; so that even then the
    // sum stays within the rate, the pace is lower by one take less one message.
    let pace = i64::from(rate) + 1 - i64::from(largest_take(rate));
    let wait = (i64::from(last.messages) * MINUTE_MS + pace - 1) / pace;
    Some(last.at.plus_millis(wait))
}

fn largest_take(rate: u32) -> u32 {
    (rate / TAKES_PER_MINUTE).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_a_minute_is_one_a_minute() {
        let at = Timestamp::from_millis;
        assert_eq!(take(None, 1, 10, at(5)), Grant::Messages(1));
        let last = Some(Taken { at: at(5), messages: 1 });
        assert_eq!(take(last, 1, 10, at(60_004)), Grant::Wait(at(60_005)));
        assert_eq!(take(last, 1, 10, at(60_005)), Grant::Messages(1));
    }

    #[test]
    fn a_take_by_a_clock_that_was_set_back_does_not_stop_a_job_for_hours() {
        let at = Timestamp::from_millis;
        let last = |at_ms| Some(Taken { at: at(at_ms), messages: 1 });
        assert_eq!(take(last(7_200_000), 1, 10, at(0)), Grant::Messages(1));
        assert_eq!(take(last(60_000), 1, 10, at(0)), Grant::Wait(at(120_000)));
    }

    #[test]
    fn of_several_budgets_the_tightest_counts() {
        let at = Timestamp::from_millis;
        let budget = |rate, taken_at| Budget { rate, last: Some(Taken { at: at(taken_at), messages: 1 }) };
        assert_eq!(take_from_all([], 7, at(0)), Grant::Messages(7));
        assert_eq!(take_from_all([budget(6_000, 0), budget(1_200, 0)], 7, at(60_000)), Grant::Messages(2));
        assert_eq!(take_from_all([budget(1, 5), budget(6_000, 0)], 7, at(60_000)), Grant::Wait(at(60_005)));
        assert_eq!(take_from_all([budget(1, 5), budget(1, 9)], 7, at(60_000)), Grant::Wait(at(60_009)));
    }

    proptest! {
        #[test]
        fn no_minute_is_over_its_budget(
            rate in 1_u32..50_000,
            steps in proptest::collection::vec((1_u32..200, 0_i64..400), 1..400),
        ) {
            let mut now = Timestamp::from_millis(0);
            let mut last = None;
            let mut takes: Vec<Taken> = Vec::new();
            for (wanted, pause) in steps {
                now = now.plus_millis(pause);
                let messages = match take(last, rate, wanted, now) {
                    Grant::Messages(messages) => messages,
                    Grant::Wait(until) => {
                        prop_assert!(until > now);
                        now = until;
                        let Grant::Messages(messages) = take(last, rate, wanted, now) else {
                            panic!("the wait was too short")
                        };
                        messages
                    }
                };
                prop_assert!((1..=wanted).contains(&messages));
                last = Some(Taken { at: now, messages });
                takes.extend(last);
            }
            for first in &takes {
                let within = |take: &&Taken| (0..MINUTE_MS).contains(&take.at.millis_since(first.at));
                let sum: u32 = takes.iter().filter(within).map(|take| take.messages).sum();
                prop_assert!(sum <= rate, "{} in a minute", sum);
            }
        }

        #[test]
        fn the_budget_is_used_but_for_one_part_in_a_hundred(rate in 1_u32..6_000) {
            let mut now = Timestamp::from_millis(0);
            let (mut last, mut sum) = (None, 0);
            while now.as_millis() < 10 * MINUTE_MS {
                match take(last, rate, 10, now) {
                    Grant::Messages(messages) => {
                        sum += messages;
                        last = Some(Taken { at: now, messages });
                    }
                    Grant::Wait(until) => now = until,
                }
            }
            prop_assert!(f64::from(sum) >= f64::from(rate) * 10.0 * 0.98 - 1.0, "{} of {}", sum, rate * 10);
        }
    }
}
