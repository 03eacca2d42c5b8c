//! `PUT /campaigns/{id}/content`

use super::body::ContentBody;
use super::view::CampaignDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// Set the content of a draft.
#[utoipa::path(put, path = "/public/v1/campaigns/{id}/content", operation_id = "setCampaignContent",
    tag = "Campaigns",
    summary = "Set the content of a draft",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    request_body = ContentBody,
    responses((status = 200, description = "The campaign", body = CampaignDto)))]
pub async fn put(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(body): Json<ContentBody>,
) -> Result<Answer, ApiError> {
    let changed = service.put_campaign_content(&actor, path_id(&id), &body.into_command()).await?;
    Ok(Answer::ok(&CampaignDto::of(&changed)))
}
