//! Rates hold over restarts and over nodes.

use super::*;
use postrider_core::channel::ChannelKind;
use postrider_core::time::{MINUTE_MS, SECOND_MS};

/// Lets node after node send a little and end; returns how many messages arrived in the first minute.
async fn with_restarts(script: &mut Script) -> usize {
    for _ in 0..4 {
        let node = script.start().await;
        script.pass(10 * SECOND_MS).await;
        script.crash(node);
    }
    let arrived = script.arrivals().len();
    script.start().await;
    script.pass(5 * MINUTE_MS).await;
    arrived
}

/// Shows a budget that a process keeps to itself.
#[test]
fn the_rate_of_a_job_holds_over_restarts() {
    let mut story = story(4);
    story.wishes[0].rate_per_minute = Some(2);
    play(Database::Sqlite, story, async |script| {
        assert_eq!(with_restarts(script).await, 2);
    });
}

/// Shows the same over nodes at work at once.
#[test]
fn the_rate_of_a_job_holds_over_nodes() {
    let mut story = story(6);
    story.wishes[0].rate_per_minute = Some(2);
    play(Database::Postgres, story, async |script| {
        for _ in 0..3 {
            script.start().await;
        }
        script.pass(MINUTE_MS - SECOND_MS).await;
        assert_eq!(script.arrivals().len(), 2);
    });
}

/// Shows a budget of a tenant that a process keeps to itself.
#[test]
fn the_rate_of_a_tenant_holds_over_jobs_and_restarts() {
    let mut story = story(2);
    story.wishes.push(story.wishes[0].clone());
    story.shared_rates = vec![(ChannelKind::Email, 2)];
    play(Database::Sqlite, story, async |script| {
        assert_eq!(with_restarts(script).await, 2);
    });
}
