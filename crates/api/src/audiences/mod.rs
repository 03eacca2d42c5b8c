//! Routes of the audiences by rule.

mod create;
mod delete;
mod get;
mod members;
mod preview;
mod rule;
mod update;

use crate::routes::{Route, route};
use crate::schedule_jobs::WarningDto;
use postrider_core::scope::Scope;
use postrider_service::audiences::{AudienceRow, CheckedAudience};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write, preview) = (Scope::CdpAudiencesRead, Scope::CdpAudiencesWrite, Scope::CdpAudiencesPreview);
    vec![
        route!(POST, "/audiences", write, create::create_audience),
        route!(GET, "/audiences", read, get::get_audiences),
        route!(POST, "/audiences/preview", preview, preview::preview_rule),
        route!(GET, "/audiences/{id}", read, get::get_audience),
        route!(PATCH, "/audiences/{id}", write, update::update_audience),
        route!(DELETE, "/audiences/{id}", write, delete::delete_audience),
        route!(POST, "/audiences/{id}/preview", preview, preview::preview_audience),
        route!(GET, "/audiences/{id}/members", preview, members::get_members),
    ]
}

/// An audience by rule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudienceRuleDto {
    id: String,
    name: String,
    description: Option<String>,
    /// The rule as it was written; docs/audiences.md describes the language.
    #[schema(value_type = Object)]
    rule: Value,
    /// Always `dynamic`: who belongs is asked whenever it is needed.
    r#type: &'static str,
    container_type: &'static str,
    membership_behavior: &'static str,
    population_source: &'static str,
    status: &'static str,
    /// How many belonged when they were last counted, for the reach of a campaign; null before. A preview counts now.
    member_count: Option<i64>,
    /// When they were counted; null before.
    member_count_at: Option<String>,
    created_at: String,
    updated_at: String,
}

/// An audience with what deserves a look in its rule.
#[derive(Serialize, ToSchema)]
pub struct CheckedAudienceDto {
    #[serde(flatten)]
    audience: AudienceRuleDto,
    /// What deserves a look in the rule, as in a preview.
    warnings: Vec<WarningDto>,
}

impl From<&CheckedAudience> for CheckedAudienceDto {
    fn from(saved: &CheckedAudience) -> Self {
        Self { audience: (&saved.audience).into(), warnings: saved.warnings.iter().map(WarningDto::from).collect() }
    }
}

impl From<&AudienceRow> for AudienceRuleDto {
    fn from(audience: &AudienceRow) -> Self {
        Self {
            id: audience.id.to_string(),
            name: audience.name.clone(),
            description: audience.description.clone(),
            rule: serde_json::from_str(&audience.rule).unwrap_or_default(),
            r#type: "dynamic",
            container_type: "audience",
            membership_behavior: "live",
            population_source: "rule",
            status: "active",
            member_count: audience.member_count,
            member_count_at: audience.counted_at.map(|at| at.to_string()),
            created_at: audience.created_at.to_string(),
            updated_at: audience.updated_at.to_string(),
        }
    }
}
