//! Looks for chunks that are due later than their recipients, and corrects them.
//!
//! This release makes no such chunk, but an earlier one did under a wrong clock, and recipients must not wait because of
//! it. The work of one look is bounded.

use crate::cluster::{Cluster, Signals};
use crate::driver::{Progress, Task};
use postrider_core::env::BoxFuture;
use postrider_store::StoreError;
use postrider_store::chunks::ChunkKey;
use std::sync::Arc;

/// How often it looks, in milliseconds.
pub(crate) const LOOK_MS: i64 = 5_000;
/// Chunks of one look.
const CHUNKS_MAX: i64 = 100;
/// Before every chunk.
const FIRST: ChunkKey = ChunkKey { manifest: 0, chunk: 0 };

/// The task.
pub(crate) struct Corrector {
    cluster: Arc<Cluster>,
    /// The last chunk that it looked at.
    after: ChunkKey,
}

impl Corrector {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, after: FIRST }
    }

    async fn look(&mut self) -> Result<Progress, StoreError> {
        let (now, after) = (self.cluster.now(), self.after);
        let waiting =
            self.cluster.store.read("chunk.waiting", move |tx| tx.chunks_waiting(now, after, CHUNKS_MAX)).await?;
        self.after = waiting.last().map_or(FIRST, |last| last.key);
        let late: Vec<_> = waiting.iter().filter_map(|chunk| Some((*chunk, chunk.corrected()?))).collect();
        if !late.is_empty() {
            let correct = self.cluster.store.write_guarded("chunk.correct_due", move |tx| {
                let mut corrected = 0;
                for (chunk, due_at) in &late {
                    corrected += i64::from(tx.chunk_correct_due(chunk, *due_at)?);
                }
                Ok::<_, StoreError>(corrected)
            });
            let chunks = correct.await?;
            tracing::warn!(chunks, "chunks were due later than their recipients and were corrected");
            Signals::raise(&self.cluster.signals.deliveries);
        }
        Ok(Progress::Idle { next: None })
    }
}

impl Task for Corrector {
    fn name(&self) -> &'static str {
        "corrector"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.look())
    }
}
