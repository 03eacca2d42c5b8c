//! Gathering the facts.

use super::audience::{Glance, glance};
use super::template::{ReadTemplate, Rendering, read_template};
use crate::audiences::rule_warnings;
use crate::{ServiceError, Settings};
use postrider_content::SenderDetails;
use postrider_core::campaign::AudienceSide;
use postrider_core::error::Code;
use postrider_core::id::TenantId;
use postrider_core::preflight::{AudienceFacts, NAMED_MAX, PreflightFacts, SenderFacts};
use postrider_core::schedule::Warning;
use postrider_core::sender_domain::Verdict;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaign_audiences::BoundAudience;
use postrider_store::campaigns::Campaign;
use postrider_store::job_audiences::Source;
use postrider_store::senders::SenderProfile;

/// Reads everything that [`postrider_core::preflight::evaluate`] looks at, as it stands in this transaction.
///
/// # Errors
/// A failure of the store.
pub(crate) fn preflight_facts(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
    settings: &Settings,
    now: Timestamp,
) -> Result<PreflightFacts, ServiceError> {
    let audiences = tx.campaign_audiences(tenant, campaign.id)?;
    let mut read = read_template(tx, tenant, campaign)?;
    let watched = read.as_ref().map(ReadTemplate::watched).unwrap_or_default();
    let Glance {
        samples,
        anybody,
        fields,
        incomplete_addresses,
        incomplete_parts,
        unknown_consent,
        consents_read,
        whole,
    } = glance(tx, tenant, campaign, &audiences, Some(&watched), now)?;
    let sender = sender_of(tx, tenant, campaign)?;
    if let Some(template) = &mut read {
        let public_url = settings.public_url.as_str();
        template.render(&Rendering { campaign, sender: sender.as_ref(), samples: &samples, public_url });
        template.facts.empty_fields = fields.empty();
        template.facts.text_fields = fields.text();
    }
    let template_has_subject = read.as_ref().is_some_and(|template| template.has_subject);
    let own_subject = campaign.subject_line.as_deref().is_some_and(|subject| !subject.trim().is_empty());
    let stored = tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?;
    let dead_since = now.plus_millis(-settings.node_timeout_ms);
    Ok(PreflightFacts {
        channel: campaign.channel,
        has_version: campaign.current_version_id.is_some(),
        included: side(&audiences, AudienceSide::Include),
        excluded: side(&audiences, AudienceSide::Exclude),
        rule_warnings: warnings_of_rules(tx, tenant, &audiences)?,
        targeted: anybody.map(i64::from),
        incomplete_addresses,
        incomplete_parts,
        unknown_consent,
        consents_read,
        mails_unknown: stored.mail_unknown,
        recipients_read: fields.people,
        whole_audience_read: whole,
        template: read.map(|template| template.facts),
        sender: sender.as_ref().map(|sender| sender_facts(tx, tenant, sender)).transpose()?,
        has_subject: own_subject || template_has_subject,
        category: campaign.category.clone(),
        // Every email carries a one-click link (RFC 8058) once there is an address where clients reach us.
        has_unsubscribe: !settings.public_url.is_empty(),
        requires_unsubscribe_link: stored.require_unsubscribe_link,
        channel_configured: settings.channels.contains(&campaign.channel),
        engine_alive: tx.engine_seen()?.is_some_and(|seen| seen > dead_since),
        intent: campaign.intent.clone(),
        tenant: stored.time(),
    })
}

/// What deserves a look in the rules of a campaign's audiences, each with the id of the audience.
fn warnings_of_rules(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    audiences: &[BoundAudience],
) -> Result<Vec<(String, Warning)>, ServiceError> {
    let mut found = Vec::new();
    for audience in audiences {
        let Some(Source::Rule(rule)) = audience.source()? else { continue };
        let id = audience.binding.audience_id.to_string();
        let warnings = rule_warnings(tx, tenant, &rule)?;
        found.extend(warnings.into_iter().take(NAMED_MAX).map(|warning| (id.clone(), warning)));
    }
    Ok(found)
}

/// Who a campaign's messages come from: its own sender profile, else the tenant's default for the channel.
pub(crate) fn sender_of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
) -> Result<Option<SenderProfile>, ServiceError> {
    Ok(match campaign.sender_profile_id {
        Some(sender) => tx.sender_get(tenant, sender)?.filter(|sender| sender.deleted_at.is_none()),
        None => tx.sender_default(tenant, campaign.channel)?,
    })
}

fn side(audiences: &[BoundAudience], side: AudienceSide) -> Vec<AudienceFacts> {
    let own = audiences.iter().filter(|audience| audience.binding.side == side);
    own.map(|audience| AudienceFacts { id: audience.binding.audience_id.to_string(), found: audience.name.is_some() })
        .collect()
}

fn sender_facts(tx: &mut Tx<'_>, tenant: TenantId, sender: &SenderProfile) -> Result<SenderFacts, ServiceError> {
    let details = SenderDetails::parse(sender.channel, &sender.details);
    let has_return_address = match &details {
        Ok(SenderDetails::DirectMail(piece)) => piece.return_address.postal().missing().is_empty(),
        _ => false,
    };
    let domain = match details.ok().and_then(|details| details.email_domain()) {
        Some(domain) => tx.sender_domain_verdict(tenant, &domain)?,
        None => Verdict::Allowed,
    };
    Ok(SenderFacts { id: sender.id.to_string(), has_return_address, domain })
}
