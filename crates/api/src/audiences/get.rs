//! `GET /audiences` and `GET /audiences/{id}`

use super::{AudienceRuleDto, CheckedAudienceDto};
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, path_id};
use crate::lists::page;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of audiences, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudiencesDto {
    items: Vec<AudienceRuleDto>,
    page: i64,
    page_size: i64,
    total: i64,
}

/// Audiences by rule, newest first.
#[utoipa::path(get, path = "/public/v1/audiences", operation_id = "listAudiences", tag = "Audiences",
    params(("page" = Option<i64>, Query), ("pageSize" = Option<i64>, Query)),
    responses((status = 200, body = AudiencesDto)))]
pub async fn get_audiences(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    query: Query,
) -> Result<Answer, ApiError> {
    let audiences = service.audiences(&actor, page(query)?).await?;
    Ok(Answer::ok(&AudiencesDto {
        items: audiences.items.iter().map(AudienceRuleDto::from).collect(),
        page: audiences.page.number,
        page_size: audiences.page.size,
        total: audiences.total,
    }))
}

/// One audience by rule.
#[utoipa::path(get, path = "/public/v1/audiences/{id}", operation_id = "getAudience",
    tag = "Audiences", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CheckedAudienceDto)))]
pub async fn get_audience(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let audience = service.audience(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&CheckedAudienceDto::from(&audience)))
}
