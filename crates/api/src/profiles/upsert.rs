//! `POST /profiles/upsert`

use super::OBJECT_NAME;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_service::profiles::{ProfileUpserted, UpsertProfile, match_key};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One record.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpsertProfileBody {
    /// What is known: a field that is left out stays as it was, one that is null is cleared.
    #[schema(value_type = crate::shapes::ProfileRecord)]
    record: Map<String, Value>,
    /// `email`, `phone` or `customer_id`. Email if absent.
    match_key: Option<String>,
}

/// What became of the record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileUpsertedDto {
    /// `created`, `updated` or `unchanged`.
    operation: &'static str,
    /// `profiles`.
    object_name: &'static str,
    #[schema(format = Uuid)]
    id: String,
    accepted: bool,
    accepted_at: String,
    accepted_records: usize,
    match_key: &'static str,
}

impl From<&ProfileUpserted> for ProfileUpsertedDto {
    fn from(upserted: &ProfileUpserted) -> Self {
        Self {
            operation: upserted.operation.as_str(),
            object_name: OBJECT_NAME,
            id: upserted.id.to_string(),
            accepted: true,
            accepted_at: upserted.accepted_at.to_string(),
            accepted_records: 1,
            match_key: upserted.match_key.as_str(),
        }
    }
}

/// Makes or changes one profile.
#[utoipa::path(post, path = "/public/v1/profiles/upsert", operation_id = "upsertProfile",
    tag = "Profiles", params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = UpsertProfileBody,
    responses((status = 200, body = ProfileUpsertedDto)))]
pub async fn upsert_profile(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<UpsertProfileBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, |result| ProfileUpsertedDto::from(result)));
    let command = UpsertProfile { match_key: match_key(body.match_key.as_deref())?, record: body.record };
    Ok(Written(service.upsert_profile(&actor, command, reply).await?))
}
