//! The truth that comes late: a provider answered after the lease of the chunk had run out.
//!
//! The rescuer has then decided by policy. What it left `uncertain`, or `pending` to be tried again, is settled by the
//! answer if it is for the same attempt; any other change of a recipient stays. A job that is finished already gets
//! the state that follows from its new counts, in the same transaction.

use super::turn::{Answer, apply};
use crate::ending;
use crate::telling::Teller;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;
use postrider_store::chunks::ChunkKey;
use postrider_store::execution::JobKey;
use postrider_store::ledger::{AttemptRow, Change};
use postrider_store::{StoreError, Tx};
use std::collections::BTreeMap;

/// Settles recipients of whom the truth is known after all.
pub(super) fn record(
    tx: &mut Tx<'_>,
    job: JobKey,
    answers: &[Answer],
    teller: &Teller,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut truths: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.is_truth && matches!(answer.change.to, DeliveryState::Sent | DeliveryState::Failed))
        .collect();
    truths.sort_unstable_by_key(|answer| answer.change.seq);
    // Locks the chunks first, as all code that changes their rows does. Another lane may have split the chunk meanwhile.
    let mut of_chunks: BTreeMap<ChunkKey, Vec<&Answer>> = BTreeMap::new();
    for truth in truths {
        if let Some(key) = tx.chunk_lock_of(job.tenant, job.manifest, truth.change.seq)? {
            of_chunks.entry(key).or_default().push(truth);
        }
    }
    let open: &[DeliveryState] = match planted("late_answer_changes_who_is_final") {
        false => &[DeliveryState::Uncertain, DeliveryState::Pending],
        true => DeliveryState::ALL,
    };
    let mut was_uncertain = 0;
    for (key, truths) in of_chunks {
        let mut delta = Counts::default();
        for &from in open {
            let changes: Vec<Change> = truths.iter().map(|answer| Change { from, ..answer.change.clone() }).collect();
            apply(tx, key.manifest, &changes, &mut delta, teller)?;
        }
        let attempts: Vec<AttemptRow> = truths.iter().filter_map(|answer| answer.attempt.clone()).collect();
        tx.ledger_attempts(key.manifest, &attempts)?;
        tx.chunk_adjust(key, &delta, None)?;
        was_uncertain += delta.of(DeliveryState::Uncertain);
    }
    // No recipient was uncertain: then the job is not finished, or nothing has changed.
    if was_uncertain == 0 { Ok(()) } else { ending::correct(tx, job, teller, now) }
}
