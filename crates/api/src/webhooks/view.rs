//! Endpoints and deliveries as clients see them.

use postrider_core::event::EventKind;
use postrider_core::webhook::DisabledReason;
use postrider_service::webhooks::{NewWebhook, WebhookAttempt, WebhookDelivery, WebhookDeliveryDetail, WebhookRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where events are sent to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDto {
    id: Uuid,
    url: String,
    description: Option<String>,
    /// Kinds of events, such as `schedule.finished`.
    events: Vec<&'static str>,
    enabled: bool,
    /// Why it gets nothing: `manual`, `gone` (it answered 410) or `failing` (it failed for five days).
    disabled_reason: Option<&'static str>,
    /// The first failure after the last success.
    failing_since: Option<String>,
    last_success_at: Option<String>,
    /// Until when the secret before the last rotation signs beside the present one.
    previous_secret_until: Option<String>,
    created_at: String,
    updated_at: String,
}

impl From<&WebhookRow> for WebhookDto {
    fn from(row: &WebhookRow) -> Self {
        Self {
            id: row.id.into(),
            url: row.url.clone(),
            description: row.description.clone(),
            events: row.events.iter().copied().map(EventKind::as_str).collect(),
            enabled: row.enabled,
            disabled_reason: row.disabled_reason.map(DisabledReason::as_str),
            failing_since: row.failing_since.map(|at| at.to_string()),
            last_success_at: row.last_success_at.map(|at| at.to_string()),
            previous_secret_until: row.previous_secret_until.map(|at| at.to_string()),
            created_at: row.created_at.to_string(),
            updated_at: row.updated_at.to_string(),
        }
    }
}

/// An endpoint with its new secret.
#[derive(Serialize, ToSchema)]
pub struct NewWebhookDto {
    #[serde(flatten)]
    webhook: WebhookDto,
    /// `whsec_` and base64: verifies signatures. It is not shown again.
    secret: String,
}

impl From<&NewWebhook> for NewWebhookDto {
    fn from(new: &NewWebhook) -> Self {
        Self { webhook: WebhookDto::from(&new.webhook), secret: new.secret.clone() }
    }
}

/// All endpoints, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhooksDto {
    pub(super) items: Vec<WebhookDto>,
    /// Always null: one page holds all there can be.
    pub(super) next_cursor: Option<String>,
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct WebhookDeletedDto {
    pub(super) id: Uuid,
    pub(super) deleted: bool,
}

/// An event on its way to an endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDeliveryDto {
    /// The event's id: `webhook-id` on its way out.
    id: Uuid,
    /// Kind of the event.
    #[serde(rename = "type")]
    kind: String,
    /// `pending`, `delivered` or `failed`.
    state: &'static str,
    /// Attempts so far.
    attempts: i64,
    /// When it is tried next; while it is on its way, when it would be tried again if its node died.
    next_attempt_at: Option<String>,
    /// Why it was not delivered: `http_status`, `timeout`, `resolve_failed`, `connect_failed`, `tls_failed`,
    /// `exchange_failed`, `target_refused`, `url_invalid`, `endpoint_gone`, `endpoint_disabled` or `endpoint_deleted`.
    reason: Option<String>,
    created_at: String,
    /// When it was delivered or given up.
    settled_at: Option<String>,
}

impl From<&WebhookDelivery> for WebhookDeliveryDto {
    fn from(row: &WebhookDelivery) -> Self {
        Self {
            id: row.event.into(),
            kind: row.kind.clone(),
            state: row.state.as_str(),
            attempts: row.attempts,
            next_attempt_at: row.due_at.map(|at| at.to_string()),
            reason: row.reason.clone(),
            created_at: row.created_at.to_string(),
            settled_at: row.settled_at.map(|at| at.to_string()),
        }
    }
}

/// A page of deliveries, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDeliveriesDto {
    pub(super) items: Vec<WebhookDeliveryDto>,
    /// Where the next page begins; null on the last one.
    pub(super) next_cursor: Option<String>,
}

/// An attempt to deliver.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAttemptDto {
    /// From 1. A number that is missing was made by a process that did not live to write it down.
    attempt: i64,
    at: String,
    duration_ms: i64,
    /// The status that the endpoint answered.
    status: Option<i64>,
    /// Why there is no answer.
    error: Option<String>,
    /// The beginning of the answer, at most 1000 characters.
    response: Option<String>,
}

impl From<&WebhookAttempt> for WebhookAttemptDto {
    fn from(row: &WebhookAttempt) -> Self {
        Self {
            attempt: row.attempt,
            at: row.at.to_string(),
            duration_ms: row.duration_ms,
            status: row.status,
            error: row.error.clone(),
            response: row.response.clone(),
        }
    }
}

/// A delivery, what it says, and every attempt at it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDeliveryDetailDto {
    #[serde(flatten)]
    delivery: WebhookDeliveryDto,
    /// The body as it is sent: `type`, `timestamp`, `data`.
    #[schema(value_type = Object)]
    payload: Value,
    /// Newest first, at most 100.
    attempt_log: Vec<WebhookAttemptDto>,
}

impl From<&WebhookDeliveryDetail> for WebhookDeliveryDetailDto {
    fn from(detail: &WebhookDeliveryDetail) -> Self {
        Self {
            delivery: WebhookDeliveryDto::from(&detail.delivery),
            payload: serde_json::from_str(&detail.delivery.body).unwrap_or_default(),
            attempt_log: detail.attempts.iter().map(WebhookAttemptDto::from).collect(),
        }
    }
}

/// How much is sent again.
#[derive(Serialize, ToSchema)]
pub struct WebhookReplayDto {
    pub(super) replayed: u64,
}
