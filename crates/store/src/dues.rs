//! When a chunk is due: when the earliest of its waiting recipients is, never by the clock of the node that releases it.

use crate::chunks::{ChunkKey, Claim};
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::Row;
use postrider_core::time::Timestamp;

statements! { "dues":
    /// A recipient that was not tried yet is due with the job.
    EARLIEST = "SELECT MIN(COALESCE(d.due_at, j.due_at)) FROM manifests m JOIN schedule_jobs j ON j.id = m.schedule_id \
        JOIN deliveries d ON d.manifest_number = m.number WHERE m.number = $1 AND d.seq BETWEEN $2 AND $3 \
        AND d.state = 'pending'";
    /// All tenants: chunks of running jobs that are not due yet, in the order of their keys, after one.
    WAITING = "SELECT c.manifest_number, c.chunk, c.due_at, (SELECT MIN(COALESCE(d.due_at, j.due_at)) \
        FROM deliveries d WHERE d.manifest_number = c.manifest_number AND d.seq BETWEEN c.first_seq AND c.last_seq \
        AND d.state = 'pending') FROM schedule_jobs j JOIN manifests m ON m.schedule_id = j.id \
        JOIN chunks c ON c.manifest_number = m.number WHERE j.state = 'running' AND c.state = 'ready' \
        AND c.due_at > $1 AND (c.manifest_number, c.chunk) > ($2, $3) ORDER BY c.manifest_number, c.chunk LIMIT $4";
    CORRECT = "UPDATE chunks SET due_at = $1 WHERE manifest_number = $2 AND chunk = $3 AND state = 'ready' AND due_at = $4";
}

/// A ready chunk that is not due yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingChunk {
    /// Which.
    pub key: ChunkKey,
    /// When it is due.
    pub due_at: Timestamp,
    /// When the earliest of its waiting recipients is due.
    pub earliest: Option<Timestamp>,
}

impl WaitingChunk {
    /// When it should be due, if that is earlier than it is.
    #[must_use]
    pub fn corrected(&self) -> Option<Timestamp> {
        self.earliest.filter(|earliest| *earliest < self.due_at)
    }
}

impl Tx<'_> {
    /// When the earliest of the waiting recipients of a chunk is due; none if no recipient waits.
    pub(crate) fn chunk_earliest(&mut self, claim: &Claim) -> Result<Option<Timestamp>, StoreError> {
        let range = [claim.key.manifest.into(), claim.first_seq.into(), claim.last_seq.into()];
        Ok(self.query_one(&EARLIEST, &range, Row::next)?.flatten())
    }

    /// Up to `limit` ready chunks of running jobs that are not due at `now`, after one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunks_waiting(
        &mut self,
        now: Timestamp,
        after: ChunkKey,
        limit: i64,
    ) -> Result<Vec<WaitingChunk>, StoreError> {
        let values = [now.into(), after.manifest.into(), after.chunk.into(), limit.into()];
        self.query_as(&WAITING, &values, |row| {
            Ok(WaitingChunk {
                key: ChunkKey { manifest: row.next()?, chunk: row.next()? },
                due_at: row.next()?,
                earliest: row.next()?,
            })
        })
    }

    /// Corrects when a chunk is due, unless it changed meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_correct_due(&mut self, chunk: &WaitingChunk, due_at: Timestamp) -> Result<bool, StoreError> {
        let values = [due_at.into(), chunk.key.manifest.into(), chunk.key.chunk.into(), chunk.due_at.into()];
        Ok(self.execute(&CORRECT, &values)? == 1)
    }
}
