//! `GET /webhooks`, `GET /webhooks/{id}`

use super::view::{WebhookDto, WebhooksDto};
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// All endpoints, newest first; there are at most 20.
#[utoipa::path(get, path = "/public/v1/webhooks", operation_id = "listWebhooks", tag = "Webhooks",
    responses((status = 200, body = WebhooksDto)))]
pub async fn get_webhooks(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    query: Query,
) -> Result<Answer, ApiError> {
    query.end()?;
    let items = service.webhooks(&actor).await?.iter().map(WebhookDto::from).collect();
    Ok(Answer::ok(&WebhooksDto { items, next_cursor: None }))
}

/// One endpoint.
#[utoipa::path(get, path = "/public/v1/webhooks/{id}", operation_id = "getWebhook", tag = "Webhooks",
    params(("id" = uuid::Uuid, Path)), responses((status = 200, body = WebhookDto)))]
pub async fn get_webhook(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let webhook = service.webhook(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&WebhookDto::from(&webhook)))
}
