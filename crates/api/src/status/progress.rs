//! `GET /campaigns/{id}/status`.

use super::CountsDto;
use crate::campaigns::ScheduleDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use crate::schedule_jobs::PolicyDto;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::status::{Execution, Status};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How a campaign stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusDto {
    campaign_id: Uuid,
    /// `draft`, `published` or `archived`.
    authoring_status: &'static str,
    /// `not_scheduled`, `scheduled`, `running`, `paused`, `held`, `completed`, `completed_with_failures`, `failed` or
    /// `canceled`.
    execution_status: &'static str,
    schedule: Option<ScheduleDto>,
    execution: Option<ExecutionDto>,
}

/// The newest execution of a campaign.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ExecutionDto {
    schedule_id: Uuid,
    manifest_id: Uuid,
    version_id: Uuid,
    policy: PolicyDto,
    scheduled_for: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    start_lateness_ms: Option<i64>,
    counts: CountsDto,
    progress: f64,
    rate_per_second: Option<f64>,
    predicted_finish_at: Option<String>,
    blocked_reason: Option<String>,
}

impl From<&Execution> for ExecutionDto {
    fn from(execution: &Execution) -> Self {
        let job = &execution.job;
        Self {
            schedule_id: job.id.into(),
            manifest_id: job.manifest.into(),
            version_id: job.version.into(),
            policy: PolicyDto::from(&job.policy),
            scheduled_for: job.due_at.to_string(),
            started_at: job.started_at.map(|instant| instant.to_string()),
            finished_at: job.finished_at.map(|instant| instant.to_string()),
            start_lateness_ms: execution.start_lateness_ms,
            counts: CountsDto::from(&execution.counts),
            progress: execution.progress,
            rate_per_second: execution.rate_per_second,
            predicted_finish_at: execution.predicted_finish_at.map(|instant| instant.to_string()),
            blocked_reason: job.blocked_reason.clone(),
        }
    }
}

impl From<&Status> for StatusDto {
    fn from(status: &Status) -> Self {
        let campaign = &status.campaign;
        Self {
            campaign_id: campaign.id.into(),
            authoring_status: campaign.authoring_status.as_str(),
            execution_status: campaign.execution_status.as_str(),
            schedule: status.schedule.as_ref().map(ScheduleDto::of),
            execution: status.execution.as_ref().map(ExecutionDto::from),
        }
    }
}

/// How a campaign stands right now.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/status", operation_id = "getCampaignStatus",
    tag = "Status",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = StatusDto))
)]
pub async fn status(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let status = service.status(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&StatusDto::from(&status)))
}
