//! A campaign on one page: what it is, what it lacks, how its last execution went. No contact data.

use super::progress::latest;
use super::reach::{SummaryReach, reach};
use crate::campaigns::{CampaignView, campaign_view};
use crate::{Actor, Service, ServiceError, preflight};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_core::delivery::Counts;
use postrider_core::id::{CampaignId, TemplateId};
use postrider_core::preflight::Issue;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;

/// A campaign on one page.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The campaign and its audiences.
    pub view: CampaignView,
    /// The bound template.
    pub template: Option<SummaryTemplate>,
    /// What a preflight finds now; none of a campaign that is no draft any more.
    pub issues: Option<Vec<Issue>>,
    /// The newest execution.
    pub latest: Option<SummaryExecution>,
    /// Whom the audiences reach.
    pub reach: SummaryReach,
}

/// The bound template of a campaign.
#[derive(Debug, Clone)]
pub struct SummaryTemplate {
    /// Its id.
    pub id: TemplateId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: TemplateStatus,
    /// Its channel.
    pub channel: ChannelKind,
}

/// The newest execution of a campaign.
#[derive(Debug, Clone)]
pub struct SummaryExecution {
    /// Where its job stands.
    pub state: JobState,
    /// When it begins, or was to begin.
    pub scheduled_for: Timestamp,
    /// When it began, if it did.
    pub started_at: Option<Timestamp>,
    /// Where everybody stands.
    pub counts: Counts,
}

impl Service {
    /// A campaign on one page.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn summary(&self, actor: &Actor, campaign: CampaignId) -> Result<Summary, ServiceError> {
        let (tenant, now, settings) = (actor.tenant, self.now(), self.settings().clone());
        let read = self.store().read("campaign.summary", move |tx| {
            let view = campaign_view(tx, tenant, campaign)?;
            let template = match view.campaign.template_id {
                Some(template) => tx.template_get(tenant, template)?,
                None => None,
            };
            let latest = latest(tx, tenant, campaign)?.map(|(job, accounts)| SummaryExecution {
                state: job.state,
                scheduled_for: job.due_at,
                started_at: job.started_at,
                counts: accounts.map(|accounts| accounts.counts).unwrap_or_default(),
            });
            let is_draft = view.campaign.authoring_status == AuthoringStatus::Draft;
            let issues = is_draft.then(|| preflight::issues(tx, tenant, &view.campaign, &settings, now)).transpose()?;
            Ok::<_, ServiceError>(Summary {
                issues,
                template: template.map(|it| SummaryTemplate {
                    id: it.id,
                    name: it.name,
                    status: it.status,
                    channel: it.channel,
                }),
                reach: reach(tx, tenant, &view, now)?,
                latest,
                view,
            })
        });
        let summary = read.await?;
        if summary.reach.wanting {
            self.want_reach(tenant, campaign).await;
        }
        Ok(summary)
    }
}
