//! `PATCH /campaigns/{id}/schedule-jobs/{scheduleId}`.

use super::body::MoveJobBody;
use super::view::MovedJob;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::{Actor, Service};

/// Moves a job that has not begun. What is left out stays; instants of the policy move along with the job.
#[utoipa::path(
    patch,
    path = "/public/v1/campaigns/{id}/schedule-jobs/{scheduleId}", operation_id = "moveScheduleJob",
    tag = "Schedule & Send",
    summary = "Move a job that has not begun",
    params(("id" = uuid::Uuid, Path), ("scheduleId" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = MoveJobBody,
    responses((status = 200, body = MovedJob))
)]
pub async fn move_job(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, job)): Path<(String, String)>,
    once: Once<MoveJobBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, |moved| MovedJob::from(moved)));
    let campaign = path_id(&id);
    let job = path_id(&job);
    Ok(Written(service.move_job(&actor, campaign, job, body.command()?, reply).await?))
}
