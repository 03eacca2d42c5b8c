//! `PUT /campaigns/{id}/schedule`

use super::body::ScheduleBody;
use super::view::CampaignDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// Set the schedule intent of a draft.
#[utoipa::path(put, path = "/public/v1/campaigns/{id}/schedule", operation_id = "setCampaignSchedule",
    tag = "Campaigns",
    summary = "Set the schedule intent of a draft",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    request_body = ScheduleBody,
    responses((status = 200, description = "The campaign", body = CampaignDto)))]
pub async fn put(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(body): Json<ScheduleBody>,
) -> Result<Answer, ApiError> {
    let changed = service.put_campaign_schedule(&actor, path_id(&id), body.into_command()?).await?;
    Ok(Answer::ok(&CampaignDto::of(&changed)))
}
