//! `DELETE /lists/{id}`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::id::ListId;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct ListDeletedDto {
    id: String,
    deleted: bool,
}

/// Takes a list out of sight; its profiles stay.
#[utoipa::path(delete, path = "/public/v1/lists/{id}", operation_id = "deleteList",
    tag = "Lists", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ListDeletedDto)))]
pub async fn delete_list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let list: ListId = path_id(&id);
    service.delete_list(&actor, list).await?;
    Ok(Answer::ok(&ListDeletedDto { id: list.to_string(), deleted: true }))
}
