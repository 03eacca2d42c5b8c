//! What a dry run promises.

use super::decide::Decision;
use crate::{ServiceError, Settings};
use postrider_core::channel::ChannelKind;
use postrider_core::env::Entropy;
use postrider_core::id::{CampaignId, ManifestId, TenantId, VersionId};
use postrider_core::preflight::{Issue, Severity};
use postrider_core::schedule::{Scheduled, Warning};
use postrider_core::time::{MINUTE_MS, Resolution, Timestamp};
use postrider_store::Tx;
use postrider_store::reach::Reach;

/// What a route without a rate limit is expected to take in a minute: a careful guess for the forecast only.
const EXPECTED_PER_MINUTE: i64 = 60_000;

/// A rehearsed job.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// The campaign.
    pub campaign: CampaignId,
    /// The version that would be committed.
    pub version: VersionId,
    /// Its channel.
    pub channel: ChannelKind,
    /// The number that the execution would get, were it committed now.
    pub touchpoint: i64,
    /// What the audience would be frozen under; nothing is stored of it.
    pub manifest: ManifestId,
    /// What deserves a look.
    pub warnings: Vec<Warning>,
    /// The plan.
    pub plan: Plan,
}

/// What would happen.
#[derive(Debug, Clone)]
pub struct Plan {
    /// To be given as `expectPlan`.
    pub digest: String,
    /// Who would be reached.
    pub audience: Reach,
    /// How the time was read.
    pub resolution: Resolution,
    /// When the last message would leave, at the rate of the job or its tenant, or at a careful guess of the route's.
    pub predicted_finish_at: Timestamp,
    /// Rendered messages.
    pub samples: Vec<Sample>,
}

/// One message as somebody of the audience would get it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Who.
    pub profile: postrider_core::id::ProfileId,
    /// The subject of an email, the title of a push notification.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
}

pub(super) fn dry_run(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    decision: Decision,
    settings: &Settings,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<DryRun, ServiceError> {
    let campaign = &decision.campaign;
    let audience = tx.reach(tenant, campaign.id, campaign.channel, now, decision.scheduled.due_at)?;
    let shared = tx.tenant_budget(tenant, campaign.channel)?.map(|budget| budget.rate);
    let slowest = decision.scheduled.policy.rate_per_minute.into_iter().chain(shared).min();
    let per_minute = slowest.map_or(EXPECTED_PER_MINUTE, i64::from);
    let duration_ms = audience.targeted.saturating_mul(MINUTE_MS) / per_minute.max(1);
    let samples = crate::preflight::samples(tx, tenant, campaign, decision.template_version, settings, now)?;
    Ok(DryRun {
        campaign: campaign.id,
        version: decision.version,
        channel: campaign.channel,
        manifest: ManifestId::new(now, entropy),
        touchpoint: tx.last_touchpoint(tenant)? + 1,
        warnings: decision.warnings,
        plan: Plan {
            digest: decision.digest,
            audience,
            predicted_finish_at: decision.scheduled.due_at.plus_millis(duration_ms),
            resolution: decision.scheduled.resolution,
            samples,
        },
    })
}

/// The warnings of a job: those of its time, then those of the preflight. A warning that both give is given once.
pub(super) fn warnings(scheduled: &Scheduled, issues: &[Issue]) -> Vec<Warning> {
    let mut warnings = scheduled.warnings.clone();
    for issue in issues.iter().filter(|issue| issue.severity == Severity::Warning) {
        let about_time = issue.step == Some(postrider_core::preflight::STEP_SCHEDULE);
        if !about_time {
            warnings.push(Warning { code: issue.code, message: issue.message.clone() });
        }
    }
    warnings
}
