//! Jobs that people bring to a stand, let go on, and move, while the engine works and dies.

use super::world::*;
use crate::driver::Progress;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::{JobState, OnMissed, Policy, UncertainDecision};
use postrider_core::time::Timestamp;
use postrider_store::execution::JobMove;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, Tx, on_both};
use std::collections::BTreeSet;

const PEOPLE: usize = 11;
/// More steps than such a world has.
const STEPS_MAX: u64 = 400;

impl World {
    /// Moves the job from the state it is in, as the service does; false if it moved on meanwhile.
    async fn go(&self, to: JobState) -> bool {
        let from = self.job().await.state;
        let change = JobMove {
            tenant: self.tenant,
            job: self.job,
            from,
            to,
            blocked_reason: None,
            due_by: None,
            started_at: None,
            finished_at: None,
        };
        self.store.write_guarded("person.go", move |tx| tx.job_move(&change)).await.unwrap()
    }

    /// Moves the job to another time; false if it has begun.
    async fn shift(&self, due_at: Timestamp) -> bool {
        let mut job = self.job().await;
        let (tenant, from) = (self.tenant, job.state);
        job.due_at = due_at;
        self.store.write_guarded("person.move", move |tx| tx.schedule_move(tenant, &job, from)).await.unwrap()
    }
}

fn due_in(ms: i64, policy: impl FnOnce(&mut Policy)) -> Plan {
    let mut plan = Plan { due_at: START.plus_millis(ms), ..Plan::default() };
    policy(&mut plan.policy);
    plan
}

on_both! {
    a_job_whose_sender_may_not_send_from_its_domain_any_more_is_held => |store: Store| async move {
        let world = World::new(store, 2, due_in(10, |_| {})).await;
        let tenant = world.tenant;
        let bind = world.store.write("test.bind", move |tx| tx.sender_domains_set(tenant, &["other.example".to_owned()]));
        bind.await.unwrap();
        world.clock.advance(20);
        world.run().await;
        let job = world.job().await;
        assert_eq!((job.state, world.channel.taken().len()), (JobState::Held, 0));
        assert!(job.blocked_reason.is_some_and(|why| why.starts_with("sender_domain_not_allowed: ")));
        world.check().await;
    };

    a_job_paused_before_its_time_begins_when_it_is_let_go => |store: Store| async move {
        let world = World::new(store, 2, due_in(10, |_| {})).await;
        assert!(world.go(JobState::Paused).await);
        world.clock.advance(20);
        world.run().await;
        assert_eq!((world.job().await.state, world.job().await.started_at), (JobState::Paused, None));
        assert!(world.go(JobState::Scheduled).await);
        world.run().await;
        assert_eq!((world.job().await.state, world.channel.taken().len()), (JobState::Completed, 2));
        world.check().await;
    };

    a_job_let_go_after_its_latest_start_meets_its_policy => |store: Store| async move {
        let hold = |policy: &mut Policy| policy.latest_start = Some(START.plus_millis(15));
        let world = World::new(store, 2, due_in(10, hold)).await;
        assert_eq!(world.job().await.policy.on_missed, OnMissed::Hold);
        world.go(JobState::Paused).await;
        world.clock.advance(20);
        world.go(JobState::Scheduled).await;
        world.run().await;
        assert_eq!((world.job().await.state, world.channel.taken().len()), (JobState::Held, 0));
        // A person has seen that it is late.
        world.go(JobState::Running).await;
        world.run().await;
        assert_eq!((world.job().await.state, world.channel.taken().len()), (JobState::Completed, 2));
    };

    who_takes_back_a_job_that_has_not_begun_comes_too_late_once_it_has => |store: Store| async move {
        let hold = |policy: &mut Policy| policy.latest_start = Some(START.plus_millis(15));
        let world = World::new(store, 2, due_in(10, hold)).await;
        world.clock.advance(20);
        world.run().await;
        assert!(world.go(JobState::Running).await, "it was missed, and a person lets it go on");
        let (tenant, job, now) = (world.tenant, world.job, world.clock_now());
        let cancel = async |finished_at: Option<Timestamp>| {
            let cancel = move |tx: &mut Tx<'_>| tx.schedule_cancel(tenant, job, JobState::Running, finished_at);
            world.store.write_guarded("person.cancel", cancel).await.unwrap()
        };
        // It begins after the person has looked and before the person acts: `running` as before.
        world.machine().await.step("starter").await;
        assert!(!cancel(Some(now)).await, "nobody would account for those whom it freezes");
        assert!(cancel(None).await);
        world.run().await;
        assert_eq!((world.job().await.state, world.job().await.finished_at), (JobState::Canceled, Some(now)));
        world.check().await;
    };

    a_paused_job_ends_at_its_latest_finish => |store: Store| async move {
        let finish = |policy: &mut Policy| policy.latest_finish = Some(START.plus_millis(1_000));
        let world = World::new(store, 5, due_in(0, finish)).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        world.go(JobState::Paused).await;
        machine.until_quiet().await;
        assert_eq!(world.count(Pending).await, 5, "the audience is frozen whole");
        world.clock.advance(1_000);
        machine.until_quiet().await;
        assert_eq!((world.job().await.state, world.count(Expired).await), (JobState::Failed, 5));
        world.check().await;
    };

    after_a_pause_nothing_leaves_but_the_window_that_was_marked => |store: Store| async move {
        let world = World::new(store, 12, Plan { lanes: 1, ..Plan::default() }).await;
        let mut machine = world.machine().await;
        for name in ["starter", "planner", "scout"] {
            machine.step(name).await;
        }
        world.traps.hold_window(1);
        let tick = tokio::spawn(async move {
            machine.step("lane").await;
            machine
        });
        world.traps.held().await;
        world.go(JobState::Paused).await;
        world.traps.let_go();
        let mut machine = tick.await.unwrap();
        machine.until_quiet().await;
        assert_eq!((world.channel.taken().len(), world.count(Sent).await), (4, 4));
        assert_eq!((world.count(Pending).await, world.count(InFlight).await), (8, 0));
        world.check().await;
        world.go(JobState::Running).await;
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, 12);
        world.check().await;
    };

    a_move_is_seen_by_the_timer_and_begins_the_job_on_time => |store: Store| async move {
        let world = World::new(store, 1, due_in(60_000, |_| {})).await;
        let mut machine = world.machine().await;
        let starter = machine.tasks.iter_mut().find(|task| task.name() == "starter").unwrap();
        let next = |ms| Progress::Idle { next: Some(START.plus_millis(ms)) };
        assert_eq!(starter.tick().await.unwrap(), next(60_000));
        assert!(world.shift(START.plus_millis(5)).await);
        assert_eq!(starter.tick().await.unwrap(), next(5));
        world.clock.advance(5);
        assert_eq!(starter.tick().await.unwrap(), Progress::More);
        assert_eq!(world.job().await.started_at, Some(START.plus_millis(5)));
        assert!(!world.shift(START.plus_millis(9)).await, "it has begun");
    };

    who_moves_a_job_and_who_begins_it_agree => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let mut machine = world.machine().await;
        for round in 1..=20_i64 {
            let later = START.plus_millis(round * 1_000);
            let (_, moved) = tokio::join!(machine.step_one("starter"), world.shift(later));
            let job = world.job().await;
            let begun = job.started_at.is_some();
            assert_ne!(begun, moved, "exactly one of them comes first");
            assert_eq!(job.due_at == later, moved);
            assert!(job.started_at.is_none_or(|at| at >= job.due_at), "never early");
            if begun {
                break;
            }
            world.clock.advance(1_000);
        }
        machine.until_quiet().await;
        assert!(world.job().await.started_at.is_some());
        world.check().await;
    };

    the_uncertain_are_tried_again_when_a_person_says_so => |store: Store| async move {
        let world = left_in_doubt(store).await;
        decide(&world, UncertainDecision::Retry).await;
        assert_eq!((world.count(Pending).await, world.count(Uncertain).await), (4, 0));
        world.check().await;
        world.run().await;
        assert_eq!((world.job().await.state, world.count(Sent).await), (JobState::Completed, 8));
        assert_eq!(world.channel.taken().len(), 10, "two were taken twice, as the person allows");
        world.check().await;
    };

    the_uncertain_count_as_sent_when_a_person_says_so => |store: Store| async move {
        let world = left_in_doubt(store).await;
        decide(&world, UncertainDecision::AssumeSent).await;
        world.run().await;
        assert_eq!((world.job().await.state, world.count(Sent).await), (JobState::Completed, 8));
        assert_eq!(world.channel.taken().len(), 6);
        world.check().await;
    };
}

/// A finished job of 8 recipients, 4 of them uncertain, 2 of whom were reached.
async fn left_in_doubt(store: Store) -> World {
    let world = World::new(store, 8, Plan::default()).await;
    assert!(world.run_into(Trap::MidWindow(1)).await);
    world.clock.advance(LEASE_MS + 1);
    world.run().await;
    assert_eq!((world.job().await.state, world.count(Uncertain).await), (JobState::CompletedWithFailures, 4));
    world
}

async fn decide(world: &World, decision: UncertainDecision) {
    let (tenant, manifest, now) = (world.tenant, world.accounts().await.manifest_number, world.clock_now());
    let settle = world.store.write_guarded("person.decide", move |tx| tx.doubt_settle(tenant, manifest, decision, now));
    assert_eq!(settle.await.unwrap(), 4);
    assert!(world.go(JobState::Running).await);
}

/// The engine dies at every step there is, the job is paused, the engine comes back: nothing leaves until the job is
/// let go on, and then nothing was lost or doubled.
async fn pause_after_every_crash(database: Database, traps: impl Fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    for step in 1..STEPS_MAX {
        let world = World::new(fresh_store(database, folder.path()).await, PEOPLE, Plan::default()).await;
        let at = traps(step);
        let fell = world.run_into(at).await;
        let begun = world.job().await.started_at.is_some();
        let paused = !world.job().await.state.is_final() && world.go(JobState::Paused).await;
        let taken = world.channel.taken().len();
        world.run().await;
        world.clock.advance(LEASE_MS + 1);
        world.run().await;
        world.check().await;
        assert_eq!(world.channel.taken().len(), taken, "{at:?}: something left after the pause");
        if paused && !world.job().await.state.is_final() {
            assert!(world.go(if begun { JobState::Running } else { JobState::Scheduled }).await);
        }
        world.run().await;
        world.check().await;
        let counts = world.counts().await;
        assert_eq!((counts.frozen(), counts.live()), (PEOPLE as i64, 0), "{at:?}: {counts:?}");
        let taken = world.channel.taken();
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len(), "{at:?}: somebody was mailed twice");
        assert!(world.job().await.finished_at.is_some(), "{at:?}");
        if !fell {
            assert!(step > 3, "the world has more steps than that");
            return;
        }
    }
    panic!("the world never becomes quiet");
}

everywhere! { pause_after_every_crash:
    a_pause_after_a_crash_before_any_transaction_holds => Trap::Before;
    a_pause_after_a_crash_after_any_commit_holds => Trap::After;
    a_pause_after_a_crash_within_any_window_holds => Trap::MidWindow;
}
