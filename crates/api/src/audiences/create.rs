//! `POST /audiences`

use super::CheckedAudienceDto;
use super::rule::RuleJson;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_service::audiences::CreateAudience;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new audience.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAudienceBody {
    /// 1 to 200 characters.
    name: String,
    /// At most 2000 characters.
    description: Option<String>,
    /// `{ all: […] }`, `{ any: […] }`, `{ not: … }`, `{ field, op, value }` or `{ inList: id }`, nested at most 10 deep.
    #[schema(value_type = Object)]
    rule: RuleJson,
}

/// Makes an audience by rule.
#[utoipa::path(post, path = "/public/v1/audiences", operation_id = "createAudience",
    tag = "Audiences", params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = CreateAudienceBody,
    responses((status = 201, body = CheckedAudienceDto)))]
pub async fn create_audience(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateAudienceBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |saved| CheckedAudienceDto::from(saved)));
    let RuleJson(rule) = body.rule;
    let command = CreateAudience { name: body.name, description: body.description, rule };
    Ok(Written(service.create_audience(&actor, command, reply).await?))
}
