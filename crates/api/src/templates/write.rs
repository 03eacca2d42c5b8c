//! `POST /templates` and `PATCH /templates/{id}`

use super::view::TemplateDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::templates::{CreateTemplate, TemplateView, UpdateTemplate};
use postrider_service::{Actor, Service};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A new template.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTemplateBody {
    /// 1 to 255 characters on one line.
    name: String,
    /// `email`, `sms`, `push` or `direct_mail`. Never changes.
    channel: String,
    /// What it says, in the shape of its channel.
    #[schema(value_type = crate::shapes::TemplateContent)]
    content: Map<String, Value>,
}

/// Changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchTemplateBody {
    /// 1 to 255 characters on one line.
    name: Option<String>,
    /// The whole content anew.
    #[schema(value_type = Option<crate::shapes::TemplateContent>)]
    content: Option<Map<String, Value>>,
}

fn json(content: Map<String, Value>) -> String {
    Value::Object(content).to_string()
}

/// Makes a draft.
#[utoipa::path(post, path = "/public/v1/templates", operation_id = "createTemplate",
    tag = "Templates", summary = "Create a template",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = CreateTemplateBody,
    responses((status = 201, description = "The draft", body = TemplateDto)))]
pub async fn create(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateTemplateBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |view: &TemplateView| TemplateDto::from(view)));
    let command = CreateTemplate { name: body.name, channel: body.channel, content: json(body.content) };
    Ok(Written(service.create_template(&actor, command, reply).await?))
}

/// Changes name or content.
#[utoipa::path(patch, path = "/public/v1/templates/{id}", operation_id = "updateTemplate",
    tag = "Templates", summary = "Change a template",
    description = "A published version keeps what it says; the next publish makes a new one.",
    params(("id" = uuid::Uuid, Path, description = "Template id"), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = PatchTemplateBody,
    responses((status = 200, description = "The template", body = TemplateDto)))]
pub async fn patch(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<PatchTemplateBody>,
) -> Result<Written, ApiError> {
    let id = path_id(&id);
    let (body, reply) = once.reply(renderer(StatusCode::OK, |view: &TemplateView| TemplateDto::from(view)));
    let command = UpdateTemplate { name: body.name, content: body.content.map(json) };
    Ok(Written(service.update_template(&actor, id, command, reply).await?))
}
