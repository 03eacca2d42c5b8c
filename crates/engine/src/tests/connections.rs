//! Providers that allow fewer connections than there are lanes.

use super::world::*;
use crate::engine::Engine;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::JobState;
use postrider_store::{Store, on_both};
use std::sync::atomic::Ordering;

fn ten_lanes() -> Plan {
    Plan { lanes: 10, window: 10, ..Plan::default() }
}

/// A campaign to `people` over a provider that allows so many connections. Returns how often it refused one.
async fn send(store: Store, people: usize, allowed: u64) -> u64 {
    let world = World::new(store, people, ten_lanes()).await;
    world.channel.connections_max.store(allowed, Ordering::SeqCst);
    let engine = Engine::start(world.parts());
    world.finished().await;
    engine.stop().await;
    assert_eq!((world.count(Sent).await, world.channel.taken().len()), (people as i64, people), "{allowed}");
    assert_eq!(world.job().await.state, JobState::Completed);
    world.check().await;
    world.channel.refused.load(Ordering::SeqCst)
}

on_both! {
    one_connection_carries_a_campaign_without_a_rest => |store: Store| async move {
        // Nine lanes begin in vain, then one tries again after pauses that grow.
        let refused = send(store, 1_100, 1).await;
        assert!(refused <= 9 + 20, "{refused}");
    };

    two_connections_carry_a_campaign_without_a_rest => |store: Store| async move {
        let refused = send(store, 1_100, 2).await;
        assert!(refused <= 9 + 20, "{refused}");
    };

    three_connections_carry_a_campaign_without_a_rest => |store: Store| async move {
        let refused = send(store, 600, 3).await;
        assert!(refused <= 9 + 20, "{refused}");
    };

    a_lane_without_work_closes_its_connection_within_two_seconds => |store: Store| async move {
        let world = World::new(store, 40, ten_lanes()).await;
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, 40);
        assert!(world.channel.connected() > 0, "a moment is no reason to hang up");
        world.clock.advance(2_000);
        machine.until_quiet().await;
        assert_eq!(world.channel.connected(), 0);
    };

    a_provider_that_refuses_every_connection_is_down_and_the_job_says_which_key_to_lower => |store: Store| async move {
        let world = World::new(store, 30, ten_lanes()).await;
        world.channel.connections_max.store(0, Ordering::SeqCst);
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        let reason = world.job().await.blocked_reason.unwrap();
        assert!(reason.starts_with("route_unavailable: too_many_connections: as scripted"), "{reason}");
        assert!(reason.contains("channels.email.connections"), "{reason}");
        world.channel.connections_max.store(1, Ordering::SeqCst);
        for _ in 0..10 {
            world.clock.advance(1_000);
            machine.until_quiet().await;
        }
        assert_eq!((world.count(Sent).await, world.attempts().await.len()), (30, 0), "nobody paid with an attempt");
        world.check().await;
    };
}
