//! `POST /webhooks/{id}/test`, `POST /webhooks/{id}/replay`, `POST /webhooks/{id}/deliveries/{deliveryId}/replay`

use super::view::{WebhookDeliveryDto, WebhookReplayDto};
use super::write::Nothing;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::error::Refusal;
use postrider_core::id::WebhookId;
use postrider_core::time::Timestamp;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// Sends a `webhook.test` event, once, whatever the endpoint subscribes to.
#[utoipa::path(post, path = "/public/v1/webhooks/{id}/test", operation_id = "testWebhook", tag = "Webhooks",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 202, body = WebhookDeliveryDto)))]
pub async fn test_webhook(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id: WebhookId = path_id(&id);
    let (_, reply) = once.reply(renderer(StatusCode::ACCEPTED, |row| WebhookDeliveryDto::from(row)));
    Ok(Written(service.test_webhook(&actor, id, reply).await?))
}

/// Sends a delivery again, with the same id and body; one that still waits goes on waiting.
#[utoipa::path(post, path = "/public/v1/webhooks/{id}/deliveries/{deliveryId}/replay",
    operation_id = "replayWebhookDelivery", tag = "Webhooks",
    params(("id" = uuid::Uuid, Path), ("deliveryId" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 202, body = WebhookDeliveryDto)))]
pub async fn replay_webhook_delivery(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, delivery)): Path<(String, String)>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id: WebhookId = path_id(&id);
    let delivery = path_id(&delivery);
    let (_, reply) = once.reply(renderer(StatusCode::ACCEPTED, |row| WebhookDeliveryDto::from(row)));
    Ok(Written(service.replay_webhook_delivery(&actor, id, delivery, reply).await?))
}

/// Which failed deliveries are sent again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayFailedBody {
    /// RFC 3339 with `Z` or an offset: of events since then.
    since: String,
}

/// Sends everything again that happened since an instant and failed.
#[utoipa::path(post, path = "/public/v1/webhooks/{id}/replay", operation_id = "replayFailedWebhookDeliveries",
    tag = "Webhooks", params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = ReplayFailedBody, responses((status = 202, body = WebhookReplayDto)))]
pub async fn replay_failed_webhook_deliveries(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<ReplayFailedBody>,
) -> Result<Written, ApiError> {
    let id: WebhookId = path_id(&id);
    let (body, reply) = once.reply(renderer(StatusCode::ACCEPTED, |&replayed| WebhookReplayDto { replayed }));
    let since = Timestamp::parse(&body.since).ok_or_else(|| {
        Refusal::invalid("since", Some(&body.since), "is not an RFC 3339 date and time with Z or an offset")
    })?;
    Ok(Written(service.replay_failed_webhook_deliveries(&actor, id, since, reply).await?))
}
