//! `GET /campaigns`

use super::CampaignView;
use super::get::{read_again, schedule_of};
use crate::{Actor, Page, Service, ServiceError};
use postrider_core::campaign::{AuthoringStatus, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaign_listing::CampaignFilter;

/// Which campaigns to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct ListCampaigns {
    /// Where they stand for their authors.
    pub status: Option<AuthoringStatus>,
    /// Where they stand for their recipients.
    pub execution_status: Option<ExecutionStatus>,
    /// Their channel.
    pub channel: Option<ChannelKind>,
    /// Their category.
    pub category: Option<String>,
    /// A tag they have.
    pub tag: Option<String>,
    /// A part of their name or external id.
    pub search: Option<String>,
    /// How many, at least 1.
    pub limit: i64,
    /// Where the last page ended.
    pub after: Option<(Timestamp, CampaignId)>,
}

impl Service {
    /// Lists campaigns. Pages do not shift when campaigns are added.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn list_campaigns(
        &self,
        actor: &Actor,
        query: ListCampaigns,
    ) -> Result<Page<CampaignView, CampaignId>, ServiceError> {
        let tenant = actor.tenant;
        self.store().read("campaign.list", move |tx| page(tx, tenant, &query)).await
    }
}

fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    query: &ListCampaigns,
) -> Result<Page<CampaignView, CampaignId>, ServiceError> {
    let filter = CampaignFilter {
        status: query.status,
        execution_status: query.execution_status,
        channel: query.channel,
        category: query.category.clone(),
        tag: query.tag.clone(),
        search: query.search.clone(),
    };
    let campaigns = tx.campaigns_list(tenant, &filter, query.after, query.limit + 1)?;
    let page = Page::of(campaigns, query.limit, |last| (last.created_at, last.id));
    let ids: Vec<CampaignId> = page.items.iter().map(|campaign| campaign.id).collect();
    let audiences = tx.campaign_audiences_list(tenant, &ids)?;
    let jobs = tx.schedules_counting(tenant, &ids)?;
    let items = page.items.into_iter().map(|campaign| {
        let own = audiences.iter().filter(|audience| audience.campaign == campaign.id).cloned().collect();
        let campaign = read_again(campaign);
        let job = jobs.iter().find(|job| job.campaign == campaign.id);
        CampaignView { schedule: schedule_of(&campaign, job), campaign, audiences: own }
    });
    Ok(Page { items: items.collect(), next: page.next })
}
