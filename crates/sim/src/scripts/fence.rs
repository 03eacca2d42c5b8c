//! A node that lost the fence of a chunk changes nothing in it.

use super::*;
use crate::gate::Place;
use postrider_core::delivery::DeliveryState::{InFlight, Pending, Sent, Uncertain};
use postrider_core::time::{MINUTE_MS, SECOND_MS};

/// Shows a `chunk_hold` that does not check the fence: the first node releases the chunk that the second one holds.
#[test]
fn a_lane_that_lost_the_fence_does_not_release_the_chunk() {
    play(Database::Postgres, tried_again(1), async |script| {
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.pass(BEYOND_LEASE_MS).await;
        let second = script.start().await;
        script.stop_at(second, leaving).await;
        script.wake(first);
        script.pass(SECOND_MS).await;
        assert_eq!(script.states().await, [InFlight], "the second one holds it");
        script.finish().await;
        assert_eq!(script.states().await, [Sent]);
        assert_eq!(script.arrivals().len(), 2, "the policy allows the second copy");
    });
}

/// Shows the same: the first node marks and sends recipients that belong to the second one.
#[test]
fn a_lane_that_lost_the_fence_marks_no_recipient() {
    play(Database::Postgres, story(2), async |script| {
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.pass(BEYOND_LEASE_MS).await;
        let second = script.start().await;
        script.stop_at(second, |place| *place == Place::Before("chunk.turn")).await;
        assert_eq!(script.states().await, [Uncertain, Pending]);
        script.wake(first);
        script.pass(SECOND_MS).await;
        assert_eq!(script.states().await, [Sent, Pending], "a late answer is all that the first can add");
        script.finish().await;
        assert_eq!(script.arrivals().len(), 2);
    });
}

/// Shows a renewal that does not check the fence: the first node keeps the chunk of the second one, which is gone.
#[test]
fn a_renewal_under_a_lost_fence_keeps_nothing() {
    play(Database::Postgres, tried_again(1), async |script| {
        let first = script.start().await;
        script.hold_at(first, answered).await;
        script.sleep(first);
        script.pass(BEYOND_LEASE_MS).await;
        let second = script.start().await;
        script.stop_at(second, leaving).await;
        script.crash(second);
        script.wake(first);
        script.pass(2 * MINUTE_MS).await;
        let attempts = script.attempts().await;
        let lost = attempts.iter().filter(|attempt| *attempt == "uncertain lease_lost").count();
        assert_eq!(lost, 2, "both tries were lost: {attempts:?}");
    });
}

/// Shows a planner that does not check the fence of its manifest.
#[test]
fn a_planner_that_lost_its_manifest_freezes_no_recipient() {
    play(Database::Postgres, story(3), async |script| {
        let freezing = |place: &Place| *place == Place::Before("manifest.freeze");
        let first = script.start().await;
        script.stop_at(first, freezing).await;
        script.pass(BEYOND_LEASE_MS).await;
        let second = script.start().await;
        script.stop_at(second, freezing).await;
        script.wake(first);
        script.pass(SECOND_MS).await;
        assert!(script.states().await.is_empty(), "the second freezes them");
        script.finish().await;
        assert_eq!(script.arrivals().len(), 3);
    });
}
