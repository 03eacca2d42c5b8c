//! Jobs whose time was resolved with other zone data than those in use.
//!
//! The engine works for all tenants; rows it writes are found by ids that it read with their tenant.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_core::schedule::{JobState, ZonedTime};
use postrider_core::time::{Resolution, ResolutionRule, Timestamp};

/// Jobs on a page, at most.
pub const REZONE_PAGE_MAX: i64 = 100;

statements! { "rezoning":
    /// All tenants. Jobs that have not begun and whose time was given by a clock or a calendar, in the order of ids.
    UNBEGUN = "SELECT id, tenant_id, campaign_id, state, send_at, batch_date, timezone, instant, local_time, \
        offset_seconds, rule, tzdb_version, due_at, latest_start, latest_finish FROM schedule_jobs \
        WHERE finished_at IS NULL AND started_at IS NULL AND state IN ('scheduled', 'running', 'paused', 'held') \
        AND (send_at IS NOT NULL OR batch_date IS NOT NULL) AND tzdb_version <> $1 AND id > $2 ORDER BY id LIMIT $3";
    ONE = "SELECT id, tenant_id, campaign_id, state, send_at, batch_date, timezone, instant, local_time, \
        offset_seconds, rule, tzdb_version, due_at, latest_start, latest_finish FROM schedule_jobs \
        WHERE tenant_id = $1 AND id = $2 AND started_at IS NULL AND (send_at IS NOT NULL OR batch_date IS NOT NULL)";
    /// Everything that was looked at is compared: who begins, moves, stops or takes back the job may meet.
    REZONE = "UPDATE schedule_jobs SET state = $1, blocked_reason = CASE WHEN state = $1 THEN COALESCE($2, blocked_reason) \
        ELSE $2 END, due_at = $3, instant = $4, local_time = $5, offset_seconds = $6, rule = $7, tzdb_version = $8, \
        latest_start = $9, latest_finish = $10 WHERE tenant_id = $11 AND id = $12 AND state = $13 \
        AND started_at IS NULL AND due_at = $14 AND instant = $15 AND tzdb_version = $16 AND timezone = $17 \
        AND COALESCE(send_at, '') = $18 AND COALESCE(batch_date, '') = $19 \
        AND COALESCE(latest_start, 0) = $20 AND COALESCE(latest_finish, 0) = $21";
}

/// A job that has not begun, and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonedJob {
    /// Its id.
    pub job: ScheduleId,
    /// Whose.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Where it stands.
    pub state: JobState,
    /// What it says about time.
    pub time: ZonedTime,
}

impl Tx<'_> {
    /// A page of at most [`REZONE_PAGE_MAX`] jobs that have not begun and were not resolved with the zone data of
    /// `version`, in the order of their ids, after one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rezone_page(&mut self, version: &str, after: ScheduleId) -> Result<Vec<ZonedJob>, StoreError> {
        self.query_as(&UNBEGUN, &[version.into(), id(after), REZONE_PAGE_MAX.into()], read_zoned)
    }

    /// One job that has not begun, unless its time is the instant of a send job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rezone_get(&mut self, tenant: TenantId, job: ScheduleId) -> Result<Option<ZonedJob>, StoreError> {
        self.query_one(&ONE, &[id(tenant), id(job)], read_zoned)
    }

    /// Writes what a job's time means now, and where it stands since, if nothing of it has changed since it was
    /// read; answers whether it was written. Without a reason, a job that stays where it is keeps its own.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rezone_put(
        &mut self,
        before: &ZonedJob,
        time: &ZonedTime,
        state: JobState,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let or_zero = |instant: Option<Timestamp>| instant.map_or(0, Timestamp::as_millis);
        let (old, read) = (&before.time, &time.resolution);
        let values = [
            state.as_str().into(),
            reason.into(),
            time.due_at.into(),
            read.instant.into(),
            (&read.local_time).into(),
            i64::from(read.offset_seconds).into(),
            read.rule.as_str().into(),
            (&read.tzdb_version).into(),
            time.latest_start.into(),
            time.latest_finish.into(),
            id(before.tenant),
            id(before.job),
            before.state.as_str().into(),
            old.due_at.into(),
            old.resolution.instant.into(),
            (&old.resolution.tzdb_version).into(),
            (&old.timezone).into(),
            old.send_at.as_deref().unwrap_or_default().into(),
            old.batch_date.as_deref().unwrap_or_default().into(),
            or_zero(old.latest_start).into(),
            or_zero(old.latest_finish).into(),
        ];
        Ok(self.execute(&REZONE, &values)? == 1)
    }
}

fn read_zoned(row: &mut Row) -> Result<ZonedJob, StoreError> {
    Ok(ZonedJob {
        job: row.id()?,
        tenant: row.id()?,
        campaign: row.id()?,
        state: row.word(JobState::parse)?,
        time: ZonedTime {
            send_at: row.next()?,
            batch_date: row.next()?,
            timezone: row.next()?,
            resolution: Resolution {
                instant: row.next()?,
                local_time: row.next()?,
                offset_seconds: i32::try_from(row.next::<i64>()?).unwrap_or_default(),
                rule: row.word(ResolutionRule::parse)?,
                tzdb_version: row.next()?,
            },
            due_at: row.next()?,
            latest_start: row.next()?,
            latest_finish: row.next()?,
        },
    })
}
