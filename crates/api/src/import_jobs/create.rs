//! `POST /import-jobs`

use super::view::{NewImportJobDto, OBJECT_NAME};
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, parse_id};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_core::error::{Code, Refusal};
use postrider_core::import::ImportFormat;
use postrider_service::imports::jobs::CreateImportJob;
use postrider_service::profiles::match_key;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new import job.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateImportJobBody {
    /// `profiles`. The default.
    object_name: Option<String>,
    /// At most 255 characters, for people.
    name: Option<String>,
    /// What the file is called; its ending tells the format.
    file_name: Option<String>,
    /// Length of the file in bytes; one that is too long is refused before it is sent.
    file_size: Option<u64>,
    /// `csv` or `jsonl`. Told by the file's name, its media type or its beginning if absent.
    format: Option<String>,
    /// The list on which everybody is put.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(alias = "listId")]
    target_list_id: Option<String>,
    /// Name of the list on which everybody is put; made at the start if there is none.
    list_name: Option<String>,
    /// With it `listName` is required.
    create_list: Option<bool>,
    /// `email`, `phone` or `customer_id`. Absent for the first of email, customer_id and phone that has a column.
    match_key: Option<String>,
}

impl CreateImportJobBody {
    fn into_command(self) -> Result<CreateImportJob, ApiError> {
        if let Some(name) = self.object_name.filter(|name| name != OBJECT_NAME) {
            return Err(Refusal::invalid("objectName", Some(&name), "must be profiles").into());
        }
        if self.create_list == Some(true) && self.list_name.is_none() {
            return Err(Refusal::invalid("listName", None, "is required with createList").into());
        }
        let format = self.format.map(|word| ImportFormat::read("format", &word));
        Ok(CreateImportJob {
            name: self.name,
            file_name: self.file_name,
            file_size: self.file_size,
            format: format.transpose()?,
            match_key: self.match_key.map(|word| match_key(Some(&word))).transpose()?,
            list: self.target_list_id.map(|id| parse_id(&id, Code::ListNotFound)).transpose()?,
            list_name: self.list_name,
        })
    }
}

/// Makes an import job and tells where its file goes.
#[utoipa::path(post, path = "/public/v1/import-jobs", operation_id = "createImportJob", tag = "Imports",
    summary = "Make an import job",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)), request_body = CreateImportJobBody,
    responses((status = 201, description = "The job, which waits for its file", body = NewImportJobDto)))]
pub async fn create_import_job(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateImportJobBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, NewImportJobDto::of));
    Ok(Written(service.create_import_job(&actor, body.into_command()?, reply).await?))
}
