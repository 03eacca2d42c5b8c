//! What follows from each outcome, and the bounds of trying again.

use super::retry::{BACKOFF_FIRST_MS, BACKOFF_MAX_MS};
use super::*;
use crate::channel::{Obstacle, Outcome, Refusal};
use crate::schedule::OnUncertain;
use crate::time::Timestamp;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_777_626_000_000);

fn policy(on_uncertain: OnUncertain) -> RetryPolicy {
    RetryPolicy {
        attempts_max: ATTEMPTS_MAX,
        backoff_first_ms: BACKOFF_FIRST_MS,
        backoff_max_ms: BACKOFF_MAX_MS,
        horizon_ms: RETRY_HORIZON_MS,
        on_uncertain,
        latest_finish: None,
    }
}

const FIRST: Attempt = Attempt { number: 1, first_at: NOW, in_doubt: false };

fn because(reason: &'static str) -> Refusal {
    Refusal { reason, text: "in the provider's words".to_owned() }
}

fn deferred(after_ms: Option<u64>) -> Outcome {
    Outcome::Deferred { refusal: because("greylisted"), after_ms }
}

fn not_attempted(after_ms: Option<u64>) -> Outcome {
    Outcome::NotAttempted { refusal: because("connection_refused"), obstacle: Obstacle::Route, after_ms }
}

#[test]
fn each_outcome_leads_where_it_should() {
    let hold = policy(OnUncertain::Hold);
    let handed_off = Outcome::HandedOff { provider_ref: "250 ok".to_owned() };
    let rejected = Outcome::Rejected(because("mailbox_unavailable"));
    let uncertain = Outcome::Uncertain(because("connection_lost"));
    for (outcome, rules, state, attempts, reason) in [
        (&handed_off, hold, DeliveryState::Sent, 1, None),
        (&rejected, hold, DeliveryState::Failed, 1, Some("mailbox_unavailable")),
        (&deferred(None), hold, DeliveryState::Pending, 1, Some("greylisted")),
        (&not_attempted(None), hold, DeliveryState::Pending, 0, Some("connection_refused")),
        (&uncertain, hold, DeliveryState::Uncertain, 1, Some("connection_lost")),
        (&uncertain, policy(OnUncertain::Retry), DeliveryState::Pending, 1, Some("connection_lost")),
        (&uncertain, policy(OnUncertain::AssumeSent), DeliveryState::Sent, 1, Some(ASSUMED_SENT)),
    ] {
        let next = after(outcome, &FIRST, &rules, NOW, 0);
        assert_eq!((next.state, next.attempts, next.reason), (state, attempts, reason), "{outcome:?}");
        assert_eq!(next.due_at.is_some(), state == DeliveryState::Pending, "{outcome:?}");
    }
}

#[test]
fn waits_double_up_to_a_limit() {
    let wait = |number| {
        let attempt = Attempt { number, ..FIRST };
        after(&deferred(None), &attempt, &policy(OnUncertain::Hold), NOW, 0).due_at.expect("again").millis_since(NOW)
    };
    assert_eq!([wait(1), wait(2), wait(3), wait(8)], [60_000, 120_000, 240_000, 7_200_000]);
}

#[test]
fn the_provider_may_ask_for_more_time_but_not_for_less() {
    let wait = |outcome: Outcome| {
        after(&outcome, &FIRST, &policy(OnUncertain::Hold), NOW, 0).due_at.expect("again").millis_since(NOW)
    };
    assert_eq!(wait(deferred(Some(1))), BACKOFF_FIRST_MS);
    assert_eq!(wait(deferred(Some(3_600_000))), 3_600_000);
    assert_eq!(wait(not_attempted(Some(250))), 250);
    assert_eq!(wait(not_attempted(None)), ROUTE_REST_MS);
    let beyond = after(&deferred(Some(u64::MAX)), &FIRST, &policy(OnUncertain::Hold), NOW, 0);
    assert_eq!((beyond.state, beyond.reason), (DeliveryState::Failed, Some(RETRIES_EXHAUSTED)));
}

#[test]
fn attempts_and_time_run_out() {
    let hold = policy(OnUncertain::Hold);
    let last = Attempt { number: ATTEMPTS_MAX, ..FIRST };
    let next = after(&deferred(None), &last, &hold, NOW, 0);
    assert_eq!((next.state, next.reason), (DeliveryState::Failed, Some(RETRIES_EXHAUSTED)));
    let old = Attempt { number: 2, first_at: NOW.plus_millis(-RETRY_HORIZON_MS), in_doubt: false };
    assert_eq!(after(&deferred(None), &old, &hold, NOW, 0).state, DeliveryState::Failed);
    let rested = after(&not_attempted(None), &old, &hold, NOW, 0);
    assert_eq!((rested.state, rested.attempts), (DeliveryState::Pending, 1), "no attempt took place");
}

#[test]
fn the_bounds_keep_their_values() {
    assert_eq!(
        [BACKOFF_FIRST_MS, BACKOFF_MAX_MS, RETRY_HORIZON_MS, ROUTE_REST_MS],
        [60_000, 7_200_000, 86_400_000, 10_000]
    );
    assert_eq!(ATTEMPTS_MAX, 12);
}

#[test]
fn the_last_attempt_may_fall_on_the_horizon_and_not_after_it() {
    // The wait before the third attempt is two minutes.
    for (over_ms, state) in [(0, DeliveryState::Pending), (1, DeliveryState::Failed)] {
        let first_at = NOW.plus_millis(120_000 - RETRY_HORIZON_MS - over_ms);
        let attempt = Attempt { number: 2, first_at, in_doubt: false };
        assert_eq!(after(&deferred(None), &attempt, &policy(OnUncertain::Hold), NOW, 0).state, state, "{over_ms}");
    }
}

#[test]
fn jitter_takes_up_to_half_of_a_wait() {
    for (jitter, wait_ms) in [(0, 60_000), (1, 59_999), (29_999, 30_001), (30_000, 30_000), (30_001, 60_000)] {
        let next = after(&deferred(None), &FIRST, &policy(OnUncertain::Hold), NOW, jitter);
        assert_eq!(next.due_at.expect("again").millis_since(NOW), wait_ms, "{jitter}");
    }
}

#[test]
fn nothing_is_planned_at_or_after_the_latest_finish() {
    for (finish_ms, state) in [(60_000, DeliveryState::Expired), (60_001, DeliveryState::Pending)] {
        let rules = RetryPolicy { latest_finish: Some(NOW.plus_millis(finish_ms)), ..policy(OnUncertain::Hold) };
        assert_eq!(after(&deferred(None), &FIRST, &rules, NOW, 0).state, state);
        assert_eq!(after(&not_attempted(Some(60_000)), &FIRST, &rules, NOW, 0).state, state);
    }
}

#[test]
fn who_was_in_doubt_once_stays_in_doubt_until_handed_off() {
    let doubtful = Attempt { number: 2, in_doubt: true, ..FIRST };
    let retry = policy(OnUncertain::Retry);
    let state = |outcome: &Outcome, rules: &RetryPolicy| after(outcome, &doubtful, rules, NOW, 0).state;
    assert_eq!(state(&Outcome::Rejected(because("mailbox_unavailable")), &retry), DeliveryState::Uncertain);
    assert_eq!(state(&Outcome::HandedOff { provider_ref: String::new() }, &retry), DeliveryState::Sent);
    let finished = RetryPolicy { latest_finish: Some(NOW), ..retry };
    assert_eq!(state(&deferred(None), &finished), DeliveryState::Uncertain);
    assert_eq!(state(&not_attempted(None), &finished), DeliveryState::Uncertain);
    let last = Attempt { number: ATTEMPTS_MAX, ..FIRST };
    let next = after(&Outcome::Uncertain(because("connection_lost")), &last, &retry, NOW, 0);
    assert_eq!((next.state, next.reason), (DeliveryState::Uncertain, Some(RETRIES_EXHAUSTED)));
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let wait = prop::option::of(any::<u64>());
    prop_oneof![
        Just(Outcome::HandedOff { provider_ref: "ok".to_owned() }),
        Just(Outcome::Rejected(because("refused"))),
        wait.clone().prop_map(deferred),
        wait.prop_map(not_attempted),
        Just(Outcome::Uncertain(because("lost"))),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_next_step_is_legal_and_bounded(
        outcome in any_outcome(),
        number in 1_u32..40,
        age_ms in 0_i64..100_000_000,
        in_doubt: bool,
        rule in prop::sample::select(OnUncertain::ALL),
        finish_ms in prop::option::of(-1_000_000_i64..100_000_000),
        jitter: u64,
    ) {
        let attempt = Attempt { number, first_at: NOW.plus_millis(-age_ms), in_doubt };
        let latest_finish = finish_ms.map(|ms| NOW.plus_millis(ms));
        let rules = RetryPolicy { latest_finish, ..policy(rule) };
        let next = after(&outcome, &attempt, &rules, NOW, jitter);
        prop_assert!(DeliveryState::InFlight.may_become(next.state));
        prop_assert_eq!(next.due_at.is_some(), next.state == DeliveryState::Pending);
        prop_assert!(next.attempts == number || next.attempts == number - 1);
        if let Some(due_at) = next.due_at {
            prop_assert!(due_at > NOW);
            prop_assert!(latest_finish.is_none_or(|finish| due_at < finish));
            if next.attempts == number {
                prop_assert!(number < ATTEMPTS_MAX);
                prop_assert!(due_at.millis_since(attempt.first_at) <= RETRY_HORIZON_MS);
            }
        }
        if in_doubt {
            prop_assert_ne!(next.state, DeliveryState::Failed);
            prop_assert_ne!(next.state, DeliveryState::Expired);
        }
    }

    #[test]
    fn jitter_only_shortens_a_wait_and_by_half_at_most(number in 1_u32..12, jitter: u64) {
        let attempt = Attempt { number, ..FIRST };
        let due = |jitter| {
            let next = after(&deferred(None), &attempt, &policy(OnUncertain::Hold), NOW, jitter);
            next.due_at.expect("again").millis_since(NOW)
        };
        prop_assert!(due(jitter) <= due(0));
        prop_assert!(due(jitter) * 2 >= due(0));
    }
}
