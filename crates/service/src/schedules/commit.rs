//! Committing a draft to a future or an immediate execution, and the dry run of that.

use super::decide::{Decision, decide};
use super::plan::{DryRun, dry_run};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::env::Entropy;
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, ManifestId, ScheduleId, TenantId};
use postrider_core::schedule::{JobCommand, JobState, Warning};
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::schedules::ScheduleJob;

/// What a job request asks for.
#[derive(Debug, Clone)]
pub struct CommitCommand {
    /// Which campaign.
    pub campaign: CampaignId,
    /// When.
    pub job: JobCommand,
    /// Rehearse only.
    pub dry_run: bool,
    /// The digest of the dry run that this call means to commit.
    pub expect_plan: Option<String>,
}

/// A committed job, as it is answered.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The job.
    pub job: ScheduleJob,
    /// What deserves a look.
    pub warnings: Vec<Warning>,
}

/// The answer to a job request.
#[derive(Debug, Clone)]
pub enum JobAnswer {
    /// Nothing was changed.
    Rehearsed(Box<DryRun>),
    /// The job stands.
    Committed(Box<Committed>),
}

impl Service {
    /// Commits a draft, or rehearses that.
    ///
    /// # Errors
    /// `INSUFFICIENT_SCOPE`, then the refusals of [`postrider_core::schedule::decide_job`] in the contract's order,
    /// `PLAN_CHANGED`, and those of idempotency.
    pub async fn commit(
        &self,
        actor: &Actor,
        command: CommitCommand,
        reply: Reply<JobAnswer>,
    ) -> Result<Answered, ServiceError> {
        actor.require(match command.job {
            JobCommand::Schedule(_) => Scope::CampaignsSchedule,
            JobCommand::Send(_) => Scope::CampaignsSend,
        })?;
        let now = self.now();
        let (tenant, settings) = (actor.tenant, self.settings().clone());
        let entropy = self.entropy();
        if command.dry_run {
            let turn = self.wide_look(tenant).await?;
            let rehearse = move |tx: &mut Tx<'_>| {
                let _turn = &turn;
                let decision = decide(tx, tenant, &command, &settings, now)?;
                Ok(JobAnswer::Rehearsed(Box::new(dry_run(tx, tenant, decision, &settings, now, &*entropy)?)))
            };
            return self.answer_read_once("schedule.rehearse", actor, reply, rehearse).await;
        }
        let commit = move |tx: &mut Tx<'_>| {
            let decision = decide(tx, tenant, &command, &settings, now)?;
            let committed = insert(tx, tenant, decision, now, &*entropy)?;
            Ok(JobAnswer::Committed(Box::new(committed)))
        };
        let answered = self.answer_once("schedule.commit", actor, reply, commit).await?;
        self.nudge_schedules();
        Ok(answered)
    }
}

fn insert(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    decision: Decision,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Committed, ServiceError> {
    let Decision { campaign, version, template_version, sender, audiences, scheduled, warnings, .. } = decision;
    // Two that decide at once both saw a draft; only one makes it published.
    if !tx.campaign_publish(tenant, campaign.id, now)? {
        return Err(Code::NotDraft.into());
    }
    let job = ScheduleJob {
        id: ScheduleId::new(now, entropy),
        campaign: campaign.id,
        version,
        manifest: ManifestId::new(now, entropy),
        touchpoint: tx.next_touchpoint(tenant)?,
        channel: campaign.channel,
        state: JobState::Scheduled,
        immediate: scheduled.mode == postrider_core::schedule::Mode::Now,
        due_at: scheduled.due_at,
        send_at: scheduled.send_at_text,
        batch_date: scheduled.batch_date,
        timezone: scheduled.timezone,
        timezone_source: scheduled.timezone_source,
        resolution: scheduled.resolution,
        template_version,
        sender,
        subject: campaign.subject_line,
        policy: scheduled.policy,
        blocked_reason: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        is_test: false,
        parent: None,
    };
    tx.schedule_insert(tenant, &job, &audiences)?;
    Ok(Committed { job, warnings })
}
