//! Reads the times of jobs that have not begun again when the zone data are newer than those they were read with.
//!
//! The rules are `core::schedule::rezone`. The starter judges a job by them too, in the transaction that would begin
//! it: however late this task comes to it, no job begins at an hour that newer data deny. Newer data replace older
//! ones and never the other way, so nodes of which only some have them come to rest.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use crate::telling::Teller;
use postrider_core::env::BoxFuture;
use postrider_core::event::{EventKind, ScheduleFacts};
use postrider_core::id::ScheduleId;
use postrider_core::schedule::{JobState, TIMEZONE_CHANGED, Verdict, rezone};
use postrider_core::time::{MINUTE_MS, Timestamp, VERSION_UNKNOWN, Zones};
use postrider_store::execution::DueJob;
use postrider_store::rezoning::ZonedJob;
use postrider_store::wake::Topic;
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// How often it looks for jobs that nodes with older zone data have committed, in milliseconds.
const LOOK_MS: i64 = MINUTE_MS;

/// Zone data, and how far they may move a job that nobody asks.
#[derive(Clone)]
pub(crate) struct Judge {
    zones: Zones,
    tolerance_ms: i64,
}

/// The task.
pub(crate) struct Rezoner {
    cluster: Arc<Cluster>,
    judge: Judge,
    /// The last job looked at, within a round.
    after: ScheduleId,
    /// When the next round begins.
    look_at: Option<Timestamp>,
}

impl Rezoner {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        let judge = Judge::of(&cluster);
        Self { cluster, judge, after: first(), look_at: None }
    }

    async fn look(&mut self) -> Result<Progress, StoreError> {
        let now = self.cluster.now();
        if let Some(at) = self.look_at.filter(|&at| at > now) {
            return Ok(Progress::Idle { next: Some(at) });
        }
        let (judge, after) = (self.judge.clone(), self.after);
        let page = self.cluster.store.read("schedule.rezone_look", move |tx| judge.page(tx, after)).await?;
        let Some(last) = page.last().map(|job| job.job) else {
            self.after = first();
            self.look_at = Some(now.plus_millis(LOOK_MS));
            return Ok(Progress::Idle { next: self.look_at });
        };
        if page.iter().any(|job| self.judge.doubts(job)) {
            let (judge, teller) = (self.judge.clone(), Teller::new(&self.cluster, now));
            let judged = self.cluster.store.write_guarded("schedule.rezone", move |tx| {
                let mut changed = 0;
                for job in judge.page(tx, after)?.iter().take_while(|job| job.job <= last) {
                    changed += usize::from(judge.judge(tx, job, &teller, now)? != Judged::Stays);
                }
                Ok::<_, StoreError>(changed)
            });
            let changed = judged.await?;
            if changed > 0 {
                let version = self.judge.zones.version();
                tracing::warn!(changed, version, "times of jobs mean other instants with these zone data");
                self.cluster.nudge(Topic::Schedules);
            }
        }
        self.after = last;
        Ok(Progress::More)
    }
}

/// Before every id.
fn first() -> ScheduleId {
    ScheduleId::from(uuid::Uuid::nil())
}

impl Task for Rezoner {
    fn name(&self) -> &'static str {
        "rezoner"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.look())
    }
}

/// What became of a job that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It begins when it was to begin.
    Stays,
    /// It was moved or held, or somebody else was faster.
    Changed,
}

impl Judge {
    pub(crate) fn of(cluster: &Cluster) -> Self {
        Self { zones: cluster.settings.zones.clone(), tolerance_ms: cluster.settings.zone_change_tolerance_ms }
    }

    /// Judges a due job, in the transaction that is to begin it.
    pub(crate) fn judge_due(
        &self,
        tx: &mut Tx<'_>,
        job: &DueJob,
        teller: &Teller,
        now: Timestamp,
    ) -> Result<Judged, StoreError> {
        if !self.doubts_version(&job.tzdb_version) {
            return Ok(Judged::Stays);
        }
        match tx.rezone_get(job.tenant, job.job)? {
            Some(job) if self.doubts(&job) => self.judge(tx, &job, teller, now),
            Some(_) | None => Ok(Judged::Stays),
        }
    }

    /// Jobs that may have been read with older data. Data of an unknown version doubt all others, and themselves.
    fn page(&self, tx: &mut Tx<'_>, after: ScheduleId) -> Result<Vec<ZonedJob>, StoreError> {
        let version = self.zones.version();
        tx.rezone_page(if version == VERSION_UNKNOWN { "" } else { version }, after)
    }

    fn doubts(&self, job: &ZonedJob) -> bool {
        self.doubts_version(&job.time.resolution.tzdb_version)
    }

    fn doubts_version(&self, read_with: &str) -> bool {
        read_with == VERSION_UNKNOWN || self.zones.supersede(read_with)
    }

    fn judge(&self, tx: &mut Tx<'_>, job: &ZonedJob, teller: &Teller, now: Timestamp) -> Result<Judged, StoreError> {
        if !self.doubts(job) {
            return Ok(Judged::Stays);
        }
        let rezoned = rezone(&job.time, &self.zones, self.tolerance_ms, now);
        let (time, same) = (&rezoned.time, rezoned.verdict == Verdict::Same);
        if same && *time == job.time {
            return Ok(Judged::Stays);
        }
        let (state, reason) = match &rezoned.verdict {
            Verdict::Same | Verdict::Moved => (job.state, None),
            Verdict::Held(reason) => (JobState::Held, Some(reason.as_str())),
        };
        if !tx.rezone_put(job, time, state, reason)? {
            return Ok(Judged::Changed);
        }
        if same {
            return Ok(Judged::Stays);
        }
        if state != job.state {
            tx.campaign_set_execution_status(job.tenant, job.campaign, state.execution_status(false), now)?;
        }
        let kind = if reason.is_some() { EventKind::ScheduleHeld } else { EventKind::ScheduleMoved };
        let code = reason.and_then(|reason| reason.split(':').next()).unwrap_or(TIMEZONE_CHANGED);
        let facts = ScheduleFacts {
            scheduled_for: Some(time.due_at),
            previously_for: (time.due_at != job.time.due_at).then_some(job.time.due_at),
            reason: Some(code.to_owned()),
            ..ScheduleFacts::new(job.campaign, job.job, state)
        };
        teller.schedule(tx, job.tenant, kind, facts)?;
        tracing::info!(schedule = %job.job, state = state.as_str(), due_at = %time.due_at, "a job was read again");
        Ok(Judged::Changed)
    }
}
