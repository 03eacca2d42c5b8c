//! Stops the world at every step there is, starts it again, and looks whether anything was lost or doubled.

use super::world::*;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::{OnUncertain, Policy};
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, on_both};
use std::collections::BTreeSet;

/// Recipients of a world that is stopped again and again.
const PEOPLE: usize = 11;
/// More steps than such a world has.
const STEPS_MAX: u64 = 400;

/// Lets the world go on after a crash, until every lease of the dead has run out and everything is done.
async fn recover(world: &World) {
    world.run().await;
    world.check().await;
    world.clock.advance(LEASE_MS + 1);
    world.run().await;
}

/// What must hold at the end of every history without a second try.
async fn nothing_lost_or_doubled(world: &World, at: Trap) {
    world.check().await;
    let counts = world.counts().await;
    assert_eq!(counts.frozen(), PEOPLE as i64, "{at:?}");
    assert_eq!(counts.live(), 0, "{at:?}: {counts:?}");
    let taken = world.channel.taken();
    let distinct: BTreeSet<&String> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len(), "{at:?}: somebody was mailed twice");
    let sent = usize::try_from(counts.of(Sent)).unwrap();
    let uncertain = usize::try_from(counts.of(Uncertain)).unwrap();
    assert!((sent..=sent + uncertain).contains(&taken.len()), "{at:?}: {counts:?}, {} taken", taken.len());
    assert!(uncertain <= Plan::default().window, "{at:?}: {counts:?}");
    assert!(world.job().await.finished_at.is_some(), "{at:?}");
}

async fn crash_everywhere(database: Database, traps: impl Fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    for step in 1..STEPS_MAX {
        let world = World::new(fresh_store(database, folder.path()).await, PEOPLE, Plan::default()).await;
        let trap = traps(step);
        let fell = world.run_into(trap).await;
        recover(&world).await;
        nothing_lost_or_doubled(&world, trap).await;
        if !fell {
            assert!(step > 3, "the world has more steps than that");
            return;
        }
    }
    panic!("the world never becomes quiet");
}

everywhere! { crash_everywhere:
    a_crash_before_any_transaction_loses_nothing => Trap::Before;
    a_crash_after_any_commit_loses_nothing => Trap::After;
    a_crash_before_any_window_doubles_nothing => Trap::Window;
    a_crash_within_any_window_doubles_nothing => Trap::MidWindow;
}

/// A transaction whose result is lost, whether it happened or not, costs nothing: the engine lives on and finds out.
async fn fail_everywhere(database: Database, traps: impl Fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    for step in 1..STEPS_MAX {
        let world = World::new(fresh_store(database, folder.path()).await, PEOPLE, Plan::default()).await;
        let mut machine = world.machine().await;
        world.traps.fail(Some(traps(step)));
        machine.until_quiet().await;
        let reached = world.traps.has_failed();
        world.traps.fail(None);
        // A lease whose release was lost runs out.
        world.clock.advance(LEASE_MS + 1);
        machine.until_quiet().await;
        let trap = traps(step);
        nothing_lost_or_doubled(&world, trap).await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64, "{trap:?}");
        if !reached {
            assert!(step > 3, "the world has more steps than that");
            return;
        }
    }
    panic!("the world never becomes quiet");
}

mod a_failure_before_any_transaction_is_mended {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        fail_everywhere(Database::Sqlite, Trap::Before).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        fail_everywhere(Database::Postgres, Trap::Before).await;
    }
}

mod a_lost_answer_of_any_commit_is_mended {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        fail_everywhere(Database::Sqlite, Trap::After).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        fail_everywhere(Database::Postgres, Trap::After).await;
    }
}

fn uncertain(on_uncertain: OnUncertain) -> Plan {
    let plan = Plan::default();
    Plan { policy: Policy { on_uncertain, ..plan.policy }, ..plan }
}

on_both! {
    a_policy_of_retry_tries_the_uncertain_again => |store: Store| async move {
        let world = World::new(store, 8, uncertain(OnUncertain::Retry)).await;
        assert!(world.run_into(Trap::MidWindow(1)).await);
        recover(&world).await;
        assert_eq!((world.count(Pending).await, world.count(Sent).await), (4, 4), "they wait for their backoff");
        world.clock.advance(60_000);
        world.run().await;
        assert_eq!(world.count(Sent).await, 8);
        assert_eq!(world.channel.taken().len(), 10, "two were taken twice, as the policy allows");
        world.check().await;
    };

    a_policy_of_assuming_counts_the_uncertain_as_sent => |store: Store| async move {
        let world = World::new(store, 8, uncertain(OnUncertain::AssumeSent)).await;
        assert!(world.run_into(Trap::MidWindow(1)).await);
        recover(&world).await;
        assert_eq!(world.count(Sent).await, 8);
        assert_eq!(world.channel.taken().len(), 6, "two of the first window never left");
        world.check().await;
    };

    an_answer_after_the_lease_settles_what_was_uncertain => |store: Store| async move {
        let world = World::new(store, 4, Plan { lanes: 1, ..Plan::default() }).await;
        let mut slow = world.machine().await;
        for name in ["starter", "planner", "scout"] {
            slow.step(name).await;
        }
        world.channel.answers(|to, _| if to.starts_with("p0") {
            postrider_core::channel::Outcome::Rejected(refusal("mailbox_unavailable"))
        } else {
            handed_off()
        });
        // The window leaves; before its answer is recorded, the lease runs out and another node rescues the chunk.
        world.traps.hold_window(1);
        let tick = tokio::spawn(async move {
            slow.step("lane").await;
            slow
        });
        world.traps.held().await;
        world.clock.advance(LEASE_MS + 1);
        let mut other = world.machine().await;
        other.until_quiet().await;
        assert_eq!(world.count(Uncertain).await, 4);
        world.check().await;
        world.traps.let_go();
        let mut slow = tick.await.unwrap();
        slow.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Failed).await, world.count(Uncertain).await), (3, 1, 0));
        world.check().await;
    };

    an_answer_after_the_lease_spares_a_second_message => |store: Store| async move {
        let world = World::new(store, 4, Plan { lanes: 1, ..uncertain(OnUncertain::Retry) }).await;
        let tick = world.with_a_window_away().await;
        world.clock.advance(LEASE_MS + 1);
        let mut other = world.machine().await;
        other.until_quiet().await;
        assert_eq!(world.count(Pending).await, 4, "they wait to be tried again");
        world.traps.let_go();
        tick.await.unwrap().until_quiet().await;
        assert_eq!(world.count(Sent).await, 4);
        world.check().await;
        world.clock.advance(60 * 60_000);
        other.until_quiet().await;
        assert_eq!(world.channel.taken().len(), 4, "nobody was mailed twice");
        assert!(world.job().await.finished_at.is_some());
        world.check().await;
    };
}
