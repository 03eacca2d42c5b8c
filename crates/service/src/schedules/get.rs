//! Looking at the jobs of a campaign.

use crate::{Actor, Service, ServiceError};
use postrider_core::channel::ChannelKind;
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_core::schedule::JobState;
use postrider_store::Tx;
use postrider_store::conditions::{Condition, Part, Stops};
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
            self.block(job);
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
        self.block(&mut job);
        Ok(job)
    }

    /// Gives a job that is under way or due the reason for which this process cannot work on it now, which its row need
    /// not have: it is in memory alone. Returns whether there is one.
    pub(crate) fn block(&self, job: &mut ScheduleJob) -> bool {
        let is_due = job.state == JobState::Scheduled && job.due_at <= self.now();
        if job.state != JobState::Running && !is_due {
            return false;
        }
        let reason = self.reason(job.channel, is_due);
        let is_blocked = reason.is_some();
        if is_blocked {
            job.blocked_reason = reason;
        }
        is_blocked
    }

    /// What keeps this process from its work on jobs of a channel: the worst first.
    fn reason(&self, channel: ChannelKind, is_due: bool) -> Option<String> {
        if let Some(trouble) = self.store().trouble() {
            return Some(trouble.blocks().to_owned());
        }
        let stops_it = if is_due { Stops::Starts } else { Stops::Sending };
        let concerns = |(part, condition): &(Part, Condition)| match part {
            Part::Jobs | Part::Clock => condition.stops >= stops_it,
            Part::Route(route) => *route == channel,
        };
        let worst = |(part, condition): &(Part, Condition)| (*part != Part::Jobs, std::cmp::Reverse(condition.stops));
        let conditions = self.store().conditions().all();
        conditions.into_iter().filter(concerns).min_by_key(worst).map(|(_, condition)| condition.shown())
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
