//! The operating system: its clocks and its random bytes.
//!
//! The only place where the wall clock is read. A process that serves goes by [`crate::clock::GuardedClock`] instead,
//! which is built from what is read here; [`SystemClock`] is for commands that are clients and for certificates.

use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::time::Timestamp;
use postrider_core::timeline::Reading;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest stretch of a sleep, in milliseconds: after each the wall clock is read again, because timers do not
/// follow it when it is set or when the machine was suspended.
const NAP_MAX_MS: i64 = 1_000;

/// The wall clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(wall_us().div_euclid(1_000))
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        sleep_until(*self, instant)
    }
}

/// Sleeps by a clock in short stretches, after each of which it is read again. Ends early if it was set back: an instant
/// that was near may be far away now, and the caller looks again.
pub(crate) fn sleep_until(clock: impl Clock + 'static, instant: Timestamp) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut now = clock.now();
        while let Some(nap) = nap(now, instant) {
            tokio::time::sleep(nap).await;
            let before = std::mem::replace(&mut now, clock.now());
            if now < before {
                return;
            }
        }
    })
}

/// The random bytes of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("a running operating system hands out random bytes");
    }
}

/// Looks at the wall clock between two looks at the monotonic one, again if the thread was kept waiting between them.
pub(crate) fn read_wall() -> Reading {
    const READINGS: usize = 4;
    const GOOD_US: i64 = 100;
    let read = || {
        let before_us = monotonic_us();
        let source_us = wall_us();
        Reading { before_us, source_us, after_us: monotonic_us() }
    };
    let width = |reading: &Reading| reading.after_us.saturating_sub(reading.before_us);
    let mut best = read();
    for _ in 1..READINGS {
        if width(&best) <= GOOD_US {
            break;
        }
        best = std::cmp::min_by_key(best, read(), width);
    }
    best
}

/// How far the wall clock is read wrong, in microseconds: 0 except in a drill.
static WALL_AHEAD_US: AtomicI64 = AtomicI64::new(0);

/// Reads the wall clock this many milliseconds ahead from now on, to rehearse a machine with a wrong clock. A user who can
/// start this process could set the clock of the machine as well.
pub(crate) fn rehearse_wrong_clock(ahead_ms: i64) {
    WALL_AHEAD_US.store(ahead_ms.saturating_mul(1_000), Ordering::Relaxed);
}

/// The wall clock, in microseconds since the epoch.
fn wall_us() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "everybody else asks a Clock")]
    let now = SystemTime::now();
    since_epoch_us(now).saturating_add(WALL_AHEAD_US.load(Ordering::Relaxed))
}

/// The monotonic clock, in microseconds since an origin of its own. On Linux it also counts while the machine is
/// suspended, so that a suspend does not look like a jump of the wall clock.
#[cfg(target_os = "linux")]
pub(crate) fn monotonic_us() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

/// The monotonic clock, in microseconds since its first reading. It may stop while the machine is suspended.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "everybody else asks a Clock")]
pub(crate) fn monotonic_us() -> i64 {
    static ORIGIN: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    let origin = *ORIGIN;
    i64::try_from(std::time::Instant::now().saturating_duration_since(origin).as_micros()).unwrap_or(i64::MAX)
}

/// Microseconds since the epoch, rounded down; an instant beyond their range is the nearest end of it.
fn since_epoch_us(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(error) => i64::try_from(error.duration().as_nanos().div_ceil(1_000)).map_or(i64::MIN, |before| -before),
    }
}

/// How long to sleep before looking at the clock again; nothing if the instant has come.
pub(crate) fn nap(now: Timestamp, instant: Timestamp) -> Option<Duration> {
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
        let after = UNIX_EPOCH + Duration::from_nanos(1_999);
        let before = UNIX_EPOCH - Duration::from_nanos(1_001);
        assert_eq!(since_epoch_us(after), 1);
        assert_eq!(since_epoch_us(before), -2);
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
    fn a_look_at_the_wall_clock_is_between_two_at_the_monotonic_one() {
        let (first, second) = (read_wall(), read_wall());
        assert!(first.before_us <= first.after_us && first.after_us <= second.before_us);
        let moved = (second.source_us - second.before_us) - (first.source_us - first.before_us);
        assert!(moved.abs() < 1_000_000, "both go at the same rate: {moved}");
    }

    #[test]
    fn two_draws_of_thirty_two_bytes_differ() {
        let (mut first, mut second) = ([0_u8; 32], [0_u8; 32]);
        OsEntropy.fill(&mut first);
        OsEntropy.fill(&mut second);
        assert_ne!(first, second);
    }
}
