//! `POST /records/profiles/upsert-batch`

use super::OBJECT_NAME;
use crate::envelope::{Written, renderer};
use crate::error::{ApiError, error_object};
use crate::extract::Once;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_service::profiles::{BatchUpserted, RecordOutcome, UpsertProfiles, match_key};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Many records.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpsertProfilesBody {
    /// 1 to 10000 records as in `POST /profiles/upsert`, applied in their order; each is judged by itself.
    #[schema(value_type = Vec<Value>)]
    records: Vec<Value>,
    /// `email`, `phone` or `customer_id`. Email if absent.
    match_key: Option<String>,
}

/// What became of the batch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchUpsertedDto {
    /// `profiles`.
    object_name: &'static str,
    /// Whether any record was taken.
    accepted: bool,
    accepted_at: String,
    accepted_records: usize,
    refused_records: usize,
    match_key: &'static str,
    /// One for each record, in its order.
    results: Vec<RecordOutcomeDto>,
}

/// What became of one record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordOutcomeDto {
    /// Place in the batch, from 0.
    index: usize,
    /// `created`, `updated`, `unchanged` or `refused`.
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = crate::shapes::RecordError, required = false)]
    error: Option<Value>,
}

impl RecordOutcomeDto {
    fn new(index: usize, outcome: &RecordOutcome) -> Self {
        match outcome {
            Ok((operation, id)) => Self { index, operation: operation.as_str(), id: Some(id.to_string()), error: None },
            Err(refusal) => Self { index, operation: "refused", id: None, error: Some(error_object(refusal)) },
        }
    }
}

impl From<&BatchUpserted> for BatchUpsertedDto {
    fn from(batch: &BatchUpserted) -> Self {
        let accepted = batch.outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let results = batch.outcomes.iter().enumerate();
        Self {
            object_name: OBJECT_NAME,
            accepted: accepted > 0,
            accepted_at: batch.accepted_at.to_string(),
            accepted_records: accepted,
            refused_records: batch.outcomes.len() - accepted,
            match_key: batch.match_key.as_str(),
            results: results.map(|(index, outcome)| RecordOutcomeDto::new(index, outcome)).collect(),
        }
    }
}

/// Makes or changes many profiles; a bad record never sinks the others.
#[utoipa::path(post, path = "/public/v1/records/profiles/upsert-batch", operation_id = "upsertProfiles",
    tag = "Profiles", params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = UpsertProfilesBody,
    responses((status = 200, body = BatchUpsertedDto)))]
pub async fn upsert_profiles(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<UpsertProfilesBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, |result| BatchUpsertedDto::from(result)));
    let command = UpsertProfiles { match_key: match_key(body.match_key.as_deref())?, records: body.records };
    Ok(Written(service.upsert_profiles(&actor, command, reply).await?))
}
