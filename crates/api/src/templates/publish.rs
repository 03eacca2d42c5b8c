//! `POST /templates/{id}/publish` and `/archive`

use super::view::TemplateDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::templates::TemplateView;
use postrider_service::{Actor, Service};
use serde::Deserialize;

/// No fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Freezes the content as the newest version.
#[utoipa::path(post, path = "/public/v1/templates/{id}/publish", operation_id = "publishTemplate",
    tag = "Templates", summary = "Publish a template",
    description = "Campaigns bound to the template send its newest version at the time they are committed.",
    params(
        ("id" = uuid::Uuid, Path, description = "Template id"),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, description = "The template", body = TemplateDto)))]
pub async fn publish(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id = path_id(&id);
    let (_, reply) = once.reply(renderer(StatusCode::OK, |view: &TemplateView| TemplateDto::from(view)));
    Ok(Written(service.publish_template(&actor, id, reply).await?))
}

/// Puts a template away.
#[utoipa::path(post, path = "/public/v1/templates/{id}/archive", operation_id = "archiveTemplate",
    tag = "Templates", summary = "Archive a template",
    params(
        ("id" = uuid::Uuid, Path, description = "Template id"),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, description = "The template", body = TemplateDto)))]
pub async fn archive(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id = path_id(&id);
    let (_, reply) = once.reply(renderer(StatusCode::OK, |view: &TemplateView| TemplateDto::from(view)));
    Ok(Written(service.archive_template(&actor, id, reply).await?))
}
