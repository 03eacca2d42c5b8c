//! `DELETE /audiences/{id}`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::id::AudienceId;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct AudienceDeletedDto {
    id: String,
    deleted: bool,
}

/// Takes an audience out of sight, unless a campaign in flight has it.
#[utoipa::path(delete, path = "/public/v1/audiences/{id}", operation_id = "deleteAudience",
    tag = "Audiences", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = AudienceDeletedDto)))]
pub async fn delete_audience(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let audience: AudienceId = path_id(&id);
    service.delete_audience(&actor, audience).await?;
    Ok(Answer::ok(&AudienceDeletedDto { id: audience.to_string(), deleted: true }))
}
