//! `POST /campaigns/{id}/pause` and `POST /campaigns/{id}/resume`.

use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use crate::status::StatusDto;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::schedule::UncertainDecision;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// Nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {}

/// How a job goes on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResumeBody {
    /// `retry` or `assume_sent`. What becomes of the recipients that are uncertain now; they stay so if absent.
    pub uncertain: Option<String>,
}

/// Brings the campaign's job to a stand: nothing leaves any more but messages that were on their way when the pause
/// was taken down. A job that has not begun does not begin; a paused one stays paused.
#[utoipa::path(
    post,
    path = "/public/v1/campaigns/{id}/pause", operation_id = "pauseCampaign",
    tag = "Schedule & Send",
    summary = "Pause the campaign's job",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = PauseBody,
    responses((status = 200, body = StatusDto))
)]
pub async fn pause(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<PauseBody>,
) -> Result<Written, ApiError> {
    let (PauseBody {}, reply) = once.reply(renderer(StatusCode::OK, |status| StatusDto::from(status)));
    Ok(Written(service.pause(&actor, path_id(&id), reply).await?))
}

/// Lets the campaign's paused or held job go on. A job paused before it began waits for its time again, or meets its
/// policy if that has passed; one that was held because it was missed begins at once. With `uncertain` a finished job
/// goes on too, if it left recipients uncertain.
#[utoipa::path(
    post,
    path = "/public/v1/campaigns/{id}/resume", operation_id = "resumeCampaign",
    tag = "Schedule & Send",
    summary = "Let the campaign's paused or held job go on",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = ResumeBody,
    responses((status = 200, body = StatusDto))
)]
pub async fn resume(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<ResumeBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, |status| StatusDto::from(status)));
    let decision = |word: &String| UncertainDecision::read("uncertain", word);
    let uncertain = body.uncertain.as_ref().map(decision).transpose()?;
    let campaign = path_id(&id);
    Ok(Written(service.resume(&actor, campaign, uncertain, reply).await?))
}
