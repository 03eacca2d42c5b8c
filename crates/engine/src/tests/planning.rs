//! Freezing audiences of more than one chunk, with crashes, rivals and lists that change.

use super::world::*;
use crate::driver::Task as _;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::JobState;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, on_both};

/// Two full chunks and a bit.
const PEOPLE: usize = 1_010;

/// Starts the job and freezes its audience whole.
async fn freeze(world: &World) {
    let mut machine = world.machine().await;
    machine.step("starter").await;
    for _ in 0..8 {
        machine.step("planner").await;
    }
}

async fn crash_while_freezing(database: Database, traps: fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    let mut reference = None;
    for step in 0..40 {
        let world =
            World::new(fresh_store(database, folder.path()).await, PEOPLE, Plan { window: 500, ..Plan::default() })
                .await;
        let fell = world.run_into_with(traps(step), async |machine| {
            machine.step("starter").await;
            for _ in 0..8 {
                machine.step("planner").await;
            }
        });
        let fell = fell.await;
        world.check().await;
        world.clock.advance(LEASE_MS + 1);
        freeze(&world).await;
        world.check().await;
        let accounts = world.accounts().await;
        assert!(accounts.frozen_at.is_some());
        assert_eq!((accounts.matched, accounts.counts.of(Pending)), (PEOPLE as i64, PEOPLE as i64), "{step}");
        // The same people in the same order, whatever happened on the way.
        assert_eq!(reference.get_or_insert(accounts.audience_hash.clone()), &accounts.audience_hash, "{step}");
        if step > 0 && !fell {
            assert!(step > 6, "freezing has more steps than that");
            return;
        }
    }
    panic!("freezing never ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_freezing_changes_nothing_on_sqlite() {
    crash_while_freezing(Database::Sqlite, Trap::Before).await;
    crash_while_freezing(Database::Sqlite, Trap::After).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_freezing_changes_nothing_on_postgres() {
    crash_while_freezing(Database::Postgres, Trap::Before).await;
    crash_while_freezing(Database::Postgres, Trap::After).await;
}

on_both! {
    sending_begins_while_the_audience_is_being_frozen => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan { window: 500, ..Plan::default() }).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        machine.step_one("planner").await;
        machine.step("lane").await;
        let accounts = world.accounts().await;
        assert_eq!((accounts.counts.of(Sent), accounts.frozen_at), (500, None));
        assert_eq!(world.job().await.state, JobState::Running);
        world.check().await;
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64);
    };

    a_planner_that_lost_its_lease_adds_nobody => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan { window: 500, ..Plan::default() }).await;
        let mut slow = world.machine().await;
        slow.step("starter").await;
        slow.step_one("planner").await;
        world.clock.advance(LEASE_MS + 1);
        let mut quick = world.machine().await;
        quick.step_one("planner").await;
        assert_eq!(world.count(Pending).await, 1_000);
        slow.step_one("planner").await;
        assert_eq!(world.count(Pending).await, 1_000, "the lease is another's");
        for _ in 0..4 {
            quick.step_one("planner").await;
            slow.step_one("planner").await;
        }
        assert_eq!(world.count(Pending).await, PEOPLE as i64);
        world.check().await;
    };

    a_cancel_ends_the_freezing => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan { window: 500, ..Plan::default() }).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        machine.step_one("planner").await;
        world.force_state(JobState::Canceled).await;
        machine.until_quiet().await;
        assert_eq!(world.counts().await.frozen(), 500);
        assert_eq!(world.count(Canceled).await, 500);
        assert!(world.job().await.finished_at.is_some());
        world.check().await;
    };

    a_slow_window_keeps_its_chunk => |store: Store| async move {
        let world = World::new(store, 4, Plan { lanes: 1, ..Plan::default() }).await;
        let mut machine = world.machine().await;
        for name in ["starter", "planner"] {
            machine.step(name).await;
        }
        world.traps.hold_window(1);
        let mut keeper = machine.keeper();
        let lane = tokio::spawn(async move { machine.step("lane").await; machine });
        world.traps.held().await;
        let mut other = world.machine_without_rescue();
        for _ in 0..10 {
            world.clock.advance(LEASE_MS / 2);
            keeper.tick().await.unwrap();
            other.step("rescuer").await;
        }
        assert_eq!((world.count(InFlight).await, world.count(Uncertain).await), (4, 0), "the lease is renewed");
        world.traps.let_go();
        lane.await.unwrap().until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Uncertain).await), (4, 0));
        world.check().await;
    };

    the_doctor_finds_what_was_broken => |store: Store| async move {
        let world = World::new(store, 6, Plan::default()).await;
        world.run().await;
        world.check().await;
        let breaks: [(&str, &[&str]); 4] = [
            ("UPDATE chunks SET sent = sent - 1, failed = failed + 1", &["INV-9"]),
            ("UPDATE chunks SET sent = sent + 1, failed = failed - 1, state = 'claimed'", &["INV-2"]),
            ("UPDATE chunks SET state = 'done'", &[]),
            ("UPDATE deliveries SET attempt = 99, state = 'pending' WHERE seq = 1", &["INV-1", "INV-3", "INV-9"]),
        ];
        for (sql, expected) in breaks {
            world.alter(sql).await;
            let findings = crate::doctor::inspect(&world.store, world.clock_now()).await.unwrap();
            let mut ids: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids, expected, "{sql}: {findings:?}");
        }
    };
}
