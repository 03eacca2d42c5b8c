//! `GET /campaigns/{id}`, and the view of a campaign that many answers share.

use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::{AudienceSide, ExecutionStatus};
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::schedule::Intent;
use postrider_core::time::Zones;
use postrider_store::Tx;
use postrider_store::campaign_audiences::BoundAudience;
use postrider_store::campaigns::Campaign;
use postrider_store::schedules::ScheduleJob;

/// A campaign with its audiences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignView {
    /// The campaign.
    pub campaign: Campaign,
    /// Its audiences, in the order given.
    pub audiences: Vec<BoundAudience>,
    /// When it goes: the time of its job, else the saved intent.
    pub schedule: Option<Intent>,
}

impl CampaignView {
    /// The audiences of one side.
    pub fn side(&self, side: AudienceSide) -> impl Iterator<Item = &BoundAudience> {
        self.audiences.iter().filter(move |audience| audience.binding.side == side)
    }
}

impl Service {
    /// One campaign.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn get_campaign(&self, actor: &Actor, campaign: CampaignId) -> Result<CampaignView, ServiceError> {
        let tenant = actor.tenant;
        self.store().read("campaign.get", move |tx| view(tx, tenant, campaign)).await
    }
}

/// The campaign, or its absence as a refusal.
pub(crate) fn campaign_of(tx: &mut Tx<'_>, tenant: TenantId, campaign: CampaignId) -> Result<Campaign, ServiceError> {
    tx.campaign_get(tenant, campaign)?.map(read_again).ok_or_else(|| Code::CampaignNotFound.into())
}

/// The campaign with its intent as the zone data read it now. Once a job has begun, the intent stays as it was read
/// for that.
pub(crate) fn read_again(mut campaign: Campaign) -> Campaign {
    if matches!(campaign.execution_status, ExecutionStatus::NotScheduled | ExecutionStatus::Scheduled) {
        campaign.intent = campaign.intent.map(|intent| intent.read_again(Zones::in_use()));
    }
    campaign
}

/// The campaign as it stands in this transaction.
pub(crate) fn view(tx: &mut Tx<'_>, tenant: TenantId, campaign: CampaignId) -> Result<CampaignView, ServiceError> {
    let audiences = tx.campaign_audiences(tenant, campaign)?;
    let campaign = campaign_of(tx, tenant, campaign)?;
    let jobs = tx.schedules_counting(tenant, &[campaign.id])?;
    Ok(CampaignView { schedule: schedule_of(&campaign, jobs.first()), campaign, audiences })
}

/// When a campaign goes: as its newest job that counts says, which may have been committed with another time than the
/// saved intent and may have been moved since. Without a job, as the intent says.
pub(crate) fn schedule_of(campaign: &Campaign, job: Option<&ScheduleJob>) -> Option<Intent> {
    job.map(ScheduleJob::schedule).or_else(|| campaign.intent.clone())
}
