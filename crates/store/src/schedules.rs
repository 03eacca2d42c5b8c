//! Schedule jobs and send jobs: one committed execution of one campaign version.
//!
//! A job carries what it was committed with; later edits of its campaign do not reach it.

use crate::error::StoreError;
use crate::job_audiences::JobAudience;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, ManifestId, ScheduleId, SenderProfileId, TemplateVersionId, TenantId, VersionId};
use postrider_core::schedule::{Intent, JobState, Mode, OnMissed, OnUncertain, Policy, ScheduleKind, TimezoneSource};
use postrider_core::time::{Resolution, ResolutionRule, Timestamp};

/// Jobs of one campaign that are listed, at most: every commit after a cancellation makes one.
const LISTED_MAX: i64 = 100;

statements! { "schedules":
    INSERT = "INSERT INTO schedule_jobs (id, tenant_id, campaign_id, version_id, manifest_id, touchpoint_id, channel, \
        state, immediate, due_at, send_at, batch_date, timezone, timezone_source, instant, local_time, \
        offset_seconds, rule, tzdb_version, template_version_id, sender_profile_id, subject_line, latest_start, \
        on_missed, latest_finish, on_uncertain, rate_per_minute, created_at, is_test, \
        parent_schedule_id) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'scheduled', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
        $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)";
    GET = "SELECT id, campaign_id, version_id, manifest_id, touchpoint_id, channel, state, immediate, due_at, send_at, \
        batch_date, timezone, timezone_source, instant, local_time, offset_seconds, rule, tzdb_version, \
        template_version_id, sender_profile_id, subject_line, latest_start, on_missed, latest_finish, on_uncertain, \
        rate_per_minute, blocked_reason, created_at, started_at, finished_at, is_test, parent_schedule_id \
        FROM schedule_jobs \
        WHERE tenant_id = $1 AND id = $2";
    /// Without test sends, which are not the campaign's.
    LIST = "SELECT id, campaign_id, version_id, manifest_id, touchpoint_id, channel, state, immediate, due_at, \
        send_at, batch_date, timezone, timezone_source, instant, local_time, offset_seconds, rule, tzdb_version, \
        template_version_id, sender_profile_id, subject_line, latest_start, on_missed, latest_finish, on_uncertain, \
        rate_per_minute, blocked_reason, created_at, started_at, finished_at, is_test, parent_schedule_id \
        FROM schedule_jobs \
        WHERE tenant_id = $1 AND campaign_id = $2 AND is_test = $3 ORDER BY created_at DESC, id DESC LIMIT $4";
    /// Of several campaigns, without test sends and jobs that were taken back before they began.
    COUNTING = "SELECT id, campaign_id, version_id, manifest_id, touchpoint_id, channel, state, immediate, due_at, \
        send_at, batch_date, timezone, timezone_source, instant, local_time, offset_seconds, rule, tzdb_version, \
        template_version_id, sender_profile_id, subject_line, latest_start, on_missed, latest_finish, on_uncertain, \
        rate_per_minute, blocked_reason, created_at, started_at, finished_at, is_test, parent_schedule_id \
        FROM schedule_jobs \
        WHERE tenant_id = $1 AND is_test = $2 AND (started_at IS NOT NULL OR finished_at IS NULL) \
        AND campaign_id = $3 ORDER BY created_at DESC, id DESC";
    /// The guard is what makes two who decide at once agree. A job that a person set to run before it began is in the
    /// same state once it has begun, so who takes it back whole says that it has not.
    CANCEL = "UPDATE schedule_jobs SET state = 'canceled', blocked_reason = NULL, finished_at = $1 \
        WHERE tenant_id = $2 AND id = $3 AND state = $4 AND (CAST($1 AS BIGINT) IS NULL OR started_at IS NULL)";
    NEXT_TOUCHPOINT = "UPDATE tenants SET last_touchpoint_id = last_touchpoint_id + 1 WHERE id = $1 \
        RETURNING last_touchpoint_id";
    LAST_TOUCHPOINT = "SELECT last_touchpoint_id FROM tenants WHERE id = $1";
}

/// A committed execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleJob {
    /// `scheduleId` in the API.
    pub id: ScheduleId,
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which version of it.
    pub version: VersionId,
    /// The audience that is frozen for it when it begins.
    pub manifest: ManifestId,
    /// Number of the execution within its tenant.
    pub touchpoint: i64,
    /// The campaign's channel.
    pub channel: ChannelKind,
    /// Where it stands.
    pub state: JobState,
    /// Whether it is a send job.
    pub immediate: bool,
    /// When it begins.
    pub due_at: Timestamp,
    /// `sendAt` as written.
    pub send_at: Option<String>,
    /// `batchDate`.
    pub batch_date: Option<String>,
    /// The zone's name.
    pub timezone: String,
    /// Where the zone came from.
    pub timezone_source: TimezoneSource,
    /// How the time was read.
    pub resolution: Resolution,
    /// The template version it sends.
    pub template_version: TemplateVersionId,
    /// Who it comes from.
    pub sender: Option<SenderProfileId>,
    /// Subject line in place of the template's.
    pub subject: Option<String>,
    /// What happens when the world does not keep to the plan.
    pub policy: Policy,
    /// Why nothing moves, if something is in the way.
    pub blocked_reason: Option<String>,
    /// When it was committed.
    pub created_at: Timestamp,
    /// When its audience began to be frozen.
    pub started_at: Option<Timestamp>,
    /// When everybody was accounted for.
    pub finished_at: Option<Timestamp>,
    /// Whether it is a test send, which counts for nothing but itself.
    pub is_test: bool,
    /// The job whose failed recipients it tries again.
    pub parent: Option<ScheduleId>,
}

impl ScheduleJob {
    /// Whether it is an execution of its campaign: it has begun or is still to come. One that was taken back before it
    /// began is not.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.started_at.is_some() || !self.state.is_final()
    }

    /// Its time in the form of an intent. A send job is due at the instant at which it was asked for.
    #[must_use]
    pub fn schedule(&self) -> Intent {
        let mode = match ScheduleKind::of(self.channel) {
            ScheduleKind::DirectMailBatch => Mode::BatchOnDate,
            ScheduleKind::DigitalSend if self.immediate => Mode::Now,
            ScheduleKind::DigitalSend => Mode::At,
        };
        Intent {
            mode,
            send_at_text: self.send_at.clone(),
            send_at: (mode != Mode::BatchOnDate).then_some(self.resolution.instant),
            batch_date: self.batch_date.clone(),
            timezone: self.timezone.clone(),
            timezone_source: self.timezone_source,
            resolution: Some(self.resolution.clone()),
        }
    }
}

pub(crate) fn read_job(row: &mut Row) -> Result<ScheduleJob, StoreError> {
    Ok(ScheduleJob {
        id: row.id()?,
        campaign: row.id()?,
        version: row.id()?,
        manifest: row.id()?,
        touchpoint: row.next()?,
        channel: row.word(ChannelKind::parse)?,
        state: row.word(JobState::parse)?,
        immediate: row.next()?,
        due_at: row.next()?,
        send_at: row.next()?,
        batch_date: row.next()?,
        timezone: row.next()?,
        timezone_source: row.word(TimezoneSource::parse)?,
        resolution: Resolution {
            instant: row.next()?,
            local_time: row.next()?,
            offset_seconds: i32::try_from(row.next::<i64>()?).unwrap_or_default(),
            rule: row.word(ResolutionRule::parse)?,
            tzdb_version: row.next()?,
        },
        template_version: row.id()?,
        sender: row.optional_id()?,
        subject: row.next()?,
        policy: Policy {
            latest_start: row.next()?,
            on_missed: row.word(OnMissed::parse)?,
            latest_finish: row.next()?,
            on_uncertain: row.word(OnUncertain::parse)?,
            rate_per_minute: row.next::<Option<i64>>()?.and_then(|rate| u32::try_from(rate).ok()),
        },
        blocked_reason: row.next()?,
        created_at: row.next()?,
        started_at: row.next()?,
        finished_at: row.next()?,
        is_test: row.next()?,
        parent: row.optional_id()?,
    })
}

impl Tx<'_> {
    /// Adds a scheduled job with its audiences; its `state`, `blocked_reason` and later instants are not looked at.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedule_insert(
        &mut self,
        tenant: TenantId,
        job: &ScheduleJob,
        audiences: &[JobAudience],
    ) -> Result<(), StoreError> {
        let values = [
            id(job.id),
            id(tenant),
            id(job.campaign),
            id(job.version),
            id(job.manifest),
            job.touchpoint.into(),
            job.channel.as_str().into(),
            job.immediate.into(),
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
            id(job.template_version),
            job.sender.map_or(Value::Null, id),
            job.subject.as_ref().into(),
            job.policy.latest_start.into(),
            job.policy.on_missed.as_str().into(),
            job.policy.latest_finish.into(),
            job.policy.on_uncertain.as_str().into(),
            job.policy.rate_per_minute.map(i64::from).into(),
            job.created_at.into(),
            job.is_test.into(),
            job.parent.map_or(Value::Null, id),
        ];
        self.execute(&INSERT, &values)?;
        self.schedule_audiences_insert(job.id, audiences)
    }

    /// One job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedule_get(&mut self, tenant: TenantId, job: ScheduleId) -> Result<Option<ScheduleJob>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(job)], read_job)
    }

    /// The jobs of a campaign but its test sends, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedules_of(&mut self, tenant: TenantId, campaign: CampaignId) -> Result<Vec<ScheduleJob>, StoreError> {
        self.query_as(&LIST, &[id(tenant), id(campaign), false.into(), LISTED_MAX.into()], read_job)
    }

    /// The jobs of several campaigns that count as their executions ([`ScheduleJob::counts`]), newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedules_counting(
        &mut self,
        tenant: TenantId,
        campaigns: &[CampaignId],
    ) -> Result<Vec<ScheduleJob>, StoreError> {
        if campaigns.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<String> = (3..campaigns.len() + 3).map(|place| format!("${place}")).collect();
        let sql = COUNTING.sqlite.replace("campaign_id = $3", &format!("campaign_id IN ({})", places.join(", ")));
        let mut values = vec![id(tenant), false.into()];
        values.extend(campaigns.iter().map(|campaign| id(*campaign)));
        self.query_text(&sql, &values)?.iter_mut().map(read_job).collect()
    }

    /// Takes a job back, if it still is in `from`; answers whether it was. `finished_at` stays empty while
    /// recipients are still to be accounted for; with it the job must not have begun.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedule_cancel(
        &mut self,
        tenant: TenantId,
        job: ScheduleId,
        from: JobState,
        finished_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let values = [finished_at.into(), id(tenant), id(job), from.as_str().into()];
        Ok(self.execute(&CANCEL, &values)? == 1)
    }

    /// The next number in the tenant's sequence of executions.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn next_touchpoint(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&NEXT_TOUCHPOINT, &[id(tenant)])
    }

    /// The last number given.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn last_touchpoint(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&LAST_TOUCHPOINT, &[id(tenant)])
    }
}
