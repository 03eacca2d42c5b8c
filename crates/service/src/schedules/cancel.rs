//! Taking a job back.

use super::get::{find, until_met};
use crate::idempotency::{Answered, Reply};
use crate::status::latest;
use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::ExecutionStatus;
use postrider_core::delivery::DeliveryState;
use postrider_core::error::Code;
use postrider_core::event::{Event, EventKind, ScheduleFacts};
use postrider_core::id::{CampaignId, ScheduleId, VersionId};
use postrider_core::schedule::JobState;
use postrider_core::scope::Scope;
use postrider_store::Tx;
use postrider_store::wake::Topic;

/// A job that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canceled {
    /// Which job.
    pub job: ScheduleId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// What was still prevented; none if the job had not begun, when it prevented everything.
    pub receipt: Option<Receipt>,
}

/// What a cancellation in mid-send came to, at the moment it was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Frozen recipients who will not be sent to.
    pub prevented: i64,
    /// Recipients whose message the provider had.
    pub handed_off: i64,
    /// Recipients whose message was on its way, or of whom nobody knows.
    pub uncertain: i64,
}

impl Service {
    /// Takes a job back. Before its start the campaign is a draft again and keeps its intent; while it runs, nothing
    /// more is claimed.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `SCHEDULE_JOBS.NOT_FOUND`, `ALREADY_FINISHED`.
    pub async fn cancel(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        job: ScheduleId,
        reply: Reply<Canceled>,
    ) -> Result<Answered, ServiceError> {
        actor.require(Scope::CampaignsSchedule)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let cancel = move |tx: &mut Tx<'_>| {
            let begun = until_met(tx, |tx| {
                let found = find(tx, tenant, campaign, job)?;
                if found.state.is_final() {
                    return Err(Code::AlreadyFinished.into());
                }
                let begun = found.started_at.is_some();
                let finished_at = (!begun).then_some(now);
                let is_canceled = tx.schedule_cancel(tenant, job, found.state, finished_at)?;
                Ok(is_canceled.then_some((begun, found.parent.is_some())))
            })?;
            let (begun, is_retry) = begun;
            let facts = ScheduleFacts::new(campaign, job, JobState::Canceled);
            if !begun {
                if is_retry {
                    // Recipients were sent to before: it does not become a draft, and shows its earlier job again.
                    let status = latest(tx, tenant, campaign)?.map(|(job, _)| job.state.execution_status(true));
                    let status = status.unwrap_or(ExecutionStatus::NotScheduled);
                    tx.campaign_set_execution_status(tenant, campaign, status, now)?;
                } else {
                    tx.campaign_to_draft(tenant, campaign, VersionId::new(now, &*entropy), now)?;
                }
                tx.event_put(tenant, &Event::schedule(EventKind::ScheduleCanceled, facts), now, &*entropy)?;
                return Ok(Canceled { job, campaign, receipt: None });
            }
            let status: ExecutionStatus = JobState::Canceled.execution_status(true);
            tx.campaign_set_execution_status(tenant, campaign, status, now)?;
            // Read after the job was stopped, which waited for marks in the making: what is pending now stays so.
            let counts = tx.accounts(tenant, job)?.map(|accounts| accounts.counts).unwrap_or_default();
            let facts = ScheduleFacts { counts: Some(counts), ..facts };
            tx.event_put(tenant, &Event::schedule(EventKind::ScheduleCanceled, facts), now, &*entropy)?;
            let receipt = Receipt {
                prevented: counts.of(DeliveryState::Pending) + counts.of(DeliveryState::Canceled),
                handed_off: counts.of(DeliveryState::Sent),
                uncertain: counts.of(DeliveryState::InFlight) + counts.of(DeliveryState::Uncertain),
            };
            Ok(Canceled { job, campaign, receipt: Some(receipt) })
        };
        // The guard is the state that the job is taken from. Run as if alone, the receipt would be read in a snapshot
        // from before the wait for those marks.
        let answered = self.answer_once_guarded("schedule.cancel", actor, reply, cancel).await?;
        self.nudge_schedules();
        self.store().wake().nudge(Topic::Deliveries);
        Ok(answered)
    }
}
