//! Clocks that were wrong: nothing starts, ends or waits because of them.

use super::ports::Trap;
use super::world::*;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::time::HOUR_MS;
use postrider_core::timeline::Course;
use postrider_store::conditions::Part;
use postrider_store::{Store, on_both};

/// Recipients of these worlds.
const PEOPLE: usize = 40;

on_both! {
    a_chunk_that_a_clock_ahead_has_released_does_not_wait => |store: Store| async move {
        let mut world = World::new(store, PEOPLE, Plan { lanes: 1, ..Plan::default() }).await;
        let mut interrupted = 0;
        for step in (1..80).step_by(3) {
            world.clock.advance(3 * HOUR_MS);
            if !world.run_into(Trap::Before(step)).await {
                break;
            }
            interrupted += 1;
            world.clock.advance(LEASE_MS + 1);
            let mut machine = world.machine_without_rescue();
            for task in ["rescuer", "starter", "planner"] {
                machine.step(task).await;
            }
            world.clock.advance(-2 * HOUR_MS);
            machine.until_quiet().await;
            let counts = world.counts().await;
            assert_eq!(counts.of(Sent) + counts.of(Uncertain), PEOPLE as i64, "step {step}: {counts:?}");
            world.check().await;
            let list = world.list;
            world.schedule(&[list], &[], world.clock_now()).await;
        }
        assert!(interrupted > 5, "{interrupted}");
    };

    a_chunk_that_is_due_later_than_its_recipients_is_corrected => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan::default()).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        while world.accounts().await.frozen_at.is_none() {
            machine.step("planner").await;
        }
        world.alter("UPDATE chunks SET due_at = due_at + 7200000 WHERE state = 'ready'").await;
        machine.step("scout").await;
        machine.step("lane").await;
        assert_eq!(world.count(Pending).await, PEOPLE as i64);
        machine.step("corrector").await;
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64);
        world.check().await;
    };

    leases_of_a_process_that_ended_under_a_clock_ahead_do_not_last_for_hours => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan { lanes: 1, ..Plan::default() }).await;
        world.clock.advance(2 * HOUR_MS);
        let mut machine = world.machine_without_rescue();
        machine.step("starter").await;
        world.alter("UPDATE manifests SET node_id = id, lease_until = 1800007230000").await;
        world.clock.advance(-2 * HOUR_MS);
        while world.accounts().await.frozen_at.is_none() {
            machine.step("planner").await;
        }
        world.alter("UPDATE chunks SET due_at = 1800000000000, node_id = tenant_id, state = 'claimed', \
            lease_until = 1800007230000").await;
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64);
        world.check().await;
    };

    nothing_leaves_and_expires_while_the_clock_is_in_dispute => |store: Store| async move {
        let mut plan = Plan::default();
        plan.policy.latest_finish = Some(START.plus_millis(HOUR_MS));
        let world = World::new(store, PEOPLE, plan).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        while world.accounts().await.frozen_at.is_none() {
            machine.step("planner").await;
        }
        world.store.note_clock(Course::Disputed { ahead_us: -7_200_000_000 }, 0);
        world.clock.advance(2 * HOUR_MS);
        machine.until_quiet().await;
        assert_eq!(world.count(Pending).await, PEOPLE as i64, "the later of two times does not count");
        world.clock.advance(-2 * HOUR_MS);
        world.store.note_clock(Course::Followed { moved_us: -7_200_000_000 }, 0);
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64);
        world.check().await;
    };

    a_clock_that_ran_away_starts_rescues_and_expires_nothing => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan::default()).await;
        world.store.note_clock(Course::Ignored { ahead_us: 7_200_000_000 }, 0);
        assert_eq!(world.store.conditions().of(Part::Clock).unwrap().reason, "clock_unsteady");
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        assert!(world.job().await.started_at.is_none());
        world.store.note_clock(Course::Ignored { ahead_us: 5_000_000 }, 0);
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64, "it came back within 5 s");
        world.check().await;
    };
}
