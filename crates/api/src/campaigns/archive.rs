//! `POST /campaigns/{id}/archive`

use super::view::CampaignDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// Nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveCampaignBody {}

/// Puts a campaign away that has no job under way.
#[utoipa::path(post, path = "/public/v1/campaigns/{id}/archive", operation_id = "archiveCampaign", tag = "Campaigns",
    summary = "Archive a campaign",
    params(("id" = uuid::Uuid, Path, description = "Campaign id"),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, description = "The campaign", body = CampaignDto)))]
pub async fn archive(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<ArchiveCampaignBody>,
) -> Result<Written, ApiError> {
    let (ArchiveCampaignBody {}, reply) = once.reply(renderer(StatusCode::OK, CampaignDto::of));
    let answered = service.archive_campaign(&actor, path_id(&id), reply).await?;
    Ok(Written(answered))
}
