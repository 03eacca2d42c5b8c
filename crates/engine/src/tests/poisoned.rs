//! A message whose rendering ends the process: it fails, everybody else gets theirs, and no other crash is taken for it.

use super::world::*;
use postrider_core::delivery::DeliveryState::*;
use postrider_store::{Store, on_both};

/// Fewer than fit into one chunk.
const PEOPLE: usize = 9;

/// A process ends while it renders the nth message alone since it was started.
const fn rendering(number: u64) -> Trap {
    Trap::AfterOp("chunk.composing", number)
}

/// A world whose first process ended while it held the only chunk.
async fn crashed(store: Store) -> World {
    let world = World::new(store, PEOPLE, Plan { lanes: 1, ..Plan::default() }).await;
    dies(&world, Trap::AfterOp("chunk.claim", 1)).await;
    assert_eq!(world.deaths().await, 0, "the chunk is not rescued yet");
    world
}

/// Another process starts once the leases of the one before have run out, and ends there too.
async fn dies(world: &World, trap: Trap) {
    assert!(world.run_into(trap).await, "{trap:?}");
    world.clock.advance(LEASE_MS + 1);
}

/// Everybody has exactly one message, and what happened is forgotten.
async fn everybody_is_sent(world: &World) {
    assert_eq!(world.count(Sent).await, PEOPLE as i64, "{:?}", world.reasons().await);
    assert_eq!(world.channel.taken().len(), PEOPLE);
    assert_eq!(world.deaths().await, 0);
    world.check().await;
}

on_both! {
    a_message_that_ends_the_process_twice_fails_and_all_others_leave => |store: Store| async move {
        let world = crashed(store).await;
        dies(&world, rendering(3)).await;
        dies(&world, rendering(1)).await;
        world.run().await;
        let expected = [("failed".into(), Some("poisoned".into()), 1), ("sent".into(), None, PEOPLE as i64 - 1)];
        assert_eq!(world.reasons().await, expected);
        assert_eq!(world.channel.taken().len(), PEOPLE - 1);
        assert_eq!(world.attempts().await, ["not_attempted"]);
        assert!(world.job().await.finished_at.is_some());
        world.check().await;
        let found = world.store.read("test", |tx| tx.poisoned_jobs()).await.unwrap();
        let found: Vec<_> = found.iter().map(|job| (job.job, job.first_seq, job.recipients)).collect();
        assert_eq!(found, [(world.job, 3, 1)]);
    };

    every_message_of_a_chunk_can_be_found_to_end_the_process => |store: Store| async move {
        let world = crashed(store).await;
        for _ in 0..2 {
            dies(&world, rendering(2)).await;
            dies(&world, rendering(1)).await;
        }
        world.run().await;
        assert_eq!((world.count(Failed).await, world.count(Sent).await), (2, PEOPLE as i64 - 2));
        world.check().await;
    };

    a_process_that_ends_by_chance_while_it_renders_blames_nobody => |store: Store| async move {
        let world = crashed(store).await;
        // The one that was rendered then is rendered first; what ends the process now is another one.
        for number in [1, 2, 4, 3, 2, 4] {
            dies(&world, rendering(number)).await;
        }
        assert!(world.deaths().await > 0);
        world.run().await;
        everybody_is_sent(&world).await;
    };

    a_process_that_ends_elsewhere_blames_nobody => |store: Store| async move {
        let world = crashed(store).await;
        dies(&world, rendering(2)).await;
        for _ in 0..5 {
            dies(&world, Trap::AfterOp("chunk.claim", 1)).await;
        }
        dies(&world, Trap::AfterOp("chunk.cleared", 1)).await;
        world.run().await;
        everybody_is_sent(&world).await;
    };
}
