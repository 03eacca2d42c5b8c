//! `GET /suppressions/{id}`

use super::SuppressionDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// One entry.
#[utoipa::path(get, path = "/public/v1/suppressions/{id}", operation_id = "getSuppression",
    tag = "Suppressions", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = SuppressionDto)))]
pub async fn get_suppression(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let row = service.suppression(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&SuppressionDto::from(&row)))
}
