//! What stands between a draft and its send: the facts of the rules in [`postrider_core::preflight`].
//!
//! Everything is read in the caller's transaction, so a job that asks inside its own decides on what it commits.
//! Invariant: asking changes nothing, and a blocked campaign is an answer, not a refusal.

mod audience;
mod facts;
mod fields;
mod template;

pub(crate) use facts::sender_of;
pub(crate) use template::{first_recipient, samples};

use facts::preflight_facts;

use crate::campaigns::campaign_of;
use crate::{Actor, Service, ServiceError, Settings};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, TenantId, VersionId};
use postrider_core::preflight::{Issue, Severity, evaluate, not_draft};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaigns::Campaign;

/// What a preflight found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// The campaign.
    pub campaign: CampaignId,
    /// What would be sent.
    pub version: Option<VersionId>,
    /// Its channel.
    pub channel: ChannelKind,
    /// Whether it is a draft without blockers.
    pub can_publish: bool,
    /// When it was looked at.
    pub evaluated_at: Timestamp,
    /// What was found, blockers first.
    pub issues: Vec<Issue>,
    /// The touchpoint that a job committed now would get.
    pub next_touchpoint: i64,
}

impl Preflight {
    /// How many issues of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.issues.iter().filter(|issue| issue.severity == severity).count()
    }
}

/// The issues of a campaign as it stands in this transaction; a job asks in the one in which it commits.
///
/// # Errors
/// A failure of the store.
pub(crate) fn issues(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
    settings: &Settings,
    now: Timestamp,
) -> Result<Vec<Issue>, ServiceError> {
    Ok(evaluate(&preflight_facts(tx, tenant, campaign, settings, now)?, now))
}

impl Service {
    /// Looks at everything that a job would look at. Of a campaign that is no draft any more it only says so: its time
    /// may have passed because it was sent, and nothing else can be changed.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn preflight_campaign(&self, actor: &Actor, campaign: CampaignId) -> Result<Preflight, ServiceError> {
        let (now, tenant, settings) = (self.now(), actor.tenant, self.settings().clone());
        let read = self.store().read("campaign.preflight", move |tx| {
            let campaign = campaign_of(tx, tenant, campaign)?;
            let is_draft = campaign.authoring_status == AuthoringStatus::Draft;
            let issues = if is_draft { issues(tx, tenant, &campaign, &settings, now)? } else { vec![not_draft()] };
            let mut found = Preflight {
                campaign: campaign.id,
                version: campaign.current_version_id,
                channel: campaign.channel,
                can_publish: false,
                evaluated_at: now,
                issues,
                next_touchpoint: tx.last_touchpoint(tenant)? + 1,
            };
            found.can_publish = is_draft && found.count(Severity::Blocker) == 0;
            Ok::<_, ServiceError>(found)
        });
        read.await
    }
}
