//! Sweeps what has had its time: old idempotent answers, idle windows of requests, the log of webhooks, nodes
//! that are gone. It also finishes erasures that a crash cut off.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use postrider_core::env::BoxFuture;
use postrider_core::time::{HOUR_MS, MINUTE_MS, Timestamp};
use postrider_core::webhook::LOG_KEPT_MS;
use postrider_store::StoreError;
use postrider_store::erasing::sweep_unfinished;
use std::sync::Arc;

/// An erasure that began so long ago, in milliseconds, was cut off: the request that began it finishes it sooner.
const ERASURE_CUT_OFF_MS: i64 = MINUTE_MS;
/// How often it sweeps, in milliseconds.
const SWEEP_MS: i64 = 10 * MINUTE_MS;
/// A node that was not heard of for so long, in milliseconds, is forgotten.
const NODE_KEPT_MS: i64 = HOUR_MS;

/// The task.
pub(crate) struct Janitor {
    cluster: Arc<Cluster>,
    sweep_at: Option<Timestamp>,
}

impl Janitor {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, sweep_at: None }
    }

    async fn sweep(&mut self) -> Result<Progress, StoreError> {
        let now = self.cluster.now();
        if let Some(at) = self.sweep_at.filter(|&at| at > now && at.millis_since(now) <= SWEEP_MS) {
            return Ok(Progress::Idle { next: Some(at) });
        }
        if !self.cluster.may_start() {
            // Rows that are old by a clock that may be wrong stay.
            return Ok(Progress::Idle { next: Some(now.plus_millis(MINUTE_MS)) });
        }
        if sweep_unfinished(&self.cluster.store, now.plus_millis(-ERASURE_CUT_OFF_MS), now).await? {
            return Ok(Progress::More);
        }
        let sweep = self.cluster.store.write_guarded("janitor.sweep", move |tx| {
            tx.idempotency_forget(now)?;
            tx.rate_windows_forget(now)?;
            tx.nodes_forget(now.plus_millis(-NODE_KEPT_MS))?;
            tx.webhooks_forget(now.plus_millis(-LOG_KEPT_MS))
        });
        if sweep.await? {
            // A log that grows faster than one part in each round would never end.
            return Ok(Progress::More);
        }
        self.sweep_at = Some(now.plus_millis(SWEEP_MS));
        Ok(Progress::Idle { next: self.sweep_at })
    }
}

impl Task for Janitor {
    fn name(&self) -> &'static str {
        "janitor"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.sweep())
    }
}
