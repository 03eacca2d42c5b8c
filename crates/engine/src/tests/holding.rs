//! Refusals that concern the sender or the account: the job is held, and nobody is used up.

use super::world::*;
use crate::engine::Engine;
use postrider_core::channel::{Obstacle, Outcome, Refusal};
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::JobState;
use postrider_store::{Store, on_both};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Recipients of these worlds.
const PEOPLE: usize = 40;

fn no(reason: &'static str, text: String) -> Outcome {
    Outcome::Rejected(Refusal { reason, text })
}

/// Lets a held job go on, as a person would.
async fn resume(world: &World) {
    world.force_state(JobState::Running).await;
    world.alter("UPDATE schedule_jobs SET blocked_reason = NULL").await;
}

/// Takes ten messages, and refuses all others with the same words but for what differs from one recipient to the next.
fn over_quota_after_ten(world: &World) {
    let taken = AtomicUsize::new(0);
    world.channel.answers(move |to, _| match taken.fetch_add(1, Ordering::SeqCst) {
        ..10 => handed_off(),
        n => no("refused", format!("552 <{to}>: Message would take you over your relay quota of {n}")),
    });
}

on_both! {
    a_refused_sender_holds_the_job_and_costs_nobody_an_attempt => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan::default()).await;
        let taken = AtomicUsize::new(0);
        world.channel.answers(move |_, _| if taken.fetch_add(1, Ordering::SeqCst) < 6 {
            handed_off()
        } else {
            let refusal = Refusal { reason: "sender_refused", text: "550 5.7.60 may not send as this sender".into() };
            Outcome::NotAttempted { refusal, obstacle: Obstacle::Sender, after_ms: None }
        });
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        let job = world.job().await;
        assert_eq!(job.state, JobState::Held);
        assert_eq!(job.blocked_reason.as_deref(), Some("sender_refused: 550 5.7.60 may not send as this sender"));
        assert_eq!((world.count(Sent).await, world.count(Pending).await), (6, PEOPLE as i64 - 6));
        assert!(world.attempts().await.is_empty());
        world.check().await;
        world.channel.answers(|_, _| handed_off());
        resume(&world).await;
        world.clock.advance(1_000);
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, PEOPLE as i64);
        assert_eq!(world.channel.taken().len(), PEOPLE);
        world.check().await;
    };

    ten_in_a_row_refused_with_the_same_words_hold_the_job_and_are_pending_again => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan { lanes: 3, ..Plan::default() }).await;
        over_quota_after_ten(&world);
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        let job = world.job().await;
        assert_eq!(job.state, JobState::Held);
        assert!(job.blocked_reason.unwrap().contains("over your relay quota"));
        let counts = world.counts().await;
        assert_eq!((counts.of(Sent), counts.of(Failed), counts.of(Pending)), (10, 0, 30));
        world.check().await;
        world.channel.answers(|_, _| handed_off());
        resume(&world).await;
        machine.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.channel.taken().len()), (PEOPLE as i64, PEOPLE));
        assert_eq!(world.job().await.state, JobState::Completed);
        world.check().await;
    };

    a_lane_takes_back_what_a_run_failed_after_its_turn_and_when_it_ends => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan { lanes: 3, ..Plan::default() }).await;
        over_quota_after_ten(&world);
        let mut machine = world.machine().await;
        machine.step("starter").await;
        for _ in 0..PEOPLE {
            machine.step("planner").await;
        }
        machine.step("scout").await;
        while world.job().await.state != JobState::Held {
            machine.step_one("lane").await;
        }
        // Rows of other chunks may be locked by other lanes, so the turn that held the job has left them alone.
        assert!(world.count(Failed).await >= 10);
        for task in &mut machine.tasks {
            task.close().await;
        }
        let counts = world.counts().await;
        assert_eq!((counts.of(Sent), counts.of(Failed), counts.of(Pending)), (10, 0, 30));
        world.check().await;
    };

    a_run_over_many_lanes_at_once_uses_nobody_up => |store: Store| async move {
        let world = World::new(store, 400, Plan { lanes: 8, window: 10, ..Plan::default() }).await;
        let (taken, is_open) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(false)));
        let opened = Arc::clone(&is_open);
        world.channel.answers(move |to, _| {
            if taken.fetch_add(1, Ordering::SeqCst) < 50 || opened.load(Ordering::SeqCst) {
                handed_off()
            } else {
                no("policy_refused", format!("550 {to} exceeded hour limit"))
            }
        });
        let engine = Engine::start(world.parts());
        for _ in 0..20_000 {
            if world.job().await.state == JobState::Held && world.claims_and_nodes().await.0 == 0 {
                break;
            }
            world.clock.advance(1);
        }
        engine.stop().await;
        // What lanes had in flight when the run ended is taken back by them too.
        let counts = world.counts().await;
        assert_eq!((counts.of(Sent), counts.of(Failed)), (50, 0), "{counts:?}");
        world.check().await;
        is_open.store(true, Ordering::SeqCst);
        resume(&world).await;
        let engine = Engine::start(world.parts());
        world.finished().await;
        engine.stop().await;
        assert_eq!((world.count(Sent).await, world.channel.taken().len()), (400, 400));
        world.check().await;
    };

    a_bad_list_and_a_resumed_job_come_to_their_end => |store: Store| async move {
        let world = World::new(store, PEOPLE, Plan::default()).await;
        // Nobody of the first half exists; the others are refused for what they are.
        world.channel.answers(|to, _| match to[1..].split('@').next().and_then(|n| n.parse::<usize>().ok()) {
            Some(..20) => no("mailbox_unavailable", format!("550 5.1.1 <{to}>: user unknown")),
            _ => no("policy_refused", format!("550 5.7.1 <{to}>: not welcome")),
        });
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        assert_eq!(world.job().await.state, JobState::Held);
        let reasons = world.reasons().await;
        let is_unknown = |reason: &Option<String>| reason.as_deref() == Some("mailbox_unavailable");
        assert!(reasons.iter().all(|(state, reason, _)| state != "failed" || is_unknown(reason)), "{reasons:?}");
        // After each time a run has to be twice as long.
        while world.job().await.state == JobState::Held {
            resume(&world).await;
            machine.until_quiet().await;
        }
        assert_eq!((world.job().await.state, world.count(Failed).await), (JobState::Failed, PEOPLE as i64));
        world.check().await;
    };
}
