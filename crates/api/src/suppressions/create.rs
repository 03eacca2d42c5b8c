//! `POST /suppressions`

use super::SuppressionDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_core::audience::SuppressionReason;
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_core::time::Timestamp;
use postrider_service::suppressions::{CreateSuppression, SuppressedAddress};
use postrider_service::{Actor, Service};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A new entry.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSuppressionBody {
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: String,
    /// An email address or its domain, a phone number or a device token; for direct mail an object of address fields.
    #[schema(value_type = crate::shapes::ChannelAddress)]
    address: Value,
    /// `unsubscribed`, `bounced`, `complained` or `manual`. Manual if absent.
    reason: Option<String>,
    /// RFC 3339, in the future; for ever if absent.
    expires_at: Option<String>,
}

impl CreateSuppressionBody {
    fn into_command(self) -> Result<CreateSuppression, ApiError> {
        let channel = ChannelKind::read("channel", &self.channel)?;
        let address = match self.address {
            Value::String(text) => SuppressedAddress::Text(text),
            Value::Object(fields) => SuppressedAddress::Postal(fields),
            _ => return Err(Refusal::invalid("address", None, "must be text or an object of address fields").into()),
        };
        let reason = match self.reason.as_deref() {
            None => SuppressionReason::Manual,
            Some(word) => SuppressionReason::read("reason", word)?,
        };
        let expires_at = match self.expires_at.as_deref() {
            None => None,
            Some(text) => Some(Timestamp::parse(text).ok_or_else(|| {
                Refusal::invalid("expiresAt", Some(text), "is not an RFC 3339 date and time with Z or an offset")
            })?),
        };
        Ok(CreateSuppression { channel, address, reason, expires_at })
    }
}

/// Suppresses an address. If it is suppressed already, the longer time counts.
#[utoipa::path(post, path = "/public/v1/suppressions", operation_id = "createSuppression",
    tag = "Suppressions",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = CreateSuppressionBody,
    responses((status = 201, body = SuppressionDto)))]
pub async fn create_suppression(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateSuppressionBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |row| SuppressionDto::from(row)));
    Ok(Written(service.create_suppression(&actor, body.into_command()?, reply).await?))
}
