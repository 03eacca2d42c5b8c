//! Moving a job that has not begun.

use super::get::{find, until_met};
use crate::campaigns::tenant_time;
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::env::Entropy;
use postrider_core::event::{Event, EventKind, ScheduleFacts};
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_core::schedule::{JobState, MoveFacts, ScheduleCommand, Scheduled, Warning, decide_move};
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::schedules::ScheduleJob;

/// A job that was moved.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The job, as it stands now.
    pub job: ScheduleJob,
    /// What deserves a look in its new time.
    pub warnings: Vec<Warning>,
}

impl Service {
    /// Moves a job to another time, with the checks and warnings of its commit; what the command leaves out stays.
    /// A paused job stays paused, one that is held because it was missed waits again.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `SCHEDULE_JOBS.NOT_FOUND`, and the refusals of [`decide_move`].
    pub async fn move_job(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        job: ScheduleId,
        command: ScheduleCommand,
        reply: Reply<Moved>,
    ) -> Result<Answered, ServiceError> {
        actor.require(Scope::CampaignsSchedule)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let shift = move |tx: &mut Tx<'_>| {
            until_met(tx, |tx| {
                let found = find(tx, tenant, campaign, job)?;
                shift(tx, tenant, found, &command, now, &*entropy)
            })
        };
        // The guard is the state that the job is moved from.
        let answered = self.answer_once_guarded("schedule.move", actor, reply, shift).await?;
        self.nudge_schedules();
        Ok(answered)
    }
}

/// Moves a job from the state in which it was found; none if it is not in that state any more.
fn shift(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    before: ScheduleJob,
    command: &ScheduleCommand,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Option<Moved>, ServiceError> {
    let facts = MoveFacts {
        channel: before.channel,
        state: before.state,
        started: before.started_at.is_some(),
        immediate: before.immediate,
        due_at: before.due_at,
        current: before.schedule(),
        policy: before.policy,
        tenant: tenant_time(tx, tenant)?,
    };
    let scheduled = decide_move(&facts, command, now)?;
    let Scheduled { due_at, send_at_text, batch_date, timezone, timezone_source, resolution, policy, warnings, .. } =
        scheduled;
    let (from, previously_for) = (before.state, Some(before.due_at));
    let job = ScheduleJob {
        state: if from == JobState::Held { JobState::Scheduled } else { from },
        due_at,
        send_at: send_at_text,
        batch_date,
        timezone,
        timezone_source,
        resolution,
        policy,
        blocked_reason: None,
        ..before
    };
    if !tx.schedule_move(tenant, &job, from)? {
        return Ok(None);
    }
    tx.campaign_set_execution_status(tenant, job.campaign, job.state.execution_status(false), now)?;
    let facts = ScheduleFacts {
        scheduled_for: Some(job.due_at),
        previously_for,
        ..ScheduleFacts::new(job.campaign, job.id, job.state)
    };
    tx.event_put(tenant, &Event::schedule(EventKind::ScheduleMoved, facts), now, entropy)?;
    Ok(Some(Moved { job, warnings }))
}
