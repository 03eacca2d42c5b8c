//! `GET /campaigns/{id}/deliveries/{deliveryId}`.

use super::view::DeliveryDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use crate::schedule_jobs::PolicyDto;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::deliveries::Explanation;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Why one recipient stands where it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationDto {
    #[serde(flatten)]
    delivery: DeliveryDto,
    campaign_id: Uuid,
    schedule_id: Uuid,
    /// When the job was due.
    due_at: String,
    /// One sentence.
    why: String,
    /// The rules that hold for the job.
    policy: PolicyDto,
    /// What did not succeed at first try, with the provider's words.
    attempt_log: Vec<AttemptDto>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttemptDto {
    attempt: i64,
    outcome: String,
    reason: Option<String>,
    provider_text: Option<String>,
    at: String,
}

impl From<&Explanation> for ExplanationDto {
    fn from(explanation: &Explanation) -> Self {
        let job = &explanation.job;
        let attempt_log = explanation.attempts.iter().map(|attempt| AttemptDto {
            attempt: attempt.attempt,
            outcome: attempt.outcome.clone(),
            reason: attempt.reason.clone(),
            provider_text: attempt.provider_text.clone(),
            at: attempt.at.to_string(),
        });
        Self {
            delivery: DeliveryDto::from(&explanation.view),
            campaign_id: job.campaign.into(),
            schedule_id: job.id.into(),
            due_at: job.due_at.to_string(),
            why: explanation.why(),
            policy: PolicyDto::from(&job.policy),
            attempt_log: attempt_log.collect(),
        }
    }
}

/// One recipient with what happened to it and why.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/deliveries/{deliveryId}", operation_id = "getDelivery",
    tag = "Deliveries",
    params(("id" = Uuid, Path), ("deliveryId" = Uuid, Path)),
    responses((status = 200, body = ExplanationDto))
)]
pub async fn explain(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let campaign = path_id(&id);
    let explanation = service.delivery(&actor, campaign, path_id(&delivery)).await?;
    Ok(Answer::ok(&ExplanationDto::from(&explanation)))
}
