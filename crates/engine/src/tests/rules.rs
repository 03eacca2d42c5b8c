//! What jobs do when the world does not keep to the plan: lateness, cancellation, refusals, changed minds.

use super::world::*;
use postrider_core::campaign::{AuthoringStatus, ExecutionStatus};
use postrider_core::channel::{ChannelKind, Obstacle, Outcome};
use postrider_core::delivery::DeliveryState::*;
use postrider_core::id::ListId;
use postrider_core::schedule::{JobState, OnMissed, Policy};
use postrider_core::time::MINUTE_MS;
use postrider_store::conditions::{Condition, Part, Stops};
use postrider_store::profiles::ProfileRow;
use postrider_store::{Store, on_both};

fn with(policy: impl FnOnce(&mut Policy)) -> Plan {
    let mut plan = Plan::default();
    policy(&mut plan.policy);
    plan
}

/// A world that is looked at when the latest start of its job has just passed.
async fn missed(store: Store, on_missed: OnMissed) -> World {
    let plan = with(|policy| {
        policy.latest_start = Some(START.plus_millis(MINUTE_MS));
        policy.on_missed = on_missed;
    });
    let world = World::new(store, 2, plan).await;
    world.clock.advance(MINUTE_MS + 1);
    world.run().await;
    world
}

async fn cancel(world: &World) {
    let (tenant, job) = (world.tenant, world.job);
    let cancel = world.store.write("test", move |tx| tx.schedule_cancel(tenant, job, JobState::Running, None));
    assert!(cancel.await.unwrap());
}

/// Starts a world's job and freezes its audience, and sends nothing.
async fn frozen(world: &World) -> Machine {
    let mut machine = world.machine().await;
    machine.step("starter").await;
    machine.step("planner").await;
    machine
}

on_both! {
    a_missed_job_waits_for_a_person => |store: Store| async move {
        let world = missed(store, OnMissed::Hold).await;
        let job = world.job().await;
        assert_eq!((job.state, job.blocked_reason.as_deref()), (JobState::Held, Some("missed_start")));
        assert_eq!((world.status().await, world.channel.taken().len()), (ExecutionStatus::Held, 0));
    };

    a_missed_job_is_taken_back => |store: Store| async move {
        let world = missed(store, OnMissed::Cancel).await;
        let job = world.job().await;
        assert_eq!((job.state, job.finished_at), (JobState::Canceled, Some(world.clock_now())));
        assert_eq!((world.status().await, world.channel.taken().len()), (ExecutionStatus::NotScheduled, 0));
        assert_eq!(world.authoring().await, AuthoringStatus::Draft);
    };

    a_missed_job_is_sent_all_the_same => |store: Store| async move {
        let world = missed(store, OnMissed::Send).await;
        assert_eq!((world.job().await.state, world.channel.taken().len()), (JobState::Completed, 2));
    };

    a_stand_still_just_before_the_start_makes_a_job_late => |store: Store| async move {
        let world = World::new(store, 2, with(|policy| policy.latest_start = Some(START.plus_millis(1_000)))).await;
        world.traps.stand_still_after("job.next_due", &world.clock, 5_000);
        world.run().await;
        let job = world.job().await;
        assert_eq!((job.state, job.blocked_reason.as_deref()), (JobState::Held, Some("missed_start")));
        assert_eq!((job.started_at, world.channel.taken().len()), (None, 0));
        world.check().await;
    };

    a_held_job_that_is_let_go_begins => |store: Store| async move {
        let world = World::new(store, 2, with(|policy| policy.latest_start = Some(START))).await;
        world.clock.advance(1);
        world.run().await;
        world.force_state(JobState::Running).await;
        world.run().await;
        assert_eq!((world.job().await.state, world.channel.taken().len()), (JobState::Completed, 2));
        world.check().await;
    };

    nothing_leaves_after_the_latest_finish => |store: Store| async move {
        let finish = START.plus_millis(1_000);
        let world = World::new(store, 10, with(|policy| policy.latest_finish = Some(finish))).await;
        let mut machine = frozen(&world).await;
        let clock = std::sync::Arc::clone(&world.clock);
        // The first answer comes when the finish has just passed.
        world.channel.answers(move |_, _| { clock.advance(1_000); handed_off() });
        machine.until_quiet().await;
        let counts = world.counts().await;
        assert!(counts.of(Sent) <= 8 && counts.of(Sent) >= 4, "{counts:?}");
        assert_eq!(counts.of(Expired) + counts.of(Sent), 10);
        assert_eq!(world.job().await.state, JobState::CompletedWithFailures);
        world.check().await;
    };

    who_waits_beyond_the_finish_expires_without_a_lane => |store: Store| async move {
        let world = World::new(store, 10, with(|policy| policy.latest_finish = Some(START.plus_millis(5)))).await;
        let mut machine = frozen(&world).await;
        world.force_state(JobState::Paused).await;
        machine.until_quiet().await;
        assert_eq!(world.count(Pending).await, 10);
        world.clock.advance(5);
        machine.until_quiet().await;
        assert_eq!(world.count(Expired).await, 10);
        assert_eq!(world.job().await.state, JobState::Failed);
        world.check().await;
    };

    a_canceled_job_stops_between_windows => |store: Store| async move {
        let world = World::new(store, 10, Plan { lanes: 1, ..Plan::default() }).await;
        let mut machine = frozen(&world).await;
        machine.step("scout").await;
        world.traps.hold_window(1);
        let lane = tokio::spawn(async move { machine.step("lane").await; machine });
        world.traps.held().await;
        cancel(&world).await;
        world.traps.let_go();
        let mut machine = lane.await.unwrap();
        machine.until_quiet().await;
        assert_eq!(world.channel.taken().len(), 4, "what had left before the cancel");
        assert_eq!((world.count(Sent).await, world.count(Canceled).await), (4, 6));
        let job = world.job().await;
        assert_eq!((job.state, job.finished_at.is_some()), (JobState::Canceled, true));
        assert_eq!(world.status().await, ExecutionStatus::Canceled);
        world.check().await;
    };

    a_paused_job_keeps_who_waits => |store: Store| async move {
        let world = World::new(store, 6, Plan::default()).await;
        let mut machine = frozen(&world).await;
        world.force_state(JobState::Paused).await;
        machine.until_quiet().await;
        assert_eq!((world.count(Pending).await, world.channel.taken().len()), (6, 0));
        world.force_state(JobState::Running).await;
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, 6);
        world.check().await;
    };

    exclusion_and_duplicates_are_counted_not_frozen => |store: Store| async move {
        let mut world = World::new(store, 10, Plan { due_at: START.plus_millis(9), ..Plan::default() }).await;
        let (first, second) = (world.list, ListId::new(START, &*world.entropy));
        let excluded = ListId::new(START, &*world.entropy);
        world.add_list(second).await;
        world.add_list(excluded).await;
        world.join(second, first, 4).await;
        world.add_people(second, 10..13).await;
        world.join(excluded, first, 1).await;
        world.run().await;
        cancel_scheduled(&world).await;
        world.schedule(&[first, second], &[excluded], START).await;
        world.run().await;
        let accounts = world.accounts().await;
        assert_eq!((accounts.matched, accounts.excluded, accounts.duplicates), (17, 2, 3));
        assert_eq!(accounts.counts.of(Sent), 12);
        world.check().await;
    };

    one_phone_shared_by_many_rings_once => |store: Store| async move {
        let world = World::new(store, 3, Plan { kind: ChannelKind::Sms, ..Plan::default() }).await;
        let people: Vec<ProfileRow> = (0..4).map(|_| ProfileRow {
            phone: Some("+4790000001".into()),
            ..ProfileRow::empty(postrider_core::id::ProfileId::new(START, &*world.entropy), START)
        }).collect();
        world.add_profiles(world.list, people).await;
        world.run().await;
        let accounts = world.accounts().await;
        assert_eq!((accounts.matched, accounts.duplicates, accounts.counts.of(Sent)), (7, 4, 3));
        world.check().await;
    };

    who_cannot_be_sent_to_is_told_why => |store: Store| async move {
        let world = World::new(store, 6, Plan::default()).await;
        let id = || postrider_core::id::ProfileId::new(START, &*world.entropy);
        let no_address = ProfileRow::empty(id(), START);
        let denied = ProfileRow { email: Some("d@x.example".into()), ..ProfileRow::empty(id(), START) };
        let denied_id = denied.id;
        let domain = ProfileRow { email: Some("d@bad.example".into()), ..ProfileRow::empty(id(), START) };
        world.add_profiles(world.list, vec![no_address, denied, domain]).await;
        world.deny(denied_id).await;
        world.suppress("p3@example.org").await;
        world.suppress("bad.example").await;
        world.run().await;
        assert_eq!(
            world.reasons().await,
            [("sent", None, 5), ("skipped", Some("missing_address"), 1), ("suppressed", Some("consent_denied"), 1),
             ("suppressed", Some("suppressed"), 2)].map(|(state, reason, rows)| {
                (state.to_owned(), reason.map(str::to_owned), rows)
            })
        );
        assert_eq!(world.job().await.state, JobState::Completed);
        world.check().await;
    };

    who_changes_their_mind_after_the_freeze_is_spared => |store: Store| async move {
        let world = World::new(store, 6, Plan::default()).await;
        let late = world.add_people(world.list, 6..7).await;
        let mut machine = frozen(&world).await;
        world.suppress("p2@example.org").await;
        world.deny(late[0]).await;
        machine.until_quiet().await;
        let taken = world.channel.taken();
        assert!(!taken.contains(&"p2@example.org".to_owned()) && !taken.contains(&"p6@example.org".to_owned()));
        assert_eq!((world.count(Sent).await, world.count(Suppressed).await), (5, 2));
        assert!(world.reasons().await.contains(&("suppressed".into(), Some("suppressed_after_freeze".into()), 2)));
        world.check().await;
    };

    a_deferred_recipient_is_tried_again_later => |store: Store| async move {
        let world = World::new(store, 3, Plan::default()).await;
        world.channel.answers(|to, tried| match (to, tried) {
            ("p1@example.org", 1 | 2) => Outcome::Deferred { refusal: refusal("greylisted"), after_ms: None },
            _ => handed_off(),
        });
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Pending).await), (2, 1));
        assert_eq!(world.job().await.state, JobState::Running);
        world.clock.advance(MINUTE_MS);
        machine.until_quiet().await;
        assert_eq!(world.count(Pending).await, 1);
        world.clock.advance(2 * MINUTE_MS);
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, 3);
        assert_eq!(world.attempts().await, ["deferred", "deferred", "handed_off"]);
        assert_eq!(world.job().await.state, JobState::Completed);
        world.check().await;
    };

    retries_end => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        world.channel.answers(|_, _| Outcome::Deferred { refusal: refusal("mailbox_full"), after_ms: None });
        let mut machine = world.machine().await;
        for _ in 0..20 {
            machine.until_quiet().await;
            world.clock.advance(120 * MINUTE_MS);
        }
        assert_eq!(world.job().await.state, JobState::Failed);
        assert!(world.reasons().await.contains(&("failed".into(), Some("retries_exhausted".into()), 1)));
        assert_eq!(world.channel.offered.lock().unwrap().len(), 12);
        world.check().await;
    };

    one_bad_recipient_fails_alone => |store: Store| async move {
        let html = "{% if first_name == 'P1' %}{{ 1 // (first_name | length - 2) }}{% endif %} hello";
        let world = World::new(store, 4, Plan { html: html.into(), ..Plan::default() }).await;
        world.run().await;
        assert_eq!((world.count(Sent).await, world.count(Failed).await), (3, 1), "{:?}", world.reasons().await);
        assert!(world.reasons().await.contains(&("failed".into(), Some("render_failed".into()), 1)));
        assert_eq!(world.job().await.state, JobState::CompletedWithFailures);
        world.check().await;
    };

    a_route_that_is_down_rests_and_burns_nobody => |store: Store| async move {
        let world = World::new(store, 10, Plan::default()).await;
        world.channel.answers(|_, _| Outcome::NotAttempted { refusal: refusal("connection_refused"), obstacle: Obstacle::Route, after_ms: None });
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        let job = world.job().await;
        assert_eq!(job.blocked_reason.as_deref(), Some("route_unavailable: connection_refused: as scripted"));
        assert_eq!(world.count(Pending).await, 10);
        let offered = world.channel.offered.lock().unwrap().len();
        assert!(offered <= 8, "one window for each lane, not {offered}");
        world.check().await;
        for _ in 0..5 {
            world.clock.advance(MINUTE_MS);
            machine.until_quiet().await;
        }
        assert_eq!(world.count(Pending).await, 10);
        world.channel.answers(|_, _| handed_off());
        world.clock.advance(MINUTE_MS);
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, 10);
        assert_eq!(world.job().await.blocked_reason, None);
        assert!(world.attempts().await.is_empty(), "nobody was tried");
        world.check().await;
    };

    a_route_that_is_down_is_not_shown_while_all_sending_is_held => |store: Store| async move {
        let world = World::new(store, 4, Plan::default()).await;
        world.channel.answers(|_, _| Outcome::NotAttempted { refusal: refusal("connection_refused"), obstacle: Obstacle::Route, after_ms: None });
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        let route = Part::Route(ChannelKind::Email);
        assert!(world.store.conditions().of(route).is_some());
        let hold = Condition { reason: "test", sentence: "It is a test.".into(), stops: Stops::Sending };
        world.store.conditions().begin(Part::Clock, hold);
        world.clock.advance(MINUTE_MS);
        machine.until_quiet().await;
        assert_eq!(world.store.conditions().of(route), None);
        world.channel.answers(|_, _| handed_off());
        world.store.conditions().end(Part::Clock);
        machine.until_quiet().await;
        assert_eq!(world.count(Sent).await, 4);
        world.check().await;
    };

    a_recipient_at_whom_the_conversation_breaks_holds_nobody_up => |store: Store| async move {
        let world = World::new(store, 6, Plan { lanes: 1, window: 1, ..Plan::default() }).await;
        world.channel.answers(|to, _| if ["p2", "p3"].iter().any(|poison| to.starts_with(poison)) {
            Outcome::NotAttempted { refusal: refusal("connection_lost"), obstacle: Obstacle::Route, after_ms: None }
        } else {
            handed_off()
        });
        let mut machine = world.machine().await;
        for _ in 0..15 {
            machine.until_quiet().await;
            world.clock.advance(MINUTE_MS);
        }
        assert_eq!((world.count(Sent).await, world.count(Pending).await), (4, 2));
        world.check().await;
        for _ in 0..100 {
            machine.until_quiet().await;
            world.clock.advance(30 * MINUTE_MS);
        }
        machine.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Failed).await), (4, 2), "{:?}", world.reasons().await);
        assert!(world.reasons().await.contains(&("failed".into(), Some("retries_exhausted".into()), 2)));
        assert_eq!((world.job().await.state, world.job().await.blocked_reason), (JobState::CompletedWithFailures, None));
        world.check().await;
    };

    a_route_that_fails_for_hours_burns_nobody => |store: Store| async move {
        let world = World::new(store, 6, Plan { lanes: 2, window: 1, ..Plan::default() }).await;
        let answers_left = std::sync::atomic::AtomicI64::new(2);
        world.channel.answers(move |_, _| if answers_left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) > 0 {
            handed_off()
        } else {
            Outcome::NotAttempted { refusal: refusal("connection_refused"), obstacle: Obstacle::Route, after_ms: None }
        });
        let mut machine = world.machine().await;
        for _ in 0..300 {
            machine.until_quiet().await;
            world.clock.advance(MINUTE_MS);
        }
        assert_eq!((world.count(Sent).await, world.count(Pending).await), (2, 4), "{:?}", world.reasons().await);
        assert!(world.attempts().await.is_empty(), "nobody was tried");
        world.channel.answers(|_, _| handed_off());
        world.clock.advance(MINUTE_MS);
        machine.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.job().await.state), (6, JobState::Completed));
        world.check().await;
    };

    a_rate_is_never_exceeded => |store: Store| async move {
        let world = World::new(store, 25, with(|policy| policy.rate_per_minute = Some(10))).await;
        let mut machine = world.machine().await;
        let mut sent = Vec::new();
        for _ in 0..180 {
            machine.until_quiet().await;
            sent.push(world.channel.taken().len());
            world.clock.advance(1_000);
        }
        assert_eq!(sent.last(), Some(&25));
        for minute in sent.windows(61) {
            assert!(minute[60] - minute[0] <= 10, "{sent:?}");
        }
        assert!(sent[119] >= 19, "the budget is used: {sent:?}");
        world.check().await;
    };

    a_job_that_cannot_be_sent_is_held_with_the_reason => |store: Store| async move {
        let world = World::new(store, 2, Plan { html: "{% if %}".into(), ..Plan::default() }).await;
        world.run().await;
        let job = world.job().await;
        assert_eq!(job.state, JobState::Held);
        assert!(job.blocked_reason.as_deref().is_some_and(|why| why.starts_with("template_invalid")), "{job:?}");
        assert_eq!(world.count(Pending).await, 2);
        world.check().await;
    };
}

async fn cancel_scheduled(world: &World) {
    let (tenant, job) = (world.tenant, world.job);
    let cancel = world.store.write("test", move |tx| tx.schedule_cancel(tenant, job, JobState::Scheduled, Some(START)));
    assert!(cancel.await.unwrap());
}
