//! `PUT /campaigns/{id}/audience`

use super::body::AudienceBody;
use super::view::CampaignDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// Replace the audiences of a draft.
#[utoipa::path(put, path = "/public/v1/campaigns/{id}/audience", operation_id = "setCampaignAudience",
    tag = "Campaigns",
    summary = "Replace the audiences of a draft",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    request_body = AudienceBody,
    responses((status = 200, description = "The campaign", body = CampaignDto)))]
pub async fn put(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(body): Json<AudienceBody>,
) -> Result<Answer, ApiError> {
    let changed = service.put_campaign_audience(&actor, path_id(&id), &body.into_command()?).await?;
    Ok(Answer::ok(&CampaignDto::of(&changed)))
}
