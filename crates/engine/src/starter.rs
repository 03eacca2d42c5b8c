//! Starts jobs exactly when they are due: never early, and late only within their policy.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use crate::rezoner::{Judge, Judged};
use crate::telling::Teller;
use postrider_core::env::BoxFuture;
use postrider_core::event::{EventKind, ScheduleFacts};
use postrider_core::id::VersionId;
use postrider_core::schedule::{JobState, OnMissed};
use postrider_core::time::Timestamp;
use postrider_store::execution::{DueJob, JobMove};
use postrider_store::wake::Topic;
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// Stable reason: the latest start passed before the job could begin.
pub(crate) const MISSED_START: &str = "missed_start";
/// Stable reason: no engine node has a way out for the job's channel.
pub(crate) const CHANNEL_NOT_CONFIGURED: &str = "channel_not_configured";

/// The task.
pub(crate) struct Starter {
    cluster: Arc<Cluster>,
    judge: Judge,
}

impl Starter {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        let judge = Judge::of(&cluster);
        Self { cluster, judge }
    }

    async fn start_one(&self) -> Result<Progress, StoreError> {
        if !self.cluster.may_start() {
            return Ok(Progress::Idle { next: None });
        }
        let now = self.cluster.now();
        let seen = self
            .cluster
            .store
            .read("job.next_due", move |tx| Ok::<_, StoreError>((tx.job_due(now)?.is_some(), tx.job_next_due()?)));
        let (is_due, next) = seen.await?;
        if !is_due {
            return Ok(Progress::Idle { next });
        }
        let configured: Vec<_> = self.cluster.channels.keys().copied().collect();
        let version = VersionId::new(now, &*self.cluster.entropy);
        let teller = Teller::new(&self.cluster, now);
        let judge = self.judge.clone();
        let started = self.cluster.store.write_guarded("job.start", move |tx| {
            let Some(job) = tx.job_due(now)? else { return Ok(false) };
            // Whatever was due by older zone data is looked at again: it may be due no more.
            if judge.judge_due(tx, (job.tenant, job.job), &teller, now)? == Judged::Changed {
                return Ok(true);
            }
            let blocked = (!configured.contains(&job.channel)).then(|| CHANNEL_NOT_CONFIGURED.to_owned());
            begin(tx, &job, &teller, now, version, blocked)?;
            Ok::<_, StoreError>(true)
        });
        if started.await? {
            self.cluster.nudge(Topic::Schedules);
        }
        Ok(Progress::More)
    }
}

impl Task for Starter {
    fn name(&self) -> &'static str {
        "starter"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.start_one())
    }
}

/// Begins a due job, or does what its policy says about one that was missed.
fn begin(
    tx: &mut Tx<'_>,
    job: &DueJob,
    teller: &Teller,
    now: Timestamp,
    version: VersionId,
    blocked_reason: Option<String>,
) -> Result<(), StoreError> {
    // Whoever let a missed job go on has decided about its lateness.
    let missed = job.state == JobState::Scheduled && job.latest_start.is_some_and(|latest| now > latest);
    let mut change = JobMove {
        tenant: job.tenant,
        job: job.job,
        from: job.state,
        to: JobState::Running,
        blocked_reason,
        due_by: Some(now),
        started_at: Some(now),
        finished_at: None,
    };
    if missed && job.on_missed != OnMissed::Send {
        change.started_at = None;
        change.blocked_reason = Some(MISSED_START.to_owned());
        change.to = JobState::Held;
        if job.on_missed == OnMissed::Cancel {
            change.to = JobState::Canceled;
            change.finished_at = Some(now);
        }
    }
    if !tx.job_move(&change)? {
        return Ok(());
    }
    let started = change.started_at.is_some();
    if started {
        tx.manifest_open(job.tenant, job.job, job.manifest, now)?;
    }
    if job.is_test {
        return Ok(());
    }
    tx.campaign_set_execution_status(job.tenant, job.campaign, change.to.execution_status(started), now)?;
    if change.to == JobState::Canceled {
        // A job that never began leaves a draft, as one that a person takes back.
        tx.campaign_to_draft(job.tenant, job.campaign, version, now)?;
    }
    let kind = match change.to {
        JobState::Held => EventKind::ScheduleHeld,
        JobState::Canceled => EventKind::ScheduleCanceled,
        _ => EventKind::ScheduleStarted,
    };
    let facts = ScheduleFacts {
        scheduled_for: Some(job.due_at),
        reason: change.blocked_reason,
        ..ScheduleFacts::new(job.campaign, job.job, change.to)
    };
    teller.schedule(tx, job.tenant, kind, facts)
}
