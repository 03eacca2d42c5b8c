//! `DELETE /suppressions/{id}`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::id::SuppressionId;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// What was lifted.
#[derive(Serialize, ToSchema)]
pub struct SuppressionDeletedDto {
    id: String,
    deleted: bool,
}

/// Lifts an entry, so that the address may be sent to again.
#[utoipa::path(delete, path = "/public/v1/suppressions/{id}", operation_id = "deleteSuppression",
    tag = "Suppressions", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = SuppressionDeletedDto)))]
pub async fn delete_suppression(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let id: SuppressionId = path_id(&id);
    service.delete_suppression(&actor, id).await?;
    Ok(Answer::ok(&SuppressionDeletedDto { id: id.to_string(), deleted: true }))
}
