//! Whole engines with all their tasks at once: several lanes, several nodes, soft stops.

use super::world::*;
use crate::engine::Engine;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::JobState;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, on_both};
use std::collections::BTreeSet;

const PEOPLE: usize = 3_100;

fn busy() -> Plan {
    Plan { lanes: 8, window: 10, ..Plan::default() }
}

async fn everybody_once(world: &World) {
    let taken = world.channel.taken();
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), PEOPLE);
    assert_eq!(taken.len(), PEOPLE);
    assert_eq!(world.count(Sent).await, PEOPLE as i64);
    assert_eq!(world.job().await.state, JobState::Completed);
    world.check().await;
}

on_both! {
    eight_lanes_share_the_work => |store: Store| async move {
        let world = World::new(store, PEOPLE, busy()).await;
        let engine = Engine::start(world.parts());
        world.finished().await;
        engine.stop().await;
        everybody_once(&world).await;
        assert_eq!(world.claims_and_nodes().await, (0, 0));
    };

    a_soft_stop_leaves_nothing_in_doubt => |store: Store| async move {
        let world = World::new(store, PEOPLE, busy()).await;
        world.traps.hold_window(20);
        let engine = Engine::start(world.parts());
        world.traps.held().await;
        let stop = tokio::spawn(engine.stop());
        world.traps.let_go();
        stop.await.unwrap();
        let counts = world.counts().await;
        assert_eq!((counts.of(InFlight), counts.of(Uncertain)), (0, 0));
        assert_eq!(usize::try_from(counts.of(Sent)).unwrap(), world.channel.taken().len());
        assert!(counts.of(Sent) > 0);
        assert_eq!(world.claims_and_nodes().await, (0, 0));
        assert_eq!(world.deaths().await, 0);
        world.check().await;
        let engine = Engine::start(world.parts());
        world.finished().await;
        engine.stop().await;
        everybody_once(&world).await;
    };

    accounts_balance_on_every_read => |store: Store| async move {
        let world = World::new(store, PEOPLE, busy()).await;
        let engine = Engine::start(world.parts());
        let mut reads = 0;
        while world.job().await.finished_at.is_none() {
            world.check().await;
            world.clock.advance(1);
            reads += 1;
        }
        assert!(reads > 3);
        engine.stop().await;
        everybody_once(&world).await;
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_of_a_killed_process_go_on_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(fresh_store(Database::Sqlite, folder.path()).await, 100, busy()).await;
    world.traps.hold_window(3);
    let dies = Engine::start(world.parts());
    world.traps.held().await;
    drop(dies);
    let lives = Engine::start(world.parts());
    world.finished().await;
    lives.stop().await;
    assert!(world.clock_now().millis_since(START) < LEASE_MS / 2, "no chunk waits for the lease of the killed process");
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(fresh_store(Database::Postgres, folder.path()).await, PEOPLE, busy()).await;
    let engines = [Engine::start(world.parts()), Engine::start(world.parts())];
    world.finished().await;
    for engine in engines {
        engine.stop().await;
    }
    everybody_once(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_takes_over_from_one_that_died() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(fresh_store(Database::Postgres, folder.path()).await, PEOPLE, busy()).await;
    world.traps.hold_window(30);
    let dies = Engine::start(world.parts());
    world.traps.held().await;
    drop(dies);
    // Before the other one lives: its own claims must not run out in the leap.
    world.clock.advance(LEASE_MS + 1);
    let lives = Engine::start(world.parts());
    world.finished().await;
    lives.stop().await;
    let (counts, taken) = (world.counts().await, world.channel.taken());
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len(), "nobody twice");
    assert_eq!(counts.of(Sent) + counts.of(Uncertain), PEOPLE as i64);
    assert!(counts.of(Uncertain) <= 80, "a window for each lane at most: {counts:?}");
    world.check().await;
}
