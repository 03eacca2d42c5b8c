//! Each predicate on a state that holds and on one that does not.

use super::*;
use crate::schedule::OnMissed;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn counts(parts: &[(DeliveryState, i64)]) -> Counts {
    let mut counts = Counts::default();
    for &(state, n) in parts {
        counts.add(state, n);
    }
    counts
}

fn policy(on_uncertain: OnUncertain) -> Policy {
    Policy {
        latest_start: None,
        on_missed: OnMissed::Hold,
        latest_finish: Some(NOW.plus_millis(1000)),
        on_uncertain,
        rate_per_minute: None,
    }
}

fn delivery() -> DeliverySnapshot {
    DeliverySnapshot { delivery: "d1".into(), attempts: 1, hand_offs: 1, uncertain: 0, due_at: NOW, left_at: vec![NOW] }
}

#[test]
fn there_are_twelve_in_order() {
    for (number, invariant) in (1..).zip(ALL) {
        assert_eq!(invariant.id, format!("INV-{number}"));
        assert!(invariant.sentence.ends_with('.'));
    }
    assert_eq!(ALL.len(), 12);
}

#[test]
fn a_finished_job_has_nobody_left_and_accounts_that_balance() {
    let balanced = counts(&[(DeliveryState::Sent, 7), (DeliveryState::Pending, 1)]);
    let running =
        JobSnapshot { job: "j1".into(), state: JobState::Running, frozen: Some(8), chunks: balanced, ledger: balanced };
    assert_eq!(nothing_lost(&running), None);
    assert_eq!(accounts_balance(&running), None);
    assert_eq!(accounts_balance(&JobSnapshot { frozen: None, ..running.clone() }), None);
    let finished = JobSnapshot { state: JobState::Completed, ..running.clone() };
    assert_eq!(nothing_lost(&finished).expect("one is live").invariant, NOTHING_LOST);
    let short = JobSnapshot { frozen: Some(9), ..running.clone() };
    assert!(accounts_balance(&short).expect("one is missing").detail.contains("9 frozen"));
    let swapped = counts(&[(DeliveryState::Sent, 6), (DeliveryState::Failed, 1), (DeliveryState::Pending, 1)]);
    let unequal = JobSnapshot { chunks: swapped, ..running };
    assert_eq!(accounts_balance(&unequal).expect("chunks differ").invariant, ACCOUNTS_BALANCE);
}

#[test]
fn the_state_of_a_finished_job_follows_from_its_counts() {
    let (sent, doubtful) = (counts(&[(DeliveryState::Sent, 7)]), counts(&[(DeliveryState::Uncertain, 1)]));
    let refused = counts(&[(DeliveryState::Failed, 1)]);
    for (state, ledger, holds) in [
        (JobState::Completed, sent, true),
        (JobState::CompletedWithFailures, sent, false),
        (JobState::CompletedWithFailures, doubtful, true),
        (JobState::CompletedWithFailures, refused, false),
        (JobState::Completed, doubtful, false),
        (JobState::Failed, refused, true),
        (JobState::Failed, sent, false),
        (JobState::Canceled, sent, true),
        (JobState::Canceled, refused, true),
        (JobState::Running, sent, true),
        (JobState::Completed, counts(&[(DeliveryState::Pending, 1)]), true),
    ] {
        let job = JobSnapshot { job: "j1".into(), state, frozen: None, chunks: ledger, ledger };
        assert_eq!(state_true(&job).is_none(), holds, "{state:?} {ledger:?}");
    }
}

#[test]
fn a_chunk_has_one_whole_lease() {
    let lease = |end: i64| (Some("node".to_owned()), Some(NOW.plus_millis(end)));
    let chunk = |leases, fence| ChunkSnapshot { chunk: "c1".into(), leases, fence };
    assert_eq!(one_lease(&chunk(Vec::new(), 0), NOW), None);
    assert_eq!(one_lease(&chunk(vec![lease(10)], 1), NOW), None);
    assert_eq!(one_lease(&chunk(vec![lease(-10), lease(10)], 2), NOW), None);
    for broken in [
        chunk(vec![lease(10), lease(20)], 2),
        chunk(vec![(None, Some(NOW.plus_millis(10)))], 1),
        chunk(vec![(Some("node".to_owned()), None)], 1),
        chunk(vec![lease(10)], 0),
    ] {
        assert!(one_lease(&broken, NOW).is_some(), "{broken:?}");
    }
}

#[test]
fn attempts_and_hand_offs_are_bounded() {
    assert_eq!(attempts_bounded(&DeliverySnapshot { attempts: 3, ..delivery() }, 3), None);
    assert!(attempts_bounded(&DeliverySnapshot { attempts: 4, ..delivery() }, 3).is_some());
    for (hand_offs, uncertain, rule, holds) in [
        (1, 0, OnUncertain::Hold, true),
        (0, 1, OnUncertain::Hold, true),
        (1, 1, OnUncertain::Hold, false),
        (1, 1, OnUncertain::AssumeSent, false),
        (1, 2, OnUncertain::Retry, true),
        (2, 1, OnUncertain::Retry, false),
    ] {
        let seen = no_silent_double(&DeliverySnapshot { hand_offs, uncertain, ..delivery() }, &policy(rule));
        assert_eq!(seen.is_none(), holds, "{hand_offs} {uncertain} {rule:?}");
    }
}

#[test]
fn nothing_leaves_early_or_late() {
    for (left_ms, holds) in [(-1, false), (0, true), (999, true), (1000, false)] {
        let snapshot = DeliverySnapshot { left_at: vec![NOW, NOW.plus_millis(left_ms)], ..delivery() };
        assert_eq!(in_time(&snapshot, &policy(OnUncertain::Hold)).is_none(), holds, "{left_ms}");
    }
}

#[test]
fn nobody_is_planned_twice() {
    assert_eq!(planned_once("m1", &[]), None);
    assert_eq!(planned_once("m1", &["p1".to_owned()]).expect("twice").invariant, PLANNED_ONCE);
}
