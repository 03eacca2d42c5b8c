//! `GET /suppressions`

use super::SuppressionDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, cursor};
use axum::Extension;
use axum::extract::State;
use postrider_core::channel::ChannelKind;
use postrider_service::suppressions::ListSuppressions;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of entries, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuppressionsDto {
    items: Vec<SuppressionDto>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Entries, newest first.
#[utoipa::path(get, path = "/public/v1/suppressions", operation_id = "listSuppressions", tag = "Suppressions",
    params(("channel" = Option<String>, Query),
        ("address" = Option<String>, Query, description = "An address in any spelling; with it goes `channel`"), ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SuppressionsDto)))]
pub async fn get_suppressions(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let list = ListSuppressions {
        channel: query.word("channel", ChannelKind::read)?,
        address: query.text("address"),
        limit: query.limit()?,
        after: query.cursor()?,
    };
    query.end()?;
    let page = service.suppressions(&actor, list).await?;
    let items = page.items.iter().map(SuppressionDto::from).collect();
    Ok(Answer::ok(&SuppressionsDto { items, next_cursor: page.next.map(cursor) }))
}
