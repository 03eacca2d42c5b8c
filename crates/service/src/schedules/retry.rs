//! Trying failed recipients of a finished job again: a new job that names its parent.
//!
//! Invariant: it reaches nobody whom an earlier job of the campaign reached or may have reached. Its audience is read from
//! the ledger of the newest job, which for everybody in it knows best.

use super::commit::{Committed, JobAnswer};
use crate::idempotency::{Answered, Reply};
use crate::status::latest;
use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::delivery::{DeliveryState, can_pass};
use postrider_core::env::Entropy;
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, ManifestId, ScheduleId, TenantId, VersionId};
use postrider_core::schedule::{JobState, Policy, TimezoneSource};
use postrider_core::scope::Scope;
use postrider_core::time::{Resolution, Timestamp, Zone};
use postrider_store::Tx;
use postrider_store::schedules::ScheduleJob;

impl Service {
    /// Makes a job to those recipients of the campaign's newest job that failed for a reason that can pass. It sends what
    /// its parent sent, as soon as possible.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `CAMPAIGNS.ARCHIVED`, `NOT_FINISHED`, `NOTHING_TO_RETRY`.
    pub async fn retry_failed(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        reply: Reply<JobAnswer>,
    ) -> Result<Answered, ServiceError> {
        actor.require(Scope::CampaignsSend)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let retry = move |tx: &mut Tx<'_>| {
            let job = decide(tx, tenant, campaign, now, &*entropy)?;
            tx.schedule_insert(tenant, &job, &[])?;
            let status = JobState::Scheduled.execution_status(false);
            tx.campaign_set_execution_status(tenant, campaign, status, now)?;
            Ok(JobAnswer::Committed(Box::new(Committed { job, warnings: Vec::new() })))
        };
        // Of two at once, only one finds the parent to be the newest job.
        let answered = self.answer_once("schedule.retry_failed", actor, reply, retry).await?;
        self.nudge_schedules();
        Ok(answered)
    }
}

fn decide(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: CampaignId,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<ScheduleJob, ServiceError> {
    let found = tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
    if found.authoring_status == AuthoringStatus::Archived {
        return Err(Code::CampaignArchived.into());
    }
    let over = latest(tx, tenant, campaign)?.filter(|(job, _)| job.finished_at.is_some());
    let (parent, accounts) = over.ok_or(Code::NotFinished)?;
    let reasons = match accounts {
        Some(accounts) => tx.deliveries_by_reason(tenant, accounts.manifest_number)?,
        None => Vec::new(),
    };
    let can_be_tried = |reason: &postrider_store::deliveries::ReasonCount| {
        reason.state == DeliveryState::Failed && can_pass(Some(&reason.reason))
    };
    if !reasons.iter().any(can_be_tried) {
        return Err(Code::NothingToRetry.into());
    }
    let utc = Zone::utc();
    Ok(ScheduleJob {
        id: ScheduleId::new(now, entropy),
        version: VersionId::new(now, entropy),
        manifest: ManifestId::new(now, entropy),
        touchpoint: tx.next_touchpoint(tenant)?,
        state: JobState::Scheduled,
        immediate: true,
        due_at: now,
        send_at: None,
        timezone: utc.name().to_owned(),
        timezone_source: TimezoneSource::UtcFallback,
        resolution: Resolution::of_instant(now, &utc),
        policy: Policy {
            latest_start: None,
            // One that has passed was the parent's.
            latest_finish: parent.policy.latest_finish.filter(|&finish| finish > now),
            ..parent.policy
        },
        blocked_reason: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        parent: Some(parent.id),
        ..parent
    })
}
