//! The way out of a channel, as one node sees it: whether it is open, and how long it rests when it is not.

use super::suspects::{Fault, Place, Suspects};
use postrider_core::time::{MINUTE_MS, SECOND_MS, Timestamp};
use std::sync::{Mutex, PoisonError};

/// First rest of a route that could not be used, in milliseconds; each further one doubles.
const REST_FIRST_MS: i64 = SECOND_MS;
/// Longest rest, in milliseconds, unless the provider asks for more.
const REST_MAX_MS: i64 = MINUTE_MS;

/// Shared by the lanes of a channel.
#[derive(Default)]
pub(crate) struct Route(Mutex<Rest>);

#[derive(Default)]
struct Rest {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    failures: u32,
    suspects: Suspects,
}

impl Route {
    /// Until when the route rests; none if it is open.
    pub(crate) fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        // A clock that was set back since then says nothing about how long it has rested.
        self.with(|rest| rest.until.filter(|&until| until > now && rest.since.is_none_or(|since| since <= now)))
    }

    /// The route could not be used. Answers until when it rests: twice as long as the last time, shortened by up to
    /// a quarter by chance, and at least as long as the provider asked.
    pub(crate) fn rest(&self, now: Timestamp, asked_ms: Option<u64>, jitter: u64) -> Timestamp {
        self.with(|rest| {
            // Lanes that fail together are one failure.
            if rest.until.is_none_or(|until| until <= now) || rest.since.is_some_and(|since| since > now) {
                rest.failures = rest.failures.saturating_add(1);
                rest.since = Some(now);
                let wait = (REST_FIRST_MS << (rest.failures - 1).min(10)).min(REST_MAX_MS);
                let spread = i64::try_from(jitter % (wait.unsigned_abs() / 4 + 1)).unwrap_or_default();
                rest.until = Some(now.plus_millis(wait - spread));
            }
            let asked = asked_ms.map(|ms| now.plus_millis(i64::try_from(ms).unwrap_or(i64::MAX)));
            let until = rest.until.max(asked).unwrap_or(now);
            rest.until = Some(until);
            until
        })
    }

    /// The provider answered these messages (at least one): the next failure is a first one.
    pub(super) fn answered(&self, places: impl Iterator<Item = Place>) {
        self.with(|rest| {
            rest.failures = 0;
            rest.suspects.answered(places);
        });
    }

    /// A window ended early at this message: whose fault it is.
    pub(super) fn judge(&self, head: Place) -> Fault {
        self.with(|rest| rest.suspects.judge(head))
    }

    /// How much a message is suspected of being what the route fails at: 0 of most.
    pub(super) fn suspicion(&self, place: Place) -> u32 {
        self.with(|rest| rest.suspects.suspicion(place))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Rest) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_a_minute_and_begin_anew_after_an_answer() {
        let route = Route::default();
        let mut now = Timestamp::from_millis(0);
        let mut rests = Vec::new();
        for _ in 0..8 {
            let until = route.rest(now, None, 0);
            assert_eq!(route.rest(now, None, 0), until, "lanes that fail together rest once");
            rests.push(until.millis_since(now));
            now = until;
            assert_eq!(route.resting_until(now), None);
        }
        assert_eq!(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        route.answered([(1, 1)].into_iter());
        assert_eq!(route.rest(now, None, 0).millis_since(now), 1_000);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_prolong_a_rest() {
        let route = Route::default();
        let later = Timestamp::from_millis(3_600_000);
        route.rest(later, None, 0);
        let now = Timestamp::from_millis(0);
        assert_eq!(route.resting_until(now), None);
        assert!(route.rest(now, None, 0).millis_since(now) <= 2_000);
        assert!(route.resting_until(now).is_some());
    }

    #[test]
    fn a_provider_that_asks_for_more_gets_it() {
        let route = Route::default();
        let now = Timestamp::from_millis(0);
        assert_eq!(route.rest(now, Some(90_000), 7).millis_since(now), 90_000);
        assert!(route.resting_until(now).is_some());
    }

    #[test]
    fn chance_shortens_a_rest_by_a_quarter_at_most() {
        for jitter in [0, 1, 250, 251, u64::MAX] {
            let rest = Route::default().rest(Timestamp::from_millis(0), None, jitter).as_millis();
            assert!((750..=1_000).contains(&rest), "{rest}");
        }
    }
}
