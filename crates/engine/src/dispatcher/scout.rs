//! Looks for work on behalf of all lanes of a channel, so that an idle node asks the database once a poll.

use super::route::Route;
use crate::cluster::{Cluster, Signals};
use crate::driver::{Progress, Task};
use postrider_core::channel::ChannelKind;
use postrider_core::env::BoxFuture;
use postrider_core::pacing;
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_store::StoreError;
use postrider_store::chunks::{Claim, Work};
use std::sync::Arc;

/// Messages a minute that one lane is trusted to send; a job with a rate takes no more lanes than it needs.
const LANE_RATE_PER_MINUTE: i64 = 6_000;

/// The task.
pub(crate) struct Scout {
    cluster: Arc<Cluster>,
    channel: ChannelKind,
    route: Arc<Route>,
}

impl Scout {
    pub(crate) const fn new(cluster: Arc<Cluster>, channel: ChannelKind, route: Arc<Route>) -> Self {
        Self { cluster, channel, route }
    }

    async fn look(&self) -> Result<Progress, StoreError> {
        let now = self.cluster.now();
        if !self.cluster.may_send() {
            self.route.has_no_work(now);
            return Ok(Progress::Idle { next: None });
        }
        if let Some(until) = self.route.resting_until(now) {
            return Ok(Progress::Idle { next: Some(until) });
        }
        let channel = self.channel;
        let work = self.cluster.store.read("chunk.work", move |tx| tx.chunk_work(channel)).await?;
        let next = work.iter().filter_map(|work| claimable_at(work, now)).min();
        // Work that only waits for the next try over this route is work.
        if work.is_empty() || next.is_some_and(|next| next > now.plus_millis(MINUTE_MS)) {
            self.route.has_no_work(now);
        }
        if next.is_some_and(|next| next <= now) {
            wake(&self.cluster, channel);
            // The lanes take it from here: they claim until nothing is left.
            return Ok(Progress::Idle { next: None });
        }
        Ok(Progress::Idle { next })
    }
}

impl Task for Scout {
    fn name(&self) -> &'static str {
        "scout"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.look())
    }
}

/// Lets the lanes of a channel look for work.
pub(super) fn wake(cluster: &Cluster, channel: ChannelKind) {
    if let Some(signal) = cluster.signals.work.get(&channel) {
        Signals::raise(signal);
    }
}

/// Claims a chunk of one of the jobs that have one, chosen by chance, so that a long job leaves room for others.
pub(super) async fn claim(cluster: &Cluster, kind: ChannelKind, now: Timestamp) -> Result<Option<Claim>, StoreError> {
    if !cluster.may_send() {
        return Ok(None);
    }
    let (node, lease_until, chance) = (cluster.node, cluster.lease_until(), cluster.jitter());
    let claim = cluster.store.write_guarded("chunk.claim", move |tx| {
        let mut work = tx.chunk_work(kind)?;
        work.retain(|work| claimable_at(work, now).is_some_and(|at| at <= now));
        let jobs = u64::try_from(work.len()).unwrap_or(u64::MAX).max(1);
        work.rotate_left(usize::try_from(chance % jobs).unwrap_or_default());
        for work in work {
            if let Some(claim) = tx.chunk_claim(work.manifest, node, now, lease_until)? {
                return Ok(Some(claim));
            }
        }
        Ok::<_, StoreError>(None)
    });
    claim.await
}

/// When a chunk of a job can be claimed; none while its rate keeps no further lane busy.
fn claimable_at(work: &Work, now: Timestamp) -> Option<Timestamp> {
    let budgets = || work.budget.into_iter().chain(work.shared);
    let lowest = budgets().map(|budget| budget.rate).min();
    if lowest.is_some_and(|rate| work.claimed > i64::from(rate) / LANE_RATE_PER_MINUTE) {
        return None;
    }
    let free = budgets().filter_map(|budget| pacing::free_at(budget.last, budget.rate, now));
    Some(free.fold(work.due_at, Timestamp::max))
}
