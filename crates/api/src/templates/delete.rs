//! `DELETE /templates/{id}`

use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::id::TemplateId;
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A body that says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct DeletedTemplateDto {
    id: Uuid,
    deleted: bool,
}

/// Deletes a template that no draft campaign is bound to and no job under way sends. Archive it to keep it to look at.
#[utoipa::path(delete, path = "/public/v1/templates/{id}", operation_id = "deleteTemplate",
    tag = "Templates", summary = "Delete a template",
    params(("id" = uuid::Uuid, Path, description = "Template id"), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, description = "What was deleted", body = DeletedTemplateDto)))]
pub async fn delete(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id = path_id(&id);
    let deleted = |id: &TemplateId| DeletedTemplateDto { id: (*id).into(), deleted: true };
    let (Nothing {}, reply) = once.reply(renderer(StatusCode::OK, deleted));
    Ok(Written(service.delete_template(&actor, id, reply).await?))
}
