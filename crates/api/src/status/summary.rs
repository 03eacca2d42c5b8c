//! `GET /campaigns/{id}/summary`.

use super::CountsDto;
use crate::campaigns::ScheduleDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::campaign::AudienceSide;
use postrider_core::preflight::{Issue, STEP_AUDIENCE, STEP_CHANNEL, STEP_CONTENT, STEP_SCHEDULE, Severity};
use postrider_service::campaigns::BoundAudience;
use postrider_service::status::{ReachState, Summary, SummaryExecution, SummaryReach, SummaryTemplate};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A campaign on one page, without contact data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryDto {
    campaign_id: Uuid,
    name: String,
    /// `broadcast`.
    campaign_type: &'static str,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    /// `draft`, `published` or `archived`.
    authoring_status: &'static str,
    created_at: String,
    updated_at: String,
    schedule: Option<ScheduleDto>,
    /// When the newest execution begins or was to begin; null without one.
    scheduled_for: Option<String>,
    audience: SummaryAudienceDto,
    content: SummaryContentDto,
    preflight: SummaryPreflightDto,
    latest_execution: Option<SummaryExecutionDto>,
    links: SummaryLinksDto,
}

/// The audiences and whom they reach.
#[derive(Serialize, ToSchema)]
struct SummaryAudienceDto {
    included: Vec<SummaryAudienceRefDto>,
    excluded: Vec<SummaryAudienceRefDto>,
    reach: ReachDto,
}

/// One audience.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SummaryAudienceRefDto {
    id: Uuid,
    /// Null if it does not exist any more.
    name: Option<String>,
    /// `audience` or `segment`.
    r#type: &'static str,
    /// Null if it does not exist any more, or for a rule before it was counted.
    member_count: Option<i64>,
}

/// How many people the audiences reach, as counted last: `idle` while none is bound. They are counted in the background when
/// audiences are bound, and again when a summary of a draft finds the count stale. A dry run counts at once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReachDto {
    /// `idle`, `pending`, `ok` or `failed`.
    status: &'static str,
    /// Distinct people in included audiences and in no excluded one; null before the first count.
    evaluated_count: Option<i64>,
    evaluated_at: Option<String>,
    /// Whether the count is older than a day, or audiences, rules or members of lists have changed since.
    is_stale: bool,
}

/// What the campaign says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SummaryContentDto {
    template: Option<SummaryTemplateDto>,
    /// `not_started`.
    proof_status: &'static str,
}

/// The bound template.
#[derive(Serialize, ToSchema)]
struct SummaryTemplateDto {
    id: Uuid,
    name: String,
    /// `draft`, `published` or `archived`.
    status: &'static str,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
}

/// What a preflight finds now. It only looks at drafts.
#[derive(Serialize, ToSchema)]
struct SummaryPreflightDto {
    /// `blocked`, `warning`, `passed` or `not_applicable`. The gravest status of the checks of a draft.
    status: &'static str,
    /// One for each step of a draft, in their order.
    checks: Vec<CheckDto>,
}

/// One step of the campaign.
#[derive(Serialize, ToSchema)]
struct CheckDto {
    /// `audience`, `content`, `schedule` or `channel`.
    name: &'static str,
    /// `blocked`, `warning` or `passed`.
    status: &'static str,
    /// Codes of its issues.
    codes: Vec<&'static str>,
}

/// The newest execution.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SummaryExecutionDto {
    /// `scheduled`, `running`, `paused`, `held`, `completed`, `completed_with_failures`, `failed` or `canceled`.
    status: &'static str,
    /// When it began; null before.
    last_execution_at: Option<String>,
    counts: CountsDto,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
struct SummaryLinksDto {
    #[serde(rename = "self")]
    own: String,
}

impl SummaryDto {
    fn of(summary: &Summary) -> Self {
        let campaign = &summary.view.campaign;
        Self {
            campaign_id: campaign.id.into(),
            name: campaign.name.clone(),
            campaign_type: campaign.campaign_type.as_str(),
            channel: campaign.channel.as_str(),
            authoring_status: campaign.authoring_status.as_str(),
            created_at: campaign.created_at.to_string(),
            updated_at: campaign.updated_at.to_string(),
            scheduled_for: summary.latest.as_ref().map(|latest| latest.scheduled_for.to_string()),
            schedule: summary.view.schedule.as_ref().map(ScheduleDto::of),
            audience: SummaryAudienceDto {
                included: summary.view.side(AudienceSide::Include).map(audience).collect(),
                excluded: summary.view.side(AudienceSide::Exclude).map(audience).collect(),
                reach: reach(&summary.reach),
            },
            content: SummaryContentDto {
                template: summary.template.as_ref().map(template),
                proof_status: "not_started",
            },
            preflight: preflight(summary.issues.as_deref()),
            latest_execution: summary.latest.as_ref().map(execution),
            links: SummaryLinksDto { own: format!("/public/v1/campaigns/{}/summary", campaign.id) },
        }
    }
}

fn reach(reach: &SummaryReach) -> ReachDto {
    ReachDto {
        status: match reach.state {
            ReachState::Idle => "idle",
            ReachState::Asked(status) => status.as_str(),
        },
        evaluated_count: reach.count,
        evaluated_at: reach.evaluated_at.map(|at| at.to_string()),
        is_stale: reach.is_stale,
    }
}

fn audience(bound: &BoundAudience) -> SummaryAudienceRefDto {
    SummaryAudienceRefDto {
        id: bound.binding.audience_id,
        name: bound.name.clone(),
        r#type: bound.binding.audience_type.as_str(),
        member_count: bound.member_count,
    }
}

fn template(template: &SummaryTemplate) -> SummaryTemplateDto {
    SummaryTemplateDto {
        id: template.id.into(),
        name: template.name.clone(),
        status: template.status.as_str(),
        channel: template.channel.as_str(),
    }
}

fn preflight(issues: Option<&[Issue]>) -> SummaryPreflightDto {
    let Some(issues) = issues else { return SummaryPreflightDto { status: "not_applicable", checks: Vec::new() } };
    let check = |name| {
        let own: Vec<&Issue> = issues.iter().filter(|issue| issue.step == Some(name)).collect();
        let status = status(own.iter().map(|issue| issue.severity));
        CheckDto { name, status, codes: own.iter().map(|issue| issue.code).collect() }
    };
    let checks = [STEP_AUDIENCE, STEP_CONTENT, STEP_SCHEDULE, STEP_CHANNEL].map(check);
    SummaryPreflightDto { status: status(issues.iter().map(|issue| issue.severity)), checks: checks.into() }
}

/// The word for the gravest of the severities; an info stops nothing.
fn status(severities: impl Iterator<Item = Severity>) -> &'static str {
    match severities.min() {
        Some(Severity::Blocker) => "blocked",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) | None => "passed",
    }
}

fn execution(latest: &SummaryExecution) -> SummaryExecutionDto {
    SummaryExecutionDto {
        status: latest.state.as_str(),
        last_execution_at: latest.started_at.map(|at| at.to_string()),
        counts: CountsDto::from(&latest.counts),
    }
}

/// A campaign on one page.
#[utoipa::path(get, path = "/public/v1/campaigns/{id}/summary", operation_id = "getCampaignSummary", tag = "Campaigns",
    summary = "Get a campaign on one page",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    responses((status = 200, description = "The summary", body = SummaryDto)))]
pub async fn summary(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let summary = service.summary(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&SummaryDto::of(&summary)))
}
