//! `GET /templates`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, cursor};
use axum::Extension;
use axum::extract::State;
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_service::templates::{ListTemplates, TemplateFilter, TemplateSummary};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A template without its content.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateSummaryDto {
    id: Uuid,
    name: String,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    /// `draft`, `published` or `archived`.
    status: &'static str,
    published_version_id: Option<Uuid>,
    created_at: String,
    updated_at: String,
}

impl From<TemplateSummary> for TemplateSummaryDto {
    fn from(summary: TemplateSummary) -> Self {
        Self {
            id: summary.id.into(),
            name: summary.name,
            channel: summary.channel.as_str(),
            status: summary.status.as_str(),
            published_version_id: summary.published_version.map(Into::into),
            created_at: summary.created_at.to_string(),
            updated_at: summary.updated_at.to_string(),
        }
    }
}

/// One page of templates, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplatePageDto {
    items: Vec<TemplateSummaryDto>,
    /// Give it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// Lists templates.
#[utoipa::path(get, path = "/public/v1/templates", operation_id = "listTemplates",
    tag = "Templates", summary = "List templates, newest first",
    params(
        ("channel" = Option<String>, Query),
        ("status" = Option<String>, Query, description = "`draft`, `published` or `archived`."),
        ("limit" = Option<i64>, Query, description = "1 to 100, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before")),
    responses((status = 200, description = "One page", body = TemplatePageDto)))]
pub async fn list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let filter = TemplateFilter {
        channel: query.word("channel", ChannelKind::read)?,
        status: query.word("status", TemplateStatus::read)?,
    };
    let wanted = ListTemplates { filter, after: query.cursor()?, limit: query.limit()? };
    query.end()?;
    let page = service.list_templates(&actor, wanted).await?;
    let items = page.items.into_iter().map(TemplateSummaryDto::from).collect();
    Ok(Answer::ok(&TemplatePageDto { items, next_cursor: page.next.map(cursor) }))
}
