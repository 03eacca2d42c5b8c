//! What the engine does to jobs: starts them, stops them, ends them, paces them.
//!
//! The engine works for all tenants; rows it writes are found by ids that it read with their tenant.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, ManifestId, ScheduleId, TenantId};
use postrider_core::pacing::{Budget, Taken};
use postrider_core::schedule::{JobState, OnMissed};
use postrider_core::time::Timestamp;

statements! { "execution":
    /// All tenants: jobs that are to begin, one of each tenant after the other. A job set to run by a person before it
    /// began is found too. Nodes on a server skip each other's jobs instead of waiting for them.
    DUE = fork sqlite "SELECT j.id, j.tenant_id, j.campaign_id, j.manifest_id, j.channel, j.state, j.due_at, \
        j.latest_start, j.on_missed, j.is_test, j.tzdb_version FROM schedule_jobs j JOIN (SELECT id, ROW_NUMBER() \
        OVER (PARTITION BY tenant_id ORDER BY due_at, id) AS turn FROM schedule_jobs WHERE due_at <= $1 \
        AND (state = 'scheduled' OR (state = 'running' AND started_at IS NULL))) AS waiting ON waiting.id = j.id \
        WHERE j.due_at <= $1 AND (j.state = 'scheduled' OR (j.state = 'running' AND j.started_at IS NULL)) \
        ORDER BY waiting.turn, j.due_at, j.id LIMIT $2"
        postgres "SELECT j.id, j.tenant_id, j.campaign_id, j.manifest_id, j.channel, j.state, j.due_at, \
        j.latest_start, j.on_missed, j.is_test, j.tzdb_version FROM schedule_jobs j JOIN (SELECT id, ROW_NUMBER() \
        OVER (PARTITION BY tenant_id ORDER BY due_at, id) AS turn FROM schedule_jobs WHERE due_at <= $1 \
        AND (state = 'scheduled' OR (state = 'running' AND started_at IS NULL))) AS waiting ON waiting.id = j.id \
        WHERE j.due_at <= $1 AND (j.state = 'scheduled' OR (j.state = 'running' AND j.started_at IS NULL)) \
        ORDER BY waiting.turn, j.due_at, j.id LIMIT $2 FOR UPDATE OF j SKIP LOCKED";
    DUE_ONE = "SELECT id, tenant_id, campaign_id, manifest_id, channel, state, due_at, latest_start, on_missed, \
        is_test, tzdb_version FROM schedule_jobs WHERE tenant_id = $1 AND id = $2 AND due_at <= $3 \
        AND (state = 'scheduled' OR (state = 'running' AND started_at IS NULL))";
    /// All tenants.
    DUE_IDS = "SELECT tenant_id, id FROM schedule_jobs WHERE due_at <= $1 \
        AND (state = 'scheduled' OR (state = 'running' AND started_at IS NULL)) ORDER BY due_at, id LIMIT $2";
    /// All tenants.
    IS_DUE = "SELECT EXISTS (SELECT 1 FROM schedule_jobs WHERE due_at <= $1 \
        AND (state = 'scheduled' OR (state = 'running' AND started_at IS NULL)))";
    /// All tenants.
    NEXT_DUE = "SELECT MIN(due_at) FROM schedule_jobs WHERE state = 'scheduled' AND due_at > $1";
    MOVE = "UPDATE schedule_jobs SET state = $1, blocked_reason = $2, started_at = COALESCE(started_at, $3), \
        finished_at = $4 WHERE tenant_id = $5 AND id = $6 AND state = $7 \
        AND (CAST($8 AS BIGINT) = 0 OR started_at IS NULL) AND due_at <= COALESCE($9, due_at)";
    /// Changes nothing, and keeps other transactions from ending or correcting the job before this one does.
    LOCK = "UPDATE schedule_jobs SET state = state WHERE tenant_id = $1 AND id = $2 \
        RETURNING campaign_id, state, is_test, finished_at";
    /// All tenants: a hint which finished jobs may have a state that late answers have made wrong. The rule is
    /// `core::delivery::final_state`.
    DOUBTED = "SELECT j.id, j.tenant_id, m.number FROM schedule_jobs j JOIN manifests m ON m.schedule_id = j.id \
        WHERE j.state = 'completed_with_failures' AND j.finished_at IS NOT NULL AND j.id > $1 \
        AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.manifest_number = m.number AND c.uncertain > 0) \
        AND (NOT EXISTS (SELECT 1 FROM chunks c WHERE c.manifest_number = m.number AND c.sent > 0) \
        OR NOT EXISTS (SELECT 1 FROM chunks c WHERE c.manifest_number = m.number \
        AND c.failed + c.expired + c.canceled > 0)) ORDER BY j.id LIMIT 100";
    BLOCK = "UPDATE schedule_jobs SET blocked_reason = $1 WHERE tenant_id = $2 AND id = $3 AND state = 'running'";
    BUDGET = "SELECT rate_per_minute, budget_at, budget_taken FROM schedule_jobs WHERE tenant_id = $1 AND id = $2";
    /// The last take is compared, so that of two who take at once only one does.
    TAKE = "UPDATE schedule_jobs SET budget_at = $1, budget_taken = $2 WHERE tenant_id = $3 AND id = $4 \
        AND COALESCE(budget_at, 0) = $5";
    /// All tenants. Jobs that have begun and are not over, or were taken back while running: those with something
    /// left to settle. Asked for in the order of ids, after one.
    UNSETTLED = "SELECT j.id, j.tenant_id, j.campaign_id, j.state, j.latest_finish, j.is_test, m.number, m.frozen_at, \
        EXISTS (SELECT 1 FROM chunks c WHERE c.manifest_number = m.number AND c.state = 'ready'), \
        EXISTS (SELECT 1 FROM chunks c WHERE c.manifest_number = m.number AND c.state = 'claimed') \
        FROM schedule_jobs j JOIN manifests m ON m.schedule_id = j.id \
        WHERE j.state IN ('running', 'paused', 'held', 'canceled') AND j.finished_at IS NULL AND j.id > $1 \
        ORDER BY j.id LIMIT 100";
}

/// Due jobs that are named at once, at most.
const DUE_IDS_MAX: i64 = 1_000;

/// A job that is to begin.
#[derive(Debug, Clone)]
pub struct DueJob {
    /// Its id.
    pub job: ScheduleId,
    /// Whose.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// The id its manifest will have.
    pub manifest: ManifestId,
    /// Channel.
    pub channel: ChannelKind,
    /// `scheduled`, or `running` if a person let it go on before it began.
    pub state: JobState,
    /// When it was to begin.
    pub due_at: Timestamp,
    /// When it counts as missed.
    pub latest_start: Option<Timestamp>,
    /// What happens then.
    pub on_missed: OnMissed,
    /// Whether it is a test send, of which the campaign shows nothing.
    pub is_test: bool,
    /// Which zone data its time was read with.
    pub tzdb_version: String,
}

/// A change of a job's state.
#[derive(Debug, Clone)]
pub struct JobMove {
    /// Whose.
    pub tenant: TenantId,
    /// Which job.
    pub job: ScheduleId,
    /// The state it must be in.
    pub from: JobState,
    /// The state it gets.
    pub to: JobState,
    /// Why nothing moves.
    pub blocked_reason: Option<String>,
    /// It must be due by then, if it begins: who moves a job and who begins it may meet.
    pub due_by: Option<Timestamp>,
    /// When it began, if it begins now; it must not have begun.
    pub started_at: Option<Timestamp>,
    /// When it was over, if it is.
    pub finished_at: Option<Timestamp>,
}

impl JobMove {
    fn values(&self) -> Result<Vec<Value>, StoreError> {
        let (from, to) = (self.from, self.to);
        if from != to && !from.may_become(to) {
            return Err(StoreError::Failed(format!("a job does not go from {} to {}", from.as_str(), to.as_str())));
        }
        Ok(vec![
            to.as_str().into(),
            self.blocked_reason.as_ref().into(),
            self.started_at.into(),
            self.finished_at.into(),
            id(self.tenant),
            id(self.job),
            from.as_str().into(),
            i64::from(self.started_at.is_some()).into(),
            self.due_by.into(),
        ])
    }
}

/// A job that this transaction has locked.
#[derive(Debug, Clone, Copy)]
pub struct LockedJob {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Its state.
    pub state: JobState,
    /// Whether it is a test send, of which the campaign shows nothing.
    pub is_test: bool,
    /// When it was over, if it is.
    pub finished_at: Option<Timestamp>,
}

/// A job with the number of its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobKey {
    /// Its id.
    pub job: ScheduleId,
    /// Whose.
    pub tenant: TenantId,
    /// Number of its manifest.
    pub manifest: i64,
}

/// A job that is not over, with its manifest.
#[derive(Debug, Clone, Copy)]
pub struct UnsettledJob {
    /// Its id.
    pub job: ScheduleId,
    /// Whose.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Its state.
    pub state: JobState,
    /// Nothing leaves at or after this instant.
    pub latest_finish: Option<Timestamp>,
    /// Whether it is a test send, of which the campaign shows nothing.
    pub is_test: bool,
    /// Number of its manifest.
    pub manifest: i64,
    /// When its audience was frozen whole.
    pub frozen_at: Option<Timestamp>,
    /// Whether a chunk waits to be claimed.
    pub has_ready: bool,
    /// Whether a chunk is claimed.
    pub has_claimed: bool,
}

impl Tx<'_> {
    /// Up to `limit` of the jobs that are to begin, of those due at `now`: one of each tenant after the other, so that
    /// a tenant with many does not hold up the others. Locks them; those that another node has locked are left out.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn jobs_due(&mut self, now: Timestamp, limit: i64) -> Result<Vec<DueJob>, StoreError> {
        self.query_as(&DUE, &[now.into(), limit.into()], read_due)
    }

    /// One job, if it is to begin and due at `now`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_due(
        &mut self,
        (tenant, job): (TenantId, ScheduleId),
        now: Timestamp,
    ) -> Result<Option<DueJob>, StoreError> {
        self.query_one(&DUE_ONE, &[id(tenant), id(job), now.into()], read_due)
    }

    /// The jobs that are to begin, of those due at `now`, by name only; at most 1,000.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn jobs_due_ids(&mut self, now: Timestamp) -> Result<Vec<(TenantId, ScheduleId)>, StoreError> {
        self.query_as(&DUE_IDS, &[now.into(), DUE_IDS_MAX.into()], |row| Ok((row.id()?, row.id()?)))
    }

    /// Whether a job is to begin that is due at `now`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_is_due(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.query_one(&IS_DUE, &[now.into()], Row::next)?.unwrap_or_default())
    }

    /// When the next scheduled job is due, after `now`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_next_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.query_one(&NEXT_DUE, &[now.into()], Row::next)?.flatten())
    }

    /// Changes a job's state if it still is in the one it must be in; returns whether it was.
    ///
    /// # Errors
    /// Any [`StoreError`]; `Failed` for a move that [`JobState::may_become`] does not allow.
    pub fn job_move(&mut self, change: &JobMove) -> Result<bool, StoreError> {
        Ok(self.execute(&MOVE, &change.values()?)? == 1)
    }

    /// As [`Tx::job_move`], for several; for each, whether it was in the state it must be in.
    ///
    /// # Errors
    /// As [`Tx::job_move`].
    pub fn jobs_move(&mut self, changes: &[JobMove]) -> Result<Vec<bool>, StoreError> {
        let sets = changes.iter().map(JobMove::values).collect::<Result<Vec<_>, _>>()?;
        Ok(self.execute_many(&MOVE, &sets)?.into_iter().map(|touched| touched == 1).collect())
    }

    /// Locks a job until this transaction ends, and returns its state. Lock chunks before their job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_lock(&mut self, tenant: TenantId, job: ScheduleId) -> Result<Option<LockedJob>, StoreError> {
        self.query_one(&LOCK, &[id(tenant), id(job)], |row| {
            Ok(LockedJob {
                campaign: row.id()?,
                state: row.word(JobState::parse)?,
                is_test: row.next()?,
                finished_at: row.next()?,
            })
        })
    }

    /// Up to 100 finished jobs whose state may not fit their counts, in the order of their ids, after one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn jobs_doubted(&mut self, after: ScheduleId) -> Result<Vec<JobKey>, StoreError> {
        self.query_as(&DOUBTED, &[id(after)], |row| {
            Ok(JobKey { job: row.id()?, tenant: row.id()?, manifest: row.next()? })
        })
    }

    /// Says why a running job does not move, or that it does again.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_block(&mut self, tenant: TenantId, job: ScheduleId, reason: Option<&str>) -> Result<(), StoreError> {
        self.execute(&BLOCK, &[reason.into(), id(tenant), id(job)]).map(drop)
    }

    /// A job's budget; none if it has no rate.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_budget(&mut self, tenant: TenantId, job: ScheduleId) -> Result<Option<Budget>, StoreError> {
        Ok(self.query_one(&BUDGET, &[id(tenant), id(job)], read_budget)?.flatten())
    }

    /// Writes a take from a job's budget, unless somebody else took since `last`; answers whether it did.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_take(
        &mut self,
        tenant: TenantId,
        job: ScheduleId,
        last: Option<Taken>,
        taken: Taken,
    ) -> Result<bool, StoreError> {
        let before = last.map_or(0, |last| last.at.as_millis());
        let values = [taken.at.into(), i64::from(taken.messages).into(), id(tenant), id(job), before.into()];
        Ok(self.execute(&TAKE, &values)? == 1)
    }

    /// Up to 100 jobs with something left to settle, in the order of their ids, after one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn jobs_unsettled(&mut self, after: ScheduleId) -> Result<Vec<UnsettledJob>, StoreError> {
        self.query_as(&UNSETTLED, &[id(after)], |row| {
            Ok(UnsettledJob {
                job: row.id()?,
                tenant: row.id()?,
                campaign: row.id()?,
                state: row.word(JobState::parse)?,
                latest_finish: row.next()?,
                is_test: row.next()?,
                manifest: row.next()?,
                frozen_at: row.next()?,
                has_ready: row.next()?,
                has_claimed: row.next()?,
            })
        })
    }
}

fn read_due(row: &mut Row) -> Result<DueJob, StoreError> {
    Ok(DueJob {
        job: row.id()?,
        tenant: row.id()?,
        campaign: row.id()?,
        manifest: row.id()?,
        channel: row.word(ChannelKind::parse)?,
        state: row.word(JobState::parse)?,
        due_at: row.next()?,
        latest_start: row.next()?,
        on_missed: row.word(OnMissed::parse)?,
        is_test: row.next()?,
        tzdb_version: row.next()?,
    })
}

/// Reads a rate, the instant of the last take and how much it was.
pub(crate) fn read_budget(row: &mut Row) -> Result<Option<Budget>, StoreError> {
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let (rate, at, messages): (Option<i64>, Option<Timestamp>, Option<i64>) = (row.next()?, row.next()?, row.next()?);
    let last = at.map(|at| Taken { at, messages: count(messages.unwrap_or_default()) });
    Ok(rate.map(|rate| Budget { rate: count(rate), last }))
}
