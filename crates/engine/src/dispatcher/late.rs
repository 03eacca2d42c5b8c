//! The truth that comes late: a provider answered after the lease of the chunk had run out.
//!
//! The rescuer has then decided by policy. Only what it left `uncertain`, and only for the same attempt, is settled
//! by the answer; whatever else became of a recipient stands.

use super::turn::{Answer, apply};
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_store::chunks::ChunkKey;
use postrider_store::ledger::{AttemptRow, Change};
use postrider_store::{StoreError, Tx};

/// Settles uncertain recipients; answers how many.
pub(super) fn record(tx: &mut Tx<'_>, key: ChunkKey, answers: &[Answer]) -> Result<i64, StoreError> {
    let truths = answers
        .iter()
        .filter(|answer| answer.is_truth && matches!(answer.change.to, DeliveryState::Sent | DeliveryState::Failed));
    let (changes, attempts): (Vec<Change>, Vec<Option<AttemptRow>>) = truths
        .map(|answer| (Change { from: DeliveryState::Uncertain, ..answer.change.clone() }, answer.attempt.clone()))
        .unzip();
    let mut delta = Counts::default();
    apply(tx, key.manifest, &changes, &mut delta)?;
    tx.ledger_attempts(key.manifest, &attempts.into_iter().flatten().collect::<Vec<_>>())?;
    tx.chunk_adjust(key, &delta, None)?;
    Ok(-delta.of(DeliveryState::Uncertain))
}
