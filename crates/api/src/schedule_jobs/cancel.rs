//! `DELETE /campaigns/{id}/schedule-jobs/{scheduleId}`.

use super::view::CanceledDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::{Actor, Service};
use serde::Deserialize;

/// A body that says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Takes a job back: before its start the campaign is a draft again, while it runs the rest is stopped.
#[utoipa::path(
    delete,
    path = "/public/v1/campaigns/{id}/schedule-jobs/{scheduleId}", operation_id = "cancelScheduleJob",
    tag = "Schedule & Send",
    params(("id" = uuid::Uuid, Path), ("scheduleId" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, body = CanceledDto))
)]
pub async fn cancel(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, job)): Path<(String, String)>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let (Nothing {}, reply) = once.reply(renderer(StatusCode::OK, |canceled| CanceledDto::from(canceled)));
    let campaign = path_id(&id);
    let job = path_id(&job);
    Ok(Written(service.cancel(&actor, campaign, job, reply).await?))
}
