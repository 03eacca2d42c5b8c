//! The operating system behind the ports of the core: its clock and its random bytes.
//!
//! The only place where the wall clock is read. Invariant: a sleep never ends before its instant, even if the
//! wall clock is set back while it lasts.

use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::time::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest stretch of a sleep, in milliseconds: after each the wall clock is read again, because timers do not
/// follow it when it is set or when the machine was suspended.
const NAP_MAX_MS: i64 = 1_000;

/// The wall clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the Clock port that everybody else asks")]
        let now = SystemTime::now();
        timestamp(now)
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            let mut now = clock.now();
            while let Some(nap) = nap(now, instant) {
                tokio::time::sleep(nap).await;
                let before = std::mem::replace(&mut now, clock.now());
                if now < before {
                    // The clock was set back: what was far enough away may be hours away now. Whoever waits looks again.
                    return;
                }
            }
        })
    }
}

/// The random bytes of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("a running operating system hands out random bytes");
    }
}

/// Milliseconds since the epoch, rounded down; an instant beyond the range of [`Timestamp`] is its nearest end.
fn timestamp(time: SystemTime) -> Timestamp {
    let millis = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(error) => i64::try_from(error.duration().as_micros().div_ceil(1_000)).map_or(i64::MIN, |before| -before),
    };
    Timestamp::from_millis(millis)
}

/// How long to sleep before looking at the clock again; nothing if the instant has come.
fn nap(now: Timestamp, instant: Timestamp) -> Option<Duration> {
    let left = instant.millis_since(now);
    let left = u64::try_from(left.min(NAP_MAX_MS)).ok()?;
    (left > 0).then(|| Duration::from_millis(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nap_is_what_is_left_but_never_more_than_a_second() {
        let at = Timestamp::from_millis;
        for (now, instant, expected) in [
            (0, 5, Some(5)),
            (0, 1_000, Some(1_000)),
            (0, 86_400_000, Some(1_000)),
            (i64::MIN, i64::MAX, Some(1_000)),
            (5, 5, None),
            (6, 5, None),
            (i64::MAX, i64::MIN, None),
        ] {
            assert_eq!(nap(at(now), at(instant)), expected.map(Duration::from_millis), "{now} to {instant}");
        }
    }

    #[test]
    fn times_are_rounded_down_on_both_sides_of_the_epoch() {
        let after = UNIX_EPOCH + Duration::from_micros(1_999);
        let before = UNIX_EPOCH - Duration::from_micros(1_001);
        assert_eq!(timestamp(after), Timestamp::from_millis(1));
        assert_eq!(timestamp(before), Timestamp::from_millis(-2));
    }

    #[test]
    fn a_sleep_never_ends_early() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let instant = SystemClock.now().plus_millis(25);
        runtime.block_on(SystemClock.sleep_until(instant));
        assert!(SystemClock.now() >= instant);
        runtime.block_on(SystemClock.sleep_until(Timestamp::from_millis(0)));
    }

    #[test]
    fn two_draws_of_thirty_two_bytes_differ() {
        let (mut first, mut second) = ([0_u8; 32], [0_u8; 32]);
        OsEntropy.fill(&mut first);
        OsEntropy.fill(&mut second);
        assert_ne!(first, second);
    }
}
