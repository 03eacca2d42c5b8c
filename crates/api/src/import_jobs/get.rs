//! `GET /import-jobs` and `GET /import-jobs/{id}`

use super::job_id;
use super::view::ImportJobDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, cursor};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::import::ImportState;
use postrider_service::imports::jobs::{ImportFilter, ListImportJobs};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// One page of import jobs, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportJobPage {
    items: Vec<ImportJobDto>,
    /// Give it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// Lists import jobs.
#[utoipa::path(get, path = "/public/v1/import-jobs", operation_id = "listImportJobs", tag = "Imports",
    summary = "List import jobs, newest first",
    params(
        ("state" = Option<String>, Query, description = "`pending`, `ready`, `running`, `completed` or `failed`."),
        ("limit" = Option<i64>, Query, description = "1 to 100, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before")),
    responses((status = 200, description = "One page", body = ImportJobPage)))]
pub async fn list_import_jobs(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let filter = ImportFilter { state: query.word("state", ImportState::read)?, after: query.cursor()? };
    let wanted = ListImportJobs { filter, limit: query.limit()? };
    query.end()?;
    let page = service.import_jobs(&actor, wanted).await?;
    let items = page.items.iter().map(ImportJobDto::of).collect();
    Ok(Answer::ok(&ImportJobPage { items, next_cursor: page.next.map(cursor) }))
}

/// How an import job stands: what its columns are, and what became of its rows so far.
#[utoipa::path(get, path = "/public/v1/import-jobs/{id}", operation_id = "getImportJob", tag = "Imports",
    summary = "Get an import job",
    params(("id" = uuid::Uuid, Path, description = "Import job id")),
    responses((status = 200, description = "The job", body = ImportJobDto)))]
pub async fn get_import_job(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&ImportJobDto::of(&service.import_job(&actor, job_id(&id)?).await?)))
}
