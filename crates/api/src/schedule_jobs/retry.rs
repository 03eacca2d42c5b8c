//! `POST /campaigns/{id}/retry-failed`.

use super::view::{JobCreated, job_created};
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// Nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryFailedBody {}

/// Sends to those recipients again that failed in the campaign's newest job for a reason that can pass, such as a quota, a
/// policy or exhausted retries. The job must be over. The new job sends what its parent sent, checks consent and
/// suppression again, and leaves out all recipients that an earlier job reached or may have reached. It also leaves out
/// recipients whose address does not exist.
#[utoipa::path(
    post,
    path = "/public/v1/campaigns/{id}/retry-failed", operation_id = "retryFailed",
    tag = "Schedule & Send",
    summary = "Send to failed recipients again",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = RetryFailedBody,
    responses((status = 201, body = JobCreated))
)]
pub async fn retry_failed(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<RetryFailedBody>,
) -> Result<Written, ApiError> {
    let (RetryFailedBody {}, reply) = once.reply(renderer(StatusCode::CREATED, job_created));
    Ok(Written(service.retry_failed(&actor, path_id(&id), reply).await?))
}
