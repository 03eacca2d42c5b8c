//! The latest finish: nothing leaves at or after it.

use super::*;
use crate::workload::START;
use postrider_core::delivery::DeliveryState::{Expired, Sent};
use postrider_core::time::SECOND_MS;

fn until(people: usize, finish_ms: i64) -> Workload {
    let mut story = story(people);
    story.wishes[0].latest_finish = Some(START.plus_millis(finish_ms));
    story
}

/// Shows a hand-over that does not look at the latest finish.
#[test]
fn a_window_that_was_marked_in_time_is_not_handed_over_late() {
    play(Database::Sqlite, until(1, 10 * SECOND_MS), async |script| {
        let node = script.start().await;
        script.stop_at(node, marked).await;
        script.pass(11 * SECOND_MS).await;
        script.wake(node);
        script.finish().await;
        assert_eq!(script.states().await, [Expired]);
        assert!(script.arrivals().is_empty());
    });
}

/// Shows a mark that does not look at the latest finish: its window comes back again and again.
#[test]
fn no_recipient_is_marked_after_the_latest_finish() {
    play(Database::Sqlite, until(2, 10 * SECOND_MS), async |script| {
        let node = script.start().await;
        script.stop_at(node, answered).await;
        script.pass(11 * SECOND_MS).await;
        script.wake(node);
        script.finish().await;
        assert_eq!(script.states().await, [Sent, Expired]);
    });
}
