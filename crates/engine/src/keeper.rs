//! Keeps what this node holds: its place in the table of nodes, and the leases of its chunks.
//!
//! Only chunks that a lane holds are kept; manifests are kept by those who freeze them.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use postrider_core::env::BoxFuture;
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::nodes::Node;
use std::sync::Arc;

/// Leases are renewed when this part of them is over.
const RENEWALS_IN_LEASE: i64 = 3;

/// The task. It outlives the others, so that a lane that ends slowly keeps its chunk.
pub(crate) struct Keeper {
    cluster: Arc<Cluster>,
    node: Node,
    beat_at: Option<Timestamp>,
    renew_at: Timestamp,
}

impl Keeper {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        let now = cluster.now();
        let node =
            Node { id: cluster.node, role: cluster.settings.role.as_str(), started_at: now, wall_ahead_ms: None };
        Self { cluster, node, beat_at: None, renew_at: now }
    }

    async fn keep(&mut self) -> Result<Progress, StoreError> {
        let now = self.cluster.now();
        let renew_ms = (self.cluster.settings.lease_ms / RENEWALS_IN_LEASE).max(1);
        if self.beat_at.is_none_or(|at| has_come(at, now, self.cluster.settings.heartbeat_ms)) {
            let node = Node { wall_ahead_ms: self.cluster.clock.wall_ahead_ms(), ..self.node };
            self.cluster.store.write_guarded("node.beat", move |tx| tx.node_beat(&node, now)).await?;
            self.beat_at = Some(now.plus_millis(self.cluster.settings.heartbeat_ms));
        }
        if has_come(self.renew_at, now, renew_ms) {
            let (claims, lease_until) = (self.cluster.held.claims(), self.cluster.lease_until());
            if !claims.is_empty() && !planted("keeper_never_renews") {
                let renew = self
                    .cluster
                    .store
                    .write_guarded("chunk.renew", move |tx| tx.chunks_renew(&claims, lease_until).map(drop));
                renew.await?;
            }
            self.renew_at = now.plus_millis(renew_ms);
        }
        Ok(Progress::Idle { next: self.beat_at.map(|beat| beat.min(self.renew_at)) })
    }

    async fn leave(&self) {
        let node = self.cluster.node;
        if let Err(error) = self.cluster.store.write_guarded("node.remove", move |tx| tx.node_remove(node)).await {
            tracing::debug!(%error, "the node stays in the table until it is forgotten");
        }
    }
}

/// Whether an instant that was planned `ahead_ms` ahead has come; one that is further away was planned before the
/// clock was set back.
fn has_come(at: Timestamp, now: Timestamp, ahead_ms: i64) -> bool {
    at <= now || at.millis_since(now) > ahead_ms
}

impl Task for Keeper {
    fn name(&self) -> &'static str {
        "keeper"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.keep())
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.leave())
    }
}
