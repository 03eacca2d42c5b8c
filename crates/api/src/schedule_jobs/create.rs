//! `POST /campaigns/{id}/schedule-jobs` and `POST /campaigns/{id}/send-jobs`.

use super::body::{ScheduleJobBody, SendJobBody, policy};
use super::view::{JobCreated, job_created};
use crate::envelope::{Written, renderer_with};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::schedule::JobCommand;
use postrider_service::schedules::{CommitCommand, JobAnswer};
use postrider_service::{Actor, Service};

/// Commits a draft campaign to a future execution.
#[utoipa::path(
    post,
    path = "/public/v1/campaigns/{id}/schedule-jobs", operation_id = "createScheduleJob",
    tag = "Schedule & Send",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = ScheduleJobBody,
    responses((status = 201, body = JobCreated), (status = 200, body = JobCreated, description = "Dry run"))
)]
pub async fn schedule(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<ScheduleJobBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer_with(status, job_created));
    let command = CommitCommand {
        campaign: path_id(&id),
        job: JobCommand::Schedule(body.command()?),
        dry_run: body.dry_run.unwrap_or(false),
        expect_plan: body.expect_plan,
    };
    Ok(Written(service.commit(&actor, command, reply).await?))
}

/// Commits a draft campaign to immediate execution; not for direct mail.
#[utoipa::path(
    post,
    path = "/public/v1/campaigns/{id}/send-jobs", operation_id = "createSendJob",
    tag = "Schedule & Send",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = SendJobBody,
    responses((status = 201, body = JobCreated), (status = 200, body = JobCreated, description = "Dry run"))
)]
pub async fn send(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<SendJobBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer_with(status, job_created));
    let command = CommitCommand {
        campaign: path_id(&id),
        job: JobCommand::Send(policy(body.policy.as_ref())?),
        dry_run: body.dry_run.unwrap_or(false),
        expect_plan: body.expect_plan,
    };
    Ok(Written(service.commit(&actor, command, reply).await?))
}

const fn status(answer: &JobAnswer) -> StatusCode {
    match answer {
        JobAnswer::Rehearsed(_) => StatusCode::OK,
        JobAnswer::Committed(_) => StatusCode::CREATED,
    }
}
