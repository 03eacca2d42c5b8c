//! Answers that come after the lease has run out, when the job is already finished.

use super::receiver::*;
use super::world::*;
use postrider_core::campaign::ExecutionStatus;
use postrider_core::channel::Outcome;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::event::EventKind;
use postrider_core::id::WebhookId;
use postrider_core::schedule::JobState;
use postrider_store::{Store, on_both};
use tokio::task::JoinHandle;

/// Events of jobs at their end and after it.
const ENDS: &[EventKind] = &[EventKind::ScheduleFinished, EventKind::ScheduleCorrected, EventKind::DeliveryFailed];

/// A job whose only window is with the provider while another node has rescued its chunk and finished the job.
struct Late {
    world: World,
    lane: JoinHandle<Machine>,
    webhook: WebhookId,
}

impl Late {
    async fn new(store: Store, answers: impl Fn(&str) -> Outcome + Send + Sync + 'static) -> Self {
        let late = Self::flying(store, answers).await;
        late.rescue().await.until_quiet().await;
        let world = &late.world;
        assert_eq!((world.job().await.state, world.count(Uncertain).await), (JobState::CompletedWithFailures, 4));
        world.check().await;
        late
    }

    async fn flying(store: Store, answers: impl Fn(&str) -> Outcome + Send + Sync + 'static) -> Self {
        let world = World::new(store, 4, Plan { lanes: 1, ..Plan::default() }).await;
        let webhook = world.listen(&Receiver::answering(200), ENDS).await;
        world.channel.answers(move |to, _| answers(to));
        let mut slow = world.machine().await;
        for name in ["starter", "planner", "scout"] {
            slow.step(name).await;
        }
        world.traps.hold_window(1);
        let lane = tokio::spawn(async move {
            slow.step("lane").await;
            slow
        });
        world.traps.held().await;
        Self { world, lane, webhook }
    }

    /// A machine that has taken the chunk.
    async fn rescue(&self) -> Machine {
        self.world.clock.advance(LEASE_MS + 1);
        let mut other = self.world.machine().await;
        if !self.world.store.is_embedded() {
            other.step("rescuer").await;
        }
        other
    }

    /// The answers arrive.
    async fn arrive(self) -> (World, WebhookId) {
        self.world.clock.advance(1);
        self.world.traps.let_go();
        self.lane.await.unwrap().until_quiet().await;
        self.world.check().await;
        (self.world, self.webhook)
    }
}

impl World {
    /// The events that subscribers get: kinds with states, sorted, since events of one instant have no order.
    async fn told(&self, webhook: WebhookId) -> Vec<(String, String)> {
        let log = self.log(webhook, None).await;
        let told = log.iter().map(|row| {
            let body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
            (body["type"].as_str().unwrap().to_owned(), body["data"]["state"].as_str().unwrap().to_owned())
        });
        let mut told: Vec<_> = told.collect();
        told.sort_unstable();
        told
    }
}

fn told(events: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut events: Vec<_> = events.iter().map(|(kind, state)| ((*kind).to_owned(), (*state).to_owned())).collect();
    events.sort_unstable();
    events
}

const DOUBTFUL: (&str, &str) = ("schedule.finished", "completed_with_failures");

on_both! {
    the_last_late_answer_completes_the_job_and_its_campaign => |store: Store| async move {
        let late = Late::new(store, |_| handed_off()).await;
        let finished_at = late.world.job().await.finished_at;
        let (world, webhook) = late.arrive().await;
        let job = world.job().await;
        assert_eq!((job.state, job.finished_at), (JobState::Completed, finished_at));
        assert_eq!((world.status().await, world.count(Sent).await), (ExecutionStatus::Completed, 4));
        assert_eq!(world.told(webhook).await, told(&[DOUBTFUL, ("schedule.corrected", "completed")]));
        let log = world.log(webhook, None).await;
        let body: serde_json::Value = serde_json::from_str(&log[0].body).unwrap();
        assert_eq!((&body["data"]["counts"]["sent"], &body["data"]["counts"]["uncertain"]), (&4.into(), &0.into()));
        world.run().await;
        assert_eq!(world.told(webhook).await.len(), 2, "nothing is reported twice");
    };

    late_refusals_of_all_recipients_fail_the_job => |store: Store| async move {
        let late = Late::new(store, |_| Outcome::Rejected(refusal("mailbox_unavailable"))).await;
        let (world, webhook) = late.arrive().await;
        assert_eq!((world.job().await.state, world.status().await), (JobState::Failed, ExecutionStatus::Failed));
        let failed = ("delivery.failed", "failed");
        let events = told(&[DOUBTFUL, failed, failed, failed, failed, ("schedule.corrected", "failed")]);
        assert_eq!(world.told(webhook).await, events);
    };

    an_answer_that_leaves_doubt_reports_the_counts_and_keeps_the_state => |store: Store| async move {
        let late = Late::new(store, |to| if to.starts_with("p0") {
            Outcome::Uncertain(refusal("no_answer"))
        } else {
            handed_off()
        }).await;
        let (world, webhook) = late.arrive().await;
        assert_eq!((world.count(Sent).await, world.count(Uncertain).await), (3, 1));
        assert_eq!(world.job().await.state, JobState::CompletedWithFailures);
        let events = told(&[DOUBTFUL, ("schedule.corrected", "completed_with_failures")]);
        assert_eq!(world.told(webhook).await, events);
    };

    an_answer_that_changes_nothing_is_not_reported => |store: Store| async move {
        let late = Late::new(store, |_| Outcome::Uncertain(refusal("no_answer"))).await;
        let (world, webhook) = late.arrive().await;
        assert_eq!(world.told(webhook).await, told(&[DOUBTFUL]));
    };

    a_canceled_job_stays_canceled => |store: Store| async move {
        let late = Late::flying(store, |_| handed_off()).await;
        late.world.force_state(JobState::Canceled).await;
        late.rescue().await.until_quiet().await;
        assert!(late.world.job().await.finished_at.is_some());
        let (world, webhook) = late.arrive().await;
        assert_eq!((world.job().await.state, world.count(Sent).await), (JobState::Canceled, 4));
        let canceled = "canceled";
        assert_eq!(world.told(webhook).await, told(&[("schedule.finished", canceled), ("schedule.corrected", canceled)]));
    };

    the_campaign_keeps_showing_a_newer_job => |store: Store| async move {
        let mut late = Late::new(store, |_| handed_off()).await;
        let (parent, campaign) = (late.world.job, late.world.campaign);
        let (list, due_at) = (late.world.list, START.plus_millis(i64::from(u32::MAX)));
        late.world.schedule(&[list], &[], due_at).await;
        late.world.alter("UPDATE schedule_jobs SET parent_schedule_id = \
            (SELECT p.id FROM schedule_jobs p WHERE p.state = 'completed_with_failures') WHERE state = 'scheduled'").await;
        (late.world.job, late.world.campaign) = (parent, campaign);
        let (world, _) = late.arrive().await;
        assert_eq!(world.job().await.state, JobState::Completed);
        assert_eq!(world.status().await, ExecutionStatus::CompletedWithFailures, "the campaign shows another job");
    };

    of_a_late_answer_and_the_settler_the_second_sees_the_first => |store: Store| async move {
        let late = Late::flying(store, |_| handed_off()).await;
        let mut other = late.rescue().await;
        let both = futures_util::future::join(late.arrive(), async {
            other.until_quiet().await;
        });
        let ((world, webhook), ()) = both.await;
        assert_eq!((world.job().await.state, world.status().await), (JobState::Completed, ExecutionStatus::Completed));
        let events = world.told(webhook).await;
        assert!(events.iter().any(|(_, state)| state == "completed"), "{events:?}");
        assert_eq!(events.iter().filter(|(kind, _)| kind == "schedule.finished").count(), 1, "{events:?}");
    };

    a_state_that_an_earlier_version_left_wrong_is_found_and_corrected => |store: Store| async move {
        let world = World::new(store, 3, Plan::default()).await;
        let webhook = world.listen(&Receiver::answering(200), ENDS).await;
        world.run().await;
        world.force_state(JobState::CompletedWithFailures).await;
        world.alter("UPDATE campaigns SET execution_status = 'completed_with_failures'").await;
        let findings = crate::doctor::inspect(&world.store, world.clock_now()).await.unwrap();
        assert_eq!(findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["INV-12"]);
        world.run().await;
        world.check().await;
        assert_eq!((world.job().await.state, world.status().await), (JobState::Completed, ExecutionStatus::Completed));
        let corrected = [("schedule.finished", "completed"), ("schedule.corrected", "completed")];
        assert_eq!(world.told(webhook).await, told(&corrected));
    };
}
