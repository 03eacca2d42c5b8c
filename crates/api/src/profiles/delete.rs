//! `DELETE /profiles/{id}`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::id::ProfileId;
use postrider_service::profiles::ErasureBy;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// What was erased.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileErasedDto {
    #[schema(format = Uuid)]
    id: String,
    erased: bool,
    erased_at: String,
}

/// Erases a person: the profile, its memberships, and the address wherever it stands. Reports keep their numbers.
///
/// Recipients who were not handed over yet become `skipped` with the reason `profile_gone`. A keyed hash of each address
/// stays on the suppression list, so that the person is not sent to when a later file brings the address back; delete that
/// entry if the person asks for messages again.
#[utoipa::path(delete, path = "/public/v1/profiles/{id}", operation_id = "eraseProfile",
    tag = "Profiles", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ProfileErasedDto)))]
pub async fn erase_profile(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let id: ProfileId = path_id(&id);
    let erased_at = service.erase_profile(actor.tenant, ErasureBy::Client(actor.client), id).await?;
    Ok(Answer::ok(&ProfileErasedDto { id: id.to_string(), erased: true, erased_at: erased_at.to_string() }))
}
