//! Events on their way to endpoints: who is told what, when it is tried again, and what a crash costs.

use super::receiver::*;
use super::world::*;
use futures_util::future::select;
use postrider_core::channel::Outcome;
use postrider_core::event::EventKind;
use postrider_core::time::{HOUR_MS, MINUTE_MS};
use postrider_core::webhook::{
    DisabledReason, FAILING_MAX_MS, LEASE_MS as POST_LEASE_MS, LOG_KEPT_MS, RETRY_WAITS_MS, WebhookState,
};
use postrider_store::{Store, on_both};
use std::collections::BTreeMap;
use std::pin::pin;

const DAY_MS: i64 = 24 * HOUR_MS;

on_both! {
    who_subscribes_is_told_what_became_of_a_job => |store: Store| async move {
        let world = World::new(store, 20, Plan { window: 5, ..Plan::default() }).await;
        let receiver = Receiver::answering(200);
        let webhook = world.listen(&receiver, EventKind::ALL).await;
        world.channel.answers(|to, _| match to {
            "p3@example.org" => Outcome::Rejected(refusal("bad_mailbox")),
            "p4@example.org" => Outcome::Uncertain(refusal("no_answer")),
            _ => handed_off(),
        });
        world.run_with(&receiver).await;
        let told = receiver.told();
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for post in &told {
            let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
            assert_eq!(body["timestamp"], START.to_string());
            assert_eq!(body["data"]["campaignId"], world.campaign.to_string());
            assert_eq!(body["data"]["scheduleId"], world.job.to_string());
            assert!(!post.body.contains("example.org"), "no address in {}", post.body);
            *kinds.entry(body["type"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let expected = ["delivery.failed", "delivery.uncertain", "schedule.finished", "schedule.started"];
        assert_eq!(kinds, expected.map(|kind| (kind.to_owned(), 1)).into());
        let find = |kind: &str| told.iter().find(|post| post.body.contains(kind)).unwrap();
        let failed: serde_json::Value = serde_json::from_str(&find("delivery.failed").body).unwrap();
        assert_eq!((&failed["data"]["reason"], &failed["data"]["state"]), (&"bad_mailbox".into(), &"failed".into()));
        let finished: serde_json::Value = serde_json::from_str(&find("schedule.finished").body).unwrap();
        assert_eq!(finished["data"]["state"], "completed_with_failures");
        assert_eq!((&finished["data"]["counts"]["sent"], &finished["data"]["counts"]["frozen"]), (&18.into(), &20.into()));
        let row = world.webhook(webhook).await;
        assert_eq!((row.last_success_at, row.failing_since), (Some(START), None));
        assert_eq!(world.log(webhook, Some(WebhookState::Delivered)).await.len(), 4);
        world.run_with(&receiver).await;
        assert_eq!(receiver.told().len(), 4, "nothing is sent twice");
    };

    where_nobody_listens_nothing_is_written => |store: Store| async move {
        let world = World::new(store, 5, Plan::default()).await;
        let receiver = Receiver::answering(200);
        let webhook = world.listen(&receiver, &[EventKind::ScheduleMoved]).await;
        world.channel.answers(|_, _| Outcome::Rejected(refusal("bad_mailbox")));
        world.run_with(&receiver).await;
        assert!(receiver.told().is_empty() && world.log(webhook, None).await.is_empty());
    };

    what_is_refused_is_tried_again_by_the_table_and_then_given_up => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let receiver = Receiver::answering(503);
        let webhook = world.listen(&receiver, &[EventKind::ScheduleStarted]).await;
        world.run_with(&receiver).await;
        for (number, wait_ms) in (1..).zip(RETRY_WAITS_MS) {
            assert_eq!(receiver.told().len(), number);
            world.clock.advance(wait_ms - wait_ms / 5 - 1);
            world.run_with(&receiver).await;
            assert_eq!(receiver.told().len(), number, "not before its time");
            world.clock.advance(wait_ms / 5 + 1);
            world.run_with(&receiver).await;
        }
        let told = receiver.told();
        assert_eq!(told.len(), 10);
        assert!(told.iter().all(|post| post.id == told[0].id && post.body == told[0].body));
        let times: Vec<i64> = told.iter().map(|post| post.timestamp_s).collect();
        assert!(times.is_sorted() && times[0] < times[9], "each attempt is signed in its own time");
        let log = world.log(webhook, Some(WebhookState::Failed)).await;
        assert_eq!((log[0].attempts, log[0].reason.as_deref()), (10, Some("http_status")));
        assert_eq!(world.webhook_attempts(webhook, log[0].event).await.len(), 10);
        world.clock.advance(30 * DAY_MS);
        world.run_with(&receiver).await;
        assert_eq!(receiver.told().len(), 10);
        assert!(world.log(webhook, None).await.is_empty(), "the log is forgotten in time");
    };

    a_crash_between_post_and_record_sends_again_with_the_same_id => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let receiver = Receiver::answering(200);
        let webhook = world.listen(&receiver, &[EventKind::ScheduleStarted]).await;
        world.run().await;
        let mut machine = world.machine_with(&receiver);
        // Claimed, posted, landed; the next tick would record it.
        machine.step("courier").await;
        drop(machine);
        assert_eq!(receiver.told().len(), 1);
        world.run_with(&receiver).await;
        world.clock.advance(POST_LEASE_MS - 1);
        world.run_with(&receiver).await;
        assert_eq!(receiver.told().len(), 1, "while the lease lasts nobody else sends it");
        world.clock.advance(1);
        world.run_with(&receiver).await;
        let told = receiver.told();
        assert_eq!((told.len(), &told[0].id), (2, &told[1].id));
        let log = world.log(webhook, None).await;
        assert_eq!((log[0].state, log[0].attempts), (WebhookState::Delivered, 2));
        let attempts = world.webhook_attempts(webhook, log[0].event).await;
        assert_eq!(attempts.iter().map(|attempt| attempt.attempt).collect::<Vec<_>>(), [2], "the first is not known");
    };

    who_answers_410_is_told_no_more => |store: Store| async move {
        let world = World::new(store, 3, Plan::default()).await;
        let receiver = Receiver::answering(410);
        let webhook = world.listen(&receiver, &[EventKind::ScheduleStarted, EventKind::ScheduleFinished]).await;
        world.run_with(&receiver).await;
        let row = world.webhook(webhook).await;
        assert_eq!((row.enabled, row.disabled_reason), (false, Some(DisabledReason::Gone)));
        assert!(world.log(webhook, Some(WebhookState::Pending)).await.is_empty());
        let told = receiver.told().len();
        world.send_event().await;
        world.clock.advance(DAY_MS);
        world.run_with(&receiver).await;
        assert_eq!(receiver.told().len(), told);
    };

    who_fails_for_days_is_disabled => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let receiver = Receiver::answering(500);
        let webhook = world.listen(&receiver, &[EventKind::SchedulePaused]).await;
        world.send_event().await;
        world.run_with(&receiver).await;
        assert_eq!(world.webhook(webhook).await.failing_since, Some(START));
        world.clock.advance(FAILING_MAX_MS - 1);
        world.send_event().await;
        world.run_with(&receiver).await;
        assert!(world.webhook(webhook).await.enabled);
        world.clock.advance(10 * MINUTE_MS);
        world.send_event().await;
        world.run_with(&receiver).await;
        let row = world.webhook(webhook).await;
        assert_eq!((row.enabled, row.disabled_reason), (false, Some(DisabledReason::Failing)));
    };

    two_nodes_send_nothing_twice => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let receiver = Receiver::answering(200);
        world.listen(&receiver, &[EventKind::SchedulePaused]).await;
        for _ in 0..30 {
            world.send_event().await;
        }
        let mut nodes: Vec<_> = (0..3).map(|_| world.machine_with(&receiver)).collect();
        futures_util::future::join_all(nodes.iter_mut().map(|node| node.until_quiet())).await;
        let mut ids: Vec<String> = receiver.told().into_iter().map(|post| post.id).collect();
        assert_eq!(ids.len(), 30);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 30);
    };

    an_endpoint_that_hangs_holds_up_nobody_else => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let receiver = Receiver::answering(200);
        let slow = world.listen_at("https://slow.example.com/", &[EventKind::SchedulePaused]).await;
        let quick = world.listen(&receiver, &[EventKind::SchedulePaused]).await;
        for _ in 0..40 {
            world.send_event().await;
        }
        receiver.hang_at("slow.example.com");
        let mut machine = world.machine_with(&receiver);
        while !world.log(quick, Some(WebhookState::Pending)).await.is_empty() {
            // A tick that waits for the slow one ends with its poll.
            let time = async {
                loop {
                    tokio::task::yield_now().await;
                    world.clock.advance(1);
                }
            };
            select(pin!(machine.step("courier")), pin!(time)).await;
        }
        let slow_tries = receiver.told().iter().filter(|post| post.target.authority() == "slow.example.com").count();
        assert_eq!(slow_tries, 4, "an endpoint holds no more than its share");
        assert_eq!(world.log(slow, Some(WebhookState::Delivered)).await.len(), 0);
    };

    what_is_old_in_the_log_is_forgotten_whole_however_much_it_is => |store: Store| async move {
        const EVENTS: usize = 5_001;
        let world = World::new(store, 1, Plan::default()).await;
        let receiver = Receiver::answering(200);
        let webhook = world.listen(&receiver, &[EventKind::SchedulePaused]).await;
        world.send_events(EVENTS).await;
        world.clock.advance(LOG_KEPT_MS);
        world.send_event().await;
        world.clock.advance(1);
        world.machine().await.until_quiet().await;
        assert_eq!(world.log(webhook, None).await.len(), 1, "the one that is not old");
    };
}
