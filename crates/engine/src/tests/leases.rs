//! What a lease is worth: until it ends to its holder alone, and afterwards to nobody.

use super::world::*;
use postrider_core::delivery::DeliveryState::*;
use postrider_store::{Store, on_both};

/// A machine with a window of four on its way, and the task that waits for its answer.
async fn with_a_window_away(world: &World) -> tokio::task::JoinHandle<Machine> {
    let mut slow = world.machine().await;
    for name in ["starter", "planner", "scout"] {
        slow.step(name).await;
    }
    world.traps.hold_window(1);
    let tick = tokio::spawn(async move {
        slow.step("lane").await;
        slow
    });
    world.traps.held().await;
    tick
}

fn one_lane() -> Plan {
    Plan { lanes: 1, ..Plan::default() }
}

on_both! {
    nobody_is_rescued_before_the_lease_ends => |store: Store| async move {
        let world = World::new(store, 4, one_lane()).await;
        let slow = with_a_window_away(&world).await;
        let mut other = world.machine_without_rescue();
        world.clock.advance(LEASE_MS - 1);
        other.step("rescuer").await;
        assert_eq!((world.count(InFlight).await, world.count(Uncertain).await), (4, 0));
        world.clock.advance(1);
        other.step("rescuer").await;
        assert_eq!((world.count(InFlight).await, world.count(Uncertain).await), (0, 4));
        assert_eq!(world.attempts().await, ["uncertain"; 4], "each has an attempt that says so");
        world.traps.let_go();
        slow.await.unwrap();
        world.check().await;
    };
}
