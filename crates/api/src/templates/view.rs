//! The template object, and `GET /templates/{id}`.

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::templates::TemplateView;
use postrider_service::{Actor, Service};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A template.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateDto {
    id: Uuid,
    name: String,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    /// `draft`, `published` or `archived`.
    status: &'static str,
    /// What it says now; the published version may say something older.
    #[schema(value_type = crate::shapes::TemplateContent)]
    content: Value,
    /// The newest published version: what campaigns that are not yet committed will send.
    published_version_id: Option<Uuid>,
    /// Every field that the content names, such as `first_name`.
    fields: Vec<String>,
    created_at: String,
    updated_at: String,
}

impl From<&TemplateView> for TemplateDto {
    fn from(view: &TemplateView) -> Self {
        let template = &view.template;
        Self {
            id: template.id.into(),
            name: template.name.clone(),
            channel: template.channel.as_str(),
            status: template.status.as_str(),
            content: serde_json::from_str(&template.content).unwrap_or_default(),
            published_version_id: template.published_version.map(Into::into),
            fields: view.fields.clone(),
            created_at: template.created_at.to_string(),
            updated_at: template.updated_at.to_string(),
        }
    }
}

/// Reads a template.
#[utoipa::path(get, path = "/public/v1/templates/{id}", operation_id = "getTemplate",
    tag = "Templates", summary = "Get a template",
    params(("id" = uuid::Uuid, Path, description = "Template id")),
    responses((status = 200, description = "The template", body = TemplateDto)))]
pub async fn get(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let id = path_id(&id);
    let view = service.get_template(&actor, id).await?;
    Ok(Answer::ok(&TemplateDto::from(&view)))
}
