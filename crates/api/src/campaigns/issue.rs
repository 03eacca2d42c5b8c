//! Preflight issues as clients see them, with links to where each is mended.

use postrider_core::id::CampaignId;
use postrider_core::preflight::{Issue, STEP_AUDIENCE, STEP_CONTENT, STEP_SCHEDULE};
use serde::Serialize;
use utoipa::ToSchema;

/// One finding.
#[derive(Serialize, ToSchema)]
pub struct IssueDto {
    /// `blocker`, `warning` or `info`.
    severity: &'static str,
    /// Stable code.
    code: &'static str,
    /// One sentence.
    message: String,
    /// `audience`, `content`, `schedule` or `channel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'static str>,
    /// Ids of what it concerns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refs: Vec<String>,
    /// Where it is mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remediation: Vec<RemediationDto>,
}

/// A way to mend an issue.
#[derive(Serialize, ToSchema)]
struct RemediationDto {
    /// `link`.
    r#type: &'static str,
    label: &'static str,
    /// Path below this server.
    href: String,
}

impl IssueDto {
    /// The issue; without a campaign, only with links to what it refers to.
    pub fn of(issue: &Issue, campaign: Option<CampaignId>) -> Self {
        Self {
            severity: issue.severity.as_str(),
            code: issue.code,
            message: issue.message.clone(),
            step: issue.step,
            refs: issue.refs.clone(),
            remediation: remediation(issue, campaign).into_iter().collect(),
        }
    }
}

fn remediation(issue: &Issue, campaign: Option<CampaignId>) -> Option<RemediationDto> {
    let link = |label, href| Some(RemediationDto { r#type: "link", label, href });
    match (issue.code, issue.refs.first()) {
        ("TEMPLATE_NOT_PUBLISHED", Some(template)) => {
            return link("Publish the template", format!("/public/v1/templates/{template}/publish"));
        }
        (
            "TEMPLATE_RENDER_FAILED"
            | "TEMPLATE_FIELD_UNKNOWN"
            | "UNSUBSCRIBE_LINK_MISSING"
            | "FOREIGN_TAG"
            | "FIELD_EMPTY"
            | "TYPE_MISMATCH",
            Some(template),
        ) if issue.step == Some(STEP_CONTENT) => {
            return link("Edit the template", format!("/public/v1/templates/{template}"));
        }
        ("RETURN_ADDRESS_MISSING", Some(sender)) => {
            return link("Edit the sender profile", format!("/public/v1/sender-profiles/{sender}"));
        }
        _ => {}
    }
    if let ("TYPE_MISMATCH" | "FIELD_IN_ADDRESS", Some(audience)) = (issue.code, issue.refs.first()) {
        return link("Change the audience", format!("/public/v1/audiences/{audience}"));
    }
    let part = |label, part| link(label, format!("/public/v1/campaigns/{}/{part}", campaign?));
    match issue.step {
        Some(STEP_AUDIENCE) if issue.code != "NO_START_NODE" => part("Choose the audience", "audience"),
        Some(STEP_CONTENT) => part("Choose template, sender and subject", "content"),
        Some(STEP_SCHEDULE) => part("Set the schedule", "schedule"),
        _ => None,
    }
}
