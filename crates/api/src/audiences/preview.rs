//! `POST /audiences/{id}/preview` and `POST /audiences/preview`

use super::rule::RuleJson;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, path_id};
use crate::profiles::ProfileDto;
use crate::schedule_jobs::WarningDto;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::audiences::{PreviewAudience, Previewed};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much to show.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewAudienceBody {
    /// 1 to 1000 records, 10 if absent.
    #[serde(default, deserialize_with = "crate::extract::whole")]
    limit: Option<i64>,
}

/// A rule that is not stored, and how much to show.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRuleBody {
    /// As in `POST /audiences`.
    #[schema(value_type = Object)]
    rule: RuleJson,
    /// 1 to 1000 records, 10 if absent.
    #[serde(default, deserialize_with = "crate::extract::whole")]
    limit: Option<i64>,
}

/// Who belongs at this instant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudiencePreviewDto {
    /// Null for a rule that is not stored.
    audience_id: Option<String>,
    /// How many profiles fulfil the rule; at least so many if `isExact` is false.
    match_count: i64,
    /// Whether all were looked at; false if that took longer than 5 seconds.
    is_exact: bool,
    execution_time_ms: i64,
    /// The fields that the rule looks at, attributes as `attributes.plan`.
    fields_used: Vec<String>,
    /// What deserves a look: `TYPE_MISMATCH` where values of an attribute are of another kind than what the rule compares
    /// them with, `FIELD_IN_ADDRESS` where an attribute has the name of a line of an address.
    warnings: Vec<WarningDto>,
    /// The first of them, in an order that does not change.
    sample_records: Vec<ProfileDto>,
}

impl From<Previewed> for AudiencePreviewDto {
    fn from(preview: Previewed) -> Self {
        Self {
            audience_id: preview.audience.map(|id| id.to_string()),
            match_count: preview.match_count,
            is_exact: preview.is_exact,
            execution_time_ms: preview.execution_ms,
            fields_used: preview.fields,
            warnings: preview.warnings.iter().map(WarningDto::from).collect(),
            sample_records: preview.samples.into_iter().map(ProfileDto::from).collect(),
        }
    }
}

/// Counts who belongs to an audience now, and shows some.
#[utoipa::path(post, path = "/public/v1/audiences/{id}/preview", operation_id = "previewAudience",
    tag = "Audiences", params(("id" = uuid::Uuid, Path)), request_body = PreviewAudienceBody,
    responses((status = 200, body = AudiencePreviewDto)))]
pub async fn preview_audience(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(body): Json<PreviewAudienceBody>,
) -> Result<Answer, ApiError> {
    let audience = PreviewAudience::Stored(path_id(&id));
    let preview = service.preview_audience(&actor, audience, body.limit).await?;
    Ok(Answer::ok(&AudiencePreviewDto::from(preview)))
}

/// Counts who fulfils a rule now, before it is stored, and shows some.
#[utoipa::path(post, path = "/public/v1/audiences/preview", operation_id = "previewAudienceRule",
    tag = "Audiences", request_body = PreviewRuleBody,
    responses((status = 200, body = AudiencePreviewDto)))]
pub async fn preview_rule(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Json(body): Json<PreviewRuleBody>,
) -> Result<Answer, ApiError> {
    let rule = PreviewAudience::Rule(body.rule.0);
    let preview = service.preview_audience(&actor, rule, body.limit).await?;
    Ok(Answer::ok(&AudiencePreviewDto::from(preview)))
}
