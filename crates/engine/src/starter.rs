//! Starts jobs exactly when they are due: never early, and late only within their policy.
//!
//! Jobs that are due at one instant start together, a batch in a transaction. If a batch fails for a reason that would
//! occur again, each job gets a transaction of its own, and one that fails rests, so that it does not delay the others.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use crate::rezoner::{Judge, Judged};
use crate::telling::Teller;
use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Entropy};
use postrider_core::event::{EventKind, ScheduleFacts};
use postrider_core::id::{ScheduleId, TenantId, VersionId};
use postrider_core::planted::planted;
use postrider_core::schedule::{JobState, OnMissed};
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_store::execution::{DueJob, JobMove};
use postrider_store::wake::Topic;
use postrider_store::{StoreError, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stable reason: the latest start passed before the job could begin.
pub(crate) const MISSED_START: &str = "missed_start";
/// Stable reason: no engine node has a way out for the job's channel.
pub(crate) const CHANNEL_NOT_CONFIGURED: &str = "channel_not_configured";

/// Jobs that start in one transaction, at most.
pub(crate) const BATCH_MAX: i64 = 100;
/// How long a job that could not be started rests, in milliseconds.
const REST_MS: i64 = MINUTE_MS;
/// When to look again for jobs that another node is starting, in milliseconds.
const LOCKED_PAUSE_MS: i64 = 50;

/// The task.
pub(crate) struct Starter {
    cluster: Arc<Cluster>,
    judge: Judge,
    /// Jobs that could not be started, with the instant until which they rest. While there are some, each job gets a
    /// transaction of its own.
    resting: BTreeMap<ScheduleId, Timestamp>,
}

impl Starter {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        let judge = Judge::of(&cluster);
        Self { cluster, judge, resting: BTreeMap::new() }
    }

    async fn start(&mut self) -> Result<Progress, StoreError> {
        if !self.cluster.may_start() {
            return Ok(Progress::Idle { next: None });
        }
        let now = self.cluster.now();
        let seen = self
            .cluster
            .store
            .read("job.next_due", move |tx| Ok::<_, StoreError>((tx.job_is_due(now)?, tx.job_next_due(now)?)));
        let (is_due, next) = seen.await?;
        self.resting.retain(|_, until| *until > now);
        if !is_due {
            return Ok(Progress::Idle { next });
        }
        if !self.resting.is_empty() {
            return self.start_each(now, next).await;
        }
        // A wait for the transaction, or for the rows in it, may make a job late: the clock is read after it.
        let starting = self.starting();
        let started = self.cluster.store.write_guarded("job.start", move |tx| {
            let due = starting.cluster.now();
            let jobs = tx.jobs_due(due, BATCH_MAX)?;
            starting.begin_after(due).begin(tx, &jobs)?;
            Ok::<_, StoreError>(jobs.len())
        });
        match started.await {
            // Another node has them, and may need as long as it takes.
            Ok(0) => {
                let again = Some(now.plus_millis(LOCKED_PAUSE_MS));
                Ok(Progress::Idle { next: [next, again].into_iter().flatten().min() })
            }
            Ok(_) => {
                self.cluster.nudge(Topic::Schedules);
                Ok(Progress::More)
            }
            Err(error) if comes_again(&error) => self.start_each(now, next).await,
            Err(error) => Err(error),
        }
    }

    /// Starts due jobs, each in a transaction of its own.
    async fn start_each(&mut self, now: Timestamp, next: Option<Timestamp>) -> Result<Progress, StoreError> {
        let due = self.cluster.store.read("job.due", move |tx| tx.jobs_due_ids(now)).await?;
        for (tenant, job) in due {
            if self.resting.contains_key(&job) || self.cluster.signals.is_stopping() {
                continue;
            }
            match self.start_one((tenant, job)).await {
                Ok(()) => self.cluster.nudge(Topic::Schedules),
                Err(error) if comes_again(&error) => {
                    tracing::error!(%job, %error, "starting a job failed, and it is tried again in a minute");
                    self.resting.insert(job, now.plus_millis(REST_MS));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Progress::Idle { next: self.resting.values().copied().chain(next).min() })
    }

    async fn start_one(&self, key: (TenantId, ScheduleId)) -> Result<(), StoreError> {
        let starting = self.starting();
        let started = self.cluster.store.write_guarded("job.start", move |tx| {
            let due = starting.cluster.now();
            let job = tx.job_due(key, due)?;
            starting.begin_after(due).begin(tx, job.as_slice())
        });
        started.await
    }

    fn starting(&self) -> Starting {
        Starting {
            cluster: Arc::clone(&self.cluster),
            judge: self.judge.clone(),
            configured: self.cluster.channels.keys().copied().collect(),
        }
    }
}

/// Whether a transaction would fail again in the same way.
const fn comes_again(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::Failed(_) | StoreError::Conflict(_))
}

impl Task for Starter {
    fn name(&self) -> &'static str {
        "starter"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.start())
    }
}

/// What every try of a transaction that begins jobs needs.
struct Starting {
    cluster: Arc<Cluster>,
    judge: Judge,
    configured: Vec<ChannelKind>,
}

impl Starting {
    /// Begins jobs that were due at an instant which has just passed.
    fn begin_after(&self, due: Timestamp) -> Beginning<'_> {
        let now = self.cluster.now().max(due);
        let teller = Teller::new(&self.cluster, now);
        Beginning { now, judge: &self.judge, teller, configured: &self.configured, entropy: &*self.cluster.entropy }
    }
}

/// Begins due jobs, or does what their policy says about those that were missed.
struct Beginning<'s> {
    now: Timestamp,
    judge: &'s Judge,
    teller: Teller,
    configured: &'s [ChannelKind],
    entropy: &'s dyn Entropy,
}

impl Beginning<'_> {
    fn begin(&self, tx: &mut Tx<'_>, jobs: &[DueJob]) -> Result<(), StoreError> {
        let mut beginning: Vec<&DueJob> = Vec::with_capacity(jobs.len());
        for job in jobs {
            // A job that was due by older zone data is looked at again: it may not be due any more.
            if self.judge.judge_due(tx, job, &self.teller, self.now)? == Judged::Stays {
                beginning.push(job);
            }
        }
        let changes: Vec<JobMove> = beginning.iter().map(|job| self.decide(job)).collect();
        let moved = tx.jobs_move(&changes)?;
        let begun = || beginning.iter().zip(&changes).zip(&moved).filter(|(_, moved)| **moved).map(|(begun, _)| begun);
        let shown = || begun().filter(|(job, _)| !job.is_test);
        let status = |change: &JobMove| change.to.execution_status(change.started_at.is_some());
        let statuses: Vec<_> = shown().map(|(job, change)| (job.tenant, job.campaign, status(change))).collect();
        tx.campaigns_set_execution_status(&statuses, self.now)?;
        for (job, change) in shown() {
            if change.to == JobState::Canceled {
                // A job that never began leaves a draft, like one that a person cancels.
                let version = VersionId::new(self.now, self.entropy);
                tx.campaign_to_draft(job.tenant, job.campaign, version, self.now)?;
            }
            if !planted("a_start_is_not_told") {
                self.tell(tx, job, change)?;
            }
        }
        let started = begun().filter(|(_, change)| change.started_at.is_some());
        let manifests: Vec<_> = started.map(|(job, _)| (job.tenant, job.job, job.manifest)).collect();
        tx.manifests_open(&manifests, self.now)
    }

    fn decide(&self, job: &DueJob) -> JobMove {
        // The person who resumed a missed job has accepted its lateness.
        let missed = job.state == JobState::Scheduled && job.latest_start.is_some_and(|latest| self.now > latest);
        let is_configured = self.configured.contains(&job.channel);
        let begins = JobMove {
            tenant: job.tenant,
            job: job.job,
            from: job.state,
            to: JobState::Running,
            blocked_reason: (!is_configured).then(|| CHANNEL_NOT_CONFIGURED.to_owned()),
            due_by: Some(self.now),
            started_at: Some(self.now),
            finished_at: None,
        };
        if !missed || job.on_missed == OnMissed::Send {
            return begins;
        }
        let is_canceled = job.on_missed == OnMissed::Cancel;
        JobMove {
            to: if is_canceled { JobState::Canceled } else { JobState::Held },
            blocked_reason: Some(MISSED_START.to_owned()),
            started_at: None,
            finished_at: is_canceled.then_some(self.now),
            ..begins
        }
    }

    fn tell(&self, tx: &mut Tx<'_>, job: &DueJob, change: &JobMove) -> Result<(), StoreError> {
        let kind = match change.to {
            JobState::Held => EventKind::ScheduleHeld,
            JobState::Canceled => EventKind::ScheduleCanceled,
            _ => EventKind::ScheduleStarted,
        };
        let facts = ScheduleFacts {
            scheduled_for: Some(job.due_at),
            reason: change.blocked_reason.clone(),
            ..ScheduleFacts::new(job.campaign, job.job, change.to)
        };
        self.teller.schedule(tx, job.tenant, kind, facts)
    }
}
