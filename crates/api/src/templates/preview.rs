//! `POST /templates/{id}/preview`

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, PersonRef, parse_id, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::error::Code;
use postrider_service::templates::{PreviewTemplate, PreviewedTemplate, Rendered};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whom and what to preview.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewBody {
    /// A stored recipient. Needs the scope `cdp:profiles:read` as well.
    #[schema(value_type = Option<uuid::Uuid>)]
    profile_id: Option<PersonRef>,
    /// A made-up recipient, or what differs from the stored one.
    #[schema(value_type = Option<crate::shapes::ProfileRecord>)]
    record: Option<Map<String, Value>>,
    /// For `{{ sender.* }}`.
    sender_profile_id: Option<String>,
    /// Takes the place of an email's subject.
    subject_line: Option<String>,
}

/// What the recipient would get.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewDto {
    #[serde(flatten)]
    #[schema(value_type = crate::shapes::RenderedParts)]
    rendered: RenderedDto,
    /// Fields that no profile has: typing errors, most likely.
    unknown_fields: Vec<String>,
}

/// The parts of one channel.
#[derive(Serialize)]
#[serde(tag = "channel", rename_all = "snake_case")]
enum RenderedDto {
    Email { subject: String, html: String, text: String },
    Sms { text: String },
    Push { title: String, body: String, url: Option<String>, data: BTreeMap<String, String> },
    DirectMail { format: String, source: String },
}

impl From<PreviewedTemplate> for PreviewDto {
    fn from(preview: PreviewedTemplate) -> Self {
        let rendered = match preview.rendered {
            Rendered::Email { subject, html, text } => RenderedDto::Email { subject, html, text },
            Rendered::Sms { text } => RenderedDto::Sms { text },
            Rendered::Push { title, body, url, data } => RenderedDto::Push { title, body, url, data },
            Rendered::DirectMail { format, source } => RenderedDto::DirectMail { format, source },
        };
        Self { rendered, unknown_fields: preview.unknown_fields }
    }
}

/// Renders a template for one recipient, without sending anything.
#[utoipa::path(post, path = "/public/v1/templates/{id}/preview", operation_id = "previewTemplate",
    tag = "Templates", summary = "Preview a template",
    params(("id" = uuid::Uuid, Path, description = "Template id")),
    request_body = PreviewBody,
    responses((status = 200, description = "What the recipient would get", body = PreviewDto)))]
pub async fn preview(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(body): Json<PreviewBody>,
) -> Result<Answer, ApiError> {
    let id = path_id(&id);
    let profile = body.profile_id.map(|person| person.readable_by(&actor)).transpose()?;
    let sender = body.sender_profile_id.map(|id| parse_id(&id, Code::SenderProfileNotFound)).transpose()?;
    let command = PreviewTemplate { profile, record: body.record, sender, subject_line: body.subject_line };
    let preview = service.preview_template(&actor, id, command).await?;
    Ok(Answer::ok(&PreviewDto::from(preview)))
}
