//! Looking at the jobs of a campaign.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_store::Tx;
use postrider_store::schedules::ScheduleJob;

/// A job as it is shown.
pub type JobView = ScheduleJob;

impl Service {
    /// The jobs of a campaign, newest first.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn schedule_jobs(&self, actor: &Actor, campaign: CampaignId) -> Result<Vec<JobView>, ServiceError> {
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
            Ok(tx.schedules_of(tenant, campaign)?)
        };
        self.store().read("schedule.list", read).await
    }

    /// One job of a campaign.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `SCHEDULE_JOBS.NOT_FOUND`.
    pub async fn schedule_job(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        job: ScheduleId,
    ) -> Result<JobView, ServiceError> {
        let tenant = actor.tenant;
        self.store().read("schedule.get", move |tx| find(tx, tenant, campaign, job)).await
    }
}

/// A job of a campaign; another campaign's job is not found.
pub(super) fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: CampaignId,
    job: ScheduleId,
) -> Result<ScheduleJob, ServiceError> {
    tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
    let found = tx.schedule_get(tenant, job)?.filter(|found| found.campaign == campaign);
    found.ok_or_else(|| Code::ScheduleJobNotFound.into())
}
