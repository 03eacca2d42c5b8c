//! What follows from an attempt: the next state of the recipient, when it is due again, and the reason told.

use super::DeliveryState;
use crate::channel::Outcome;
use crate::schedule::{OnUncertain, Policy};
use crate::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// Attempts at one recipient, the first included.
pub const ATTEMPTS_MAX: u32 = 12;
/// Milliseconds before the second attempt; each later wait doubles.
pub const BACKOFF_FIRST_MS: i64 = MINUTE_MS;
/// Longest wait between two attempts, in milliseconds, unless the provider asks for more.
pub const BACKOFF_MAX_MS: i64 = 2 * HOUR_MS;
/// Milliseconds after the first attempt beyond which nobody is tried again (RFC 5321 §4.5.4.1 asks mail servers
/// for days; a campaign is stale sooner).
pub const RETRY_HORIZON_MS: i64 = 24 * HOUR_MS;
/// How long a route rests that could not be used, in milliseconds, unless the provider said how long.
pub const ROUTE_REST_MS: i64 = 10 * SECOND_MS;

/// Stable reason: attempts or time ran out.
pub const RETRIES_EXHAUSTED: &str = "retries_exhausted";
/// Stable reason: the latest finish passed, or would pass before the next attempt.
pub const LATEST_FINISH: &str = "latest_finish";
/// Stable reason: the policy counts an uncertain hand-off as sent.
pub const ASSUMED_SENT: &str = "assumed_sent";

/// How long and how often one recipient is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts, the first included; at least 1.
    pub attempts_max: u32,
    /// Milliseconds before the second attempt.
    pub backoff_first_ms: i64,
    /// Longest wait in milliseconds.
    pub backoff_max_ms: i64,
    /// Milliseconds after the first attempt beyond which nobody is tried again.
    pub horizon_ms: i64,
    /// What happens to an uncertain recipient.
    pub on_uncertain: OnUncertain,
    /// Nothing leaves at or after this instant.
    pub latest_finish: Option<Timestamp>,
}

impl RetryPolicy {
    /// The bounds of this module, with a job's own words.
    #[must_use]
    pub const fn of(policy: &Policy) -> Self {
        Self::bounded(policy.on_uncertain, policy.latest_finish)
    }

    /// The bounds of this module, with the two words of a job that matter here.
    #[must_use]
    pub const fn bounded(on_uncertain: OnUncertain, latest_finish: Option<Timestamp>) -> Self {
        Self {
            attempts_max: ATTEMPTS_MAX,
            backoff_first_ms: BACKOFF_FIRST_MS,
            backoff_max_ms: BACKOFF_MAX_MS,
            horizon_ms: RETRY_HORIZON_MS,
            on_uncertain,
            latest_finish,
        }
    }
}

/// The attempt that was just made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1, as it counts if it took place.
    pub number: u32,
    /// When the recipient was first tried.
    pub first_at: Timestamp,
    /// Whether an earlier attempt ended uncertain: then no refusal can prove that the provider has nothing.
    pub in_doubt: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The recipient's next state.
    pub state: DeliveryState,
    /// When it is due again, if it is `pending`.
    pub due_at: Option<Timestamp>,
    /// Attempts that count so far.
    pub attempts: u32,
    /// Stable reason, if there is something to tell.
    pub reason: Option<&'static str>,
}

/// Decides what follows from an outcome. `jitter` is any random number: it spreads the wait over its upper half.
///
/// A recipient refused for good after an attempt in doubt ends `uncertain` with that reason, not `failed`.
#[must_use]
pub fn after(outcome: &Outcome, attempt: &Attempt, policy: &RetryPolicy, now: Timestamp, jitter: u64) -> Next {
    let attempts = attempt.number;
    let ended = |state, reason| Next { state, due_at: None, attempts, reason };
    match outcome {
        Outcome::HandedOff { .. } => ended(DeliveryState::Sent, None),
        Outcome::Rejected(refusal) => ended(without_hand_off(attempt), Some(refusal.reason)),
        Outcome::Deferred { refusal, after_ms } => {
            let due_at = next_due(attempt.number, policy, now, *after_ms, jitter);
            again(attempt, policy, due_at, refusal.reason)
        }
        Outcome::NotAttempted { refusal, after_ms, .. } => {
            let rest = after_ms.map_or(ROUTE_REST_MS, clamped).max(1);
            let due_at = now.plus_millis(rest);
            let attempts = attempt.number.saturating_sub(1);
            if finished_by(policy, due_at) {
                let state = if attempt.in_doubt { DeliveryState::Uncertain } else { DeliveryState::Expired };
                return Next { state, due_at: None, attempts, reason: Some(LATEST_FINISH) };
            }
            Next { state: DeliveryState::Pending, due_at: Some(due_at), attempts, reason: Some(refusal.reason) }
        }
        Outcome::Uncertain(refusal) => match policy.on_uncertain {
            OnUncertain::Hold => ended(DeliveryState::Uncertain, Some(refusal.reason)),
            OnUncertain::AssumeSent => ended(DeliveryState::Sent, Some(ASSUMED_SENT)),
            OnUncertain::Retry => {
                let due_at = next_due(attempt.number, policy, now, None, jitter);
                again(&Attempt { in_doubt: true, ..*attempt }, policy, due_at, refusal.reason)
            }
        },
    }
}

/// Tries again at `due_at`, unless attempts, horizon or latest finish forbid it.
fn again(attempt: &Attempt, policy: &RetryPolicy, due_at: Timestamp, reason: &'static str) -> Next {
    let attempts = attempt.number;
    let ended = |state, reason| Next { state, due_at: None, attempts, reason: Some(reason) };
    if attempts >= policy.attempts_max || due_at.millis_since(attempt.first_at) > policy.horizon_ms {
        return ended(without_hand_off(attempt), RETRIES_EXHAUSTED);
    }
    if finished_by(policy, due_at) {
        let state = if attempt.in_doubt { DeliveryState::Uncertain } else { DeliveryState::Expired };
        return ended(state, LATEST_FINISH);
    }
    Next { state: DeliveryState::Pending, due_at: Some(due_at), attempts, reason: Some(reason) }
}

/// Where a recipient ends whom the provider did not take this time.
const fn without_hand_off(attempt: &Attempt) -> DeliveryState {
    if attempt.in_doubt { DeliveryState::Uncertain } else { DeliveryState::Failed }
}

fn finished_by(policy: &RetryPolicy, due_at: Timestamp) -> bool {
    policy.latest_finish.is_some_and(|finish| due_at >= finish)
}

/// The instant of the next attempt: a doubling wait, spread over its upper half, and no sooner than the provider
/// asked.
fn next_due(number: u32, policy: &RetryPolicy, now: Timestamp, after_ms: Option<u64>, jitter: u64) -> Timestamp {
    let doublings = number.saturating_sub(1).min(30);
    let wait = policy.backoff_first_ms.saturating_mul(1 << doublings).clamp(1, policy.backoff_max_ms.max(1));
    let spread = clamped(jitter % (wait.unsigned_abs() / 2 + 1));
    let wait = (wait - spread).max(after_ms.map_or(0, clamped));
    now.plus_millis(wait.max(1))
}

fn clamped(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
