//! `PUT /import-jobs/{id}/file`, and the same by an upload URL without a token.
//!
//! The body is the file. It is written away as it comes, so the limit of other bodies does not hold here.

use super::job_id;
use super::view::ImportJobDto;
use crate::envelope::Answer;
use crate::error::{ApiError, refused};
use crate::extract::broken;
use crate::intake::refuse_encoded;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{Extension, Router};
use futures_util::StreamExt as _;
use postrider_core::error::{Code, Refusal};
use postrider_service::imports::jobs::Upload;
use postrider_service::{Actor, Service};

/// The routes beside `/public/v1`.
pub fn router() -> Router<Service> {
    Router::new().route("/import-uploads/{token}", put(upload_by_url))
}

/// Takes the file of an import job. It takes the place of one that was sent before; one that breaks off can be sent
/// again.
#[utoipa::path(put, path = "/public/v1/import-jobs/{id}/file", operation_id = "uploadImportFile", tag = "Imports",
    summary = "Send the file",
    params(("id" = uuid::Uuid, Path, description = "Import job id")),
    request_body(description = "The bytes of the file, as they are",
        content((String = "text/csv"), (String = "application/x-ndjson"), (String = "application/octet-stream"))),
    responses((status = 200, description = "The job with what was found in the file", body = ImportJobDto)))]
pub async fn upload_file(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Answer, ApiError> {
    let job = job_id(&id)?;
    refuse_encoded(&request)?;
    let head = Head::read(request.headers())?;
    let upload = service.begin_import_upload(&actor, job, head.media_type.as_deref(), head.length).await?;
    take(upload, request).await
}

/// As [`upload_file`], for whoever has the URL.
#[utoipa::path(put, path = "/import-uploads/{token}", operation_id = "uploadImportFileByUrl", tag = "Imports",
    summary = "Send the file without a token",
    description = "For whoever has the file and nothing else: `uploadUrl` of a new job names this path. It answers as \
        `PUT /import-jobs/{id}/file` does.",
    params(("token" = String, Path, description = "The secret of the upload URL")),
    request_body(description = "The bytes of the file, as they are",
        content((String = "text/csv"), (String = "application/x-ndjson"), (String = "application/octet-stream"))),
    responses((status = 200, description = "The job with what was found in the file", body = ImportJobDto)))]
pub(crate) async fn upload_by_url(
    State(service): State<Service>,
    token: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path(token)) = token else { return refused(&Refusal::new(Code::ImportUploadUrlInvalid)) };
    let taken = async {
        refuse_encoded(&request)?;
        let head = Head::read(request.headers())?;
        let upload = service.begin_import_upload_by_token(&token, head.media_type.as_deref(), head.length).await?;
        take(upload, request).await
    };
    taken.await.into_response()
}

/// What the headers say of the file.
struct Head {
    media_type: Option<String>,
    length: Option<u64>,
}

impl Head {
    fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let media_type = text(header::CONTENT_TYPE);
        if media_type.as_deref().is_some_and(|media_type| media_type.trim_start().starts_with("multipart/")) {
            let problem = "must not be multipart: send the bytes of the file as the body";
            return Err(Refusal::invalid("Content-Type", media_type.as_deref(), problem));
        }
        let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Ok(Self { media_type, length })
    }
}

async fn take(mut upload: Upload, request: Request) -> Result<Answer, ApiError> {
    let mut body = request.into_body().into_data_stream();
    while let Some(bytes) = body.next().await {
        match bytes {
            Ok(bytes) => upload.push(&bytes).await?,
            Err(error) => {
                upload.give_up().await;
                return Err(broken(&error).into());
            }
        }
    }
    Ok(Answer::ok(&ImportJobDto::of(&upload.finish().await?)))
}
