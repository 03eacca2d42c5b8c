//! A wall clock that jumps, drifts and comes back.

use super::*;
use crate::clock::Jump;
use crate::workload::START;
use postrider_core::delivery::DeliveryState::{InFlight, Sent};
use postrider_core::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// A script on a machine whose clock is wrong.
fn unsteady(mut story: Workload) -> Workload {
    // Long ago it was wrong for a moment.
    let at = START.plus_millis(-HOUR_MS);
    story.jumps = vec![Jump { at, until: at, ahead_ms: 0, drift_ms: 0 }];
    story
}

fn due_in(ms: i64) -> Workload {
    let mut story = unsteady(story(2));
    story.wishes[0].send_at = Some(START.plus_millis(ms));
    story
}

/// Shows an engine that goes by the wall clock as it is.
#[test]
fn a_clock_that_runs_away_starts_nothing_early() {
    for ahead_ms in [5_100, 2 * MINUTE_MS, 2 * HOUR_MS] {
        play(Database::Sqlite, due_in(2 * MINUTE_MS), async |script| {
            script.start().await;
            script.pass(30 * SECOND_MS).await;
            script.jump(ahead_ms, 50 * SECOND_MS);
            script.pass(89 * SECOND_MS).await;
            assert!(script.arrivals().is_empty(), "it is not due yet");
            script.pass(62 * SECOND_MS).await;
            assert_eq!(script.states().await, [Sent, Sent], "the clock has been right for a minute");
        });
    }
}

/// Shows a wait that goes on until a clock that was set back comes to the same instant again.
#[test]
fn a_clock_that_was_set_back_holds_nothing_up_for_long() {
    for behind_ms in [-5_100, -2 * HOUR_MS] {
        play(Database::Sqlite, due_in(2 * MINUTE_MS), async |script| {
            script.start().await;
            script.pass(30 * SECOND_MS).await;
            script.jump(behind_ms, 20 * SECOND_MS);
            script.pass(2 * MINUTE_MS).await;
            assert_eq!(script.states().await, [Sent, Sent]);
        });
    }
}

/// Shows a process that takes its own chunk for lost when it believes another clock.
#[test]
fn a_holder_keeps_its_lease_when_the_clock_is_set() {
    play(Database::Sqlite, unsteady(story(1)), async |script| {
        let node = script.start().await;
        script.hold_at(node, answered).await;
        script.jump(2 * HOUR_MS, HOUR_MS);
        script.pass(5 * MINUTE_MS).await;
        assert_eq!(script.states().await, [InFlight]);
        script.finish().await;
        assert!(script.attempts().await.is_empty());
    });
}
