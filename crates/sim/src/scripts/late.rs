//! A provider's answer that comes after the lease: it settles an uncertain recipient and changes no other.

use super::*;
use crate::provider::Mood;
use postrider_core::delivery::DeliveryState::{InFlight, Pending, Sent, Uncertain};
use postrider_core::time::{MINUTE_MS, SECOND_MS};

/// Shows a rescuer that tries again against the policy, and a late answer that is lost.
#[test]
fn a_late_answer_settles_an_uncertain_recipient() {
    play(Database::Postgres, story(1), async |script| {
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.start().await;
        script.pass(BEYOND_LEASE_MS + 10 * SECOND_MS).await;
        assert_eq!(script.states().await, [Uncertain]);
        script.wake(first);
        script.pass(SECOND_MS).await;
        assert_eq!(script.states().await, [Sent]);
    });
}

/// Shows a late answer that does not check the state of the recipient.
#[test]
fn a_late_refusal_changes_no_recipient_that_was_sent_meanwhile() {
    play(Database::Postgres, tried_again(1), async |script| {
        script.world.recipe.provider.script(&[Mood::Refuses, Mood::Takes]);
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.start().await;
        script.pass(5 * MINUTE_MS).await;
        assert_eq!(script.states().await, [Sent]);
        script.wake(first);
        script.pass(MINUTE_MS).await;
        assert_eq!(script.states().await, [Sent]);
        assert_eq!(script.arrivals().len(), 1);
    });
}

/// Shows a late answer that does not spare the second try.
#[test]
fn a_late_answer_spares_a_recipient_that_waits_for_the_second_try() {
    play(Database::Postgres, tried_again(1), async |script| {
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.pass(BEYOND_LEASE_MS).await;
        script.start().await;
        script.pass(10 * SECOND_MS).await;
        assert_eq!(script.states().await, [Pending]);
        script.wake(first);
        script.pass(3 * MINUTE_MS).await;
        assert_eq!(script.states().await, [Sent]);
        assert_eq!(script.arrivals().len(), 1);
    });
}

/// Shows a ledger that changes rows without a check of their attempt.
#[test]
fn a_late_refusal_of_the_first_try_says_nothing_about_the_second() {
    play(Database::Postgres, tried_again(1), async |script| {
        script.world.recipe.provider.script(&[Mood::Refuses, Mood::Takes]);
        let first = script.start().await;
        script.stop_at(first, answered).await;
        script.pass(BEYOND_LEASE_MS).await;
        let second = script.start().await;
        script.stop_at(second, answered).await;
        script.wake(first);
        script.pass(SECOND_MS).await;
        assert_eq!(script.states().await, [InFlight]);
        script.finish().await;
        assert_eq!(script.states().await, [Sent]);
    });
}

/// Shows a lane that gives up, or a chunk that is lost, while the provider only takes its time.
#[test]
fn a_provider_that_answers_after_minutes_costs_no_second_copy() {
    play(Database::Postgres, tried_again(3), async |script| {
        script.world.recipe.provider.script(&[Mood::Stalls(9 * MINUTE_MS)]);
        script.start().await;
        script.start().await;
        script.finish().await;
        assert_eq!(script.states().await, [Sent, Sent, Sent]);
        assert_eq!(script.arrivals().len(), 3);
    });
}
