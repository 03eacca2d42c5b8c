//! How a campaign stands right now.

use crate::campaigns::{campaign_of, schedule_of};
use crate::{Actor, Service, ServiceError};
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::schedule::{Intent, JobState};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::accounts::Accounts;
use postrider_store::campaigns::Campaign;
use postrider_store::schedules::ScheduleJob;

/// A campaign and its newest execution.
#[derive(Debug, Clone)]
pub struct Status {
    /// The campaign.
    pub campaign: Campaign,
    /// When it goes: the time of its execution, else the saved intent.
    pub schedule: Option<Intent>,
    /// Its newest job that was not taken back before it began.
    pub execution: Option<Execution>,
}

/// One execution as it stands.
#[derive(Debug, Clone)]
pub struct Execution {
    /// The job.
    pub job: ScheduleJob,
    /// Where everybody stands.
    pub counts: Counts,
    /// Whether the whole audience is frozen.
    pub frozen: bool,
    /// Which part of the recipients is accounted for, 0 to 1; 1 only when all are.
    pub progress: f64,
    /// Recipients accounted for in a second, on average since the start.
    pub rate_per_second: Option<f64>,
    /// When everybody will be accounted for, if it goes on like this; none while something is in the way.
    pub predicted_finish_at: Option<Timestamp>,
    /// How long after its instant the job began, in milliseconds.
    pub start_lateness_ms: Option<i64>,
}

impl Service {
    /// How a campaign stands.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn status(&self, actor: &Actor, campaign: CampaignId) -> Result<Status, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let mut status = self.store().read("campaign.status", move |tx| status_of(tx, tenant, campaign, now)).await?;
        if let Some(execution) = &mut status.execution
            && self.block(&mut execution.job)
        {
            execution.predicted_finish_at = None;
        }
        Ok(status)
    }
}

/// How a campaign stands in this transaction.
pub(crate) fn status_of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<Status, ServiceError> {
    let campaign = campaign_of(tx, tenant, campaign)?;
    let execution = latest(tx, tenant, campaign.id)?.map(|(job, accounts)| execution(job, accounts, now));
    let job = execution.as_ref().map(|execution| &execution.job);
    Ok(Status { schedule: schedule_of(&campaign, job), campaign, execution })
}

/// The newest job that counts, with its accounts.
pub(crate) fn latest(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: CampaignId,
) -> Result<Option<(ScheduleJob, Option<Accounts>)>, ServiceError> {
    let jobs = tx.schedules_of(tenant, campaign)?;
    let Some(job) = jobs.into_iter().find(ScheduleJob::counts) else { return Ok(None) };
    let accounts = tx.accounts(tenant, job.id)?;
    Ok(Some((job, accounts)))
}

fn execution(job: ScheduleJob, accounts: Option<Accounts>, now: Timestamp) -> Execution {
    let counts = accounts.as_ref().map(|accounts| accounts.counts).unwrap_or_default();
    let frozen = accounts.as_ref().is_some_and(|accounts| accounts.frozen_at.is_some());
    let over = job.state.is_final() && counts.live() == 0;
    let rate_per_second = rate(&job, &counts, now);
    Execution {
        counts,
        frozen,
        progress: progress(&counts, over),
        rate_per_second,
        predicted_finish_at: rate_per_second
            .filter(|rate| job.state == JobState::Running && *rate > 0.0 && job.blocked_reason.is_none())
            .map(|rate| forecast(&counts, rate, now)),
        start_lateness_ms: job.started_at.map(|started| started.millis_since(job.due_at)),
        job,
    }
}

/// Rounded down to thousandths, so that 1 always means everybody.
#[expect(clippy::cast_precision_loss, reason = "a share of a count needs no more than 52 bits")]
fn progress(counts: &Counts, over: bool) -> f64 {
    if over {
        return 1.0;
    }
    let frozen = counts.frozen();
    if frozen == 0 {
        return 0.0;
    }
    let settled = frozen - counts.live();
    ((settled * 1000 / frozen).min(999)) as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
fn rate(job: &ScheduleJob, counts: &Counts, now: Timestamp) -> Option<f64> {
    let elapsed_ms = job.finished_at.unwrap_or(now).millis_since(job.started_at?).max(1);
    let left = [DeliveryState::Sent, DeliveryState::Failed, DeliveryState::Uncertain];
    let settled: i64 = left.into_iter().map(|state| counts.of(state)).sum();
    let rate = settled as f64 * 1000.0 / elapsed_ms as f64;
    Some((rate * 10.0).round() / 10.0)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a forecast to the millisecond")]
fn forecast(counts: &Counts, rate: f64, now: Timestamp) -> Timestamp {
    now.plus_millis((counts.live() as f64 * 1000.0 / rate) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_only_when_everybody_is_accounted_for() {
        let mut counts = Counts::default();
        assert!(progress(&counts, false).abs() < f64::EPSILON);
        counts.add(DeliveryState::Sent, 999_999);
        counts.add(DeliveryState::Pending, 1);
        assert!((progress(&counts, false) - 0.999).abs() < f64::EPSILON);
        counts.shift(DeliveryState::Pending, DeliveryState::Sent, 1);
        assert!((progress(&counts, true) - 1.0).abs() < f64::EPSILON);
    }
}
