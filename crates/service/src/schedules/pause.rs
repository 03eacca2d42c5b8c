//! Bringing a campaign's job to a stand, and letting it go on.
//!
//! Invariant: the transaction that pauses waits for marks that are being made and keeps new ones from being made, so
//! that once it has committed only windows marked before may still leave.

use super::get::until_met;
use crate::idempotency::{Answered, Reply};
use crate::status::{Status, latest, status_of};
use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::delivery::DeliveryState;
use postrider_core::env::Entropy;
use postrider_core::error::Code;
use postrider_core::event::{Event, EventKind, ScheduleFacts};
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_core::schedule::{JobState, Standing, UncertainDecision, decide_pause, decide_resume};
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::accounts::Accounts;
use postrider_store::execution::JobMove;
use postrider_store::schedules::ScheduleJob;
use postrider_store::wake::Topic;

impl Service {
    /// Brings a job to a stand, before it begins or while it runs. An audience that is being frozen is frozen whole;
    /// a job that is paused stays so.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `NOT_RUNNING`, `ALREADY_FINISHED`.
    pub async fn pause(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        reply: Reply<Status>,
    ) -> Result<Answered, ServiceError> {
        actor.require(Scope::CampaignsSend)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let pause = move |tx: &mut Tx<'_>| {
            pause(tx, (tenant, campaign, None), now, &*entropy)?;
            status_of(tx, tenant, campaign, now)
        };
        // The guard is the state that the job is moved from.
        let answered = self.answer_once_guarded("schedule.pause", actor, reply, pause).await?;
        self.nudge_schedules();
        Ok(answered)
    }

    /// Lets a paused or held job go on, and decides about its uncertain recipients if it is told how. With such a
    /// decision a finished job that has some goes on as well, and a running one just goes on.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `CAMPAIGNS.ARCHIVED`, `NOT_PAUSED`, `ALREADY_FINISHED`.
    pub async fn resume(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        uncertain: Option<UncertainDecision>,
        reply: Reply<Status>,
    ) -> Result<Answered, ServiceError> {
        actor.require(Scope::CampaignsSend)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let resume = move |tx: &mut Tx<'_>| {
            resume(tx, (tenant, campaign, None), uncertain, now, &*entropy)?;
            status_of(tx, tenant, campaign, now)
        };
        let answered = self.answer_once_guarded("schedule.resume", actor, reply, resume).await?;
        self.nudge_schedules();
        self.store().wake().nudge(Topic::Deliveries);
        Ok(answered)
    }
}

/// A campaign of a tenant, and the job that must be its newest one, if that matters.
pub(super) type Which = (TenantId, CampaignId, Option<ScheduleId>);

/// Pauses the newest job of a campaign.
pub(super) fn pause(tx: &mut Tx<'_>, which: Which, now: Timestamp, entropy: &dyn Entropy) -> Result<(), ServiceError> {
    until_met(tx, |tx| {
        let (found, standing) = newest(tx, which, now)?;
        let paused = decide_pause(standing.as_ref())?;
        match found.filter(|_| paused) {
            Some((job, _)) => go(tx, which.0, &job, JobState::Paused, now, entropy),
            None => Ok(Some(())),
        }
    })
}

/// Lets the newest job of a campaign go on, and decides about its uncertain recipients if the caller says how.
pub(super) fn resume(
    tx: &mut Tx<'_>,
    which: Which,
    uncertain: Option<UncertainDecision>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), ServiceError> {
    let tenant = which.0;
    until_met(tx, |tx| {
        let (found, standing) = newest(tx, which, now)?;
        let to = decide_resume(standing.as_ref(), uncertain)?;
        let Some((job, accounts)) = found else { return Ok(Some(())) };
        if let (Some(decision), Some(accounts)) = (uncertain, accounts) {
            // Chunks before the job, in the order in which a lane locks them.
            tx.doubt_settle(tenant, accounts.manifest_number, decision, now)?;
        }
        if to == job.state {
            // It goes on as before, unless it has ended meanwhile: then all of this is done again.
            let is_open = tx.job_keep_open(tenant, job.id)?;
            return if is_open {
                Ok(Some(()))
            } else {
                Err(tx.again("the job moved while its recipients were decided").into())
            };
        }
        match go(tx, tenant, &job, to, now, entropy)? {
            None if uncertain.is_some() => Err(tx.again("the job moved while its recipients were decided").into()),
            done => Ok(done),
        }
    })
}

/// The newest job of a campaign with its accounts.
type Newest = (ScheduleJob, Option<Accounts>);

fn newest(
    tx: &mut Tx<'_>,
    (tenant, campaign, only): Which,
    now: Timestamp,
) -> Result<(Option<Newest>, Option<Standing>), ServiceError> {
    let campaign = tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
    if campaign.authoring_status == AuthoringStatus::Archived {
        return Err(Code::CampaignArchived.into());
    }
    let found = latest(tx, tenant, campaign.id)?;
    if only.is_some() && found.as_ref().map(|(job, _)| job.id) != only {
        return Err(Code::ScheduleJobNotFound.into());
    }
    let standing = found.as_ref().map(|(job, accounts)| Standing {
        state: job.state,
        started: job.started_at.is_some(),
        waits: job.due_at > now,
        uncertain: accounts.as_ref().map_or(0, |accounts| accounts.counts.of(DeliveryState::Uncertain)),
    });
    Ok((found, standing))
}

/// Moves a job from the state in which it was found; none if it is not in that state any more.
fn go(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    job: &ScheduleJob,
    to: JobState,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Option<()>, ServiceError> {
    let change = JobMove {
        tenant,
        job: job.id,
        from: job.state,
        to,
        blocked_reason: None,
        // Who reads zone data anew may have given a job that has not begun a later time meanwhile.
        due_by: (to == JobState::Running && job.started_at.is_none()).then_some(now),
        started_at: None,
        finished_at: None,
    };
    if !tx.job_move(&change)? {
        return Ok(None);
    }
    let status = to.execution_status(job.started_at.is_some());
    tx.campaign_set_execution_status(tenant, job.campaign, status, now)?;
    let kind = if to == JobState::Paused { EventKind::SchedulePaused } else { EventKind::ScheduleResumed };
    tx.event_put(tenant, &Event::schedule(kind, ScheduleFacts::new(job.campaign, job.id, to)), now, entropy)?;
    Ok(Some(()))
}
