//! `DELETE /campaigns/{id}`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A deleted campaign.
#[derive(Serialize, ToSchema)]
pub struct DeletedCampaignDto {
    id: Uuid,
    deleted: bool,
}

/// Deletes a campaign that has no job under way.
#[utoipa::path(delete, path = "/public/v1/campaigns/{id}", operation_id = "deleteCampaign", tag = "Campaigns",
    summary = "Delete a campaign",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    responses((status = 200, description = "It is deleted", body = DeletedCampaignDto)))]
pub async fn delete(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let id = path_id(&id);
    service.delete_campaign(&actor, id).await?;
    Ok(Answer::ok(&DeletedCampaignDto { id: id.into(), deleted: true }))
}
