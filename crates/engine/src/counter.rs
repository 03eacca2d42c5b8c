//! Counts whom the audiences of campaigns reach, for whoever asked; nothing waits for it.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use postrider_core::env::BoxFuture;
use postrider_store::StoreError;
use postrider_store::campaign_reach::ReachRequest;
use std::sync::Arc;
use std::time::Duration;

/// How many leases a count may take before another node makes it too.
const COUNT_LEASES: i64 = 10;

/// How long a count may take.
const COUNT_MAX: Duration = Duration::from_secs(120);

/// The task.
pub(crate) struct Counter {
    cluster: Arc<Cluster>,
}

impl Counter {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    async fn count_one(&self) -> Result<Progress, StoreError> {
        let (store, now) = (&self.cluster.store, self.cluster.now());
        let next = store.read("reach.next", move |tx| tx.reach_next(now)).await?;
        let Some(request) = next else { return Ok(Progress::Idle { next: None }) };
        let lease_until = now.plus_millis(COUNT_LEASES * self.cluster.settings.lease_ms);
        let claim = store.write_guarded("reach.claim", move |tx| tx.reach_claim(&request, now, lease_until));
        if claim.await? {
            self.count(request).await?;
        }
        Ok(Progress::More)
    }

    async fn count(&self, request: ReachRequest) -> Result<(), StoreError> {
        let (store, now) = (&self.cluster.store, self.cluster.now());
        match store.read_within("reach.count", COUNT_MAX, move |tx| tx.reach_count(&request, now)).await {
            Ok(counted) => {
                store.write_guarded("reach.settle", move |tx| tx.reach_settle(&request, &counted, now)).await
            }
            Err(error @ (StoreError::Corrupt { .. } | StoreError::Failed(_))) => {
                // Trying again would end the same way.
                tracing::warn!(%error, campaign = %request.campaign, "counting the reach of a campaign failed");
                store.write_guarded("reach.fail", move |tx| tx.reach_fail(&request)).await
            }
            Err(error) => Err(error),
        }
    }
}

impl Task for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.count_one())
    }
}
