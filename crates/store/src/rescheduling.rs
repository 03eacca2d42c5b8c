//! Moving a job that has not begun to another time.

use crate::error::StoreError;
use crate::schedules::ScheduleJob;
use crate::statements;
use crate::tx::Tx;
use crate::value::id;
use postrider_core::id::TenantId;
use postrider_core::schedule::JobState;

statements! { "rescheduling":
    /// Who begins the job names its due instant, and here it must not have begun: of the two one comes first.
    MOVE = "UPDATE schedule_jobs SET state = $1, blocked_reason = NULL, due_at = $2, send_at = $3, batch_date = $4, \
        timezone = $5, timezone_source = $6, instant = $7, local_time = $8, offset_seconds = $9, rule = $10, \
        tzdb_version = $11, latest_start = $12, on_missed = $13, latest_finish = $14, on_uncertain = $15, \
        rate_per_minute = $16 WHERE tenant_id = $17 AND id = $18 AND state = $19 AND started_at IS NULL";
}

impl Tx<'_> {
    /// Writes back a job's state, time and policy, if it still is in `from` and has not begun; answers whether it
    /// was so.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedule_move(&mut self, tenant: TenantId, job: &ScheduleJob, from: JobState) -> Result<bool, StoreError> {
        let values = [
            job.state.as_str().into(),
            job.due_at.into(),
            job.send_at.as_ref().into(),
            job.batch_date.as_ref().into(),
            (&job.timezone).into(),
            job.timezone_source.as_str().into(),
            job.resolution.instant.into(),
            (&job.resolution.local_time).into(),
            i64::from(job.resolution.offset_seconds).into(),
            job.resolution.rule.as_str().into(),
            (&job.resolution.tzdb_version).into(),
            job.policy.latest_start.into(),
            job.policy.on_missed.as_str().into(),
            job.policy.latest_finish.into(),
            job.policy.on_uncertain.as_str().into(),
            job.policy.rate_per_minute.map(i64::from).into(),
            id(tenant),
            id(job.id),
            from.as_str().into(),
        ];
        Ok(self.execute(&MOVE, &values)? == 1)
    }
}
