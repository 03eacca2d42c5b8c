//! `PATCH /lists/{id}`

use super::ListDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::error::Refusal;
use postrider_service::lists::UpdateList;
use postrider_service::{Actor, Service};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// Changes to a list.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateListBody {
    /// 1 to 200 characters on one line; cannot be cleared.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// At most 2000 characters; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Changes what is given.
#[utoipa::path(patch, path = "/public/v1/lists/{id}", operation_id = "updateList",
    tag = "Lists", params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = UpdateListBody, responses((status = 200, body = ListDto)))]
pub async fn update_list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<UpdateListBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, |list| ListDto::from(list)));
    let list = path_id(&id);
    if body.name == Some(None) {
        return Err(Refusal::invalid("name", None, "cannot be cleared").into());
    }
    let command = UpdateList { name: body.name.flatten(), description: body.description };
    Ok(Written(service.update_list(&actor, list, command, reply).await?))
}
