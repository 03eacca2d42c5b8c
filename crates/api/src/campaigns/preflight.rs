//! `POST /campaigns/{id}/preflight`

use super::issue::IssueDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Json, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::preflight::Severity;
use postrider_service::preflight::Preflight;
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The one step of a broadcast.
const NODE_KEY: &str = "send_1";

/// A body that says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreflightBody {}

/// What a preflight found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreflightDto {
    journey_id: Uuid,
    version_id: Option<Uuid>,
    /// Whether the campaign is a draft without blockers.
    can_publish: bool,
    evaluated_at: String,
    summary: PreflightSummaryDto,
    issues: Vec<IssueDto>,
    bindings_preview: Vec<BindingPreviewDto>,
}

/// How many issues there are.
#[derive(Serialize, ToSchema)]
struct PreflightSummaryDto {
    blockers: usize,
    warnings: usize,
    info: usize,
}

/// What a job would bind: in the spelling of a job's bindings, without the manifest that only a job has.
#[derive(Serialize, ToSchema)]
struct BindingPreviewDto {
    journey_version_id: Uuid,
    /// `send_1`.
    node_key: &'static str,
    manifest_id: Option<Uuid>,
    placeholder_manifest_id: Option<Uuid>,
    /// The next one of the tenant, if no other job takes it first.
    touchpoint_id: i64,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
}

impl PreflightDto {
    fn of(found: &Preflight) -> Self {
        let binding = |version| BindingPreviewDto {
            journey_version_id: version,
            node_key: NODE_KEY,
            manifest_id: None,
            placeholder_manifest_id: None,
            touchpoint_id: found.next_touchpoint,
            channel: found.channel.as_str(),
        };
        Self {
            journey_id: found.campaign.into(),
            version_id: found.version.map(Uuid::from),
            can_publish: found.can_publish,
            evaluated_at: found.evaluated_at.to_string(),
            summary: PreflightSummaryDto {
                blockers: found.count(Severity::Blocker),
                warnings: found.count(Severity::Warning),
                info: found.count(Severity::Info),
            },
            issues: found.issues.iter().map(|issue| IssueDto::of(issue, Some(found.campaign))).collect(),
            bindings_preview: found.version.map(Uuid::from).map(binding).into_iter().collect(),
        }
    }
}

/// Looks for what stands in the way. Nothing is changed, and a blocked campaign is answered with 200 too.
#[utoipa::path(post, path = "/public/v1/campaigns/{id}/preflight", operation_id = "preflightCampaign",
    tag = "Campaigns",
    summary = "Find what stands in the way of a campaign",
    params(("id" = uuid::Uuid, Path, description = "Campaign id")),
    responses((status = 200, description = "What was found", body = PreflightDto)))]
pub async fn preflight(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(PreflightBody {}): Json<PreflightBody>,
) -> Result<Answer, ApiError> {
    let found = service.preflight_campaign(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&PreflightDto::of(&found)))
}
