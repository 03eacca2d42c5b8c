//! `POST /lists`

use super::ListDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_service::lists::CreateList;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new list.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateListBody {
    /// 1 to 200 characters on one line.
    name: String,
    /// At most 2000 characters.
    description: Option<String>,
}

/// Makes an empty list.
#[utoipa::path(post, path = "/public/v1/lists", operation_id = "createList",
    tag = "Lists", params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = CreateListBody,
    responses((status = 201, body = ListDto)))]
pub async fn create_list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateListBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |list| ListDto::from(list)));
    let command = CreateList { name: body.name, description: body.description };
    Ok(Written(service.create_list(&actor, command, reply).await?))
}
