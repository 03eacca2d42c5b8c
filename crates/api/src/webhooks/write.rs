//! `POST /webhooks`, `PATCH` and `DELETE /webhooks/{id}`, `POST /webhooks/{id}/rotate-secret`

use super::view::{NewWebhookDto, WebhookDeletedDto, WebhookDto};
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::id::WebhookId;
use postrider_service::webhooks::{CreateWebhook, UpdateWebhook};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// A new endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebhookBody {
    /// `https://…`, on the public Internet unless the operator allows more. No credentials, no fragment.
    url: String,
    /// Kinds of events, at least one: `schedule.moved`, `schedule.started`, `schedule.paused`, `schedule.resumed`,
    /// `schedule.held`, `schedule.finished`, `schedule.corrected`, `schedule.canceled`, `delivery.failed`,
    /// `delivery.uncertain`, `delivery.bounced`, `recipient.unsubscribed`.
    events: Vec<String>,
    /// At most 500 characters.
    description: Option<String>,
    /// Whether it gets anything; true if absent.
    enabled: Option<bool>,
}

/// Changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateWebhookBody {
    /// As at its creation.
    url: Option<String>,
    /// As at its creation; replaces all.
    events: Option<Vec<String>>,
    /// At most 500 characters; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// False: what waits is given up, and nothing is queued meanwhile. True: failures are forgiven.
    enabled: Option<bool>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// No fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Makes an endpoint. Its secret is shown this once.
#[utoipa::path(post, path = "/public/v1/webhooks", operation_id = "createWebhook", tag = "Webhooks",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = CreateWebhookBody,
    responses((status = 201, body = NewWebhookDto)))]
pub async fn create_webhook(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateWebhookBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |new| NewWebhookDto::from(new)));
    let CreateWebhookBody { url, events, description, enabled } = body;
    let command = CreateWebhook { url, events, description, enabled: enabled.unwrap_or(true) };
    Ok(Written(service.create_webhook(&actor, command, reply).await?))
}

/// Changes what is given.
#[utoipa::path(patch, path = "/public/v1/webhooks/{id}", operation_id = "updateWebhook", tag = "Webhooks",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = UpdateWebhookBody, responses((status = 200, body = WebhookDto)))]
pub async fn update_webhook(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<UpdateWebhookBody>,
) -> Result<Written, ApiError> {
    let id: WebhookId = path_id(&id);
    let (body, reply) = once.reply(renderer(StatusCode::OK, |row| WebhookDto::from(row)));
    let UpdateWebhookBody { url, events, description, enabled } = body;
    let command = UpdateWebhook { url, events, description, enabled };
    Ok(Written(service.update_webhook(&actor, id, command, reply).await?))
}

/// Deletes an endpoint. What waits for it is not sent any more.
#[utoipa::path(delete, path = "/public/v1/webhooks/{id}", operation_id = "deleteWebhook", tag = "Webhooks",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, body = WebhookDeletedDto)))]
pub async fn delete_webhook(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id: WebhookId = path_id(&id);
    let deleted = |id: &WebhookId| WebhookDeletedDto { id: (*id).into(), deleted: true };
    let (_, reply) = once.reply(renderer(StatusCode::OK, deleted));
    Ok(Written(service.delete_webhook(&actor, id, reply).await?))
}

/// Makes a new secret, which is shown this once. For 24 hours every message is signed with the one before too.
#[utoipa::path(post, path = "/public/v1/webhooks/{id}/rotate-secret", operation_id = "rotateWebhookSecret",
    tag = "Webhooks", params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, body = NewWebhookDto)))]
pub async fn rotate_webhook_secret(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id: WebhookId = path_id(&id);
    let (_, reply) = once.reply(renderer(StatusCode::OK, |new| NewWebhookDto::from(new)));
    Ok(Written(service.rotate_webhook_secret(&actor, id, reply).await?))
}
