//! Events: what the engine does, told to whoever wants to know, in the transaction that does it.
//!
//! Chance is asked for only if somebody wants to know, so that nobody's wanting to know changes nothing else.

use crate::cluster::Cluster;
use postrider_core::delivery::DeliveryState;
use postrider_core::env::Entropy;
use postrider_core::event::{Event, EventKind, ScheduleFacts};
use postrider_core::id::TenantId;
use postrider_core::time::Timestamp;
use postrider_store::chunks::Claim;
use postrider_store::ledger::Change;
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// Tells what happens at one instant.
#[derive(Clone)]
pub(crate) struct Teller {
    now: Timestamp,
    entropy: Arc<dyn Entropy>,
}

impl Teller {
    pub(crate) fn new(cluster: &Cluster, now: Timestamp) -> Self {
        Self { now, entropy: Arc::clone(&cluster.entropy) }
    }

    /// Tells of a job.
    pub(crate) fn schedule(
        &self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        kind: EventKind,
        facts: ScheduleFacts,
    ) -> Result<(), StoreError> {
        tx.event_put(tenant, &Event::schedule(kind, facts), self.now, &*self.entropy)
    }

    /// Tells of recipients who failed or became uncertain; the other changes are nobody's news.
    pub(crate) fn deliveries<'c>(
        &self,
        tx: &mut Tx<'_>,
        manifest: i64,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<(), StoreError> {
        tx.event_put_deliveries(manifest, changes, self.now, &*self.entropy)
    }

    /// Ends the waiting in a chunk, and tells of those who become uncertain by it.
    pub(crate) fn give_up(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        to: DeliveryState,
        reason: &'static str,
    ) -> Result<(), StoreError> {
        let doubtful = tx.event_doubtful(claim)?;
        tx.ledger_give_up(claim, to, reason, self.now)?;
        let changes: Vec<Change> = doubtful.into_iter().map(|row| self.given_up(row, reason)).collect();
        self.deliveries(tx, claim.key.manifest, changes.iter())
    }

    fn given_up(&self, (seq, attempts): (i64, u32), reason: &'static str) -> Change {
        Change {
            seq,
            from: DeliveryState::Pending,
            attempt: attempts,
            to: DeliveryState::Uncertain,
            attempts,
            due_at: None,
            settled_at: Some(self.now),
            reason: Some(reason),
            provider_ref: None,
        }
    }
}
