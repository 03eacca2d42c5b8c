//! Gathering the facts of a decision, in the transaction that acts on it.

use super::CommitCommand;
use crate::campaigns::tenant_time;
use crate::{Service, ServiceError, Settings};
use postrider_core::campaign::AudienceSide;
use postrider_core::content::TemplateStatus;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{SenderProfileId, TemplateVersionId, TenantId, VersionId};
use postrider_core::schedule::{ContentBinding, JobFacts, Scheduled, decide_job, plan};
use postrider_core::time::Timestamp;
use postrider_core::wording::grouped;
use postrider_store::Tx;
use postrider_store::campaign_audiences::BoundAudience;
use postrider_store::campaigns::Campaign;
use postrider_store::job_audiences::JobAudience;
use postrider_store::templates::Template;

/// Hexadecimal digits of SHA-256 that stand for one part of a plan.
const PART_HASH_BYTES: usize = 8;

/// A decision with what it stands on.
pub(super) struct Decision {
    pub campaign: Campaign,
    pub version: VersionId,
    pub template_version: TemplateVersionId,
    /// The campaign's sender profile, or the tenant's default for the channel.
    pub sender: Option<SenderProfileId>,
    /// Lists by their ids, rules by their text as it is now.
    pub audiences: Vec<JobAudience>,
    pub scheduled: Scheduled,
    pub digest: String,
    pub warnings: Vec<postrider_core::schedule::Warning>,
}

/// Loads what the rules need and lets them decide. The same for a real call and its dry run.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    command: &CommitCommand,
    settings: &Settings,
    now: Timestamp,
) -> Result<Decision, ServiceError> {
    let campaign = tx.campaign_get(tenant, command.campaign)?.ok_or(Code::CampaignNotFound)?;
    let audiences = tx.campaign_audiences(tenant, campaign.id)?;
    let template = match campaign.template_id {
        Some(template) => tx.template_get(tenant, template)?,
        None => None,
    };
    let issues = crate::preflight::issues(tx, tenant, &campaign, settings, now)?;
    let included = audiences.iter().filter(|audience| audience.binding.side == AudienceSide::Include);
    let facts = JobFacts {
        campaign_type: campaign.campaign_type,
        channel: campaign.channel,
        authoring_status: campaign.authoring_status,
        has_version: campaign.current_version_id.is_some(),
        content: content(template.as_ref()),
        audiences_included: included.count(),
        intent: campaign.intent.clone(),
        tenant: tenant_time(tx, tenant)?,
        policy_defaults: tx.tenant_policy(tenant)?.over(&settings.policy),
        preflight: issues.clone(),
    };
    let scheduled = decide_job(&facts, &command.job, now)?;
    // The rules have just said that both are there.
    let version = campaign.current_version_id.ok_or(Code::VersionMissing)?;
    let template_version = template.and_then(|template| template.published_version).ok_or(Code::ContentRequired)?;
    let sender = crate::preflight::sender_of(tx, tenant, &campaign)?.map(|sender| sender.id);
    let fingerprint = plan::plan_fingerprint(&plan::PlanParts {
        included: words(&audiences, AudienceSide::Include),
        excluded: words(&audiences, AudienceSide::Exclude),
        template_version: template_version.to_string(),
        sender: sender.map(|sender| sender.to_string()),
        subject: campaign.subject_line.clone(),
        schedule: &scheduled,
    });
    if let Some(expected) = &command.expect_plan {
        let changes = plan::changes_since(expected, &fingerprint, part_hash);
        if !changes.is_empty() {
            let reach = tx.reach(tenant, campaign.id, campaign.channel, now, scheduled.due_at)?;
            let told = |(part, _, now)| told_change(part, now, (&campaign, &audiences, reach.targeted));
            let detail = postrider_core::error::Detail::Changes(changes.into_iter().map(told).collect());
            return Err(Refusal { code: Code::PlanChanged, detail }.into());
        }
    }
    let warnings = super::plan::warnings(&scheduled, &issues);
    let digest = plan::digest(&fingerprint, part_hash);
    let audiences = audiences.into_iter().map(job_audience).collect();
    Ok(Decision { campaign, version, template_version, sender, audiences, scheduled, digest, warnings })
}

/// A changed part of a plan in words. Of what was planned only a hash is left, so it can only be called another.
fn told_change(
    part: &'static str,
    now: String,
    (campaign, audiences, targeted): (&Campaign, &[BoundAudience], i64),
) -> (&'static str, String, String) {
    let names = |side| {
        let own = audiences.iter().filter(|audience| audience.binding.side == side);
        own.map(|audience| audience.name.as_deref().unwrap_or("a deleted audience")).collect::<Vec<_>>().join(", ")
    };
    let (planned, now) = match part {
        plan::INCLUDED => {
            let names = names(AudienceSide::Include);
            ("other audiences, or another rule of one", format!("{names}: {} recipients", grouped(targeted)))
        }
        plan::EXCLUDED => ("other excluded audiences, or another rule of one", names(AudienceSide::Exclude)),
        plan::TEMPLATE => {
            let template = campaign.template_name.as_deref().unwrap_or_default();
            ("another published version of the template, or another template", format!("{template}, as published now"))
        }
        plan::SENDER => ("another sender profile", now),
        plan::SUBJECT => ("another subject line", now),
        _ => ("another time", now),
    };
    (part, planned.to_owned(), now)
}

fn content(template: Option<&Template>) -> ContentBinding {
    match template {
        None => ContentBinding::None,
        Some(template) if template.status == TemplateStatus::Published => ContentBinding::Published,
        Some(_) => ContentBinding::NotPublished,
    }
}

fn job_audience(audience: BoundAudience) -> JobAudience {
    JobAudience { side: audience.binding.side, audience_id: audience.binding.audience_id, rule: audience.rule }
}

/// The audiences of one side for the plan: a rule with the hash of its text, so that another rule is another plan.
fn words(audiences: &[BoundAudience], side: AudienceSide) -> Vec<(String, String)> {
    let own = audiences.iter().filter(|audience| audience.binding.side == side);
    own.map(|audience| {
        let id = audience.binding.audience_id;
        let word = audience.rule.as_deref().map_or_else(|| id.to_string(), |rule| format!("{id}#{}", part_hash(rule)));
        (audience.binding.audience_type.as_str().to_owned(), word)
    })
    .collect()
}

fn part_hash(text: &str) -> String {
    use std::fmt::Write as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(PART_HASH_BYTES).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Service {
    /// Whether anybody could be told about a job now; see [`postrider_store::wake`].
    pub(super) fn nudge_schedules(&self) {
        self.store().wake().nudge(postrider_store::wake::Topic::Schedules);
    }
}
