//! `POST /campaigns/{id}/clone`

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

/// How the copy is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneCampaignBody {
    /// 1 to 255 characters on one line; the original's name with ` (copy)` if absent.
    name: Option<String>,
}

/// Makes a draft with the audience and content of another campaign.
#[utoipa::path(post, path = "/public/v1/campaigns/{id}/clone", operation_id = "cloneCampaign", tag = "Campaigns",
    summary = "Clone a campaign",
    params(("id" = uuid::Uuid, Path, description = "Campaign id"),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = CloneCampaignBody,
    responses((status = 201, description = "The copy", body = CampaignDto)))]
pub async fn clone(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<CloneCampaignBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, CampaignDto::of));
    let answered = service.clone_campaign(&actor, path_id(&id), body.name, reply).await?;
    Ok(Written(answered))
}
