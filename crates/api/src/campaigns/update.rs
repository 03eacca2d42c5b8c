//! `PATCH /campaigns/{id}`

use super::view::CampaignDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::campaigns::UpdateCampaign;
use postrider_service::{Actor, Service};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Changes of a campaign; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateCampaignBody {
    /// 1 to 255 characters on one line.
    name: Option<String>,
    /// At most 2,000 characters; null clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Unknown becomes `general`.
    category: Option<String>,
    /// At most 25 of 1 to 100 characters on one line; the category is added.
    tags: Option<Vec<String>>,
    /// 1 to 255 characters on one line; null clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
    /// At most 16 KB; null clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Option<Map<String, Value>>>,
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes what a campaign is called and filed under.
#[utoipa::path(patch, path = "/public/v1/campaigns/{id}", operation_id = "updateCampaign", tag = "Campaigns",
    summary = "Change a campaign",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    request_body = UpdateCampaignBody,
    responses((status = 200, description = "The campaign", body = CampaignDto)))]
pub async fn update(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(body): Json<UpdateCampaignBody>,
) -> Result<Answer, ApiError> {
    let changes = UpdateCampaign {
        name: body.name,
        description: body.description,
        category: body.category,
        tags: body.tags,
        external_id: body.external_id,
        metadata: body.metadata.map(|metadata| metadata.map(|object| Value::Object(object).to_string())),
    };
    let changed = service.update_campaign(&actor, path_id(&id), changes).await?;
    Ok(Answer::ok(&CampaignDto::of(&changed)))
}
