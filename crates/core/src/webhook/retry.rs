//! When an event is tried again, and when an endpoint is given up.

use super::port::{NotDelivered, Received};
use crate::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// Milliseconds before each further attempt (Standard Webhooks, "Deliverability and reliability", as it proposes them).
pub const RETRY_WAITS_MS: [i64; 9] = [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];
/// Attempts at one event, the first included.
pub const ATTEMPTS_MAX: u32 = 1 + RETRY_WAITS_MS.len() as u32;
/// Longest wait that an endpoint can ask for by `Retry-After`, in milliseconds.
pub const RETRY_AFTER_MAX_MS: i64 = 24 * HOUR_MS;
/// An endpoint that fails for so long without a success is disabled, in milliseconds.
pub const FAILING_MAX_MS: i64 = 5 * 24 * HOUR_MS;
/// The status of an endpoint that does not want more (RFC 9110 §15.5.11).
pub const GONE: u16 = 410;
/// A wait is shortened by up to this part of it, so that what failed together does not come back together.
const JITTER_PART: i64 = 5;

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The endpoint has it.
    Delivered,
    /// It is tried again at an instant.
    Again(Timestamp),
    /// It was tried often enough.
    Failed,
    /// The endpoint wants nothing any more.
    Gone,
}

/// Decides what follows from attempt `number` (from 1) that ended `now`. `jitter` is any random number.
#[must_use]
pub fn after(received: &Result<Received, NotDelivered>, number: u32, now: Timestamp, jitter: u64) -> Next {
    let asked_ms = match received {
        Ok(received) if received.is_success() => return Next::Delivered,
        Ok(received) if received.status == GONE => return Next::Gone,
        Ok(received) => received.retry_after.as_deref().map_or(0, |text| asked_ms(text, now)),
        Err(_) => 0,
    };
    let waits = usize::try_from(number.max(1) - 1).unwrap_or(usize::MAX);
    let Some(&wait) = RETRY_WAITS_MS.get(waits) else { return Next::Failed };
    let spread = i64::try_from(jitter % (wait / JITTER_PART).unsigned_abs().max(1)).unwrap_or(0);
    Next::Again(now.plus_millis((wait - spread).max(asked_ms)))
}

/// The wait that a `Retry-After` asks for (RFC 9110 §10.2.3: seconds, or a date), within bounds; 0 if it says nothing.
fn asked_ms(text: &str, now: Timestamp) -> i64 {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let asked = match Timestamp::parse_http_date(text) {
        _ if is_number => text.parse().unwrap_or(i64::MAX).saturating_mul(SECOND_MS),
        Some(at) => at.millis_since(now),
        None => 0,
    };
    asked.clamp(0, RETRY_AFTER_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn answered(status: u16, retry_after: Option<&str>) -> Result<Received, NotDelivered> {
        Ok(Received { status, retry_after: retry_after.map(str::to_owned), excerpt: String::new() })
    }

    #[test]
    fn two_hundreds_are_successes_and_nothing_else() {
        for status in [200, 201, 204, 299] {
            assert_eq!(after(&answered(status, None), 1, NOW, 0), Next::Delivered, "{status}");
        }
        for status in [100, 199, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503] {
            assert!(matches!(after(&answered(status, None), 1, NOW, 0), Next::Again(_)), "{status}");
        }
        assert_eq!(after(&answered(410, None), 1, NOW, 0), Next::Gone);
        assert_eq!(after(&answered(410, None), ATTEMPTS_MAX, NOW, 0), Next::Gone);
    }

    #[test]
    fn waits_follow_the_table_and_are_shortened_by_a_fifth_at_most() {
        let failed = Err(NotDelivered { reason: "timeout", text: String::new() });
        for (number, wait) in (1..).zip(RETRY_WAITS_MS) {
            for jitter in [0, 1, 12_345_678_901, u64::MAX] {
                let Next::Again(at) = after(&failed, number, NOW, jitter) else { panic!("{number} is tried again") };
                let waited = at.millis_since(NOW);
                assert!(waited <= wait && waited >= wait - wait / 5, "{number}: {waited}");
            }
        }
        assert_eq!(after(&failed, ATTEMPTS_MAX, NOW, 0), Next::Failed);
        assert_eq!(after(&failed, u32::MAX, NOW, 0), Next::Failed);
    }

    #[test]
    fn who_asks_for_more_time_gets_it_within_bounds() {
        let minute = answered(503, Some("60"));
        assert_eq!(after(&minute, 1, NOW, 0), Next::Again(NOW.plus_millis(MINUTE_MS)));
        assert_eq!(after(&minute, 2, NOW, 0), Next::Again(NOW.plus_millis(5 * MINUTE_MS)), "never sooner than planned");
        let year = answered(429, Some("99999999999999999999"));
        assert_eq!(after(&year, 1, NOW, 0), Next::Again(NOW.plus_millis(RETRY_AFTER_MAX_MS)));
        let date = answered(503, Some("Fri, 15 Jan 2027 08:10:00 GMT"));
        assert_eq!(after(&date, 1, NOW, 0), Next::Again(NOW.plus_millis(10 * MINUTE_MS)));
        for nothing in ["-1", "", "soon", "Fri, 15 Jan 2027 07:00:00 GMT", "1.5"] {
            let next = after(&answered(429, Some(nothing)), 1, NOW, 0);
            assert_eq!(next, Next::Again(NOW.plus_millis(5 * SECOND_MS)), "{nothing}");
        }
        assert_eq!(after(&year, ATTEMPTS_MAX, NOW, 0), Next::Failed);
    }
}
