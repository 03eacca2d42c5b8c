//! A node keeps its chunk while it holds the lease, and loses it afterwards.

use super::*;
use crate::gate::Place;
use postrider_core::delivery::DeliveryState::{InFlight, Uncertain};
use postrider_core::time::{MINUTE_MS, SECOND_MS};

/// Shows a message that leaves without a mark.
#[test]
fn a_message_leaves_after_its_mark_is_stored() {
    play(Database::Sqlite, story(1), async |script| {
        let node = script.start().await;
        script.stop_at(node, leaving).await;
        assert_eq!(script.states().await, [InFlight]);
    });
}

/// Shows a rescuer that takes chunks before their lease ends.
#[test]
fn no_recipient_is_rescued_before_the_lease_ends() {
    play(Database::Postgres, story(1), async |script| {
        let (first, _second) = (script.start().await, script.start().await);
        script.stop_at(first, answered).await;
        script.pass(LEASE_MS - 2 * SECOND_MS).await;
        assert_eq!(script.states().await, [InFlight]);
        script.pass(20 * SECOND_MS).await;
        assert_eq!(script.states().await, [Uncertain]);
    });
}

/// Shows a rescuer that goes by what it read before its transaction.
#[test]
fn a_lease_that_was_renewed_since_the_rescuer_looked_is_kept() {
    play(Database::Postgres, story(1), async |script| {
        let first = script.start().await;
        script.hold_at(first, answered).await;
        script.sleep(first);
        script.pass(BEYOND_LEASE_MS).await;
        let second = script.start().await;
        script.stop_at(second, |place| *place == Place::Before("chunk.rescue")).await;
        script.wake(first);
        script.pass(SECOND_MS).await;
        script.wake(second);
        script.pass(SECOND_MS).await;
        assert!(script.attempts().await.is_empty(), "the first renewed its lease");
        script.finish().await;
        assert!(script.attempts().await.is_empty());
    });
}

/// Shows a keeper that does not renew.
#[test]
fn a_slow_provider_costs_no_lane_its_lease() {
    play(Database::Postgres, story(1), async |script| {
        let (first, second) = (script.start().await, script.start().await);
        script.sleep(second);
        // Its rescuer renews as well what it finds lost, so it does not look.
        script.hold_at(first, |place| *place == Place::Before("chunk.lost")).await;
        script.hold_at(first, answered).await;
        script.wake(second);
        script.pass(5 * MINUTE_MS).await;
        assert_eq!(script.states().await, [InFlight]);
        script.finish().await;
        assert!(script.attempts().await.is_empty());
    });
}

/// Shows an embedded database that is not rescued at the start.
#[test]
fn recipients_in_flight_at_a_crash_are_in_doubt_as_soon_as_the_process_is_back() {
    play(Database::Sqlite, story(2), async |script| {
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.crash(first);
        script.start().await;
        script.pass(SECOND_MS).await;
        assert_eq!(script.attempts().await, ["uncertain lease_lost"]);
        script.finish().await;
        assert_eq!(script.arrivals().len(), 2, "no second copy was sent");
    });
}

/// Shows a hand-over that does not look at the lease.
#[test]
fn nothing_is_handed_over_after_the_lease() {
    play(Database::Postgres, story(1), async |script| {
        let first = script.start().await;
        script.stop_at(first, marked).await;
        let second = script.start().await;
        script.pass(BEYOND_LEASE_MS + 10 * SECOND_MS).await;
        assert_eq!(script.states().await, [Uncertain]);
        script.sleep(second);
        script.wake(first);
        script.pass(MINUTE_MS).await;
        assert!(script.arrivals().is_empty());
    });
}
