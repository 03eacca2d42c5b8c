//! `GET /campaigns`

use super::view::CampaignDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, cursor};
use axum::Extension;
use axum::extract::State;
use postrider_core::campaign::{AuthoringStatus, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_service::campaigns::ListCampaigns;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// One page of campaigns, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignPageDto {
    items: Vec<CampaignDto>,
    /// Give it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// Lists campaigns.
#[utoipa::path(get, path = "/public/v1/campaigns", operation_id = "listCampaigns",
    tag = "Campaigns", summary = "List campaigns, newest first",
    params(
        ("status" = Option<String>, Query, description = "`draft`, `published` or `archived`."),
        ("executionStatus" = Option<String>, Query, description = "`not_scheduled`, `scheduled`, `running`, `paused`, `held`, `completed`, `completed_with_failures`, `canceled` or `failed`."),
        ("channel" = Option<String>, Query, description = "`email`, `sms`, `push` or `direct_mail`."),
        ("category" = Option<String>, Query, description = "Category"),
        ("tag" = Option<String>, Query, description = "A tag, letter for letter"),
        ("search" = Option<String>, Query, description = "A part of the name or of the externalId"),
        ("limit" = Option<i64>, Query, description = "1 to 100, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before")),
    responses((status = 200, description = "One page", body = CampaignPageDto)))]
pub async fn list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let wanted = ListCampaigns {
        status: query.word("status", AuthoringStatus::read)?,
        execution_status: query.word("executionStatus", ExecutionStatus::read)?,
        channel: query.word("channel", ChannelKind::read)?,
        category: query.text("category"),
        tag: query.text("tag"),
        search: query.text("search").filter(|search| !search.is_empty()),
        limit: query.limit()?,
        after: query.cursor()?,
    };
    query.end()?;
    let page = service.list_campaigns(&actor, wanted).await?;
    let items = page.items.iter().map(CampaignDto::of).collect();
    Ok(Answer::ok(&CampaignPageDto { items, next_cursor: page.next.map(cursor) }))
}
