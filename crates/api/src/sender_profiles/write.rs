//! `POST /sender-profiles`, `PATCH` and `DELETE /sender-profiles/{id}`

use super::view::{DeletedDto, SenderProfileDto};
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::id::SenderProfileId;
use postrider_service::senders::{CreateSender, SenderView, UpdateSender};
use postrider_service::{Actor, Service};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A new sender profile. A field of another channel is refused.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateSenderProfileBody {
    /// 1 to 255 characters on one line.
    name: String,
    /// `email`, `sms`, `push` or `direct_mail`. Never changes.
    channel: String,
    #[serde(flatten)]
    #[schema(value_type = crate::shapes::SenderFields)]
    fields: Map<String, Value>,
}

/// Changes; what is absent stays, what is null is cleared.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatchSenderProfileBody {
    /// 1 to 255 characters on one line.
    name: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = crate::shapes::SenderFields)]
    fields: Map<String, Value>,
}

/// No fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Makes a sender profile.
#[utoipa::path(post, path = "/public/v1/sender-profiles", operation_id = "createSenderProfile",
    tag = "Sender profiles",
    summary = "Create a sender profile",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = CreateSenderProfileBody,
    responses((status = 201, description = "The sender profile", body = SenderProfileDto)))]
pub async fn create(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateSenderProfileBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |view: &SenderView| SenderProfileDto::from(view)));
    let command = CreateSender { name: body.name, channel: body.channel, fields: body.fields };
    Ok(Written(service.create_sender(&actor, command, reply).await?))
}

/// Changes a sender profile.
#[utoipa::path(patch, path = "/public/v1/sender-profiles/{id}", operation_id = "updateSenderProfile",
    tag = "Sender profiles",
    summary = "Change a sender profile",
    params(("id" = uuid::Uuid, Path,
    description = "Sender profile id"), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = PatchSenderProfileBody,
    responses((status = 200, description = "The sender profile", body = SenderProfileDto)))]
pub async fn patch(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<PatchSenderProfileBody>,
) -> Result<Written, ApiError> {
    let id = path_id(&id);
    let (body, reply) = once.reply(renderer(StatusCode::OK, |view: &SenderView| SenderProfileDto::from(view)));
    let command = UpdateSender { name: body.name, fields: body.fields };
    Ok(Written(service.update_sender(&actor, id, command, reply).await?))
}

/// Deletes a sender profile.
#[utoipa::path(delete, path = "/public/v1/sender-profiles/{id}", operation_id = "deleteSenderProfile",
    tag = "Sender profiles",
    summary = "Delete a sender profile",
    description = "Refused while a draft or a job under way sends with it. A draft that names no sender profile sends with the oldest of its channel.",
    params(("id" = uuid::Uuid, Path,
    description = "Sender profile id"), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    responses((status = 200, description = "What was deleted", body = DeletedDto)))]
pub async fn delete(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<Nothing>,
) -> Result<Written, ApiError> {
    let id = path_id(&id);
    let deleted = |id: &SenderProfileId| DeletedDto { id: (*id).into(), deleted: true };
    let (_, reply) = once.reply(renderer(StatusCode::OK, deleted));
    Ok(Written(service.delete_sender(&actor, id, reply).await?))
}
