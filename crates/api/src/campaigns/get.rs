//! `GET /campaigns/{id}`

use super::view::CampaignDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// One campaign.
#[utoipa::path(get, path = "/public/v1/campaigns/{id}", operation_id = "getCampaign",
    tag = "Campaigns", summary = "Get a campaign",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    responses((status = 200, description = "The campaign", body = CampaignDto)))]
pub async fn get(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let found = service.get_campaign(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&CampaignDto::of(&found)))
}
