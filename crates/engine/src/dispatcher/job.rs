//! What a lane does to the job behind its chunk: takes from its budget, tells what is in its way, stops it.

use super::context::{Context, Unsendable};
use crate::cluster::Cluster;
use crate::driver::sleep_until;
use crate::telling::Teller;
use postrider_core::delivery::alike::without_addresses;
use postrider_core::event::{EventKind, ScheduleFacts};
use postrider_core::pacing::{self, Grant, Taken};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::chunks::Claim;
use postrider_store::execution::JobMove;

/// A lane waits this long for a job's budget, in milliseconds; for a longer wait it gives the chunk back.
const BUDGET_WAIT_MAX_MS: i64 = 250;

/// What a budget allows.
pub(super) enum Allowed {
    /// So many messages now, at least 1.
    Messages(usize),
    /// None before an instant that is too far away to wait for.
    Wait(Timestamp),
}

/// Takes from the budget of a job, if it has a rate, and from that of its tenant, if it shares one; waits a little if
/// that helps.
pub(super) async fn take_budget(
    cluster: &Cluster,
    context: &Context,
    is_shared: bool,
    wanted: usize,
) -> Result<Allowed, StoreError> {
    let has_rate = context.rate_per_minute.is_some();
    if !has_rate && !is_shared {
        return Ok(Allowed::Messages(wanted));
    }
    let (tenant, job, channel) = (context.tenant, context.job, context.channel);
    let want = u32::try_from(wanted).unwrap_or(u32::MAX);
    while !cluster.signals.is_stopping() {
        let now = cluster.now();
        let taken = cluster.store.write_guarded("job.take_budget", move |tx| {
            let own = if has_rate { tx.job_budget(tenant, job)? } else { None };
            let shared = if is_shared { tx.tenant_budget(tenant, channel)? } else { None };
            let grant = pacing::take_from_all(own.into_iter().chain(shared), want, now);
            let Grant::Messages(messages) = grant else { return Ok(Some(grant)) };
            let taken = Taken { at: now, messages };
            // The tenant's first: while it is taken from, nobody else takes from the job's. If the job's was taken from
            // all the same, this take is lost, which is less than the budgets allow and never more.
            if let Some(shared) = shared
                && !tx.tenant_budget_take(tenant, channel, shared.last, taken)?
            {
                return Ok(None);
            }
            if let Some(own) = own
                && !tx.job_take(tenant, job, own.last, taken)?
            {
                return Ok(None);
            }
            Ok::<_, StoreError>(Some(grant))
        });
        match taken.await? {
            Some(Grant::Messages(messages)) => {
                return Ok(Allowed::Messages(usize::try_from(messages).unwrap_or(wanted)));
            }
            Some(Grant::Wait(until)) if until.millis_since(now) > BUDGET_WAIT_MAX_MS => {
                return Ok(Allowed::Wait(until));
            }
            Some(Grant::Wait(until)) => sleep_until(cluster, until).await,
            // Another lane took at the same moment.
            None => {}
        }
    }
    Ok(Allowed::Wait(cluster.now()))
}

/// Says what is in the way of a running job, or that nothing is any more.
pub(super) async fn block(cluster: &Cluster, context: &Context, reason: Option<String>) -> Result<(), StoreError> {
    let (tenant, job) = (context.tenant, context.job);
    cluster.store.write_guarded("job.block", move |tx| tx.job_block(tenant, job, reason.as_deref())).await
}

/// Gives back a chunk that was not touched. If that fails too, its lease runs out.
pub(super) async fn give_back(cluster: &Cluster, claim: Claim) {
    let released = cluster.store.write_guarded("chunk.give_back", move |tx| {
        if tx.chunk_hold(&claim)?.is_some() {
            tx.chunk_release(&claim)?;
        }
        Ok::<_, StoreError>(())
    });
    if let Err(error) = released.await {
        tracing::debug!(%error, "a chunk keeps its lease until it runs out");
    }
}

/// Holds a job that cannot be sent, and gives a chunk of it back that was not touched. A test send, which nobody
/// could resume, is canceled.
pub(super) async fn hold(cluster: &Cluster, claim: Option<Claim>, unsendable: Unsendable) -> Result<(), StoreError> {
    let now = cluster.now();
    let (job, reason) = (unsendable.job, without_addresses(&unsendable.reason));
    let teller = Teller::new(cluster, now);
    let held = cluster.store.write_guarded("job.hold", move |tx| {
        let change = JobMove {
            tenant: unsendable.tenant,
            job: unsendable.job,
            from: JobState::Running,
            to: if unsendable.is_test { JobState::Canceled } else { JobState::Held },
            blocked_reason: Some(unsendable.reason.clone()),
            due_by: None,
            started_at: None,
            finished_at: None,
        };
        let is_moved = tx.job_move(&change)?;
        if is_moved && !unsendable.is_test {
            let status = JobState::Held.execution_status(true);
            tx.campaign_set_execution_status(unsendable.tenant, unsendable.campaign, status, now)?;
            let facts = ScheduleFacts {
                reason: change.blocked_reason,
                ..ScheduleFacts::new(unsendable.campaign, unsendable.job, JobState::Held)
            };
            teller.schedule(tx, unsendable.tenant, EventKind::ScheduleHeld, facts)?;
        }
        if let Some(claim) = claim
            && tx.chunk_hold(&claim)?.is_some()
        {
            tx.chunk_release(&claim)?;
        }
        Ok::<_, StoreError>(is_moved)
    });
    if held.await? {
        tracing::warn!(%job, "sending a job stops until a person acts: {reason}");
    }
    Ok(())
}
