//! `GET /webhooks/{id}/deliveries`, `GET /webhooks/{id}/deliveries/{deliveryId}`

use super::view::{WebhookDeliveriesDto, WebhookDeliveryDetailDto, WebhookDeliveryDto};
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, cursor, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::webhook::WebhookState;
use postrider_service::webhooks::ListWebhookDeliveries;
use postrider_service::{Actor, Service};

/// What was sent to an endpoint, newest first. Deliveries are kept for 30 days.
#[utoipa::path(get, path = "/public/v1/webhooks/{id}/deliveries", operation_id = "listWebhookDeliveries",
    tag = "Webhooks",
    params(("id" = uuid::Uuid, Path), ("state" = Option<String>, Query, description = "`pending`, `delivered` or `failed`."), ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = WebhookDeliveriesDto)))]
pub async fn get_webhook_deliveries(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let id = path_id(&id);
    let list = ListWebhookDeliveries {
        state: query.word("state", WebhookState::read)?,
        limit: query.limit()?,
        before: query.cursor()?.map(|(_, event)| event),
    };
    query.end()?;
    let page = service.webhook_deliveries(&actor, id, list).await?;
    let items = page.items.iter().map(WebhookDeliveryDto::from).collect();
    Ok(Answer::ok(&WebhookDeliveriesDto { items, next_cursor: page.next.map(cursor) }))
}

/// One delivery: what it says, and every attempt at it.
#[utoipa::path(get, path = "/public/v1/webhooks/{id}/deliveries/{deliveryId}", operation_id = "getWebhookDelivery",
    tag = "Webhooks", params(("id" = uuid::Uuid, Path), ("deliveryId" = uuid::Uuid, Path)),
    responses((status = 200, body = WebhookDeliveryDetailDto)))]
pub async fn get_webhook_delivery(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let id = path_id(&id);
    let delivery = path_id(&delivery);
    let detail = service.webhook_delivery(&actor, id, delivery).await?;
    Ok(Answer::ok(&WebhookDeliveryDetailDto::from(&detail)))
}
