//! Gives jobs their final state: at their end, and once more when a late answer changes the counts of a finished job.
//!
//! Invariant: the job is locked before its counts are read. If the settler and a late answer meet, the second one sees
//! the changes of the first.

use crate::telling::Teller;
use postrider_core::delivery::{Counts, final_state};
use postrider_core::event::{EventKind, ScheduleFacts};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::execution::{JobKey, JobMove, LockedJob};
use postrider_store::{StoreError, Tx};

/// Closes a job if all recipients are accounted for.
pub(crate) fn finish(tx: &mut Tx<'_>, key: JobKey, teller: &Teller, now: Timestamp) -> Result<(), StoreError> {
    let found = tx.job_lock(key.tenant, key.job)?.filter(|job| job.finished_at.is_none());
    let Some((job, counts, to)) = judge(tx, key, found)? else { return Ok(()) };
    go(tx, key, &job, to, now)?;
    if job.is_test {
        return Ok(());
    }
    tx.campaign_set_execution_status(key.tenant, job.campaign, to.execution_status(true), now)?;
    tell(tx, key, &job, (EventKind::ScheduleFinished, to, counts), teller)
}

/// Corrects the state of a finished job after a late answer has changed its counts, in the same transaction, and reports
/// the new counts.
pub(crate) fn correct(tx: &mut Tx<'_>, key: JobKey, teller: &Teller, now: Timestamp) -> Result<(), StoreError> {
    let found = tx.job_lock(key.tenant, key.job)?.filter(|job| job.finished_at.is_some());
    let Some((job, counts, to)) = judge(tx, key, found)? else { return Ok(()) };
    if to != job.state {
        go(tx, key, &job, to, now)?;
    }
    if job.is_test {
        return Ok(());
    }
    let statuses = (job.state.execution_status(true), to.execution_status(true));
    tx.campaign_correct_execution_status((key.tenant, job.campaign, key.job), statuses, now)?;
    tell(tx, key, &job, (EventKind::ScheduleCorrected, to, counts), teller)
}

/// Corrects a finished job that an earlier version left in a state that does not fit its counts.
pub(crate) fn repair(tx: &mut Tx<'_>, key: JobKey, teller: &Teller, now: Timestamp) -> Result<(), StoreError> {
    let found = tx.job_lock(key.tenant, key.job)?;
    match judge(tx, key, found)? {
        Some((job, _, to)) if to != job.state => correct(tx, key, teller, now),
        Some(_) | None => Ok(()),
    }
}

/// The job with its counts and the final state that follows from them; none while a recipient is live.
fn judge(
    tx: &mut Tx<'_>,
    key: JobKey,
    found: Option<LockedJob>,
) -> Result<Option<(LockedJob, Counts, JobState)>, StoreError> {
    let Some(job) = found else { return Ok(None) };
    let counts = tx.manifest_counts(key.tenant, key.manifest)?;
    Ok(final_state(job.state, &counts).map(|to| (job, counts, to)))
}

fn go(tx: &mut Tx<'_>, key: JobKey, job: &LockedJob, to: JobState, now: Timestamp) -> Result<(), StoreError> {
    let change = JobMove {
        tenant: key.tenant,
        job: key.job,
        from: job.state,
        to,
        blocked_reason: None,
        due_by: None,
        started_at: None,
        finished_at: job.finished_at.or(Some(now)),
    };
    tx.job_move(&change).map(drop)
}

fn tell(
    tx: &mut Tx<'_>,
    key: JobKey,
    job: &LockedJob,
    (kind, state, counts): (EventKind, JobState, Counts),
    teller: &Teller,
) -> Result<(), StoreError> {
    let facts = ScheduleFacts { counts: Some(counts), ..ScheduleFacts::new(job.campaign, key.job, state) };
    teller.schedule(tx, key.tenant, kind, facts)
}
