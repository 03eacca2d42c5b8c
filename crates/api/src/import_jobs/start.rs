//! `POST /import-jobs/{id}/start`

use super::job_id;
use super::view::ImportJobDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// How to start.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartImportJobBody {
    /// Go through the whole file and write nothing. The job is `ready` again afterwards, with what was found in `dryRun`.
    #[serde(default)]
    dry_run: bool,
}

/// Starts an import job that is ready. It runs in the background; look at it to see how far it is.
#[utoipa::path(post, path = "/public/v1/import-jobs/{id}/start", operation_id = "startImportJob", tag = "Imports",
    summary = "Start an import job",
    params(("id" = uuid::Uuid, Path, description = "Import job id"),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = StartImportJobBody,
    responses((status = 202, description = "The job, which runs", body = ImportJobDto)))]
pub async fn start_import_job(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<StartImportJobBody>,
) -> Result<Written, ApiError> {
    let (StartImportJobBody { dry_run }, reply) = once.reply(renderer(StatusCode::ACCEPTED, ImportJobDto::of));
    Ok(Written(service.start_import_job(&actor, job_id(&id)?, dry_run, reply).await?))
}
