//! `GET /audiences/{id}/members`

use crate::deliveries::Form;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, path_id};
use crate::profiles::{ProfileDto, export_group};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use postrider_core::error::Refusal;
use postrider_core::id::ProfileId;
use postrider_service::profiles::Group;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of those who belong to an audience now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudienceMembersDto {
    /// At most 200, in the order of their ids; a page can be empty and still have a next one.
    items: Vec<ProfileDto>,
    /// Give it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// Who belongs to an audience now
///
/// As pages, or whole as `text/csv` or `application/x-ndjson` (`Accept`): files with every field that the import reads
/// back. They need the scope `cdp:profiles:read` too.
#[utoipa::path(get, path = "/public/v1/audiences/{id}/members", operation_id = "listAudienceMembers", tag = "Audiences",
    params(("id" = uuid::Uuid, Path), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "One page, or everybody as a file", content(
        (AudienceMembersDto = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn get_members(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, ApiError> {
    let wrong = |text: &str| Refusal::invalid("cursor", Some(text), "is not a nextCursor of this listing");
    let cursor = query.text("cursor");
    let after = cursor.map(|text| text.parse::<ProfileId>().map_err(|_| wrong(&text))).transpose()?;
    query.end()?;
    let group = Group::Audience(path_id(&id));
    if let Some(form) = Form::accepted(&headers) {
        return export_group(service, actor, group, form).await;
    }
    let after = after.unwrap_or_else(|| ProfileId::from(Uuid::nil()));
    let page = service.group_page(&actor, group, service.now(), after).await?;
    let next_cursor = page.next.map(|next| next.to_string());
    let items = page.people.into_iter().map(ProfileDto::from).collect();
    Ok(Answer::ok(&AudienceMembersDto { items, next_cursor }).into_response())
}
