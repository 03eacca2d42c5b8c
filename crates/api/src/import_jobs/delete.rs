//! `DELETE /import-jobs/{id}`

use super::job_id;
use crate::envelope::Answer;
use crate::error::ApiError;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A deleted import job.
#[derive(Serialize, ToSchema)]
pub struct ImportJobDeletedDto {
    id: Uuid,
    deleted: bool,
}

/// Deletes an import job with its file. One that runs stops; whoever it brought in stays.
#[utoipa::path(delete, path = "/public/v1/import-jobs/{id}", operation_id = "deleteImportJob", tag = "Imports",
    summary = "Delete an import job, or stop one that runs",
    params(("id" = uuid::Uuid, Path, description = "Import job id")),
    responses((status = 200, description = "It is deleted", body = ImportJobDeletedDto)))]
pub async fn delete_import_job(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let job = job_id(&id)?;
    service.delete_import_job(&actor, job).await?;
    Ok(Answer::ok(&ImportJobDeletedDto { id: job.into(), deleted: true }))
}
