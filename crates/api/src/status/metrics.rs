//! `GET /campaigns/{id}/metrics`.

use super::CountsDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::id::CampaignId;
use postrider_service::status::Metrics;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How a campaign went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsDto {
    campaign_id: Uuid,
    counts: CountsDto,
    by_reason: Vec<ReasonDto>,
    by_minute: Vec<MinuteDto>,
    first_hand_off_at: Option<String>,
    last_hand_off_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ReasonDto {
    /// `pending`, `in_flight`, `sent`, `failed`, `suppressed`, `skipped`, `expired`, `canceled` or `uncertain`.
    state: &'static str,
    reason: String,
    count: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MinuteDto {
    minute: String,
    handed_off: i64,
    failed: i64,
}

impl MetricsDto {
    fn new(campaign: CampaignId, metrics: &Metrics) -> Self {
        let by_reason = metrics.by_reason.iter().map(|reason| ReasonDto {
            state: reason.state.as_str(),
            reason: reason.reason.clone(),
            count: reason.count,
        });
        let by_minute = metrics.by_minute.iter().map(|minute| MinuteDto {
            minute: minute.minute.to_string(),
            handed_off: minute.handed_off,
            failed: minute.failed,
        });
        Self {
            campaign_id: campaign.into(),
            counts: CountsDto::from(&metrics.counts),
            by_reason: by_reason.collect(),
            by_minute: by_minute.collect(),
            first_hand_off_at: metrics.first_hand_off_at.map(|instant| instant.to_string()),
            last_hand_off_at: metrics.last_hand_off_at.map(|instant| instant.to_string()),
        }
    }
}

/// How a campaign went, in numbers.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/metrics", operation_id = "getCampaignMetrics",
    tag = "Status",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = MetricsDto))
)]
pub async fn metrics(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let campaign = path_id(&id);
    let metrics = service.metrics(&actor, campaign).await?;
    Ok(Answer::ok(&MetricsDto::new(campaign, &metrics)))
}
