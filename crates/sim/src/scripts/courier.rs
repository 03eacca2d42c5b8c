//! An event in the hands of two nodes.

use super::*;
use crate::gate::Place;
use crate::listener::Reply;
use postrider_core::time::{MINUTE_MS, SECOND_MS};
use postrider_core::webhook;
use std::collections::BTreeMap;

/// Shows a result that is recorded under a lost fence: the event is due again while the second node posts it.
#[test]
fn a_node_that_lost_an_event_records_nothing_about_it() {
    play(Database::Postgres, story(1), async |script| {
        script.world.recipe.listener.script(&[Reply::TakesAndFallsSilent]);
        let first = script.start().await;
        script.stop_at(first, |place| *place == Place::Receipt).await;
        script.pass(webhook::LEASE_MS + SECOND_MS).await;
        let second = script.start().await;
        script.stop_at(second, |place| *place == Place::Receipt).await;
        script.wake(first);
        script.pass(MINUTE_MS).await;
        let mut posts: BTreeMap<String, usize> = BTreeMap::new();
        for told in script.world.recipe.listener.told() {
            *posts.entry(told.event).or_default() += 1;
        }
        assert_eq!(posts.values().max(), Some(&2), "the second has it: {posts:?}");
    });
}
