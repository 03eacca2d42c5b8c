//! A recipient in doubt stays in doubt after every later event.

use super::*;
use crate::provider::Mood;
use crate::workload::START;
use postrider_core::delivery::DeliveryState::{Pending, Uncertain};
use postrider_core::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// Shows an answer that ignores the doubt before it.
#[test]
fn a_refusal_after_a_doubt_is_no_proof() {
    play(Database::Sqlite, tried_again(1), async |script| {
        script.world.recipe.provider.script(&[Mood::FallsSilent, Mood::Refuses]);
        script.start().await;
        script.pass(HOUR_MS).await;
        assert_eq!(script.states().await, [Uncertain]);
    });
}

/// Shows a cancel that ignores it.
#[test]
fn a_recipient_in_doubt_is_not_canceled() {
    play(Database::Sqlite, tried_again(1), async |script| {
        script.world.recipe.provider.script(&[Mood::FallsSilent]);
        script.start().await;
        script.pass(SECOND_MS).await;
        assert_eq!(script.states().await, [Pending]);
        script.cancel().await;
        script.finish().await;
        assert_eq!(script.states().await, [Uncertain]);
    });
}

/// Shows a latest finish that ignores it.
#[test]
fn a_recipient_in_doubt_does_not_expire() {
    let mut story = tried_again(1);
    story.wishes[0].latest_finish = Some(START.plus_millis(2 * MINUTE_MS));
    play(Database::Sqlite, story, async |script| {
        script.world.recipe.provider.script(&[Mood::FallsSilent]);
        let node = script.start().await;
        script.pass(SECOND_MS).await;
        assert_eq!(script.states().await, [Pending]);
        script.sleep(node);
        script.pass(3 * MINUTE_MS).await;
        script.finish().await;
        assert_eq!(script.states().await, [Uncertain]);
    });
}
