//! Splitting a claimed chunk: the recipients that its holder waits for stay, other lanes can carry the rest.
//!
//! Invariants: the parts of a chunk cover the range that it had, and their counters are those of their rows, in the
//! transaction that splits it. A recipient can therefore be in another chunk than the one that was claimed with it:
//! code that changes rows without a claim looks for their chunk with [`Tx::chunk_lock_of`].

use crate::chunks::{ChunkKey, Claim};
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::TenantId;
use postrider_core::time::Timestamp;

/// Chunks that were split off are numbered from here; no planner freezes that many.
const SPLIT_FIRST: i64 = 1_000_000_001;
/// How often a chunk is looked for while others split it.
const LOOKS_MAX: u32 = 8;

statements! { "split":
    /// The states of the recipients of a part, and when the first of them is due. Those who were never tried are due as
    /// the chunk was.
    PART = "SELECT d.state, COUNT(*), CAST(MIN(COALESCE(d.due_at, c.due_at)) AS BIGINT) FROM chunks c \
        JOIN deliveries d ON d.manifest_number = c.manifest_number WHERE c.manifest_number = $1 AND c.chunk = $2 \
        AND c.tenant_id = $3 AND d.seq BETWEEN $4 AND $5 GROUP BY d.state";
    NUMBER = "SELECT COALESCE(MAX(chunk), 0) FROM chunks WHERE manifest_number = $1 AND tenant_id = $2";
    /// Another lane may have taken the number at the same moment.
    INSERT = "INSERT INTO chunks (manifest_number, chunk, tenant_id, first_seq, last_seq, state, due_at, fence, \
        pending, in_flight, sent, failed, suppressed, skipped, expired, canceled, uncertain) \
        VALUES ($1, $2, $3, $4, $5, 'ready', $6, 0, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";
    SHRINK = "UPDATE chunks SET first_seq = $1, last_seq = $2 WHERE manifest_number = $3 AND chunk = $4 \
        AND tenant_id = $5";
    /// Changes nothing and locks the chunk. One that is split meanwhile is not found, and the next look finds the part.
    LOCK_OF = "UPDATE chunks SET fence = fence WHERE manifest_number = $1 AND tenant_id = $2 AND first_seq <= $3 \
        AND last_seq >= $3 RETURNING chunk";
}

impl Tx<'_> {
    /// Splits what lies before and behind `kept` off a chunk that the transaction holds, if a recipient there is
    /// pending: these parts are ready at once. Returns how many recipients became free.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_split(&mut self, tenant: TenantId, claim: &Claim, kept: (i64, i64)) -> Result<i64, StoreError> {
        let (mut left, mut freed) = ((claim.first_seq, claim.last_seq), 0);
        for part in [(claim.first_seq, kept.0 - 1), (kept.1 + 1, claim.last_seq)] {
            let (counts, due_at) = self.part(tenant, claim.key, part)?;
            let (pending, in_flight) = (counts.of(DeliveryState::Pending), counts.of(DeliveryState::InFlight));
            let Some(due_at) = due_at.filter(|_| pending > 0 && in_flight == 0) else { continue };
            self.part_insert(tenant, claim.key.manifest, part, due_at, &counts)?;
            let mut gone = Counts::default();
            DeliveryState::ALL.iter().for_each(|&state| gone.add(state, -counts.of(state)));
            self.chunk_adjust(claim.key, &gone, None)?;
            left = if part.0 == left.0 { (kept.0, left.1) } else { (left.0, kept.1) };
            freed += pending;
        }
        if freed > 0 {
            let ChunkKey { manifest, chunk } = claim.key;
            let values = [left.0.into(), left.1.into(), manifest.into(), chunk.into(), id(tenant)];
            self.execute(&SHRINK, &values)?;
        }
        Ok(freed)
    }

    /// The chunk of a recipient, locked; none if there is no such recipient.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_lock_of(&mut self, tenant: TenantId, manifest: i64, seq: i64) -> Result<Option<ChunkKey>, StoreError> {
        for _ in 0..LOOKS_MAX {
            let found = self.query_one(&LOCK_OF, &[manifest.into(), id(tenant), seq.into()], Row::next)?;
            if let Some(chunk) = found {
                return Ok(Some(ChunkKey { manifest, chunk }));
            }
        }
        Ok(None)
    }

    fn part(
        &mut self,
        tenant: TenantId,
        key: ChunkKey,
        part: (i64, i64),
    ) -> Result<(Counts, Option<Timestamp>), StoreError> {
        let (mut counts, mut due_at) = (Counts::default(), None);
        let values = [key.manifest.into(), key.chunk.into(), id(tenant), part.0.into(), part.1.into()];
        let rows = self.query_as(&PART, &values, |row| {
            Ok((row.word(DeliveryState::parse)?, row.next::<i64>()?, row.next::<Timestamp>()?))
        })?;
        for (state, number, due) in rows {
            counts.add(state, number);
            if state == DeliveryState::Pending {
                due_at = Some(due);
            }
        }
        Ok((counts, due_at))
    }

    fn part_insert(
        &mut self,
        tenant: TenantId,
        manifest: i64,
        seqs: (i64, i64),
        due_at: Timestamp,
        counts: &Counts,
    ) -> Result<(), StoreError> {
        loop {
            let last: i64 = self.query_number(&NUMBER, &[manifest.into(), id(tenant)])?;
            let number = (last + 1).max(SPLIT_FIRST);
            let mut values: Vec<Value> =
                vec![manifest.into(), number.into(), id(tenant), seqs.0.into(), seqs.1.into(), due_at.into()];
            values.extend(DeliveryState::ALL.iter().map(|&state| Value::from(counts.of(state))));
            if self.execute(&INSERT, &values)? > 0 {
                return Ok(());
            }
        }
    }
}
