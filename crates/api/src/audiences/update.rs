//! `PATCH /audiences/{id}`

use super::CheckedAudienceDto;
use super::rule::RuleJson;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::error::Refusal;
use postrider_service::audiences::UpdateAudience;
use postrider_service::{Actor, Service};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// Changes to an audience.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateAudienceBody {
    /// 1 to 200 characters; cannot be cleared.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// At most 2000 characters; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The whole rule anew; cannot be cleared.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    rule: Option<Option<RuleJson>>,
}

/// Tells null from absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Changes what is given. Committed jobs keep the rule that they were committed with.
#[utoipa::path(patch, path = "/public/v1/audiences/{id}", operation_id = "updateAudience",
    tag = "Audiences", params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = UpdateAudienceBody, responses((status = 200, body = CheckedAudienceDto)))]
pub async fn update_audience(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<UpdateAudienceBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, |saved| CheckedAudienceDto::from(saved)));
    let audience = path_id(&id);
    for (field, cleared) in [("name", body.name == Some(None)), ("rule", matches!(body.rule, Some(None)))] {
        if cleared {
            return Err(Refusal::invalid(field, None, "cannot be cleared").into());
        }
    }
    let command = UpdateAudience {
        name: body.name.flatten(),
        description: body.description,
        rule: body.rule.flatten().map(|RuleJson(rule)| rule),
    };
    Ok(Written(service.update_audience(&actor, audience, command, reply).await?))
}
