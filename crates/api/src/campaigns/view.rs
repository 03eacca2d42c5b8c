//! The campaign object, which get, create and every edit answer, and its schedule.

use postrider_core::campaign::AudienceSide;
use postrider_core::schedule::{Intent, ScheduleKind};
use postrider_core::time::Resolution;
use postrider_service::campaigns::{BoundAudience, Campaign, CampaignView};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A campaign.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignDto {
    id: Uuid,
    /// `broadcast`.
    campaign_type: &'static str,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    name: String,
    description: Option<String>,
    category: String,
    tags: Vec<String>,
    external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// `draft`, `published` or `archived`.
    authoring_status: &'static str,
    /// `not_scheduled`, `scheduled`, `running`, `paused`, `held`, `completed`, `completed_with_failures`, `failed` or
    /// `canceled`.
    execution_status: &'static str,
    current_version_id: Option<Uuid>,
    audience: AudienceDto,
    content: Option<ContentDto>,
    schedule: Option<ScheduleDto>,
    created_at: String,
    updated_at: String,
    archived_at: Option<String>,
    links: LinksDto,
}

/// The audiences of a campaign.
#[derive(Serialize, ToSchema)]
struct AudienceDto {
    include: Vec<AudienceRefDto>,
    exclude: Vec<AudienceRefDto>,
}

/// One audience of a campaign.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AudienceRefDto {
    audience_id: Uuid,
    /// `audience` or `segment`.
    r#type: &'static str,
    /// Null if the audience does not exist any more.
    name: Option<String>,
}

/// The content of a campaign.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ContentDto {
    template_id: Uuid,
    template_name: Option<String>,
    sender_profile_id: Option<Uuid>,
    subject_line: Option<String>,
}

/// When a campaign goes: the time of its job, else the saved intent. `kind` tells which model applies.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ScheduleDto {
    /// Email, sms and push.
    Digital(DigitalScheduleDto),
    /// Direct mail.
    DirectMail(DirectMailScheduleDto),
}

/// A time of day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DigitalScheduleDto {
    /// `digital_send`.
    kind: &'static str,
    /// `now` or `at`.
    mode: &'static str,
    /// Null when mode is `now` and no job is committed.
    send_at: Option<String>,
    timezone: String,
    scheduled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<ResolutionDto>,
}

/// A date.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectMailScheduleDto {
    /// `direct_mail_batch`.
    kind: &'static str,
    /// `batch_on_date`.
    mode: &'static str,
    /// `YYYY-MM-DD`.
    batch_date: Option<String>,
    timezone: String,
    /// `request`, `tenant_default` or `utc_fallback`.
    timezone_source: &'static str,
    scheduled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<ResolutionDto>,
}

/// What a written time was found to mean.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolutionDto {
    instant: String,
    /// What a clock in the zone shows then.
    local_time: String,
    /// The zone's offset then: `-04:00`, or `Z`.
    offset: String,
    /// `exact`, `gap_shifted` or `fold_first`.
    rule: &'static str,
    /// Which zone data were used.
    tzdb_version: String,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
struct LinksDto {
    #[serde(rename = "self")]
    own: String,
    summary: String,
    status: String,
    metrics: String,
}

impl CampaignDto {
    /// The campaign object.
    pub fn of(view: &CampaignView) -> Self {
        let campaign = view.campaign.clone();
        let own = format!("/public/v1/campaigns/{}", campaign.id);
        Self {
            id: campaign.id.into(),
            campaign_type: campaign.campaign_type.as_str(),
            channel: campaign.channel.as_str(),
            authoring_status: campaign.authoring_status.as_str(),
            execution_status: campaign.execution_status.as_str(),
            current_version_id: campaign.current_version_id.map(Uuid::from),
            audience: AudienceDto {
                include: view.side(AudienceSide::Include).map(audience).collect(),
                exclude: view.side(AudienceSide::Exclude).map(audience).collect(),
            },
            content: content(&campaign),
            schedule: view.schedule.as_ref().map(ScheduleDto::of),
            metadata: campaign.metadata.and_then(|text| serde_json::from_str(&text).ok()),
            name: campaign.name,
            description: campaign.description,
            category: campaign.category,
            tags: campaign.tags,
            external_id: campaign.external_id,
            created_at: campaign.created_at.to_string(),
            updated_at: campaign.updated_at.to_string(),
            archived_at: campaign.archived_at.map(|at| at.to_string()),
            links: LinksDto {
                summary: format!("{own}/summary"),
                status: format!("{own}/status"),
                metrics: format!("{own}/metrics"),
                own,
            },
        }
    }
}

fn audience(bound: &BoundAudience) -> AudienceRefDto {
    AudienceRefDto {
        audience_id: bound.binding.audience_id,
        r#type: bound.binding.audience_type.as_str(),
        name: bound.name.clone(),
    }
}

fn content(campaign: &Campaign) -> Option<ContentDto> {
    Some(ContentDto {
        template_id: campaign.template_id?.into(),
        template_name: campaign.template_name.clone(),
        sender_profile_id: campaign.sender_profile_id.map(Uuid::from),
        subject_line: campaign.subject_line.clone(),
    })
}

impl ScheduleDto {
    /// The schedule object of a stored intent or of a job.
    pub fn of(intent: &Intent) -> Self {
        let (mode, timezone) = (intent.mode.as_str(), intent.timezone.clone());
        let resolution = intent.resolution.as_ref().map(ResolutionDto::of);
        match intent.batch_date.clone() {
            None => Self::Digital(DigitalScheduleDto {
                kind: ScheduleKind::DigitalSend.as_str(),
                mode,
                send_at: intent.send_at.map(|at| at.to_string()),
                timezone,
                scheduled: true,
                resolution,
            }),
            batch_date => Self::DirectMail(DirectMailScheduleDto {
                kind: ScheduleKind::DirectMailBatch.as_str(),
                mode,
                batch_date,
                timezone,
                timezone_source: intent.timezone_source.as_str(),
                scheduled: true,
                resolution,
            }),
        }
    }
}

impl ResolutionDto {
    /// The resolution as clients see it.
    pub fn of(resolution: &Resolution) -> Self {
        Self {
            instant: resolution.instant.to_string(),
            local_time: resolution.local_time.clone(),
            offset: resolution.offset_text(),
            rule: resolution.rule.as_str(),
            tzdb_version: resolution.tzdb_version.clone(),
        }
    }
}
