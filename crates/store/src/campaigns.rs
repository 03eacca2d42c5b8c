//! Campaigns: one row each, with the stored schedule intent.
//!
//! The audiences of a campaign are in [`crate::campaign_audiences`], listings in [`crate::campaign_listing`].
//! Invariant: content and intent change only while the campaign is a draft; the statements see to it themselves.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::campaign::{AuthoringStatus, CampaignType, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, ScheduleId, SenderProfileId, TemplateId, TenantId, VersionId};
use postrider_core::schedule::{Intent, Mode, TimezoneSource};
use postrider_core::time::{Resolution, ResolutionRule, Timestamp};
use uuid::Uuid;

statements! { "campaigns":
    INSERT = "INSERT INTO campaigns (tenant_id, id, campaign_type, channel, name, description, category, tags, \
        external_id, metadata, authoring_status, execution_status, current_version_id, template_id, \
        sender_profile_id, subject_line, schedule_mode, schedule_send_at, schedule_instant, schedule_batch_date, \
        schedule_timezone, schedule_timezone_source, schedule_local_time, schedule_offset_seconds, schedule_rule, \
        schedule_tzdb_version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
        $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28) \
        ON CONFLICT (tenant_id, external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL DO NOTHING";
    GET = "SELECT c.id, c.campaign_type, c.channel, c.name, c.description, c.category, c.tags, c.external_id, \
        c.metadata, c.authoring_status, c.execution_status, c.current_version_id, c.template_id, t.name, \
        c.sender_profile_id, c.subject_line, c.schedule_mode, c.schedule_send_at, c.schedule_instant, \
        c.schedule_batch_date, c.schedule_timezone, c.schedule_timezone_source, c.schedule_local_time, \
        c.schedule_offset_seconds, c.schedule_rule, c.schedule_tzdb_version, c.created_at, c.updated_at, \
        c.archived_at FROM campaigns c LEFT JOIN templates t ON t.id = c.template_id AND t.tenant_id = c.tenant_id \
        WHERE c.tenant_id = $1 AND c.id = $2 AND c.deleted_at IS NULL";
    SET_CONTENT = "UPDATE campaigns SET template_id = $1, sender_profile_id = $2, subject_line = $3, updated_at = $4 \
        WHERE tenant_id = $5 AND id = $6 AND deleted_at IS NULL AND authoring_status = 'draft'";
    SET_INTENT = "UPDATE campaigns SET schedule_mode = $1, schedule_send_at = $2, schedule_instant = $3, \
        schedule_batch_date = $4, schedule_timezone = $5, schedule_timezone_source = $6, schedule_local_time = $7, \
        schedule_offset_seconds = $8, schedule_rule = $9, schedule_tzdb_version = $10, updated_at = $11 \
        WHERE tenant_id = $12 AND id = $13 AND deleted_at IS NULL AND authoring_status = 'draft'";
    TOUCH = "UPDATE campaigns SET updated_at = $1 \
        WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL AND authoring_status = 'draft'";
    PUBLISH = "UPDATE campaigns SET authoring_status = 'published', execution_status = 'scheduled', updated_at = $1 \
        WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL AND authoring_status = 'draft'";
    TO_DRAFT = "UPDATE campaigns SET authoring_status = 'draft', execution_status = 'not_scheduled', \
        current_version_id = $1, updated_at = $2 \
        WHERE tenant_id = $3 AND id = $4 AND deleted_at IS NULL AND authoring_status = 'published'";
    SET_EXECUTION_STATUS = "UPDATE campaigns SET execution_status = $1, updated_at = $2 \
        WHERE tenant_id = $3 AND id = $4 AND deleted_at IS NULL";
    /// A job that tries the failed recipients of this one again is what the campaign shows.
    CORRECT_EXECUTION_STATUS = "UPDATE campaigns SET execution_status = $1, updated_at = $2 \
        WHERE tenant_id = $3 AND id = $4 AND deleted_at IS NULL AND execution_status = $5 AND NOT EXISTS (SELECT 1 FROM schedule_jobs j \
        WHERE j.tenant_id = $3 AND j.parent_schedule_id = $6 AND (j.started_at IS NOT NULL OR j.finished_at IS NULL))";
}

/// A campaign that is not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// What kind of campaign.
    pub campaign_type: CampaignType,
    /// Its channel.
    pub channel: ChannelKind,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// One word of its purpose.
    pub category: String,
    /// Free words, the category among them.
    pub tags: Vec<String>,
    /// The client's own id, unique among live campaigns of the tenant.
    pub external_id: Option<String>,
    /// The client's own data: the text of a JSON object.
    pub metadata: Option<String>,
    /// Where it stands for its authors.
    pub authoring_status: AuthoringStatus,
    /// Where it stands for its recipients.
    pub execution_status: ExecutionStatus,
    /// What a job would send; a version belongs to one job at most.
    pub current_version_id: Option<VersionId>,
    /// The bound template.
    pub template_id: Option<TemplateId>,
    /// Its name; read, never written.
    pub template_name: Option<String>,
    /// The bound sender profile.
    pub sender_profile_id: Option<SenderProfileId>,
    /// The subject line that takes the place of the template's own.
    pub subject_line: Option<String>,
    /// The saved schedule intent.
    pub intent: Option<Intent>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
}

/// What a campaign says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The template.
    pub template_id: TemplateId,
    /// The sender profile; none is the tenant's default for the channel.
    pub sender_profile_id: Option<SenderProfileId>,
    /// The subject line in place of the template's own.
    pub subject_line: Option<String>,
}

impl Tx<'_> {
    /// Adds a campaign; false if its `external_id` belongs to another one that is alive.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_insert(&mut self, tenant: TenantId, campaign: &Campaign) -> Result<bool, StoreError> {
        let mut values: Vec<Value> = vec![
            id(tenant),
            id(campaign.id),
            campaign.campaign_type.as_str().into(),
            campaign.channel.as_str().into(),
            (&campaign.name).into(),
            campaign.description.as_ref().into(),
            (&campaign.category).into(),
            tags_text(&campaign.tags).into(),
            campaign.external_id.as_ref().into(),
            campaign.metadata.as_ref().into(),
            campaign.authoring_status.as_str().into(),
            campaign.execution_status.as_str().into(),
            campaign.current_version_id.map(Uuid::from).into(),
            campaign.template_id.map(Uuid::from).into(),
            campaign.sender_profile_id.map(Uuid::from).into(),
            campaign.subject_line.as_ref().into(),
        ];
        values.extend(intent_values(campaign.intent.as_ref()));
        values.extend([campaign.created_at.into(), campaign.updated_at.into()]);
        Ok(self.execute(&INSERT, &values)? == 1)
    }

    /// The campaign, unless it is deleted.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_get(&mut self, tenant: TenantId, campaign: CampaignId) -> Result<Option<Campaign>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(campaign)], read_campaign)
    }

    /// Binds the content of a draft; false if the campaign is no draft.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_set_content(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        content: &Content,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [
            id(content.template_id),
            content.sender_profile_id.map(Uuid::from).into(),
            content.subject_line.as_ref().into(),
            now.into(),
            id(tenant),
            id(campaign),
        ];
        Ok(self.execute(&SET_CONTENT, &values)? == 1)
    }

    /// Stores the schedule intent of a draft; false if the campaign is no draft.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_set_intent(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        intent: &Intent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut values = Vec::from(intent_values(Some(intent)));
        values.extend([now.into(), id(tenant), id(campaign)]);
        Ok(self.execute(&SET_INTENT, &values)? == 1)
    }

    /// Says that something beside the row of a draft has changed; false if the campaign is no draft.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_touch(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&TOUCH, &[now.into(), id(tenant), id(campaign)])? == 1)
    }

    /// Commits a draft to a job: published and scheduled. False if it is no draft any more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_publish(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&PUBLISH, &[now.into(), id(tenant), id(campaign)])? == 1)
    }

    /// Makes a published campaign a draft again, with a new version, since the old one belonged to its job.
    /// The intent stays. False if it was not published.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_to_draft(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        version: VersionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&TO_DRAFT, &[id(version), now.into(), id(tenant), id(campaign)])? == 1)
    }

    /// Shows where the job of a campaign stands; false if the campaign is gone.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_set_execution_status(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        status: ExecutionStatus,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&SET_EXECUTION_STATUS, &[status.as_str().into(), now.into(), id(tenant), id(campaign)])? == 1)
    }

    /// As [`Tx::campaign_set_execution_status`], for several campaigns.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaigns_set_execution_status(
        &mut self,
        statuses: &[(TenantId, CampaignId, ExecutionStatus)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let set = |&(tenant, campaign, status): &(TenantId, CampaignId, ExecutionStatus)| {
            vec![status.as_str().into(), now.into(), id(tenant), id(campaign)]
        };
        let sets: Vec<_> = statuses.iter().map(set).collect();
        self.execute_many(&SET_EXECUTION_STATUS, &sets).map(drop)
    }

    /// Shows the corrected state of a finished job, unless the campaign shows a newer job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_correct_execution_status(
        &mut self,
        (tenant, campaign, job): (TenantId, CampaignId, ScheduleId),
        (from, to): (ExecutionStatus, ExecutionStatus),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [to.as_str().into(), now.into(), id(tenant), id(campaign), from.as_str().into(), id(job)];
        self.execute(&CORRECT_EXECUTION_STATUS, &values).map(drop)
    }
}

/// The `SELECT … FROM` that [`read_campaign`] reads, for listings: the same text as `GET` has.
pub(crate) fn select_from() -> &'static str {
    GET.sqlite.split(" WHERE ").next().unwrap_or(GET.sqlite)
}

pub(crate) fn read_campaign(row: &mut Row) -> Result<Campaign, StoreError> {
    Ok(Campaign {
        id: row.id()?,
        campaign_type: row.word(CampaignType::parse)?,
        channel: row.word(ChannelKind::parse)?,
        name: row.next()?,
        description: row.next()?,
        category: row.next()?,
        tags: row.word(|text| serde_json::from_str(text).ok())?,
        external_id: row.next()?,
        metadata: row.next()?,
        authoring_status: row.word(AuthoringStatus::parse)?,
        execution_status: row.word(ExecutionStatus::parse)?,
        current_version_id: row.optional_id()?,
        template_id: row.optional_id()?,
        template_name: row.next()?,
        sender_profile_id: row.optional_id()?,
        subject_line: row.next()?,
        intent: read_intent(row)?,
        created_at: row.next()?,
        updated_at: row.next()?,
        archived_at: row.next()?,
    })
}

/// A JSON array of strings.
pub(crate) fn tags_text(tags: &[String]) -> String {
    serde_json::to_string(tags).unwrap_or_else(|_| "[]".to_owned())
}

/// The ten `schedule_*` columns in the order of the table.
fn intent_values(intent: Option<&Intent>) -> [Value; 10] {
    let Some(intent) = intent else { return std::array::from_fn(|_| Value::Null) };
    let resolution = intent.resolution.as_ref();
    [
        intent.mode.as_str().into(),
        intent.send_at_text.as_ref().into(),
        resolution.map(|it| it.instant).into(),
        intent.batch_date.as_ref().into(),
        (&intent.timezone).into(),
        intent.timezone_source.as_str().into(),
        resolution.map(|it| &it.local_time).into(),
        resolution.map(|it| i64::from(it.offset_seconds)).into(),
        resolution.map(|it| it.rule.as_str()).into(),
        resolution.map(|it| &it.tzdb_version).into(),
    ]
}

fn read_intent(row: &mut Row) -> Result<Option<Intent>, StoreError> {
    let mode = row.optional_word(Mode::parse)?;
    let send_at_text = row.next()?;
    let instant: Option<Timestamp> = row.next()?;
    let batch_date = row.next()?;
    let timezone: Option<String> = row.next()?;
    let timezone_source = row.optional_word(TimezoneSource::parse)?;
    let local_time: Option<String> = row.next()?;
    let offset_seconds: Option<i64> = row.next()?;
    let rule = row.optional_word(ResolutionRule::parse)?;
    let tzdb_version: Option<String> = row.next()?;
    let (Some(mode), Some(timezone), Some(timezone_source)) = (mode, timezone, timezone_source) else {
        return Ok(None);
    };
    let resolution = match (instant, local_time, offset_seconds, rule, tzdb_version) {
        (Some(instant), Some(local_time), Some(offset), Some(rule), Some(tzdb_version)) => {
            let offset_seconds = i32::try_from(offset).unwrap_or(0);
            Some(Resolution { instant, local_time, offset_seconds, rule, tzdb_version })
        }
        _ => None,
    };
    let send_at = instant.filter(|_| mode == Mode::At);
    Ok(Some(Intent { mode, send_at_text, send_at, batch_date, timezone, timezone_source, resolution }))
}
