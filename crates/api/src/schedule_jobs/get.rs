//! `GET /campaigns/{id}/schedule-jobs` and one of them.

use super::view::{JobList, JobObject};
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// The jobs of a campaign, newest first.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/schedule-jobs", operation_id = "listScheduleJobs",
    tag = "Schedule & Send",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = JobList))
)]
pub async fn list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let jobs = service.schedule_jobs(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&JobList { items: jobs.iter().map(JobObject::from).collect() }))
}

/// One job of a campaign.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/schedule-jobs/{scheduleId}", operation_id = "getScheduleJob",
    tag = "Schedule & Send",
    params(("id" = uuid::Uuid, Path), ("scheduleId" = uuid::Uuid, Path)),
    responses((status = 200, body = JobObject))
)]
pub async fn one(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, job)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let campaign = path_id(&id);
    let job = service.schedule_job(&actor, campaign, path_id(&job)).await?;
    Ok(Answer::ok(&JobObject::from(&job)))
}
