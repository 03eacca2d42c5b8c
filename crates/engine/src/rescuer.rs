//! Takes chunks from holders that are gone: their leases ran out.
//!
//! Of recipients in flight nobody knows whether the provider has their message; the job's policy decides, and an
//! attempt row says so. Everything else in the chunk simply goes on.

use crate::cluster::{Cluster, Signals};
use crate::dispatcher::{Flight, apply, conclude, unrendered};
use crate::driver::{Progress, Task};
use crate::telling::Teller;
use postrider_core::channel::{Outcome, Refusal};
use postrider_core::delivery::{Attempt, Counts, POISONED, RetryPolicy};
use postrider_core::env::BoxFuture;
use postrider_core::planted::planted;
use postrider_core::schedule::OnUncertain;
use postrider_core::time::Timestamp;
use postrider_store::chunks::{Claim, LostChunk};
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// Stable reason: the process that sent it was gone before it could record an answer.
pub(crate) const LEASE_LOST: &str = "lease_lost";

/// What the attempt of such a recipient says.
const POISONED_TEXT: &str = "The process ended twice while it rendered this message.";

/// The task.
pub(crate) struct Rescuer {
    cluster: Arc<Cluster>,
}

impl Rescuer {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }
}

impl Task for Rescuer {
    fn name(&self) -> &'static str {
        "rescuer"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(rescue_one(&self.cluster, false))
    }
}

/// Before anything else on an embedded database, which this process owns alone: every claim there is was an earlier
/// process's.
pub(crate) async fn rescue_all(cluster: &Cluster) -> Result<(), StoreError> {
    cluster.store.write_guarded("manifest.release_all", |tx| tx.manifests_release_all()).await?;
    while rescue_one(cluster, true).await? == Progress::More {}
    Ok(())
}

/// Rescues one chunk whose lease ran out, or, with `every`, any that is claimed.
async fn rescue_one(cluster: &Cluster, every: bool) -> Result<Progress, StoreError> {
    if !every && !cluster.may_start() {
        return Ok(Progress::Idle { next: None });
    }
    let (now, jitter) = (cluster.now(), cluster.jitter());
    let teller = Teller::new(cluster, now);
    let lost = cluster.store.read("chunk.lost", move |tx| tx.chunk_is_lost(now, every)).await?;
    if !lost {
        return Ok(Progress::Idle { next: None });
    }
    // Chunks that lanes of this process hold are not lost, however far the clock was set forward and however long the
    // process was stopped: the rescuer renews their leases first.
    let (own, lease_until) = (cluster.held.claims(), cluster.lease_until());
    let rescued = cluster.store.write_guarded("chunk.rescue", move |tx| {
        tx.chunks_renew(&own, lease_until)?;
        let Some(lost) = tx.chunk_rescue(now, every)? else { return Ok(None) };
        let in_doubt = rescue(tx, &lost, &teller, now, jitter)?;
        Ok::<_, StoreError>(Some((lost, in_doubt)))
    });
    if let Some((lost, in_doubt)) = rescued.await? {
        let key = lost.claim.key;
        tracing::warn!(manifest = key.manifest, chunk = key.chunk, in_doubt, "a chunk was rescued");
        let job = lost.job;
        match lost.composing {
            Some(recipient) if is_poisoned(&lost) => {
                tracing::error!(%job, recipient, "the process ended twice in this message: poisoned");
            }
            Some(recipient) => {
                tracing::warn!(%job, recipient, "the process ended in this message: once more");
            }
            None => {}
        }
    }
    Signals::raise(&cluster.signals.deliveries);
    Signals::raise(&cluster.signals.settled);
    Ok(Progress::More)
}

/// Whether the holder ended while it rendered the message of a recipient alone, as another one did before.
fn is_poisoned(lost: &LostChunk) -> bool {
    lost.composing.is_some() && lost.composing == lost.claim.suspect
}

/// Decides about everybody in flight and gives the chunk back. Answers how many were in flight.
fn rescue(
    tx: &mut Tx<'_>,
    lost: &LostChunk,
    teller: &Teller,
    now: Timestamp,
    jitter: u64,
) -> Result<usize, StoreError> {
    let on_uncertain = if planted("rescue_retries_under_hold") { OnUncertain::Retry } else { lost.on_uncertain };
    let policy = RetryPolicy::bounded(on_uncertain, lost.latest_finish);
    let refusal = Refusal { reason: LEASE_LOST, text: String::new() };
    let outcome = Outcome::Uncertain(refusal);
    let flying = tx.ledger_in_flight(&lost.claim)?;
    let (mut changes, mut attempts): (Vec<_>, Vec<_>) = flying
        .iter()
        .map(|row| {
            let first_at = row.first_at.unwrap_or(now);
            let attempt = Attempt { number: row.attempt, first_at, in_doubt: true };
            let (change, row) = conclude(&policy, (row.seq, attempt), &outcome, now, jitter);
            (change, row)
        })
        .unzip();
    if let Some(seq) = lost.composing.filter(|_| is_poisoned(lost)) {
        let alone = Claim { first_seq: seq, last_seq: seq, ..lost.claim };
        for row in tx.ledger_due(lost.tenant, &alone, now, 1)? {
            let (change, attempt) = unrendered(&Flight::of(&row), POISONED, POISONED_TEXT, now);
            changes.push(change);
            attempts.push(Some(attempt));
        }
    }
    let mut delta = Counts::default();
    let manifest = lost.claim.key.manifest;
    apply(tx, manifest, &changes, &mut delta, teller)?;
    attempts.retain(|_| !planted("rescue_writes_no_attempt"));
    tx.ledger_attempts(manifest, &attempts.into_iter().flatten().collect::<Vec<_>>())?;
    tx.chunk_adjust(lost.claim.key, &delta, None)?;
    tx.chunk_release(&lost.claim)?;
    Ok(flying.len())
}
