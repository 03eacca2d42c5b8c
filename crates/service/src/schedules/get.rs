//! Looking at the jobs of a campaign.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_core::schedule::JobState;
use postrider_store::Tx;
use postrider_store::schedules::ScheduleJob;

/// How often a job is looked at that others move at the same moment.
const LOOKS_MAX: usize = 5;

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
            Ok::<_, ServiceError>(tx.schedules_of(tenant, campaign)?)
        };
        let mut jobs = self.store().read("schedule.list", read).await?;
        for job in &mut jobs {
            self.block_if_unwritable(job);
        }
        Ok(jobs)
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
        let read = self.store().read("schedule.get", move |tx| find(tx, tenant, campaign, job));
        let mut job = read.await?;
        self.block_if_unwritable(&mut job);
        Ok(job)
    }

    /// Gives a running job the reason why this process cannot write, which its row cannot have for the same reason.
    /// Returns whether there was one.
    pub(crate) fn block_if_unwritable(&self, job: &mut ScheduleJob) -> bool {
        let trouble = self.store().trouble().filter(|_| job.state == JobState::Running);
        if let Some(trouble) = trouble {
            job.blocked_reason = Some(format!("store_failed: {}", trouble.as_str()));
        }
        trouble.is_some()
    }
}

/// Looks and acts until both met the same job: when another hand moved it between the look and the write, `act`
/// answers none and looks again, in the same transaction, which sees what others have committed.
///
/// # Errors
/// What `act` answers; `Busy` if the job never stands still.
pub(super) fn until_met<T>(
    tx: &mut Tx<'_>,
    mut act: impl FnMut(&mut Tx<'_>) -> Result<Option<T>, ServiceError>,
) -> Result<T, ServiceError> {
    for _ in 0..LOOKS_MAX {
        if let Some(done) = act(tx)? {
            return Ok(done);
        }
    }
    Err(tx.again("the job moves on and on").into())
}

/// A job of a campaign; another campaign's job is not found.
pub(super) fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: CampaignId,
    job: ScheduleId,
) -> Result<ScheduleJob, ServiceError> {
    tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
    let found = tx.schedule_get(tenant, job)?.filter(|found| found.campaign == campaign && !found.is_test);
    found.ok_or_else(|| Code::ScheduleJobNotFound.into())
}
